//! A consumer has time, and a message has time for all its chances.

use serde_json::{Value, json};

use super::redrive::{self, Redrive, seconds};
use super::{Judgement, Rule, patch};
use crate::model::{CheckInfo, CheckKind, Exhibit, Finding, Level, Path, Scene};

pub(super) const RULE: Rule = Rule {
    info: CheckInfo {
        id: "visibility_timeout",
        kind: CheckKind::Rule,
        level: Level::Warning,
        summary: "A message that was received stays hidden for a while, and all its receives fit into its life.",
        risk: "Consumers get the same message at once, or it expires before it reaches the dead-letter queue.",
        remedy: "Let `visibility_timeout_seconds` be some six times what processing takes, and much less than the retention.",
    },
    stops_messages: false,
    because: "A warning: it works while every message is processed at once.",
    judge,
};

const FIELD: &str = "visibility_timeout_seconds";
/// SQS's default.
const USUAL: u64 = 30;

fn judge(scene: &Scene) -> Judgement {
    let mut judgement = Judgement::of(scene.of_kind("sqs_queue"), is_hidden);
    for redrive in redrive::of(scene) {
        judgement.add(redrive.queue.address.to_string(), lives_to_see_it(&redrive));
    }
    judgement
}

fn is_hidden(queue: &Exhibit) -> Option<Finding> {
    let (hidden, lives) = (seconds(queue, FIELD), seconds(queue, "message_retention_seconds"));
    // What is received once is not seen again: told below where it is to be set aside.
    let never_returns =
        hidden >= lives && queue.document.get("redrive_policy").is_none_or(Value::is_null);
    if hidden > 0 && never_returns {
        let message = format!(
            "a message that was received is hidden for {hidden} s, but lives only {lives} s: one that fails is lost"
        );
        let finding = Finding::new(&queue.address, message).at(Path::field(FIELD));
        return Some(finding.hint(format!("lower {FIELD}, or raise message_retention_seconds")));
    }
    if hidden > 0 {
        return None;
    }
    let message = "a message that one consumer has received is there for the others at once";
    let finding = Finding::new(&queue.address, message).at(Path::field(FIELD));
    let finding = finding.hint("hide it for longer than processing takes");
    Some(finding.patch(patch::field(FIELD, &json!(USUAL))))
}

fn lives_to_see_it(redrive: &Redrive<'_>) -> Option<Finding> {
    let Redrive { queue, max_receive_count: times, .. } = redrive;
    let (hidden, lives) = (seconds(queue, FIELD), seconds(queue, "message_retention_seconds"));
    if hidden * times < lives {
        return None;
    }
    let message = format!(
        "{times} receives of {hidden} s each are {} s, but a message lives only {lives} s: it never reaches the dead-letter queue",
        hidden * times,
    );
    let finding = Finding::new(&queue.address, message).at(redrive::max_receive_count());
    Some(
        finding.hint(format!(
            "lower {FIELD} or max_receive_count, or raise message_retention_seconds"
        )),
    )
}

#[cfg(test)]
mod tests {
    use super::super::tests::{golden, told};
    use super::RULE;

    fn queues(hidden: u32, lives: u32) -> String {
        format!(
            "
dlq: {{ kind: sqs_queue }}
queue:
  kind: sqs_queue
  visibility_timeout_seconds: {hidden}
  message_retention_seconds: {lives}
  redrive_policy: {{ dead_letter_queue: \"${{dlq.arn}}\", max_receive_count: 5 }}"
        )
    }

    #[test]
    fn there_is_time() {
        golden!(told(
            &RULE,
            &[
                ("enough", &queues(60, 301)),
                ("none to process", &queues(0, 301)),
                ("none to be set aside", &queues(60, 300)),
                (
                    "none to come back",
                    "queue: { kind: sqs_queue, visibility_timeout_seconds: 120, message_retention_seconds: 120 }"
                ),
            ]
        ));
    }
}
