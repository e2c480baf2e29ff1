//! Spans on their way to a collector of OpenTelemetry, if the environment names
//! one. If it names none, nobody listens for spans, and nothing is sent.
//!
//! Where collectors are, what they want to be told besides, and how much is
//! sampled stands in variables that OpenTelemetry's own SDK reads. Whatever
//! becomes of the spans, the command comes to the same end.

mod bridge;
mod veil;

use std::path::Path;
use std::time::Duration;

use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::TracerProvider;
use opentelemetry::{Context, KeyValue};
use opentelemetry_otlp::{Protocol, RetryPolicy, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tokio::runtime::Handle;
use tracing::field::Empty;
use tracing::subscriber::DefaultGuard;
use tracing::{Span, info_span};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;

use super::certificates;
use super::environment::{Collector, Environment};
use super::exit::Exit;
use super::screen::Screen;
use crate::aws::courier::Courier;
use crate::model::Place;
use bridge::Bridge;
use veil::{Trouble, Veil};

/// How long the end of a command may wait for a collector that does not answer.
const LAST_WAIT: Duration = Duration::from_secs(2);

/// Whoever listens for spans, until the end of the command.
#[derive(Debug, Default)]
pub(crate) struct Telemetry {
    export: Option<Export>,
}

#[derive(Debug)]
struct Export {
    provider: SdkTracerProvider,
    trouble: Trouble,
    listening: DefaultGuard,
}

impl Telemetry {
    /// Listens from now on, on this thread, if there is a collector.
    pub(crate) fn start(environment: &Environment, runtime: &Handle, screen: &Screen) -> Self {
        let Some(collector) = &environment.collector else { return Self::default() };
        match Export::start(collector, environment, runtime) {
            Ok(export) => Self { export: Some(export) },
            Err(problem) => {
                warn(screen, &problem);
                Self::default()
            }
        }
    }

    /// Sends what is left.
    pub(crate) async fn end(self, screen: &Screen) {
        let Some(Export { provider, trouble, listening }) = self.export else { return };
        drop(listening);
        // It blocks its thread, and the sending needs this one.
        let ended = tokio::task::spawn_blocking(move || provider.shutdown_with_timeout(LAST_WAIT));
        let is_late = !matches!(ended.await, Ok(Ok(())));
        let late = || format!("no answer within {} s", LAST_WAIT.as_secs());
        if let Some(problem) = trouble.first().or_else(|| is_late.then(late)) {
            warn(screen, &problem);
        }
    }
}

impl Export {
    fn start(
        collector: &Collector,
        environment: &Environment,
        runtime: &Handle,
    ) -> Result<Self, String> {
        let trouble = Trouble::default();
        let exporter = exporter(collector, environment, runtime)?;
        let veil = Veil::new(exporter, environment.mask.clone(), trouble.clone());
        let provider = SdkTracerProvider::builder()
            .with_resource(resource())
            .with_batch_exporter(veil)
            .build();
        let bridge = Bridge::new(provider.tracer("ccprov"), parent(collector));
        // The spans of the SDK and of its HTTP client are not ours to tell.
        let ours = Targets::new().with_target("ccprov", LevelFilter::INFO);
        let subscriber = tracing_subscriber::registry().with(ours).with(bridge);
        let listening = tracing::subscriber::set_default(subscriber);
        Ok(Self { provider, trouble, listening })
    }
}

fn exporter(
    collector: &Collector,
    environment: &Environment,
    runtime: &Handle,
) -> Result<SpanExporter, String> {
    let read = |path: &Path| {
        certificates::read(path).map_err(|why| format!("{} cannot be read: {why}", path.display()))
    };
    let certificates = collector.certificate.as_deref().or(environment.ca_bundle.as_deref());
    let certificates = certificates.map(read).transpose()?;
    let courier = Courier::new(certificates.as_deref(), runtime.clone())
        .map_err(|error| error.to_string())?;
    SpanExporter::builder()
        .with_http()
        .with_protocol(Protocol::HttpBinary)
        .with_http_client(courier)
        // Nobody waits at the end of a command for a second attempt.
        .with_retry_policy(RetryPolicy::disabled())
        .build()
        .map_err(|error| error.to_string())
}

/// Who we are, unless `OTEL_SERVICE_NAME` or `OTEL_RESOURCE_ATTRIBUTES` say
/// otherwise.
fn resource() -> Resource {
    let said = Resource::builder().build();
    let is_said = |key: &str| {
        said.iter().any(|(name, value)| {
            name.as_str() == key && !value.as_str().starts_with("unknown_service")
        })
    };
    let ours = [("service.name", "ccprov"), ("service.version", env!("CARGO_PKG_VERSION"))];
    let missing = ours.into_iter().filter(|(key, _)| !is_said(key));
    let missing = missing.map(|(key, value)| KeyValue::new(key, value));
    Resource::builder().with_attributes(missing).build()
}

/// The span of whoever started us, so that the job of a pipeline and what it
/// applies are one trace.
fn parent(collector: &Collector) -> Context {
    let carried = collector.parent.iter().map(|parent| ("traceparent".to_owned(), parent.clone()));
    let carried: std::collections::HashMap<String, String> = carried.collect();
    TraceContextPropagator::new().extract_with_context(&Context::new(), &carried)
}

fn warn(screen: &Screen, problem: &str) {
    screen.talk(&format!(
        "warning: not all spans reached the collector of OTEL_EXPORTER_OTLP_ENDPOINT: {problem}"
    ));
}

/// The span of a command, above all others. Its command line is not told: it
/// may hold a secret that nobody had the time to learn.
pub(crate) fn command(name: &'static str) -> Span {
    info_span!(
        "command",
        otel.name = format!("ccprov {name}"),
        ccprov.command = name,
        ccprov.stack = Empty,
        cloud.provider = "aws",
        cloud.account.id = Empty,
        cloud.region = Empty,
        process.exit.code = Empty,
        error.type = Empty,
    )
}

/// Notes where a command works.
pub(crate) fn note_place(place: &Place) {
    let span = Span::current();
    span.record("cloud.account.id", &place.account);
    span.record("cloud.region", &place.region);
}

/// Notes which stack a command is about.
pub(crate) fn note_stack(name: &str) {
    Span::current().record("ccprov.stack", name);
}

/// Notes how a command ended, and ends its span.
#[expect(clippy::needless_pass_by_value, reason = "a span is over when it is dropped")]
pub(crate) fn ended(command: Span, exit: Exit) {
    command.record("process.exit.code", exit.code());
    let trouble = match exit {
        Exit::Done | Exit::Changes => return,
        Exit::Failed => "failed",
        Exit::Unsound => "unsound",
        Exit::Refused => "refused",
        Exit::Partly => "partly",
        Exit::NotAllowed => "not_allowed",
        Exit::Interrupted => "interrupted",
    };
    command.record("error.type", trouble);
}
