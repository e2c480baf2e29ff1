//! A dead-letter queue is of its queue's type.

use serde_json::Value;

use super::hop::{self, Edge, End, Transfer};
use super::redrive::{self, Redrive};
use super::{Judgement, Rule, patch};
use crate::model::{CheckInfo, CheckKind, Exhibit, Finding, Level, Path, Place, Scene};

pub(super) const RULE: Rule = Rule {
    info: CheckInfo {
        id: "fifo_pairing",
        kind: CheckKind::Rule,
        level: Level::Error,
        summary: "A FIFO queue has a FIFO dead-letter queue, and a standard queue a standard one; what a function fails at or answers goes to a standard queue or topic, and what a rule takes to a FIFO queue that tells duplicates by content.",
        risk: "AWS refuses the queue or the function, when other parts of the stack are made already.",
        remedy: "Name a dead-letter queue of the same type; the type of what exists cannot be changed.",
    },
    stops_messages: false,
    because: "An error: AWS refuses it.",
    judge,
};

/// What S3 and SNS want of types, the kinds that connect them tell from ARNs.
fn judge(scene: &Scene) -> Judgement {
    let mut judgement =
        Judgement::over(redrive::of(scene).map(|redrive| (redrive.queue, redrive)), |redrive| {
            judge_redrive(&redrive)
        });
    for edge in hop::edges(scene) {
        match edge.hop.transfer {
            Transfer::Sends { .. } => judgement.add(edge.name(), judge_sent(&edge, &scene.place)),
            Transfer::Event { .. } => {
                let finding = judge_event(&edge, &scene.place);
                if finding.is_some()
                    || edge.target.arn(&scene.place).strip_suffix(".fifo").is_some()
                {
                    judgement.add(edge.name(), finding);
                }
            }
            Transfer::Service { .. }
            | Transfer::Invokes { .. }
            | Transfer::Polls { .. }
            | Transfer::Redrive => {}
        }
    }
    judgement
}

/// Lambda states no group (Lambda Developer Guide, "Capturing records of asynchronous
/// invocations": standard queues and topics).
fn judge_sent(edge: &Edge<'_>, place: &Place) -> Option<Finding> {
    edge.target.arn(place).strip_suffix(".fifo")?;
    let message =
        format!("{} is FIFO, and Lambda sends to standard ones alone", edge.target.name());
    let finding = Finding::new(&edge.carrier.address, message).at(edge.path.clone());
    Some(finding.hint("name a standard queue or topic"))
}

/// EventBridge states a group, and no id by which a queue could tell duplicates (User
/// Guide, "Amazon EventBridge targets": FIFO queues need deduplication by content, and FIFO topics are none).
fn judge_event(edge: &Edge<'_>, place: &Place) -> Option<Finding> {
    edge.target.arn(place).strip_suffix(".fifo")?;
    let target = edge.target.name();
    let told = |what: &str| {
        let message = format!("{target} is FIFO, and EventBridge sends {what}");
        Finding::new(&edge.carrier.address, message).at(edge.path.clone())
    };
    if edge.sets_aside() {
        return Some(
            told("what it could not deliver to standard queues alone")
                .hint("name a standard queue"),
        );
    }
    if edge.hop.target_kind() == "sns_topic" {
        return Some(told("to standard topics alone").hint("name a standard topic"));
    }
    let End::Here(queue) = edge.target else { return None };
    if edge.hop.target_kind() != "sqs_queue" || deduplicates(queue) {
        return None;
    }
    let message = format!(
        "{} sends to it no ids of messages, and it does not tell duplicates by content: it takes none of them",
        edge.source.name()
    );
    let finding = Finding::new(&queue.address, message).at(Path::field(CONTENT));
    Some(
        finding
            .hint("have it tell duplicates by content")
            .patch(patch::field(CONTENT, &true.into())),
    )
}

const CONTENT: &str = "content_based_deduplication";

fn deduplicates(queue: &Exhibit) -> bool {
    queue.document.get(CONTENT) == Some(&Value::Bool(true))
}

fn judge_redrive(redrive: &Redrive<'_>) -> Option<Finding> {
    let Redrive { queue, arn, dead_letter, .. } = *redrive;
    let is_fifo = queue.document.get("fifo_queue").and_then(Value::as_bool) == Some(true);
    // The names of all FIFO queues end so, and of no others.
    let sets_aside_fifo = arn.strip_suffix(".fifo").is_some();
    let (wanted, named) = match (is_fifo, sets_aside_fifo) {
        (true, false) => ("FIFO", "standard"),
        (false, true) => ("standard", "FIFO"),
        (true, true) | (false, false) => return None,
    };
    let name = dead_letter.map_or(arn, |queue| queue.address.as_str());
    let message = format!("it is a {wanted} queue, and its dead-letter queue {name} is {named}");
    let path = Path::field("redrive_policy").with_field("dead_letter_queue");
    let hint = format!("name a {wanted} queue");
    Some(Finding::new(&queue.address, message).at(path).hint(hint))
}

#[cfg(test)]
mod tests {
    use super::super::tests::system::system;
    use super::super::tests::{golden, scene, told_of};
    use super::RULE;
    use crate::model::{Address, Scene};

    fn queues(queue: bool, dlq: bool) -> String {
        format!(
            "
dlq: {{ kind: sqs_queue, fifo_queue: {dlq} }}
queue:
  kind: sqs_queue
  fifo_queue: {queue}
  redrive_policy: {{ dead_letter_queue: \"${{dlq.arn}}\", max_receive_count: 3 }}"
        )
    }

    /// Queues as they might live: what a stack file says of two types is
    /// refused before any rule sees it.
    fn living(resources: &str, is_fifo: bool) -> Scene {
        let mut scene = scene(resources);
        let queue = scene.exhibits.get_mut(&Address::new("queue")).unwrap();
        queue.document.insert("fifo_queue".into(), is_fifo.into());
        scene
    }

    #[test]
    fn functions_send_to_standard_ones() {
        let sent = |to: &str| {
            system(&format!(
                "
queue: {{ kind: sqs_queue }}
fifo: {{ kind: sqs_queue, fifo_queue: true }}
function: {{ kind: lambda_function, dead_letter_config: {{ target_arn: \"{to}\" }} }}"
            ))
        };
        golden!(told_of(
            &RULE,
            &[
                ("standard", sent("${queue.arn}")),
                ("FIFO", sent("${fifo.arn}")),
                ("FIFO elsewhere", sent("arn:aws:sns:us-east-1:123456789012:theirs.fifo")),
            ]
        ));
    }

    #[test]
    fn like_goes_with_like() {
        let elsewhere = queues(true, true)
            .replace("${dlq.arn}", "arn:aws:sqs:us-east-1:123456789012:elsewhere.fifo");
        golden!(told_of(
            &RULE,
            &[
                ("standard, standard", living(&queues(false, false), false)),
                ("FIFO, FIFO", living(&queues(true, true), true)),
                ("FIFO, standard", living(&queues(false, false), true)),
                ("standard, FIFO", living(&queues(true, true), false)),
                ("standard, FIFO elsewhere", living(&elsewhere, false)),
            ]
        ));
    }
}
