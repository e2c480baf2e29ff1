//! An HTTP proxy that does to chosen calls what a network, a busy AWS or an
//! impatient operator does.
//!
//! It reads one request at a time, decides what befalls it, and otherwise
//! hands it on: so an effect that took place, and an answer that did not
//! arrive, are two things. Requests are numbered in the order in which they
//! came in. Shown, it tells all of them, with what befell each.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ccprov::aws::service::Speech;
use ccprov::aws::services::table::SERVICES;
use futures::future::BoxFuture;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::watch;

use super::aws_rules::AwsRules;
use super::local_server::{LocalServer, address_of};
use super::request::{Call, Request};

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
    /// A success of which AWS says more than any emulator: the body, as JSON.
    Answers(&'static str),
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

/// Decides for the number of a call, from 0, and the call.
pub(crate) type Chooser = Box<dyn Fn(usize, &Call) -> Option<Fault> + Send + Sync>;

/// Who does something of its own before a call is handed on: with its number, the
/// request, and where that would go.
pub(crate) type Visitor =
    Box<dyn for<'a> Fn(usize, &'a Request, SocketAddr) -> BoxFuture<'a, ()> + Send + Sync>;

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
    rules: Option<AwsRules>,
    visitor: Option<Visitor>,
    seen: Mutex<Vec<(Call, Fate)>>,
    /// That a rule refused a call.
    news: Condvar,
}

const MINUTE: Duration = Duration::from_mins(1);

/// What became of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Passed,
    /// It got the answer from before the last write.
    Lagged,
    Suffered(Fault),
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("target", &self.target).finish_non_exhaustive()
    }
}

impl Shared {
    fn seen(&self) -> MutexGuard<'_, Vec<(Call, Fate)>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The call's number, and what the chooser has for it.
    fn enter(&self, call: Call) -> (usize, Option<Fault>) {
        let mut seen = self.seen();
        let number = seen.len();
        let fault = (self.choose)(number, &call);
        seen.push((call, fault.map_or(Fate::Passed, Fate::Suffered)));
        (number, fault)
    }

    /// What the rules have for a call that nobody chose.
    async fn refusal(&self, number: usize, request: &Request) -> Option<Fault> {
        let fault = self.rules.as_ref()?.refusal(request).await?;
        self.seen()[number].1 = Fate::Suffered(fault);
        self.news.notify_all();
        Some(fault)
    }

    async fn answer(&self, number: usize, request: &Request) -> io::Result<Vec<u8>> {
        let old = self.rules.as_ref().and_then(|rules| rules.old_answer(request));
        if let Some(old) = old {
            self.seen()[number].1 = Fate::Lagged;
            return Ok(old);
        }
        if let Some(visitor) = &self.visitor {
            visitor(number, request, self.target).await;
        }
        let answer = request.answer(self.target).await?;
        if let Some(rules) = &self.rules {
            rules.note(request, &answer);
        }
        Ok(answer)
    }
}

impl FaultProxy {
    /// A proxy before `url`, which is `http://HOST:PORT`.
    pub(crate) fn start(
        url: &str,
        choose: impl Fn(usize, &Call) -> Option<Fault> + Send + Sync + 'static,
    ) -> Self {
        Self::serve(address_of(url), Box::new(choose), None, None)
    }

    /// A proxy before which somebody acts, whom nobody expects.
    pub(crate) fn visited(url: &str, visitor: Visitor) -> Self {
        Self::serve(address_of(url), Box::new(|_, _| None), None, Some(visitor))
    }

    /// A proxy that holds all calls to rules.
    pub(crate) fn under(rules: AwsRules) -> Self {
        Self::serve(address_of(rules.endpoint()), Box::new(|_, _| None), Some(rules), None)
    }

