//! A proxy behind which mappings take their time, as Lambda's do: after each call one is
//! at work for some looks, and refuses what is asked of it meanwhile; a deletion takes as
//! long. A source and a function have one. An emulator's is there at once, and a second
//! one beside it.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::local_server::{LocalServer, address_of};
use super::request::Request;

/// So many looks find a mapping at work.
const LOOKS: usize = 2;

/// A running proxy. Stops when dropped.
#[derive(Debug)]
pub(crate) struct BusyMappings {
    server: LocalServer,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    target: SocketAddr,
    /// What every look is told besides.
    told: Value,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// What is at work, at what, and for how many looks.
    at_work: BTreeMap<String, (&'static str, usize)>,
    /// The mapping of each source and function.
    made: BTreeMap<(String, String), String>,
    /// The calls that changed something, and those that were refused.
    calls: Vec<String>,
    refused: Vec<String>,
}

impl BusyMappings {
    /// A proxy before `url`.
    pub(crate) fn start(url: &str) -> Self {
        Self::telling(url, json!({}))
    }

    /// One behind which every mapping is said to be so.
    pub(crate) fn telling(url: &str, told: Value) -> Self {
        let shared = Shared { target: address_of(url), told, state: Mutex::default() };
        let shared = Arc::new(shared);
        let serving = Arc::clone(&shared);
        let server = LocalServer::start(move |client| {
            let shared = Arc::clone(&serving);
            async move { shared.exchange(client).await }
        });
        Self { server, shared }
    }

    /// Where to send calls instead.
    pub(crate) fn url(&self) -> String {
        self.server.url()
    }

    /// The calls that changed a mapping since this was last asked; none may have been
    /// made while one was at work.
    pub(crate) fn calls(&self) -> Vec<String> {
        let mut state = self.shared.state();
        assert_eq!(state.refused, [""; 0], "Lambda was called while it was at work");
        std::mem::take(&mut state.calls)
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn exchange(&self, mut client: TcpStream) -> io::Result<()> {
        let Some(request) = Request::read(&mut client).await? else { return Ok(()) };
        let call = request.call();
        let answer = match (request.mapping(), call.operation.as_str()) {
            (None, "CreateEventSourceMapping") => self.create(&request).await?,
            (Some(id), "GetEventSourceMapping") => self.look(&request, &id).await?,
            (Some(id), "UpdateEventSourceMapping" | "DeleteEventSourceMapping") => {
                self.change(&request, &id, &call.operation).await?
            }
            (_, _) => request.answer(self.target).await?,
        };
        client.write_all(&answer).await
    }

    fn forget(&self, id: &str) {
        let mut state = self.state();
        state.at_work.remove(id);
        state.made.retain(|_, made| made != id);
    }

    async fn create(&self, request: &Request) -> io::Result<Vec<u8>> {
        let key = ["EventSourceArn", "FunctionName"].map(|field| request.json(field));
        let key = key.map(Option::unwrap_or_default).into();
        if let Some(id) = self.state().made.get(&key) {
            let why = format!(
                "An event source mapping with SQS arn (\" {} \") and function (\" {} \") already \
                 exists. Please update or delete the existing mapping with UUID {id}",
                key.0, key.1
            );
            return Ok(refusal("409 Conflict", "ResourceConflictException", &why));
        }
        let said = request.answer(self.target).await?;
        if let Some(made) = body(&said) {
            let id = made["UUID"].as_str().unwrap_or_default().to_owned();
            let mut state = self.state();
            state.calls.push("CreateEventSourceMapping".to_owned());
            state.made.insert(key, id.clone());
            state.at_work.insert(id, ("Creating", LOOKS));
        }
        Ok(said)
    }

    /// A change, which a mapping that is at work refuses.
    async fn change(&self, request: &Request, id: &str, operation: &str) -> io::Result<Vec<u8>> {
        if self.state().at_work.contains_key(id) {
            self.state().refused.push(operation.to_owned());
            let why = "Cannot update the event source mapping because it is in use.";
            return Ok(refusal("400 Bad Request", "ResourceInUseException", why));
        }
        let (doing, said) = if operation == "DeleteEventSourceMapping" {
            // It goes when it was looked at often enough.
            ("Deleting", answer("202 Accepted", &json!({})))
        } else {
            ("Updating", request.answer(self.target).await?)
        };
        if body(&said).is_some() {
            let mut state = self.state();
            state.calls.push(operation.to_owned());
            state.at_work.insert(id.to_owned(), (doing, LOOKS));
        }
        Ok(said)
    }

    /// A look, which finds a mapping at work some times.
    async fn look(&self, request: &Request, id: &str) -> io::Result<Vec<u8>> {
        let work = self.state().at_work.get(id).copied();
        match work {
            Some(("Deleting", 0)) => {
                self.forget(id);
                // The emulator never heard of the deletion.
                request.renamed("GET ", "DELETE ").answer(self.target).await?;
                let why = "The resource you requested does not exist.";
                return Ok(refusal("404 Not Found", "ResourceNotFoundException", why));
            }
            Some((_, 0)) => drop(self.state().at_work.remove(id)),
            Some((doing, left)) => {
                self.state().at_work.insert(id.to_owned(), (doing, left - 1));
            }
            None => {}
        }
        let said = request.answer(self.target).await?;
        let Some(mut body) = body(&said) else { return Ok(said) };
        for (field, value) in self.told.as_object().into_iter().flatten() {
            body[field] = value.clone();
        }
        if let Some((doing, _)) = work.filter(|(_, left)| *left > 0) {
            body["State"] = json!(doing);
        }
        Ok(answer("200 OK", &body))
    }
}

/// What an answer of success says.
fn body(said: &[u8]) -> Option<Value> {
    let text = String::from_utf8_lossy(said);
    let (head, body) = text.split_once("\r\n\r\n")?;
    if !head.starts_with("HTTP/1.1 20") {
        return None;
    }
    serde_json::from_str(body).ok()
}

fn refusal(status: &str, code: &str, message: &str) -> Vec<u8> {
    answer(status, &json!({ "__type": code, "message": message }))
}

fn answer(status: &str, body: &Value) -> Vec<u8> {
    let body = body.to_string();
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\
         x-amzn-requestid: of-the-proxy\r\nconnection: close\r\n\r\n{body}"
    )
    .into_bytes()
}
