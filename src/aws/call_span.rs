//! One attempt of one call as a span, named and described as OpenTelemetry's
//! conventions want calls of AWS:
//! <https://opentelemetry.io/docs/specs/semconv/cloud-providers/aws-sdk/>.

use aws_smithy_runtime_api::client::interceptors::context::FinalizerInterceptorContextRef;
use aws_smithy_types::config_bag::{Storable, StoreReplace};
use tracing::Span;
use tracing::field::Empty;

use crate::model::CallRecord;

/// The span of the attempt at hand. It is over when this is dropped.
#[derive(Debug)]
pub(super) struct CallSpan(Span);

impl Storable for CallSpan {
    type Storer = StoreReplace<Self>;
}

impl CallSpan {
    /// Beneath the span of whoever calls. The SDK's name of the service is
    /// `SQS`, where ours is `sqs`.
    pub(super) fn open(service: &str, call: &CallRecord) -> Self {
        Self(tracing::info_span!(
            "call",
            otel.name = format!("{service}.{}", call.operation),
            otel.kind = "client",
            rpc.system = "aws-api",
            rpc.service = service,
            rpc.method = call.operation,
            ccprov.attempt = call.attempt,
            ccprov.object = call.object,
            http.response.status_code = Empty,
            aws.request_id = Empty,
            error.type = Empty,
        ))
    }

    /// Notes what came of it.
    pub(super) fn note(&self, call: &CallRecord, context: &FinalizerInterceptorContextRef<'_>) {
        let Self(span) = self;
        if let Some(status) = call.status {
            span.record("http.response.status_code", status);
        }
        if let Some(id) = &call.request_id {
            span.record("aws.request_id", id);
        }
        if let Some(trouble) = trouble(call.status, context) {
            span.record("error.type", trouble);
        }
    }
}

/// What is wrong with an answer, in one of few words: the status says most, and
/// the code of AWS stands in the step's span once the SDK has read the body.
fn trouble(status: Option<u16>, context: &FinalizerInterceptorContextRef<'_>) -> Option<String> {
    let error = context.output_or_error()?.err()?;
    Some(match status {
        Some(status) => status.to_string(),
        None if error.is_timeout_error() => "timeout".to_owned(),
        None => match error.as_connector_error() {
            Some(error) if error.is_timeout() => "timeout".to_owned(),
            Some(_) => "connection".to_owned(),
            None => "_OTHER".to_owned(),
        },
    })
}
