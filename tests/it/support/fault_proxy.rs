//! An HTTP proxy that does to chosen calls what a network, a busy AWS or an
//! impatient operator does.
//!
//! It reads one request at a time, decides what befalls it, and otherwise
//! hands it on over a connection of its own, which ends with the answer: so an
//! effect that took place, and an answer that did not arrive, are two
//! things. Requests are numbered in the order in which they came in.

use std::fmt::{self, Write as _};
use std::io;
use std::net::SocketAddr;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::watch;

use super::local_server::{LocalServer, address_of};

/// What befalls a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Fault {
    /// `kill -9` before AWS has seen the request.
    KillBefore,
    /// `kill -9` when AWS has answered and nobody has read it.
    KillAfter,
    /// Refused for going too fast, in the service's own words.
    Throttle,
    /// An internal error, without an effect.
    Error500,
    /// Unavailable, without an effect.
    Error503,
    /// The connection ends before AWS has seen the request.
    ResetBefore,
    /// The connection ends when AWS has done what was asked.
    ResetAfter,
    /// Half of the answer arrives.
    Cut,
    /// The credentials are over.
    Expired,
    /// A condition that the service does not know.
    Unknown,
    /// What AWS says, and no emulator does: a status, a code and a message.
    Says(u16, &'static str, &'static str),
}

impl Fault {
    /// Those that leave the binary alive, and pass.
    pub(crate) const PASSING: [Self; 6] = [
        Self::Throttle,
        Self::Error500,
        Self::Error503,
        Self::ResetBefore,
        Self::ResetAfter,
        Self::Cut,
    ];
}

/// One request, as far as anybody wants to tell it from others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Call {
    /// As credentials are scoped: `sqs`, `s3`.
    pub(crate) service: String,
    /// For example `CreateQueue`; for S3 the method and what of the bucket:
    /// `PUT ?versioning`.
    pub(crate) operation: String,
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.service, self.operation)
    }
}

/// Decides for the number of a call, from 0, and the call.
pub(crate) type Chooser = Box<dyn Fn(usize, &Call) -> Option<Fault> + Send + Sync>;

/// A running proxy. Stops when dropped.
#[derive(Debug)]
pub(crate) struct FaultProxy {
    server: LocalServer,
    shared: Arc<Shared>,
    victim: watch::Sender<Option<u32>>,
}

struct Shared {
    target: SocketAddr,
    choose: Chooser,
    seen: Mutex<Vec<(Call, Option<Fault>)>>,
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("target", &self.target).finish_non_exhaustive()
    }
}

impl Shared {
    fn seen(&self) -> MutexGuard<'_, Vec<(Call, Option<Fault>)>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fate_of(&self, call: Call) -> Option<Fault> {
        let mut seen = self.seen();
        let fault = (self.choose)(seen.len(), &call);
        seen.push((call, fault));
        fault
    }
}

impl FaultProxy {
    /// A proxy before `url`, which is `http://HOST:PORT`.
    pub(crate) fn start(
        url: &str,
        choose: impl Fn(usize, &Call) -> Option<Fault> + Send + Sync + 'static,
    ) -> Self {
        let target = address_of(url);
        let shared = Arc::new(Shared { target, choose: Box::new(choose), seen: Mutex::default() });
        let (victim, hunted) = watch::channel(None);
        let serving = Arc::clone(&shared);
        let server = LocalServer::start(move |client| {
            let (shared, victim) = (Arc::clone(&serving), hunted.clone());
            async move { exchange(client, &shared, victim).await }
        });
        Self { server, shared, victim }
    }

    /// The nth call fails once.
    pub(crate) fn once(url: &str, number: usize, fault: Fault) -> Self {
        Self::start(url, move |index, _| (index == number).then_some(fault))
    }

    /// The first call of an operation fails once.
    pub(crate) fn first(url: &str, operation: &'static str, fault: Fault) -> Self {
        let struck = AtomicBool::new(false);
        Self::start(url, move |_, call| {
            let strikes = call.operation == operation && !struck.swap(true, Ordering::Relaxed);
            strikes.then_some(fault)
        })
    }

    /// Where to send calls instead.
    pub(crate) fn url(&self) -> String {
        self.server.url()
    }

    /// Whom to kill: the process that talks through this. A call that is to
    /// kill waits until it knows.
    pub(crate) fn hunt(&self, process: u32) {
        self.victim.send_replace(Some(process));
    }

    /// How many calls there were.
    pub(crate) fn calls(&self) -> usize {
        self.shared.seen().len()
    }

    /// The calls that something befell.
    pub(crate) fn befallen(&self) -> Vec<(Call, Fault)> {
        let seen = self.shared.seen();
        seen.iter().filter_map(|(call, fault)| Some((call.clone(), (*fault)?))).collect()
    }
}

