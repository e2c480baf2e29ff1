//! Writes down every attempt of every call: for `--trace` and `--journal`, as a
//! span for collectors, and for tests that count calls and rounds.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeTransmitInterceptorContextRef, FinalizerInterceptorContextRef,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpResponse, Metadata};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};
use tokio::time::Instant;

use super::call_span::CallSpan;
use super::pacing::Passage;
use super::services;
use crate::model::{CallRecord, Identity};

tokio::task_local! {
    /// What the calls of this task are about.
    static OBJECT: String;
}

/// Does some work whose every call is about one object.
pub(crate) async fn about<T>(kind: &str, identity: &Identity, work: impl Future<Output = T>) -> T {
    OBJECT.scope(format!("{kind} {identity}"), work).await
}

/// Hears of every attempt of a call as it happens.
pub trait Listener: fmt::Debug + Send + Sync {
    /// It goes out. `call` ends when it starts, and has no answer.
    fn sent(&self, number: u64, call: &CallRecord);

    /// It is over: answered, failed on the way, or given up.
    fn answered(&self, number: u64, call: &CallRecord);
}

/// All calls so far. Clones share one list.
#[derive(Clone, Debug)]
pub struct CallLog {
    epoch: Instant,
    calls: Arc<Mutex<Vec<CallRecord>>>,
    sent: Arc<AtomicU64>,
    listener: Option<Arc<dyn Listener>>,
}

impl CallLog {
    /// An empty list whose time starts now.
    pub fn new() -> Self {
        let (calls, sent) = (Arc::default(), Arc::default());
        Self { epoch: Instant::now(), calls, sent, listener: None }
    }

    /// The same with somebody who listens.
    #[must_use]
    pub fn heard_by(self, listener: Option<Arc<dyn Listener>>) -> Self {
        Self { listener, ..self }
    }

    /// The calls in the order in which they ended.
    pub fn calls(&self) -> Vec<CallRecord> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The time on the clock of [`CallRecord::start`].
    pub fn now(&self) -> Duration {
        self.epoch.elapsed()
    }
}

impl Default for CallLog {
    fn default() -> Self {
        Self::new()
    }
}

/// The attempt at hand. Dropped before there is an answer, it was given up
/// together with whoever asked; it went out all the same, and is written down.
#[derive(Debug)]
struct Sent {
    number: u64,
    /// As it stood in line, or left at once.
    call: CallRecord,
    passage: Option<Passage>,
    log: CallLog,
    is_over: AtomicBool,
}

/// How an attempt ends.
enum End<'a> {
    /// With an answer, or none because the line broke.
    Over(Option<&'a HttpResponse>),
    /// Nobody waits for it any more.
    GivenUp,
}

impl Storable for Sent {
    type Storer = StoreReplace<Self>;
}

impl Sent {
    /// Writes it down, once, unless it never left the line.
    fn ends(&self, end: &End<'_>) -> Option<CallRecord> {
        if self.is_over.swap(true, Ordering::Relaxed) {
            return None;
        }
        let queued = match &self.passage {
            Some(passage) => passage.waited()?,
            None => Duration::ZERO,
        };
        let answer = match end {
            End::Over(answer) => *answer,
            End::GivenUp => None,
        };
        let header = |name| answer.and_then(|answer| answer.headers().get(name));
        let call = CallRecord {
            queued,
            start: self.call.start + queued,
            end: self.log.now(),
            status: answer.map(|answer| answer.status().as_u16()),
            given_up: matches!(end, End::GivenUp),
            request_id: header("x-amzn-requestid")
                .or_else(|| header("x-amz-request-id"))
                .map(str::to_owned),
            ..self.call.clone()
        };
        if let Some(listener) = &self.log.listener {
            listener.answered(self.number, &call);
        }
        self.log.calls.lock().unwrap_or_else(PoisonError::into_inner).push(call.clone());
        Some(call)
    }
}

impl Drop for Sent {
    fn drop(&mut self) {
        self.ends(&End::GivenUp);
    }
}

/// A service as IAM's actions and our errors name it: `sqs`, not `SQS`.
pub(super) fn word_of(service: &str) -> String {
    // Of a service that nobody told, the SDK's own name shows that in every trace.
    services::named(service).map_or_else(|| service.to_owned(), |told| told.prefix.to_owned())
}

impl Intercept for CallLog {
    fn name(&self) -> &'static str {
        "CallLog"
    }

    fn read_before_transmit(
        &self,
        _context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let Some(what) = bag.load::<Metadata>() else { return Ok(()) };
        let attempt = bag.load::<Sent>().map_or(1, |sent| sent.call.attempt + 1);
        let number = self.sent.fetch_add(1, Ordering::Relaxed) + 1;
        let call = record(what, self.now(), attempt);
        if let Some(listener) = &self.listener {
            listener.sent(number, &call);
        }
        let span = CallSpan::open(what.service(), &call);
        let passage = bag.load::<Passage>().cloned();
        let (log, is_over) = (self.clone(), AtomicBool::new(false));
        bag.interceptor_state().store_put(Sent { number, call, passage, log, is_over });
        bag.interceptor_state().store_put(span);
        Ok(())
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let call = bag.load::<Sent>().and_then(|sent| sent.ends(&End::Over(context.response())));
        if let (Some(call), Some(span)) = (call, bag.load::<CallSpan>()) {
            span.note(&call, context);
        }
        bag.interceptor_state().unset::<CallSpan>();
        Ok(())
    }
}

/// A call without an answer yet.
fn record(what: &Metadata, start: Duration, attempt: u32) -> CallRecord {
    CallRecord {
        service: word_of(what.service()),
        operation: what.name().to_owned(),
        queued: Duration::ZERO,
        start,
        end: start,
        status: None,
        given_up: false,
        request_id: None,
        attempt,
        object: OBJECT.try_with(Clone::clone).ok(),
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_kms::config::{BehaviorVersion, Credentials, Region};
    use aws_smithy_runtime_api::client::http::{
        HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
    };
    use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
    use futures::future::join;
    use tokio::time::timeout;

    use super::super::pacing::Pacing;
    use super::*;
    use crate::engine::pace::RateLimit;

    const LIMITS: &[RateLimit] = &[RateLimit::each("kms", 1, &["EnableKey"])];

    #[derive(Debug)]
    struct Silence;

    impl HttpConnector for Silence {
        fn call(&self, _request: HttpRequest) -> HttpConnectorFuture {
            HttpConnectorFuture::new(std::future::pending())
        }
    }

    /// Of two calls one has gone out when both are given up; the other one
    /// stands in line.
    #[tokio::test(start_paused = true)]
    async fn what_went_out_and_was_given_up_is_told() {
        let (pacing, log) = (Pacing::new(LIMITS), CallLog::new());
        let connector = SharedHttpConnector::new(Silence);
        let config = aws_sdk_kms::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-central-1"))
            .credentials_provider(Credentials::for_tests())
            .http_client(pacing.around(http_client_fn(move |_, _| connector.clone())))
            .interceptor(log.clone())
            .interceptor(pacing)
            .build();
        let kms = aws_sdk_kms::Client::from_conf(config);
        let call = || kms.enable_key().key_id("key").send();
        let patience = Duration::from_millis(100);
        assert!(timeout(patience, join(call(), call())).await.is_err());
        let told: Vec<_> = log.calls().into_iter().map(|it| (it.given_up, it.end)).collect();
        assert_eq!(told, [(true, patience)]);
    }
}
