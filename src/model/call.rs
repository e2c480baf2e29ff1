//! One call to the cloud, as it went over the wire.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What is remembered of a call: for traces, and to count how many round trips
/// a run is made of. Times are since the run began.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallRecord {
    /// For example `sqs`.
    pub service: String,
    /// For example `CreateQueue`.
    pub operation: String,
    /// When the request was sent.
    pub start: Duration,
    /// When the answer had come, or was given up.
    pub end: Duration,
    /// The HTTP status; `None` if no answer came.
    pub status: Option<u16>,
    /// The cloud's own number of the call, for the support case.
    pub request_id: Option<String>,
    /// From 1; more than that for a call that was made again.
    pub attempt: u32,
    /// The resource on whose behalf, if one.
    pub address: Option<String>,
}
