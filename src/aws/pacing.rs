//! The one gate that every attempt of every call passes on its way to AWS.
//!
//! Two halves. An interceptor knows which call it is, and sees what came of
//! it; but it cannot wait. The connection can wait; but it sees bytes alone. So
//! the first gives each request a [`CallContext`] to carry, and the second asks the
//! engine's [`Pacer`] to admit what it names. Requests without one, as those of
//! the credential providers, go at once.
//!
//! A request in line is signed already; `FLOOR` in `engine::pace` keeps the line
//! short enough for that. No time limit runs meanwhile: see `client.rs`.

use std::sync::Arc;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeTransmitInterceptorContextMut, FinalizerInterceptorContextRef,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, Metadata};
use aws_smithy_runtime_api::client::runtime_components::{
    RuntimeComponents, RuntimeComponentsBuilder,
};
use aws_smithy_types::config_bag::ConfigBag;

use super::call_context::CallContext;
use super::error::is_throttled;
use super::services::table::{self, rate_limits};
use crate::engine::pace::{Pacer, RateLimit};

/// How fast calls may go out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pace {
    /// As fast as AWS admits them.
    #[default]
    OfAws,
    /// At once. For an emulator, which admits any number; AWS would refuse most
    /// calls of a wide stack.
    Unlimited,
}

/// Both halves. Clones share one pacer.
#[derive(Clone, Debug)]
pub(super) struct Pacing(Arc<Pacer>);

impl Pacing {
    /// By the limits of AWS, or by none.
    pub(super) fn at(pace: Pace) -> Self {
        match pace {
            Pace::OfAws => Self::new(rate_limits()),
            Pace::Unlimited => Self::new([]),
        }
    }

    /// By these limits.
    pub(super) fn new<'a>(limits: impl IntoIterator<Item = &'a RateLimit>) -> Self {
        Self(Arc::new(Pacer::new(limits)))
    }

    /// A client of HTTP that waits for admission, and is otherwise the same.
    pub(super) fn around(&self, client: SharedHttpClient) -> SharedHttpClient {
        SharedHttpClient::new(PacedClient { client, pacer: Arc::clone(&self.0) })
    }
}

impl Intercept for Pacing {
    fn name(&self) -> &'static str {
        "Pacing"
    }

    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(what) = bag.load::<Metadata>() {
            let call = CallContext::new(table::word_of(what.service()), what.name());
            context.request_mut().add_extension(call.clone());
            bag.interceptor_state().store_put(call);
        }
        Ok(())
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let Some(call) = bag.load::<CallContext>() else { return Ok(()) };
        match (call.pass(), context.response()) {
            (Some(pass), Some(answer)) if is_throttled(&call.to_string(), answer) => pass.refused(),
            (Some(pass), Some(_)) => pass.taken(),
            // A dead line tells nothing about limits.
            (None, _) | (Some(_), None) => {}
        }
        Ok(())
    }
}

#[derive(Debug)]
struct PacedClient {
    client: SharedHttpClient,
    pacer: Arc<Pacer>,
}

impl HttpClient for PacedClient {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let connector = self.client.http_connector(settings, components);
        SharedHttpConnector::new(PacedConnector { connector, pacer: Arc::clone(&self.pacer) })
    }

    fn validate_base_client_config(
        &self,
        components: &RuntimeComponentsBuilder,
        bag: &ConfigBag,
    ) -> Result<(), BoxError> {
        self.client.validate_base_client_config(components, bag)
    }

    fn validate_final_config(
        &self,
        components: &RuntimeComponents,
        bag: &ConfigBag,
    ) -> Result<(), BoxError> {
        self.client.validate_final_config(components, bag)
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.client.connector_metadata()
    }
}

#[derive(Debug)]
struct PacedConnector {
    connector: SharedHttpConnector,
    pacer: Arc<Pacer>,
}