/// One request and its answer, or what becomes of them.
async fn exchange(
    mut client: TcpStream,
    shared: &Shared,
    mut victim: watch::Receiver<Option<u32>>,
) -> io::Result<()> {
    let Some(request) = Request::read(&mut client).await? else { return Ok(()) };
    let call = request.call();
    let fault = shared.fate_of(call.clone());
    match fault {
        Some(Fault::KillBefore) => kill(&mut victim).await,
        Some(Fault::ResetBefore) => client.set_zero_linger(),
        Some(
            fault @ (Fault::Throttle
            | Fault::Error500
            | Fault::Error503
            | Fault::Expired
            | Fault::Unknown
            | Fault::Says(..)),
        ) => client.write_all(&refusal(&call, fault)).await,
        Some(Fault::KillAfter) => {
            request.answer(shared.target).await?;
            kill(&mut victim).await
        }
        Some(Fault::ResetAfter) => {
            request.answer(shared.target).await?;
            client.set_zero_linger()
        }
        Some(Fault::Cut) => {
            let answer = request.answer(shared.target).await?;
            client.write_all(&answer[..answer.len() / 2]).await
        }
        None => {
            let answer = request.answer(shared.target).await?;
            client.write_all(&answer).await
        }
    }
}

async fn kill(victim: &mut watch::Receiver<Option<u32>>) -> io::Result<()> {
    let process = *victim.wait_for(Option::is_some).await.map_err(io::Error::other)?;
    let process = process.unwrap_or_default().to_string();
    Command::new("kill").args(["-s", "KILL", &process]).status().map(drop)
}

/// A request as it came.
struct Request {
    /// Up to the blank line, with a header that ends the connection.
    head: Vec<u8>,
    body: Vec<u8>,
    method: String,
    path: String,
    headers: Vec<(String, String)>,
}

impl Request {
    /// `None` where the client hung up instead.
    async fn read(client: &mut TcpStream) -> io::Result<Option<Self>> {
        let mut bytes = Vec::new();
        let length = loop {
            if client.read_buf(&mut bytes).await? == 0 {
                return Ok(None);
            }
            if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
                break end + 4;
            }
        };
        let mut body = bytes.split_off(length);
        let mut this = Self::parse(&bytes)?;
        if this.header("expect").is_some() {
            client.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await?;
        }
        let size = this.header("content-length").and_then(|size| size.parse().ok()).unwrap_or(0);
        while body.len() < size {
            if client.read_buf(&mut body).await? == 0 {
                return Ok(None);
            }
        }
        this.body = body;
        Ok(Some(this))
    }

    fn parse(bytes: &[u8]) -> io::Result<Self> {
        let mut headers = [httparse::EMPTY_HEADER; 64];
        let mut request = httparse::Request::new(&mut headers);
        request.parse(bytes).map_err(io::Error::other)?;
        let method = request.method.unwrap_or_default().to_owned();
        let path = request.path.unwrap_or_default().to_owned();
        let headers: Vec<(String, String)> = request
            .headers
            .iter()
            .map(|header| {
                let value = String::from_utf8_lossy(header.value).into_owned();
                (header.name.to_ascii_lowercase(), value)
            })
            .collect();
        let mut head = format!("{method} {path} HTTP/1.1\r\nconnection: close\r\n");
        for (name, value) in
            headers.iter().filter(|(name, _)| name != "connection" && name != "expect")
        {
            write!(head, "{name}: {value}\r\n").map_err(io::Error::other)?;
        }
        head.push_str("\r\n");
        Ok(Self { head: head.into_bytes(), body: Vec::new(), method, path, headers })
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// What the target says to it, to the end of the connection.
    async fn answer(&self, target: SocketAddr) -> io::Result<Vec<u8>> {
        let mut server = TcpStream::connect(target).await?;
        server.write_all(&self.head).await?;
        server.write_all(&self.body).await?;
        let mut answer = Vec::new();
        server.read_to_end(&mut answer).await?;
        Ok(answer)
    }

    /// Credentials are scoped `KEY/DATE/REGION/SERVICE/aws4_request`.
    fn call(&self) -> Call {
        let scope = self.header("authorization").and_then(|text| text.split("Credential=").nth(1));
        let service = scope.and_then(|scope| scope.split('/').nth(3)).unwrap_or("nobody");
        let form = || {
            let body = std::str::from_utf8(&self.body).ok()?;
            body.split('&').find_map(|pair| pair.strip_prefix("Action="))
        };
        let operation = match self.header("x-amz-target").and_then(|it| it.split('.').next_back()) {
            Some(target) => target.to_owned(),
            None => form().map_or_else(|| self.of_s3(), str::to_owned),
        };
        Call { service: service.to_owned(), operation }
    }

    fn of_s3(&self) -> String {
        let query = self.path.split_once('?').map_or("", |(_, query)| query);
        let what: Vec<&str> = query
            .split('&')
            .map(|pair| pair.split('=').next().unwrap_or_default())
            .filter(|name| !name.is_empty() && *name != "x-id")
            .collect();
        format!("{} ?{}", self.method, what.join("&"))
    }
}

