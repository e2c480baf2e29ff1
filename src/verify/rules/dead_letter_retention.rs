//! Dead letters live long enough for somebody to read them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::redrive::{self, seconds};
use super::{Judgement, Rule, patch};
use crate::model::{Address, CheckInfo, CheckKind, Exhibit, Finding, Level, Path, Scene};

pub(super) const RULE: Rule = Rule {
    info: CheckInfo {
        id: "dead_letter_retention",
        kind: CheckKind::Rule,
        level: Level::Warning,
        summary: "A dead-letter queue keeps messages longer than the queues that they come from.",
        risk: "A message's age goes on counting when it is set aside, so it may be gone before anybody looks.",
        remedy: "Raise `message_retention_seconds` of the dead-letter queue, or lower that of the queue.",
    },
    stops_messages: false,
    because: "A warning where dead letters live shorter than letters: they are lost while somebody is yet to look. A note where both live as long, as SQS's defaults have it: what is set aside within minutes is kept for nearly all of that time.",
    judge,
};

const FIELD: &str = "message_retention_seconds";
/// The most that SQS takes: 14 days.
const LONGEST: u64 = 1_209_600;
/// SQS's default: 4 days.
const USUAL: u64 = 345_600;

fn judge(scene: &Scene) -> Judgement {
    let pairs = redrive::of(scene).filter_map(|redrive| {
        let to = redrive.dead_letter?;
        // The age of a message begins anew in a FIFO queue (SQS Developer
        // Guide, "Using dead-letter queues").
        let is_fifo = to.document.get("fifo_queue").and_then(Value::as_bool) == Some(true);
        (!is_fifo).then_some((redrive.queue, to))
    });
    let pairs: Vec<(&Exhibit, &Exhibit)> = pairs.collect();
    // One raise helps all who send to the same queue: who keeps longest speaks for them.
    let mut longest: BTreeMap<&Address, &Exhibit> = BTreeMap::new();
    for (from, to) in &pairs {
        let speaker = longest.entry(&to.address).or_insert(from);
        if seconds(from, FIELD) > seconds(speaker, FIELD) {
            *speaker = from;
        }
    }
    let speaks = |(from, to): &(&Exhibit, &Exhibit)| {
        seconds(from, FIELD) == LONGEST || longest[&to.address].address == from.address
    };
    let speakers = pairs.iter().copied().filter(speaks);
    Judgement::over(speakers.map(|(from, to)| (to, (from, to))), judge_pair)
}

fn judge_pair((from, to): (&Exhibit, &Exhibit)) -> Option<Finding> {
    let (lived, kept) = (seconds(from, FIELD), seconds(to, FIELD));
    if kept > lived || from.address == to.address {
        return None;
    }
    // Where a message lives as long as SQS can have it live, only less of that helps.
    let (of, other, better, hint) = if lived < LONGEST {
        (to, from, LONGEST, format!("raise it: {} sends it what is old already", from.address))
    } else {
        let hint = format!("lower it: {} cannot keep anything longer than that", to.address);
        (from, to, USUAL, hint)
    };
    let message = if kept == lived {
        format!("it keeps messages as long as {} does: {kept} s", other.address)
    } else {
        format!("it keeps messages for {kept} s, and {} does for {lived} s", other.address)
    };
    let finding = Finding::new(&of.address, message).at(Path::field(FIELD)).hint(hint);
    let finding = finding.patch(patch::field(FIELD, &json!(better)));
    Some(if kept == lived { finding.as_note() } else { finding })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{golden, told};
    use super::RULE;

    fn queues(lived: u32, kept: u32, more: &str) -> String {
        format!(
            "
queue:
  kind: sqs_queue
  message_retention_seconds: {lived}
  redrive_policy: {{ dead_letter_queue: \"${{dlq.arn}}\", max_receive_count: 3 }}
  {more}
dlq:
  kind: sqs_queue
  message_retention_seconds: {kept}
  {more}"
        )
    }

    /// Three send to one: what is said is said once, of the one who keeps longest.
    const SEVERAL: &str = "
dlq: { kind: sqs_queue, message_retention_seconds: 60 }
a: { kind: sqs_queue, message_retention_seconds: 100, redrive_policy: { dead_letter_queue: \"${dlq.arn}\", max_receive_count: 3 } }
b: { kind: sqs_queue, message_retention_seconds: 300, redrive_policy: { dead_letter_queue: \"${dlq.arn}\", max_receive_count: 3 } }
c: { kind: sqs_queue, message_retention_seconds: 300, redrive_policy: { dead_letter_queue: \"${dlq.arn}\", max_receive_count: 3 } }";

    #[test]
    fn dead_letters_outlive_letters() {
        golden!(told(
            &RULE,
            &[
                ("longer", &queues(345_600, 345_601, "")),
                ("as long", &queues(345_600, 345_600, "")),
                ("shorter", &queues(345_600, 86_400, "")),
                ("nothing is longer than the longest", &queues(1_209_600, 1_209_600, "")),
                ("shorter than several", SEVERAL),
                ("the age begins anew", &queues(345_600, 60, "fifo_queue: true")),
            ]
        ));
    }
}
