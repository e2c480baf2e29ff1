//! Functions, and the mappings by which Lambda reads sources for them.

use serde_json::Value;

use super::end::End;
pub(super) use super::end::FUNCTION;
use crate::model::{Exhibit, Scene};

/// What has Lambda read a source, and hand it to a function.
pub(super) const MAPPING: &str = "lambda_event_source_mapping";

/// The log group that a function writes to: Lambda's own for it, unless it names one.
pub(super) fn log_group(function: &Exhibit) -> String {
    let logging = function.document.get("logging_config");
    let stated = logging.and_then(|it| it.get("log_group")).and_then(Value::as_str);
    let own = || format!("/aws/lambda/{}", function.identity.as_str());
    stated.filter(|name| !name.is_empty()).map_or_else(own, str::to_owned)
}

/// A number of a resource's field, or what stands for it where none is stated.
pub(super) fn number(exhibit: &Exhibit, field: &str, usual: u64) -> u64 {
    exhibit.document.get(field).and_then(Value::as_u64).unwrap_or(usual)
}

/// How long a function may run, in seconds; AWS's default is 3.
pub(super) fn timeout(function: &Exhibit) -> u64 {
    number(function, "timeout", 3)
}

/// How many of a function may run at once, if that is reserved. AWS tells -1 where
/// nothing is.
pub(super) fn reserved(function: &Exhibit) -> Option<u64> {
    function.document.get("reserved_concurrent_executions").and_then(Value::as_u64)
}

/// One mapping, and both its ends.
pub(super) struct Mapping<'a> {
    /// The resource.
    pub(super) exhibit: &'a Exhibit,
    /// What is read.
    pub(super) source: Source<'a>,
    /// Who gets it.
    pub(super) function: End<'a>,
}

/// What a mapping reads.
pub(super) enum Source<'a> {
    /// A queue of SQS.
    Queue(End<'a>),
    /// The stream of a table, or of Kinesis.
    Stream(End<'a>),
    /// Something else: Kafka, a broker.
    Other,
}

/// Every mapping of a scene.
pub(super) fn mappings(scene: &Scene) -> impl Iterator<Item = Mapping<'_>> {
    scene.of_kind(MAPPING).map(|exhibit| {
        let named = exhibit.text("event_source_arn").unwrap_or_default();
        let here = |kind| scene.named(kind, named).map(End::Here);
        let service = named.split(':').nth(2);
        let source = if let Some(queue) = here("sqs_queue") {
            Source::Queue(queue)
        } else if let Some(table) = here("dynamodb_table") {
            Source::Stream(table)
        } else {
            match service {
                Some("sqs") => Source::Queue(End::Elsewhere(named)),
                Some("dynamodb" | "kinesis") => Source::Stream(End::Elsewhere(named)),
                Some(_) | None => Source::Other,
            }
        };
        let function = End::of(scene, FUNCTION, exhibit.text("function_name").unwrap_or_default());
        Mapping { exhibit, source, function }
    })
}

impl<'a> Mapping<'a> {
    /// The queue that it reads, if it is of the stack.
    pub(super) fn queue(&self) -> Option<&'a Exhibit> {
        match self.source {
            Source::Queue(End::Here(queue)) => Some(queue),
            Source::Queue(End::Elsewhere(_)) | Source::Stream(_) | Source::Other => None,
        }
    }

    /// Whether it reads at all, or is switched off.
    pub(super) fn is_enabled(&self) -> bool {
        self.exhibit.document.get("enabled") != Some(&Value::Bool(false))
    }

    /// For people.
    pub(super) fn name(&self) -> String {
        let source = match self.source {
            Source::Queue(end) | Source::Stream(end) => end.name(),
            Source::Other => self.exhibit.address.to_string(),
        };
        format!("{source} -> {}", self.function.name())
    }
}
