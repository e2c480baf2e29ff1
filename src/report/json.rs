//! Writing JSON, and what several of its forms have in common.

use std::time::Duration;

use serde::{Serialize, Serializer};

use crate::model::{CloudError, ErrorClass};

/// Indented, with a line feed at the end: for documents that people may open.
pub(super) fn indented(value: &impl Serialize) -> String {
    let text = serde_json::to_string_pretty(value);
    // Only a map with keys that are not strings can fail, and there is none.
    text.expect("views are plain JSON") + "\n"
}

/// A duration as seconds, to the millisecond.
pub(super) fn seconds<S: Serializer>(length: &Duration, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_f64(Duration::from_millis(millis(*length)).as_secs_f64())
}

/// The same of one that may not be known.
#[expect(clippy::ref_option, reason = "serde asks for a reference")]
pub(super) fn some_seconds<S: Serializer>(
    length: &Option<Duration>,
    to: S,
) -> Result<S::Ok, S::Error> {
    match length {
        Some(length) => seconds(length, to),
        None => to.serialize_none(),
    }
}

pub(super) fn millis(length: Duration) -> u64 {
    u64::try_from(length.as_millis()).unwrap_or(u64::MAX)
}

/// A failed call, for programs.
#[derive(Serialize)]
pub(super) struct TellError<'a> {
    attempted: &'a str,
    operation: &'a str,
    class: &'static str,
    code: &'a str,
    message: &'a str,
    request_id: Option<&'a str>,
    hint: Option<&'a str>,
}

impl<'a> From<&'a CloudError> for TellError<'a> {
    fn from(error: &'a CloudError) -> Self {
        Self {
            attempted: &error.attempted,
            operation: &error.operation,
            class: class(error.class),
            code: &error.code,
            message: &error.message,
            request_id: error.request_id.as_deref(),
            hint: error.hint.as_deref(),
        }
    }
}

fn class(class: ErrorClass) -> &'static str {
    match class {
        ErrorClass::Absent => "absent",
        ErrorClass::Exists => "exists",
        ErrorClass::Throttled => "throttled",
        ErrorClass::Transient => "transient",
        ErrorClass::NotYet(_) => "not_yet",
        ErrorClass::Denied => "denied",
        ErrorClass::Quota => "quota",
        ErrorClass::Invalid => "invalid",
        ErrorClass::Credentials => "credentials",
        ErrorClass::Unexpected => "unexpected",
    }
}