impl HttpConnector for PacedConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let Some(call) = request.extension::<CallContext>().cloned() else {
            return self.connector.call(request);
        };
        let (connector, pacer) = (self.connector.clone(), Arc::clone(&self.pacer));
        HttpConnectorFuture::new(async move {
            let pass = pacer.admit(call.service(), call.operation()).await;
            call.is_admitted(pass);
            connector.call(request).await
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::time::Duration;

    use aws_sdk_kms::config::{BehaviorVersion, Credentials, Region};
    use aws_smithy_runtime_api::client::http::http_client_fn;
    use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
    use aws_smithy_types::body::SdkBody;
    use aws_smithy_types::retry::RetryConfig;
    use futures::future::join_all;
    use tokio::time::Instant;

    use super::super::call_log::CallLog;
    use super::super::client::{stalls, timeouts};
    use super::*;

    const LIMITS: &[RateLimit] = &[RateLimit::each("kms", 1, &["EnableKey"])];

    /// AWS, as far as it goes here: notes when each request arrives, and
    /// refuses those whose number, from 0, it is told.
    #[derive(Clone, Debug)]
    struct Server {
        began: Instant,
        arrivals: Arc<Mutex<Vec<Duration>>>,
        refused: &'static [usize],
    }

    impl HttpConnector for Server {
        fn call(&self, _request: HttpRequest) -> HttpConnectorFuture {
            let mut arrivals = self.arrivals.lock().unwrap();
            arrivals.push(self.began.elapsed());
            let (status, body) = if self.refused.contains(&(arrivals.len() - 1)) {
                (400, r#"{"__type":"ThrottlingException","message":"Rate exceeded"}"#)
            } else {
                (200, "{}")
            };
            let status = status.try_into().unwrap();
            HttpConnectorFuture::ready(Ok(HttpResponse::new(status, SdkBody::from(body))))
        }
    }

    /// So many calls at once: when they arrived, to the nearest second, and their
    /// records. Every one of them is answered in the end.
    async fn calls(count: usize, refused: &'static [usize]) -> (Vec<u64>, CallLog) {
        let server = Server { began: Instant::now(), arrivals: Arc::default(), refused };
        let (pacing, log) = (Pacing::new(LIMITS), CallLog::new());
        let connector = SharedHttpConnector::new(server.clone());
        let config = aws_sdk_kms::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-central-1"))
            .credentials_provider(Credentials::for_tests())
            .http_client(pacing.around(http_client_fn(move |_, _| connector.clone())))
            .retry_config(RetryConfig::standard().with_initial_backoff(Duration::ZERO))
            .timeout_config(timeouts())
            .stalled_stream_protection(stalls())
            .interceptor(log.clone())
            .interceptor(pacing)
            .build();
        let kms = aws_sdk_kms::Client::from_conf(config);
        let all = (0..count).map(|_| kms.enable_key().key_id("key").send());
        for answer in join_all(all).await {
            answer.unwrap();
        }
        let arrivals = server.arrivals.lock().unwrap().clone();
        let nearest = |at: &Duration| (*at + Duration::from_millis(500)).as_secs();
        (arrivals.iter().map(nearest).collect(), log)
    }

    #[tokio::test(start_paused = true)]
    async fn calls_go_out_as_their_limit_admits() {
        let (arrivals, _) = calls(4, &[]).await;
        assert_eq!(arrivals, [0, 1, 2, 3]);
    }

    #[tokio::test(start_paused = true)]
    async fn who_asks_for_no_limits_waits_for_none() {
        let waited = async |pace| {
            let (Pacing(pacer), began) = (Pacing::at(pace), Instant::now());
            join_all((0..1_000).map(|_| pacer.admit("kms", "CreateKey"))).await;
            began.elapsed()
        };
        assert_eq!(waited(Pace::Unlimited).await, Duration::ZERO);
        assert!(waited(Pace::default()).await > Duration::ZERO);
    }

    /// Longer than any of the SDK's limits of time.
    #[tokio::test(start_paused = true)]
    async fn no_time_limit_runs_in_line() {
        let (arrivals, log) = calls(80, &[]).await;
        assert!(arrivals.last().is_some_and(|last| *last > 40), "{arrivals:?}");
        assert_eq!(log.calls().len(), 80, "none was tried twice");
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_slows_down_whoever_comes_next() {
        let (arrivals, _) = calls(4, &[0]).await;
        // The first one again, after the other three, at 0.7 of the rate.
        assert_eq!(arrivals, [0, 1, 3, 4, 5]);
    }

    #[tokio::test(start_paused = true)]
    async fn time_in_line_is_told_apart_from_time_on_the_way() {
        let (_, log) = calls(2, &[]).await;
        let told = log.calls().into_iter().map(|call| {
            (
                call.queued.as_secs(),
                call.start.as_secs(),
                call.end.saturating_sub(call.start).as_secs(),
            )
        });
        assert_eq!(told.collect::<Vec<_>>(), [(0, 0, 0), (1, 1, 0)]);
    }
}
