//! Services of AWS that no emulator has, or has only by name: a server of a test's own
//! answers their calls, as AWS documents them, and hands all other calls to the emulator
//! that it stands before.
//!
//! ```ignore
//! let account = emulator::ministack().account();
//! let stand_in = StandIn::before(&account);
//! desk(account.through(&stand_in.url())).applied();
//! assert_eq!(stand_in.changes(), ["CreateClusterV2"]);
//! ```
//!
//! A service is a file beside this one: its state, and its calls as a table of [`Route`]s.
//! It then has a field in [`Services`], and a line in [`Services::answer`], [`operation`]
//! and [`Services::tagged`]. What takes its time moves on with each look at it, never by a
//! clock. What AWS refuses is refused, with its code and its status; who asks, and with
//! which rights, is not looked at.
//!
//! `docs/EMULATORS.md` says what is not shown here.

pub(crate) mod kafka;
pub(crate) mod route;
pub(crate) mod schemas;

use std::io;
use std::mem;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use self::kafka::Kafka;
use self::route::{Refusal, Said, Tags};
use self::schemas::Schemas;
use crate::support::busy::{answer, body};
use crate::support::emulator::Account;
use crate::support::local_server::{LocalServer, address_of};
use crate::support::request::Request;

/// A running server before the emulator of one account. Stops when dropped.
#[derive(Debug)]
pub(crate) struct StandIn {
    server: LocalServer,
    cloud: Arc<Mutex<Cloud>>,
}

/// What it stands in for, and what came of the calls so far.
#[derive(Debug)]
struct Cloud {
    services: Services,
    /// What the next call of an operation is told, instead of being answered.
    refusals: Vec<(String, Refusal)>,
    changes: Vec<String>,
    refused: Vec<String>,
}

/// The services, each with all that it keeps.
#[derive(Debug)]
pub(crate) struct Services {
    pub(crate) kafka: Kafka,
    pub(crate) schemas: Schemas,
}

impl Services {
    fn of(account: &Account) -> Self {
        Self { kafka: Kafka::of(&account.id), schemas: Schemas::of(&account.id) }
    }

    /// `None` for the calls of all others.
    fn answer(&mut self, service: &str, request: &Request) -> Option<Said> {
        match service {
            "kafka" => Some(route::take(&mut self.kafka, kafka::ROUTES, request)),
            "schemas" => Some(route::take(&mut self.schemas, schemas::ROUTES, request)),
            _ => None,
        }
    }

    /// What the index knows of them: ARNs and tags.
    fn tagged(&self) -> Vec<(String, Tags)> {
        self.kafka.tagged().chain(self.schemas.tagged()).collect()
    }
}

/// Whether a kind is one that no emulator has.
pub(crate) fn has(kind: &str) -> bool {
    ["msk_", "schemas_"].iter().any(|service| kind.starts_with(service))
}

/// What a request asks for, if it is for one of these services.
pub(crate) fn operation(service: &str, method: &str, path: &str) -> Option<&'static str> {
    match service {
        "kafka" => route::named(kafka::ROUTES, method, path),
        "schemas" => route::named(schemas::ROUTES, method, path),
        _ => None,
    }
}

impl StandIn {
    /// A server before an account's endpoint, which is `http://HOST:PORT`.
    pub(crate) fn before(account: &Account) -> Self {
        let cloud = Arc::new(Mutex::new(Cloud {
            services: Services::of(account),
            refusals: Vec::new(),
            changes: Vec::new(),
            refused: Vec::new(),
        }));
        let (serving, emulator) = (Arc::clone(&cloud), address_of(&account.endpoint));
        let server = LocalServer::start(move |mut client: TcpStream| {
            let cloud = Arc::clone(&serving);
            async move {
                let Some(request) = Request::read(&mut client).await? else { return Ok(()) };
                client.write_all(&exchange(&cloud, &request, emulator).await?).await
            }
        });
        Self { server, cloud }
    }

    /// Where to send calls.
    pub(crate) fn url(&self) -> String {
        self.server.url()
    }

    /// The calls that changed something since this was last asked.
    pub(crate) fn changes(&self) -> Vec<String> {
        mem::take(&mut locked(&self.cloud).changes)
    }

    /// The calls that were refused since this was last asked, each with its code.
    pub(crate) fn refused(&self) -> Vec<String> {
        mem::take(&mut locked(&self.cloud).refused)
    }

    /// Has the next call of an operation refused, with nothing done.
    pub(crate) fn refuse_next(&self, operation: &str, refusal: Refusal) {
        locked(&self.cloud).refusals.push((operation.to_owned(), refusal));
    }

    /// Looks at the services, or does something behind everybody's back.
    pub(crate) fn with<T>(&self, act: impl FnOnce(&mut Services) -> T) -> T {
        act(&mut locked(&self.cloud).services)
    }
}

fn locked(cloud: &Mutex<Cloud>) -> MutexGuard<'_, Cloud> {
    cloud.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn exchange(
    cloud: &Mutex<Cloud>,
    request: &Request,
    emulator: SocketAddr,
) -> io::Result<Vec<u8>> {
    let call = request.call();
    if let Some(said) = locked(cloud).answer(&call.service, &call.operation, request) {
        return Ok(said.map_or_else(|refusal| refusal.answer(), |body| route::success(&body)));
    }
    // A service that an emulator has not has no key there either.
    if call.is("kms", "DescribeKey") && request.json("KeyId").as_deref() == Some(kafka::KEY) {
        return Ok(route::success(&locked(cloud).services.kafka.managed_key()));
    }
    let said = request.answer(emulator).await?;
    if call.is("tagging", "GetResources") {
        return Ok(with_ours(said, request, locked(cloud).services.tagged()));
    }
    Ok(said)
}

impl Cloud {
    fn answer(&mut self, service: &str, operation: &str, request: &Request) -> Option<Said> {
        let due = self.refusals.iter().position(|(next, _)| next == operation);
        let said = match due {
            Some(due) => Err(self.refusals.remove(due).1),
            None => self.services.answer(service, request)?,
        };
        match &said {
            Ok(_) if request.method() == "GET" => {}
            Ok(_) => self.changes.push(operation.to_owned()),
            Err(refusal) => self.refused.push(format!("{operation}: {}", refusal.code)),
        }
        Some(said)
    }
}

/// The last page of the index, with what the emulator cannot know.
fn with_ours(said: Vec<u8>, request: &Request, tagged: Vec<(String, Tags)>) -> Vec<u8> {
    let Some(mut page) = body(&said) else { return said };
    if page["PaginationToken"].as_str().is_some_and(|token| !token.is_empty()) {
        return said;
    }
    let filters = request.value("TagFilters");
    let matches = |tags: &Tags| {
        filters.as_array().into_iter().flatten().all(|filter| {
            let value = tags.get(filter["Key"].as_str().unwrap_or_default());
            let values: Vec<&str> = filter["Values"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .collect();
            value.is_some_and(|value| values.is_empty() || values.contains(&value.as_str()))
        })
    };
    let ours = tagged.into_iter().filter(|(_, tags)| matches(tags)).map(|(arn, tags)| {
        let tags: Vec<Value> =
            tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect();
        json!({ "ResourceARN": arn, "Tags": tags })
    });
    match &mut page["ResourceTagMappingList"] {
        Value::Array(list) => list.extend(ours),
        none => *none = ours.collect(),
    }
    answer("200 OK", &page.to_string())
}
