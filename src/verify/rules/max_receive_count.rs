//! A message gets a second chance.

use serde_json::json;

use super::redrive::{self, Redrive};
use super::{Judgement, Rule, patch};
use crate::model::{CheckInfo, CheckKind, Finding, Level, Scene};

pub(super) const RULE: Rule = Rule {
    info: CheckInfo {
        id: "max_receive_count",
        kind: CheckKind::Rule,
        level: Level::Note,
        summary: "A message is received more than once before it goes to the dead-letter queue.",
        risk: "One consumer that is restarted at the wrong moment sets good messages aside.",
        remedy: "Raise `redrive_policy.max_receive_count`; 3 to 5 is usual.",
    },
    stops_messages: false,
    because: "A note: the message is kept, and where its work must not be begun twice, one receive is meant; elsewhere AWS advises more, since a consumer may end in the middle of one.",
    judge,
};

/// What the built-in patterns have.
const USUAL: u64 = 5;

fn judge(scene: &Scene) -> Judgement {
    Judgement::over(redrive::of(scene).map(|redrive| (redrive.queue, redrive)), |redrive| {
        judge_redrive(&redrive)
    })
}

fn judge_redrive(redrive: &Redrive<'_>) -> Option<Finding> {
    if redrive.max_receive_count > 1 {
        return None;
    }
    let message = "a message goes to the dead-letter queue when it is received a second time";
    let finding = Finding::new(&redrive.queue.address, message).at(redrive::max_receive_count());
    let finding = finding.hint("let consumers try more than once");
    let dead_letter_queue =
        redrive.dead_letter.map_or_else(|| redrive.arn.to_owned(), patch::arn_of);
    let policy = json!({ "dead_letter_queue": dead_letter_queue, "max_receive_count": USUAL });
    Some(finding.patch(patch::field("redrive_policy", &policy)))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{golden, told};
    use super::RULE;

    const QUEUES: &str = "
dlq: { kind: sqs_queue }
queue: { kind: sqs_queue, redrive_policy: { dead_letter_queue: \"${dlq.arn}\", max_receive_count: COUNT } }";

    #[test]
    fn once_is_not_enough() {
        golden!(told(
            &RULE,
            &[
                ("twice", &QUEUES.replace("COUNT", "2")),
                ("once", &QUEUES.replace("COUNT", "1")),
                ("without a dead-letter queue", "queue: { kind: sqs_queue }"),
            ]
        ));
    }
}