    fn serve(
        target: SocketAddr,
        choose: Chooser,
        rules: Option<AwsRules>,
        visitor: Option<Visitor>,
    ) -> Self {
        let (seen, news) = (Mutex::default(), Condvar::new());
        let shared = Arc::new(Shared { target, choose, rules, visitor, seen, news });
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

    /// The nth call, from 0, of those that are meant fails.
    pub(crate) fn nth(
        url: &str,
        nth: usize,
        is_meant: impl Fn(&Call) -> bool + Send + Sync + 'static,
        fault: Fault,
    ) -> Self {
        let meant = AtomicUsize::new(0);
        Self::start(url, move |_, call| {
            let number = is_meant(call).then(|| meant.fetch_add(1, Ordering::Relaxed));
            (number == Some(nth)).then_some(fault)
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
        let suffered = seen.iter().filter_map(|(call, fate)| match fate {
            Fate::Suffered(fault) => Some((call.clone(), *fault)),
            Fate::Passed | Fate::Lagged => None,
        });
        suffered.collect()
    }

    /// How many calls got an old answer.
    pub(crate) fn lagged(&self) -> usize {
        self.shared.seen().iter().filter(|(_, fate)| *fate == Fate::Lagged).count()
    }

    /// What it holds calls to, where it does.
    pub(crate) fn rules(&self) -> Option<&AwsRules> {
        self.shared.rules.as_ref()
    }

    /// Blocks until a call was answered so, and for a minute at most.
    pub(crate) fn wait_for(&self, code: &str) {
        let is_said = |(_, fate): &(Call, Fate)| matches!(fate, Fate::Suffered(Fault::Says(_, said, _)) if said.ends_with(code));
        let unsaid = |seen: &mut Vec<(Call, Fate)>| !seen.iter().any(is_said);
        // Whoever waited in vain finds out by what did not happen.
        drop(self.shared.news.wait_timeout_while(self.shared.seen(), MINUTE, unsaid));
    }
}

impl fmt::Display for FaultProxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.shared.seen().iter().enumerate().try_for_each(|(number, (call, fate))| {
            write!(f, "\n[call {number}] {call}")?;
            match fate {
                Fate::Passed => Ok(()),
                Fate::Lagged => f.write_str("  an old answer"),
                Fate::Suffered(Fault::Says(_, code, _)) => write!(f, "  {code}"),
                Fate::Suffered(fault) => write!(f, "  {fault:?}"),
            }
        })
    }
}

/// One request and its answer, or what becomes of them.
async fn exchange(
    mut client: TcpStream,
    shared: &Shared,
    mut victim: watch::Receiver<Option<u32>>,
) -> io::Result<()> {
    let Some(request) = Request::read(&mut client).await? else { return Ok(()) };
    let (number, chosen) = shared.enter(request.call());
    let fault = match chosen {
        Some(fault) => Some(fault),
        None => shared.refusal(number, &request).await,
    };
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
        ) => client.write_all(&refusal(&request.call(), fault)).await,
        Some(Fault::Answers(body)) => client.write_all(&success(body)).await,
        Some(Fault::KillAfter) => {
            shared.answer(number, &request).await?;
            kill(&mut victim).await
        }
        Some(Fault::ResetAfter) => {
            shared.answer(number, &request).await?;
            client.set_zero_linger()
        }
        Some(Fault::Cut) => {
            let answer = shared.answer(number, &request).await?;
            client.write_all(&answer[..answer.len() / 2]).await
        }
        None => {
            let answer = shared.answer(number, &request).await?;
            client.write_all(&answer).await
        }
    }
}

fn success(body: &str) -> Vec<u8> {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.1\r\nconnection: close";
    format!("{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

async fn kill(victim: &mut watch::Receiver<Option<u32>>) -> io::Result<()> {
    let process = *victim.wait_for(Option::is_some).await.map_err(io::Error::other)?;
    let process = process.unwrap_or_default().to_string();
    Command::new("kill").args(["-s", "KILL", &process]).status().map(drop)
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
        (Fault::Throttle, "iam" | "monitoring" | "sts") => (400, "Throttling", SAID),
        (Fault::Throttle, "lambda") => (429, "TooManyRequestsException", SAID),
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
    let speech = SERVICES.iter().find(|it| it.prefix == service).map(|it| it.speaks);
    let (kind, body) = match (speech, service) {
        (Some(Speech::Json), _) | (None, "tagging") => (
            "application/x-amz-json-1.1",
            format!(r#"{{"__type":"{code}","message":"{message}"}}"#).into_bytes(),
        ),
        (_, "monitoring") => ("application/cbor", in_cbor(code, message)),
        (_, "s3") => (
            "application/xml",
            format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>").into_bytes(),
        ),
        _ => (
            "text/xml",
            format!(
                "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code>\
                 <Message>{message}</Message></Error></ErrorResponse>"
            )
            .into_bytes(),
        ),
    };
    let length = body.len();
    let protocol = if service == "monitoring" { "smithy-protocol: rpc-v2-cbor\r\n" } else { "" };
    let head = format!(
        "HTTP/1.1 {status} Said\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n{protocol}\
         x-amzn-requestid: of-the-proxy\r\nx-amzn-query-error: {code};Sender\r\n\
         connection: close\r\n\r\n"
    );
    [head.into_bytes(), body].concat()
}

/// A map of two texts, each of up to 255 bytes (RFC 8949, 3.1).
fn in_cbor(code: &str, message: &str) -> Vec<u8> {
    let text = |text: &str| {
        let length = u8::try_from(text.len()).unwrap_or(u8::MAX);
        [&[0x78, length], text.as_bytes()].concat()
    };
    [vec![0xa2], text("__type"), text(code), text("message"), text(message)].concat()
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
        let alarms = aws_sdk_cloudwatch::Client::new(&config).describe_alarms().send().await;
        let alarms = alarms.unwrap_err();
        assert_eq!(code(&|| alarms.code().map(str::to_owned)), "Throttling");
        assert_eq!(proxy.befallen()[3].0.to_string(), "monitoring:DescribeAlarms");
        assert_eq!(proxy.befallen().len(), 4);
    }
}
