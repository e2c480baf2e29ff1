//! What stands between the spans and the collector: hides what must not be
//! shown, and remembers what went wrong.

use std::sync::{Arc, Mutex, PoisonError};

use opentelemetry::trace::Status;
use opentelemetry::{KeyValue, Value};
use opentelemetry_otlp::SpanExporter;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::trace::{self, SpanData};

use crate::model::Mask;

/// Why spans did not reach the collector, if they did not. Clones share it.
#[derive(Clone, Debug, Default)]
pub(super) struct Trouble {
    first: Arc<Mutex<Option<String>>>,
}

impl Trouble {
    /// What went wrong first.
    pub(super) fn first(&self) -> Option<String> {
        self.first.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&self, error: &OTelSdkError) {
        let problem = match error {
            OTelSdkError::InternalFailure(why) => why.clone(),
            other => other.to_string(),
        };
        self.first.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(problem);
    }
}

/// An exporter that tells no secrets.
#[derive(Debug)]
pub(super) struct Veil {
    exporter: tokio::sync::Mutex<SpanExporter>,
    resource: Resource,
    mask: Mask,
    trouble: Trouble,
}

impl Veil {
    pub(super) fn new(exporter: SpanExporter, mask: Mask, trouble: Trouble) -> Self {
        let resource = Resource::builder_empty().build();
        Self { exporter: tokio::sync::Mutex::new(exporter), resource, mask, trouble }
    }

    fn veil(&self, span: &mut SpanData) {
        span.name = self.mask.veil(&span.name).into();
        for attribute in &mut span.attributes {
            attribute.value = veiled(&attribute.value, &self.mask);
        }
        if let Status::Error { description } = &mut span.status {
            *description = self.mask.veil(description).into();
        }
    }
}

impl trace::SpanExporter for Veil {
    async fn export(&self, mut batch: Vec<SpanData>) -> OTelSdkResult {
        for span in &mut batch {
            self.veil(span);
        }
        let mut exporter = self.exporter.lock().await;
        // A secret that was learned since then may stand in `OTEL_RESOURCE_ATTRIBUTES` too.
        let resource = self
            .resource
            .iter()
            .map(|(key, value)| KeyValue::new(key.clone(), veiled(value, &self.mask)));
        let resource = Resource::builder_empty().with_attributes(resource).build();
        trace::SpanExporter::set_resource(&mut *exporter, &resource);
        let sent = exporter.export(batch).await;
        if let Err(error) = &sent {
            self.trouble.note(error);
        }
        sent
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.resource = resource.clone();
    }
}

/// Texts are the only values that tell anything; we make no lists.
fn veiled(value: &Value, mask: &Mask) -> Value {
    match value {
        Value::String(text) => mask.veil(text.as_str()).into(),
        other => other.clone(),
    }
}
