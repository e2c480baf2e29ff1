//! A message comes before it expires.

use serde_json::json;

use super::redrive::seconds;
use super::{Judgement, Rule, patch};
use crate::model::{CheckInfo, CheckKind, Exhibit, Finding, Level, Path, Scene};

pub(super) const RULE: Rule = Rule {
    info: CheckInfo {
        id: "delay",
        kind: CheckKind::Rule,
        level: Level::Error,
        summary: "A message lives longer than the queue holds it back.",
        risk: "Every message expires before anybody can receive it.",
        remedy: "Raise `message_retention_seconds`, or lower `delay_seconds`.",
    },
    stops_messages: true,
    because: "An error: messages are lost.",
    judge,
};

const FIELD: &str = "delay_seconds";
const LIFE: &str = "message_retention_seconds";
/// SQS's default: 4 days.
const USUAL: u64 = 345_600;

/// SQS holds no message back unless it is told to.
fn judge(scene: &Scene) -> Judgement {
    Judgement::of(scene.of_kind("sqs_queue").filter(|it| seconds(it, FIELD) > 0), judge_queue)
}

fn judge_queue(queue: &Exhibit) -> Option<Finding> {
    let (held, lives) = (seconds(queue, FIELD), seconds(queue, LIFE));
    if held < lives {
        return None;
    }
    let message = format!("a message is held back for {held} s, and lives only {lives} s");
    let finding = Finding::new(&queue.address, message).at(Path::field(LIFE));
    Some(finding.hint("let it live longer").patch(patch::field(LIFE, &json!(USUAL))))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{golden, told};
    use super::RULE;

    #[test]
    fn messages_come_before_they_expire() {
        let queue = |held: u32, lives: u32| {
            format!(
                "queue: {{ kind: sqs_queue, delay_seconds: {held}, message_retention_seconds: {lives} }}"
            )
        };
        golden!(told(
            &RULE,
            &[
                ("at once", &queue(0, 60)),
                ("in time", &queue(900, 901)),
                ("never", &queue(900, 900)),
            ]
        ));
    }
}
