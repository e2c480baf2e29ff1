//! From spans as `tracing` has them to spans as OpenTelemetry has them.
//!
//! Fields become attributes, but for two: `otel.name` is a name that is known
//! only at run time, and `otel.kind = "client"` says that somebody else is asked.
//! A span with an `error.type` has failed, and `error.message` says why.

use std::borrow::Cow;
use std::fmt;

use opentelemetry::trace::{SpanBuilder, SpanKind, SpanRef, Status, TraceContextExt};
use opentelemetry::{Context, KeyValue, Value};
use opentelemetry_sdk::trace::SdkTracer;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing_subscriber::layer::{self, Layer};
use tracing_subscriber::registry::LookupSpan;

/// Hands spans to a tracer when they begin, and tells it when they end.
pub(super) struct Bridge {
    tracer: SdkTracer,
    /// What spans without a parent in this process stand beneath.
    root: Context,
}

impl Bridge {
    pub(super) fn new(tracer: SdkTracer, root: Context) -> Self {
        Self { tracer, root }
    }
}

impl<S> Layer<S> for Bridge
where
    S: tracing::Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, spans: layer::Context<'_, S>) {
        let Some(span) = spans.span(id) else { return };
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        let above = span.parent().and_then(|span| span.extensions().get::<Context>().cloned());
        let above = above.unwrap_or_else(|| self.root.clone());
        let name = fields.name.take().unwrap_or(Cow::Borrowed(attributes.metadata().name()));
        let started = SpanBuilder::from_name(name)
            .with_kind(fields.kind.clone())
            .start_with_context(&self.tracer, &above);
        let here = above.with_span(started);
        fields.note(&here.span());
        span.extensions_mut().insert(here);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, spans: layer::Context<'_, S>) {
        let Some(span) = spans.span(id) else { return };
        let mut fields = Fields::default();
        values.record(&mut fields);
        if let Some(here) = span.extensions().get::<Context>() {
            fields.note(&here.span());
        }
    }

    fn on_close(&self, id: Id, spans: layer::Context<'_, S>) {
        let Some(span) = spans.span(&id) else { return };
        if let Some(here) = span.extensions().get::<Context>() {
            here.span().end();
        }
    }
}

/// The fields of a span, sorted by what becomes of them.
struct Fields {
    name: Option<Cow<'static, str>>,
    kind: SpanKind,
    status: Status,
    attributes: Vec<KeyValue>,
}

impl Default for Fields {
    fn default() -> Self {
        let (name, attributes) = (None, Vec::new());
        Self { name, kind: SpanKind::Internal, status: Status::Unset, attributes }
    }
}

impl Fields {
    fn note(self, span: &SpanRef<'_>) {
        span.set_attributes(self.attributes);
        // A status with a reason replaces one without.
        span.set_status(self.status);
    }

    fn text(&mut self, field: &Field, text: String) {
        match field.name() {
            "otel.name" => self.name = Some(text.into()),
            "otel.kind" if text == "client" => self.kind = SpanKind::Client,
            "error.message" => self.status = Status::error(text),
            "error.type" => {
                self.status = Status::error("");
                self.attribute(field, text);
            }
            _ => self.attribute(field, text),
        }
    }

    fn attribute(&mut self, field: &Field, value: impl Into<Value>) {
        self.attributes.push(KeyValue::new(field.name(), value));
    }
}

impl Visit for Fields {
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.attribute(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        // OpenTelemetry's numbers have a sign.
        self.attribute(field, i64::try_from(value).unwrap_or(i64::MAX));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.text(field, value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.text(field, format!("{value:?}"));
    }
}
