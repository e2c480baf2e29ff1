//! Queues and their dead-letter queues, as fields of queues state them.

use crate::model::{Exhibit, Path, Scene};

/// A queue that moves aside what it cannot get rid of.
pub(super) struct Redrive<'a> {
    /// The queue.
    pub(super) queue: &'a Exhibit,
    /// The ARN of where messages go.
    pub(super) arn: &'a str,
    /// That queue, if it is in the scene.
    pub(super) dead_letter: Option<&'a Exhibit>,
    /// How often a message is received before.
    pub(super) max_receive_count: u64,
}

/// Every queue that has a dead-letter queue.
pub(super) fn of(scene: &Scene) -> impl Iterator<Item = Redrive<'_>> {
    scene.of_kind("sqs_queue").filter_map(|queue| {
        let policy = queue.document.get("redrive_policy")?;
        let arn = policy.get("dead_letter_queue")?.as_str()?;
        Some(Redrive {
            queue,
            arn,
            dead_letter: scene.named("sqs_queue", arn),
            max_receive_count: policy.get("max_receive_count")?.as_u64()?,
        })
    })
}

/// Where the count stands.
pub(super) fn max_receive_count() -> Path {
    Path::field("redrive_policy").with_field("max_receive_count")
}

/// A number of seconds that a queue states.
pub(super) fn seconds(queue: &Exhibit, field: &str) -> u64 {
    queue.document.get(field).and_then(serde_json::Value::as_u64).unwrap_or_default()
}
