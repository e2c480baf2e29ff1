//! One call to the cloud, as the trace shows it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// One attempt of one call. Times count from the start of the process's work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallRecord {
    /// For example `sqs`.
    pub service: String,
    /// For example `CreateQueue`.
    pub operation: String,
    /// How long it waited before, so that calls of its sort stay within their
    /// rate limit.
    pub queued: Duration,
    /// When the request was sent.
    pub start: Duration,
    /// When the answer had arrived.
    pub end: Duration,
    /// The HTTP status; `None` when no answer came.
    pub status: Option<u16>,
    /// Whether nobody waited for the answer any more, so that it held up nothing.
    pub given_up: bool,
    /// For the support case.
    pub request_id: Option<String>,
    /// From 1.
    pub attempt: u32,
    /// The kind and identity of the object that it was about; `None` for calls
    /// about a whole account.
    pub object: Option<String>,
}
