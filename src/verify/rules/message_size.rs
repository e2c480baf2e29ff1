//! An event fits into the queue that it is for.

use serde_json::{Value, json};

use super::function::FUNCTION;
use super::hop::{self, End};
use super::{Judgement, Rule, patch};
use crate::model::{CheckInfo, CheckKind, Exhibit, Finding, Level, Path, Scene};

pub(super) const RULE: Rule = Rule {
    info: CheckInfo {
        id: "message_size",
        kind: CheckKind::Rule,
        level: Level::Error,
        summary: "A queue that events of S3 go to takes messages of their size.",
        risk: "A message that is too large is dropped, and nobody is told.",
        remedy: "Leave `max_message_size` out, or raise it.",
    },
    stops_messages: true,
    because: "An error: messages are lost.",
    judge,
};

const FIELD: &str = "max_message_size";
/// An event about one object of an ordinary name, in bytes: the sample of the
/// User Guide ("Event message structure") has some 1,000, and a key alone may
/// have 1,024.
const EVENT: u64 = 2048;
/// What SNS puts around it, with a signature and two addresses, and a
/// backslash before each quote.
const ENVELOPE: u64 = 2048;
/// SQS's default and most.
const USUAL: u64 = 262_144;

fn judge(scene: &Scene) -> Judgement {
    let mut judgement = Judgement::default();
    let edges = hop::edges(scene);
    let told_by_s3 = |end: End<'_>| match end {
        End::Here(exhibit) => {
            edges.iter().any(|edge| edge.is_from("s3_bucket") && edge.ends_at(exhibit))
        }
        End::Elsewhere(_) => false,
    };
    for edge in &edges {
        let End::Here(queue) = edge.target else { continue };
        if edge.hop.target_kind() == FUNCTION {
            continue;
        }
        let needed = if edge.is_from("s3_bucket") {
            EVENT
        } else if edge.is_from("sns_topic") && told_by_s3(edge.source) {
            EVENT + if is_raw(scene, edge.source, queue) { 0 } else { ENVELOPE }
        } else {
            continue;
        };
        // Where none is stated there is room: SQS's default.
        let most = queue.document.get(FIELD).and_then(Value::as_u64);
        let small = most.filter(|most| *most < needed);
        judgement.add(edge.name(), small.map(|most| told(queue, most, needed)));
    }
    judgement
}

fn is_raw(scene: &Scene, topic: End<'_>, queue: &Exhibit) -> bool {
    let topic = topic.arn(&scene.place);
    scene.of_kind("sns_subscription").any(|it| {
        it.text("topic_arn") == Some(&topic)
            && it.text("endpoint") == Some(queue.fact("arn"))
            && it.document.get("raw_message_delivery") == Some(&Value::Bool(true))
    })
}

fn told(queue: &Exhibit, most: u64, needed: u64) -> Finding {
    let message = format!("it takes {most} bytes at most, and an event of S3 may have {needed}");
    Finding::new(&queue.address, message)
        .at(Path::field(FIELD))
        .hint("take what is as large as an event")
        .patch(patch::field(FIELD, &json!(USUAL)))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{golden, told};
    use super::RULE;

    fn system(size: u32, raw: bool) -> String {
        format!(
            "
bucket: {{ kind: s3_bucket, bucket: payloads }}
topic: {{ kind: sns_topic }}
notification: {{ kind: s3_bucket_notification, bucket: \"${{bucket.name}}\", topic: [{{ topic_arn: \"${{topic.arn}}\", events: [\"s3:ObjectCreated:*\"] }}] }}
queue: {{ kind: sqs_queue, max_message_size: {size} }}
subscription: {{ kind: sns_subscription, topic_arn: \"${{topic.arn}}\", protocol: sqs, endpoint: \"${{queue.arn}}\", raw_message_delivery: {raw} }}"
        )
    }

    #[test]
    fn events_fit() {
        let other = "
topic: { kind: sns_topic }
queue: { kind: sqs_queue, max_message_size: 1024 }
subscription: { kind: sns_subscription, topic_arn: \"${topic.arn}\", protocol: sqs, endpoint: \"${queue.arn}\" }";
        golden!(told(
            &RULE,
            &[
                ("by default", &system(262_144, false)),
                ("in an envelope", &system(2048, false)),
                ("raw", &system(2048, true)),
                ("too small even so", &system(1024, true)),
                ("not of S3", other),
            ]
        ));
    }
}
