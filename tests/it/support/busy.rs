//! What the proxies have in common behind which something of AWS takes its time: they
//! answer some calls in the emulator's place, and know which calls changed something and
//! which were made too early.

use std::io;
use std::mem;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use super::local_server::{LocalServer, address_of};
use super::request::Request;

/// So many looks find at work what was changed.
pub(crate) const LOOKS: usize = 2;

/// What takes its time, and how.
pub(crate) trait Slow: Send + Sync + 'static {
    /// Whose calls it answers, for people.
    const SERVICE: &'static str;

    /// The answer to a call.
    fn answer(
        &self,
        request: &Request,
        behind: &Behind,
    ) -> impl Future<Output = io::Result<Vec<u8>>> + Send;
}

/// A running proxy. Stops when dropped.
#[derive(Debug)]
pub(crate) struct Busy<S> {
    server: LocalServer,
    slow: Arc<(S, Behind)>,
}

/// The emulator, and what came of the calls so far.
#[derive(Debug)]
pub(crate) struct Behind {
    target: SocketAddr,
    calls: Mutex<Calls>,
}

/// The calls that changed something, and those that were refused.
#[derive(Debug, Default)]
struct Calls {
    made: Vec<String>,
    refused: Vec<String>,
}

impl<S: Slow> Busy<S> {
    /// A proxy before `url`.
    pub(super) fn before(url: &str, slow: S) -> Self {
        let behind = Behind { target: address_of(url), calls: Mutex::default() };
        let slow = Arc::new((slow, behind));
        let serving = Arc::clone(&slow);
        let server = LocalServer::start(move |mut client: TcpStream| {
            let slow = Arc::clone(&serving);
            async move {
                let Some(request) = Request::read(&mut client).await? else { return Ok(()) };
                client.write_all(&slow.0.answer(&request, &slow.1).await?).await
            }
        });
        Self { server, slow }
    }

    /// Where to send calls instead.
    pub(crate) fn url(&self) -> String {
        self.server.url()
    }

    /// The calls that changed something since this was last asked; none may have been
    /// refused.
    pub(crate) fn calls(&self) -> Vec<String> {
        let mut calls = self.slow.1.calls();
        assert_eq!(calls.refused, [""; 0], "{} was called while it was at work", S::SERVICE);
        mem::take(&mut calls.made)
    }

    pub(super) fn slow(&self) -> &S {
        &self.slow.0
    }
}

impl Behind {
    /// What the emulator answers.
    pub(super) async fn said(&self, request: &Request) -> io::Result<Vec<u8>> {
        request.answer(self.target).await
    }

    /// A call changed something.
    pub(super) fn made(&self, operation: &str) {
        self.calls().made.push(operation.to_owned());
    }

    /// A call came while what it is about was at work.
    pub(super) fn refused(&self, operation: &str) {
        self.calls().refused.push(operation.to_owned());
    }

    fn calls(&self) -> std::sync::MutexGuard<'_, Calls> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What an answer of success says.
pub(crate) fn body(said: &[u8]) -> Option<Value> {
    let text = String::from_utf8_lossy(said);
    let (head, body) = text.split_once("\r\n\r\n")?;
    if !head.starts_with("HTTP/1.1 20") {
        return None;
    }
    serde_json::from_str(body).ok()
}

/// An answer of the proxy's own.
pub(crate) fn answer(status: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\
         x-amzn-requestid: of-the-proxy\r\nconnection: close\r\n\r\n{body}"
    )
    .into_bytes()
}

/// Likewise, with a code and why.
pub(super) fn refusal(status: &str, code: &str, message: &str) -> Vec<u8> {
    answer(status, &serde_json::json!({ "__type": code, "message": message }).to_string())
}
