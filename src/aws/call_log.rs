//! Writes down every attempt of every call: for `--trace` and `--journal`, as a
//! span for collectors, and for tests that count calls and rounds.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeTransmitInterceptorContextRef, FinalizerInterceptorContextRef,
};
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};
use tokio::time::Instant;

use super::call_span::CallSpan;
use super::pacing;
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

    /// It is over, with an answer or without.
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

/// When the attempt at hand was sent, and which it is.
#[derive(Clone, Copy, Debug)]
struct Sent {
    number: u64,
    at: Duration,
    attempt: u32,
}

impl Storable for Sent {
    type Storer = StoreReplace<Self>;
}

/// A service as IAM's actions and our errors name it: `sqs`, not `SQS`.
pub(super) fn word_of(service: &str) -> String {
    match service {
        "Resource Groups Tagging API" => "tag".to_owned(),
        other => other.to_ascii_lowercase(),
    }
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
        let attempt = bag.load::<Sent>().map_or(1, |sent| sent.attempt + 1);
        let number = self.sent.fetch_add(1, Ordering::Relaxed) + 1;
        let sent = Sent { number, at: self.now(), attempt };
        let span = bag.load::<Metadata>().map(|what| {
            let call = record(what, sent);
            if let Some(listener) = &self.listener {
                listener.sent(number, &call);
            }
            CallSpan::open(what.service(), &call)
        });
        bag.interceptor_state().store_put(sent).store_or_unset(span);
        Ok(())
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let (Some(sent), Some(what)) = (bag.load::<Sent>().copied(), bag.load::<Metadata>()) else {
            return Ok(());
        };
        let response = context.response();
        let queued = pacing::queued(bag);
        let header = |name| response.and_then(|answer| answer.headers().get(name));
        let call = CallRecord {
            queued,
            start: sent.at + queued,
            end: self.now(),
            status: response.map(|answer| answer.status().as_u16()),
            request_id: header("x-amzn-requestid")
                .or_else(|| header("x-amz-request-id"))
                .map(str::to_owned),
            ..record(what, sent)
        };
        if let Some(listener) = &self.listener {
            listener.answered(sent.number, &call);
        }
        if let Some(span) = bag.load::<CallSpan>() {
            span.note(&call, context);
        }
        bag.interceptor_state().unset::<CallSpan>();
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).push(call);
        Ok(())
    }
}

/// A call without an answer yet.
fn record(what: &Metadata, sent: Sent) -> CallRecord {
    CallRecord {
        service: word_of(what.service()),
        operation: what.name().to_owned(),
        queued: Duration::ZERO,
        start: sent.at,
        end: sent.at,
        status: None,
        request_id: None,
        attempt: sent.attempt,
        object: OBJECT.try_with(Clone::clone).ok(),
    }
}
