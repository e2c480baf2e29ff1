//! What is known of a queue without asking: where it answers, and what its
//! document says of messages. Pure.

use std::time::Duration;

use serde_json::Value;

use crate::aws::services::sqs::queue::url;
use crate::model::{Exhibit, Place};

/// Where SQS answers for a queue of this place that is known by its ARN.
pub(super) fn url_of(place: &Place, arn: &str) -> String {
    let name = arn.rsplit(':').next().unwrap_or_default();
    url(place, name)
}

/// How often a message of a queue may be received before it goes to the
/// dead-letter queue, if there is one.
pub(super) fn tries(queue: &Exhibit) -> Option<u32> {
    let policy = queue.document.get("redrive_policy")?;
    policy["max_receive_count"].as_u64()?.try_into().ok()
}

/// Whether a queue keeps order.
pub(super) fn is_fifo(queue: &Exhibit) -> bool {
    queue.document.get("fifo_queue") == Some(&Value::Bool(true))
}

/// How long a queue holds back what is sent to it.
pub(super) fn delay(queue: &Exhibit) -> Duration {
    let seconds = queue.document.get("delay_seconds").and_then(Value::as_u64);
    Duration::from_secs(seconds.unwrap_or_default())
}