/// Why a fault of ours was.
const SAID: &str = "the proxy says so";

/// What a service says instead of doing it, in its own protocol.
fn refusal(call: &Call, fault: Fault) -> Vec<u8> {
    let service = call.service.as_str();
    let (status, code, message) = match (fault, service) {
        (Fault::Says(status, code, message), _) => (status, code, message),
        // Each service's own; see its page "Common errors".
        (Fault::Throttle, "s3") => (503, "SlowDown", SAID),
        (Fault::Throttle, "sns") => (429, "Throttled", SAID),
        (Fault::Throttle, "sqs") => (403, "RequestThrottled", SAID),
        (Fault::Throttle, "iam" | "sts") => (400, "Throttling", SAID),
        (Fault::Throttle, "tagging") => (400, "ThrottledException", SAID),
        (Fault::Throttle, _) => (400, "ThrottlingException", SAID),
        (Fault::Error503, _) => (503, "ServiceUnavailable", SAID),
        (Fault::Expired, "s3") => (400, "ExpiredToken", SAID),
        (Fault::Expired, "kms" | "sqs" | "tagging") => (400, "ExpiredTokenException", SAID),
        (Fault::Expired, _) => (403, "ExpiredToken", SAID),
        (Fault::Unknown, _) => (501, "NotImplemented", SAID),
        (_, "kms") => (500, "KMSInternalException", SAID),
        (_, "iam") => (500, "ServiceFailure", SAID),
        (_, _) => (500, "InternalError", SAID),
    };
    let (kind, body) = match service {
        "kms" | "sqs" | "tagging" => (
            "application/x-amz-json-1.1",
            format!(r#"{{"__type":"{code}","message":"{message}"}}"#),
        ),
        "s3" => (
            "application/xml",
            format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>"),
        ),
        _ => (
            "text/xml",
            format!(
                "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code>\
                 <Message>{message}</Message></Error></ErrorResponse>"
            ),
        ),
    };
    let length = body.len();
    format!(
        "HTTP/1.1 {status} Said\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n\
         x-amzn-requestid: of-the-proxy\r\nx-amzn-query-error: {code};Sender\r\n\
         connection: close\r\n\r\n{body}"
    )
    .into_bytes()
}

#[cfg(test)]
mod tests {
    use aws_smithy_types::error::metadata::ProvideErrorMetadata as _;

    use super::super::{aws, emulator};
    use super::*;

    #[tokio::test]
    async fn calls_pass_and_are_known_by_name() {
        let account = emulator::ministack().account();
        let proxy = FaultProxy::start(&account.endpoint, |_, _| None);
        let account = account.through(&proxy.url());
        let config = aws::config(&account);
        aws_sdk_sqs::Client::new(&config).list_queues().send().await.unwrap();
        aws_sdk_sns::Client::new(&config).list_topics().send().await.unwrap();
        aws_sdk_kms::Client::new(&config).list_keys().send().await.unwrap();
        aws::s3(&account).list_buckets().send().await.unwrap();
        let names: Vec<String> =
            proxy.shared.seen().iter().map(|(call, _)| call.to_string()).collect();
        assert_eq!(names, ["sqs:ListQueues", "sns:ListTopics", "kms:ListKeys", "s3:GET ?"]);
    }

    /// The SDK is asked once, to see what it makes of an answer.
    #[tokio::test]
    async fn each_service_throttles_in_its_own_words() {
        let account = emulator::ministack().account();
        let proxy = FaultProxy::start(&account.endpoint, |_, _| Some(Fault::Throttle));
        let account = account.through(&proxy.url());
        let config = aws::config(&account)
            .into_builder()
            .retry_config(aws_config::retry::RetryConfig::disabled())
            .build();
        let code = |error: &dyn Fn() -> Option<String>| error().unwrap_or_default();
        let sqs = aws_sdk_sqs::Client::new(&config).list_queues().send().await.unwrap_err();
        assert_eq!(code(&|| sqs.code().map(str::to_owned)), "RequestThrottled");
        let sns = aws_sdk_sns::Client::new(&config).list_topics().send().await.unwrap_err();
        assert_eq!(code(&|| sns.code().map(str::to_owned)), "Throttled");
        let kms = aws_sdk_kms::Client::new(&config).list_keys().send().await.unwrap_err();
        assert_eq!(code(&|| kms.code().map(str::to_owned)), "ThrottlingException");
        assert_eq!(proxy.befallen().len(), 3);
    }
}
