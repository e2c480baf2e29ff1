//! A proxy behind which functions take their time, as Lambda's do: after each call that
//! changes one it is at work for some looks, and refuses what is asked of it meanwhile.
//! An emulator's is at work for half a second, and refuses nothing.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::local_server::{LocalServer, address_of};
use super::request::Request;

/// So many looks find a function at work.
const LOOKS: usize = 2;

/// A running proxy. Stops when dropped.
#[derive(Debug)]
pub(crate) struct BusyFunctions {
    server: LocalServer,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    target: SocketAddr,
    /// What every look is told of a function at rest, for good.
    told: Value,
    /// What every look is told beside it.
    beside: Value,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// What is at work, what that is told as, and for how many looks.
    at_work: BTreeMap<String, (Value, usize)>,
    /// The calls that changed something, and those that were refused.
    calls: Vec<String>,
    refused: Vec<String>,
}

impl BusyFunctions {
    /// A proxy before `url`.
    pub(crate) fn start(url: &str) -> Self {
        Self::telling(url, json!({ "State": "Active", "LastUpdateStatus": "Successful" }))
    }

    /// One behind which every function that is not at work is in this state.
    pub(crate) fn telling(url: &str, told: Value) -> Self {
        Self::serve(url, told, json!({}))
    }

    /// One whose answers to looks have this at their top.
    pub(crate) fn with_beside(url: &str, beside: Value) -> Self {
        Self::serve(url, json!({}), beside)
    }

    fn serve(url: &str, told: Value, beside: Value) -> Self {
        let shared = Shared { target: address_of(url), told, beside, state: Mutex::default() };
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

    /// The calls that changed a function since this was last asked; none may have been
    /// refused.
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
        let function = request.function().filter(|_| call.service == "lambda");
        let answer = match (function, call.operation.as_str()) {
            (Some(function), "GetFunction") => self.look(&request, &function).await?,
            (
                Some(function),
                "CreateFunction"
                | "DeleteFunction"
                | "UpdateFunctionCode"
                | "UpdateFunctionConfiguration",
            ) => self.change(&request, &function, &call.operation).await?,
            (_, _) => request.answer(self.target).await?,
        };
        client.write_all(&answer).await
    }

    /// A change, which a function that is at work refuses.
    async fn change(&self, request: &Request, name: &str, operation: &str) -> io::Result<Vec<u8>> {
        if self.state().at_work.contains_key(name) {
            self.state().refused.push(operation.to_owned());
            let why = "The operation cannot be performed at this time. An update is in progress \
                       for resource";
            let body = json!({ "__type": "ResourceConflictException", "message": why });
            return Ok(answer("409 Conflict", &body));
        }
        let said = request.answer(self.target).await?;
        if said.starts_with(b"HTTP/1.1 20") {
            let told = match operation {
                "CreateFunction" => json!({ "State": "Pending" }),
                _ => json!({ "State": "Active", "LastUpdateStatus": "InProgress" }),
            };
            let mut state = self.state();
            state.calls.push(operation.to_owned());
            if operation != "DeleteFunction" {
                state.at_work.insert(name.to_owned(), (told, LOOKS));
            }
        }
        Ok(said)
    }

    async fn look(&self, request: &Request, name: &str) -> io::Result<Vec<u8>> {
        let said = request.answer(self.target).await?;
        let text = String::from_utf8_lossy(&said);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { return Ok(said) };
        let Ok(mut body) = serde_json::from_str::<Value>(body) else { return Ok(said) };
        if !head.starts_with("HTTP/1.1 200") {
            return Ok(said);
        }
        let mut told = self.told.clone();
        let mut state = self.state();
        match state.at_work.get_mut(name) {
            Some((at_work, left)) if *left > 0 => {
                *left -= 1;
                told = at_work.clone();
            }
            Some(_) => drop(state.at_work.remove(name)),
            None => {}
        }
        for (field, value) in told.as_object().into_iter().flatten() {
            body["Configuration"][field] = value.clone();
        }
        for (field, value) in self.beside.as_object().into_iter().flatten() {
            body[field] = value.clone();
        }
        Ok(answer("200 OK", &body))
    }
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
