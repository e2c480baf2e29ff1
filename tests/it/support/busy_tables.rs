//! A proxy behind which tables take their time, as DynamoDB's do: no emulator has
//! one that is not at rest. After each change a table is at work for some looks,
//! and refuses what is asked of it meanwhile; a deletion takes as long. A change of
//! TTL takes an hour, in which DynamoDB takes all other calls, and no second one.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::local_server::{LocalServer, address_of};
use super::request::Request;

/// So many looks find a table at work.
const LOOKS: usize = 2;

/// A running proxy. Stops when dropped.
#[derive(Debug)]
pub(crate) struct BusyTables {
    server: LocalServer,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    target: SocketAddr,
    /// What every table is said to be instead of at rest, for good.
    stuck: Option<&'static str>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// What is at work, what at, and for how many looks.
    at_work: BTreeMap<String, (&'static str, usize)>,
    /// Whose TTL was changed within the hour.
    ttl_changed: BTreeSet<String>,
    /// The calls that changed something, and those that were refused.
    calls: Vec<String>,
    refused: Vec<String>,
}

impl BusyTables {
    /// A proxy before `url`.
    pub(crate) fn start(url: &str) -> Self {
        Self::serve(url, None)
    }

    /// One behind which every table is in this state, and stays there.
    pub(crate) fn stuck(url: &str, status: &'static str) -> Self {
        Self::serve(url, Some(status))
    }

    fn serve(url: &str, stuck: Option<&'static str>) -> Self {
        let shared = Shared { target: address_of(url), stuck, state: Mutex::default() };
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

    /// The calls that changed a table since this was last asked; none may have been
    /// refused.
    pub(crate) fn calls(&self) -> Vec<String> {
        let mut state = self.shared.state();
        assert_eq!(state.refused, [""; 0], "DynamoDB was called while it was at work");
        std::mem::take(&mut state.calls)
    }

    /// The TTL of all tables is as it was set, and may be changed again.
    pub(crate) fn an_hour_passes(&self) {
        self.shared.state().ttl_changed.clear();
    }
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn exchange(&self, mut client: TcpStream) -> io::Result<()> {
        let Some(request) = Request::read(&mut client).await? else { return Ok(()) };
        let call = request.call();
        let table = request.json("TableName").filter(|_| call.service == "dynamodb");
        let answer = match (table, call.operation.as_str()) {
            (Some(table), "DescribeTable") => self.look(&request, &table).await?,
            (Some(table), "DescribeTimeToLive") => self.look_at_ttl(&request, &table).await?,
            (
                Some(table),
                "CreateTable"
                | "DeleteTable"
                | "UpdateContinuousBackups"
                | "UpdateTable"
                | "UpdateTimeToLive",
            ) => self.change(&request, &table, &call.operation).await?,
            (_, _) => request.answer(self.target).await?,
        };
        client.write_all(&answer).await
    }

    /// A change, which a table that is at work refuses.
    async fn change(&self, request: &Request, table: &str, operation: &str) -> io::Result<Vec<u8>> {
        if self.state().at_work.contains_key(table) {
            self.state().refused.push(operation.to_owned());
            let body = r#"{"__type":"com.amazonaws.dynamodb.v20120810#ResourceInUseException","message":"Table is being updated"}"#;
            return Ok(answer("400 Bad Request", body));
        }
        if operation == "UpdateTimeToLive" && self.state().ttl_changed.contains(table) {
            let body = r#"{"__type":"com.amazon.coral.validate#ValidationException","message":"Time to live has been modified multiple times within a fixed interval"}"#;
            return Ok(answer("400 Bad Request", body));
        }
        let said = if operation == "DeleteTable" {
            // It goes when it was looked at often enough.
            answer("200 OK", "{}")
        } else {
            request.answer(self.target).await?
        };
        if said.starts_with(b"HTTP/1.1 200") {
            let status = match operation {
                "CreateTable" => "CREATING",
                "DeleteTable" => "DELETING",
                _ => "UPDATING",
            };
            let mut state = self.state();
            state.calls.push(operation.to_owned());
            if operation == "UpdateTimeToLive" {
                state.ttl_changed.insert(table.to_owned());
            }
            state.at_work.insert(table.to_owned(), (status, LOOKS));
        }
        Ok(said)
    }

    /// A look, which finds a table at work some times: the last time only its indexes.
    async fn look(&self, request: &Request, table: &str) -> io::Result<Vec<u8>> {
        let work = self.state().at_work.get(table).copied();
        match work {
            Some(("DELETING", 0)) => {
                self.state().at_work.remove(table);
                let gone = r#"{"__type":"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException","message":"Requested resource not found"}"#;
                // The emulator never heard of the deletion.
                self.delete(request).await?;
                return Ok(answer("400 Bad Request", gone));
            }
            Some((_, 0)) => drop(self.state().at_work.remove(table)),
            Some((status, left)) => {
                self.state().at_work.insert(table.to_owned(), (status, left - 1));
            }
            None => {}
        }
        let said = String::from_utf8_lossy(&request.answer(self.target).await?).into_owned();
        let Some((_, body)) =
            said.split_once("\r\n\r\n").filter(|_| said.starts_with("HTTP/1.1 200"))
        else {
            return Ok(said.into_bytes());
        };
        let status = self.stuck.or(work.filter(|(_, left)| *left > 1).map(|(status, _)| status));
        let mut body = body.to_owned();
        if let Some(status) = status {
            body = replaced(&body, "TableStatus", status);
        } else if let Some((status, _)) = work.filter(|(_, left)| *left > 0) {
            let has_index = status != "DELETING" && body.contains("\"IndexStatus\"");
            body = if has_index {
                replaced(&body, "IndexStatus", "CREATING")
            } else {
                replaced(&body, "TableStatus", status)
            };
        }
        Ok(answer("200 OK", &body))
    }

    /// A look at the TTL, which is on its way for an hour.
    async fn look_at_ttl(&self, request: &Request, table: &str) -> io::Result<Vec<u8>> {
        let said = request.answer(self.target).await?;
        if !self.state().ttl_changed.contains(table) {
            return Ok(said);
        }
        let said = String::from_utf8_lossy(&said).into_owned();
        let Some((_, body)) = said.split_once("\r\n\r\n") else { return Ok(said.into_bytes()) };
        let body = body.replace("\"ENABLED\"", "\"ENABLING\"");
        Ok(answer("200 OK", &body.replace("\"DISABLED\"", "\"DISABLING\"")))
    }

    async fn delete(&self, request: &Request) -> io::Result<()> {
        request.renamed("DescribeTable", "DeleteTable").answer(self.target).await.map(drop)
    }
}

/// The same body with another state than `ACTIVE`.
fn replaced(body: &str, field: &str, status: &str) -> String {
    let tight =
        body.replace(&format!("\"{field}\":\"ACTIVE\""), &format!("\"{field}\":\"{status}\""));
    tight.replace(&format!("\"{field}\": \"ACTIVE\""), &format!("\"{field}\":\"{status}\""))
}

fn answer(status: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/x-amz-json-1.0\r\n\
         content-length: {length}\r\nx-amzn-requestid: of-the-proxy\r\nconnection: close\r\n\r\n{body}"
    )
    .into_bytes()
}
