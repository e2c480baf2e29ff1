//! FIFO goes with FIFO, as far as AWS has it.

use serde_json::Value;

use super::hop::{self, Edge, End, Fifo};
use super::{Judgement, Rule};
use crate::model::{CheckInfo, CheckKind, Exhibit, Finding, Level, Scene};

pub(super) const RULE: Rule = Rule {
    info: CheckInfo {
        id: "fifo_pairing",
        kind: CheckKind::Rule,
        level: Level::Error,
        summary: "Whatever sends to a FIFO topic or queue can, and a dead-letter queue is of its queue's type.",
        risk: "AWS refuses the connection, or drops what it is to deliver.",
        remedy: "Make both ends FIFO, or neither; S3 needs standard topics and queues.",
    },
    judge,
};

fn judge(scene: &Scene) -> Judgement {
    let mut judgement = Judgement::default();
    for edge in hop::edges(scene) {
        if let (End::Here(source), End::Here(target)) = (edge.source, edge.target) {
            judgement.subjects.push(edge.name());
            judgement.findings.extend(judge_pair(&edge, source, target));
        }
    }
    judgement
}

fn judge_pair(edge: &Edge<'_>, source: &Exhibit, target: &Exhibit) -> Option<Finding> {
    let because = match (edge.hop.fifo, is_fifo(source), is_fifo(target)) {
        (Fifo::Never, _, true) => "S3 sends to nothing that is FIFO",
        (Fifo::FromFifo, false, true) => "only a FIFO topic delivers to a FIFO queue",
        (Fifo::Same, true, false) => "a FIFO queue needs a FIFO dead-letter queue",
        (Fifo::Same, false, true) => "a standard queue needs a standard dead-letter queue",
        (Fifo::Never, _, false)
        | (Fifo::FromFifo, true, true)
        | (Fifo::FromFifo | Fifo::Same, false, false)
        | (Fifo::FromFifo, true, false)
        | (Fifo::Same, true, true) => return None,
    };
    let message = format!("{} is {}: {because}", target.address, type_of(target));
    let finding = Finding::new(&edge.carrier.address, message).at(edge.path.clone());
    let other = if is_fifo(target) { "standard" } else { "FIFO" };
    Some(finding.hint(format!("name a {other} one; the type of what exists cannot be changed")))
}

fn type_of(exhibit: &Exhibit) -> &'static str {
    if is_fifo(exhibit) { "FIFO" } else { "standard" }
}

/// Kinds that have no such type are not FIFO.
fn is_fifo(exhibit: &Exhibit) -> bool {
    let says = |field: &str| exhibit.document.get(field).and_then(Value::as_bool) == Some(true);
    says("fifo_queue") || says("fifo_topic")
}

#[cfg(test)]
mod tests {
    use super::super::tests::{golden, told};
    use super::RULE;

    fn subscribed(topic: bool, queue: bool) -> String {
        format!(
            "
topic: {{ kind: sns_topic, fifo_topic: {topic} }}
queue: {{ kind: sqs_queue, fifo_queue: {queue} }}
subscription: {{ kind: sns_subscription, topic_arn: \"${{topic.arn}}\", protocol: sqs, endpoint: \"${{queue.arn}}\" }}"
        )
    }

    fn set_aside(queue: bool, dlq: bool) -> String {
        format!(
            "
dlq: {{ kind: sqs_queue, fifo_queue: {dlq} }}
queue: {{ kind: sqs_queue, fifo_queue: {queue}, redrive_policy: {{ dead_letter_queue: \"${{dlq.arn}}\", max_receive_count: 3 }} }}"
        )
    }

    fn notified(fifo: bool) -> String {
        format!(
            "
bucket: {{ kind: s3_bucket }}
queue: {{ kind: sqs_queue, fifo_queue: {fifo} }}
events:
  kind: s3_bucket_notification
  bucket: \"${{bucket.name}}\"
  queue: [{{ queue_arn: \"${{queue.arn}}\", events: [\"s3:ObjectCreated:*\"] }}]"
        )
    }

    #[test]
    fn fifo_goes_with_fifo() {
        golden!(told(
            &RULE,
            &[
                ("standard topic, standard queue", &subscribed(false, false)),
                ("standard topic, FIFO queue", &subscribed(false, true)),
                ("FIFO topic, standard queue", &subscribed(true, false)),
                ("FIFO topic, FIFO queue", &subscribed(true, true)),
                ("FIFO queue, standard dead-letter queue", &set_aside(true, false)),
                ("standard queue, FIFO dead-letter queue", &set_aside(false, true)),
                ("FIFO queue, FIFO dead-letter queue", &set_aside(true, true)),
                ("bucket, standard queue", &notified(false)),
                ("bucket, FIFO queue", &notified(true)),
            ]
        ));
    }
}
