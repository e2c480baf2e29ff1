//! What cannot be processed is set aside.

use super::{Judgement, Rule, failure_destination, hop};
use crate::model::{Address, CheckInfo, CheckKind, Exhibit, Finding, Level, Path, Scene};
use hop::End;

pub(super) const RULE: Rule = Rule {
    info: CheckInfo {
        id: "dead_letter_queue",
        kind: CheckKind::Rule,
        level: Level::Note,
        summary: "Every queue has a dead-letter queue, unless it is one. Those that a function reads have a check of their own.",
        risk: "A message that no consumer can process comes back until it expires, and then it is gone.",
        remedy: "Declare one more queue of the same type, and name it in `redrive_policy`.",
    },
    stops_messages: false,
    because: "A note: where a message is worth little, a queue does well without.",
    judge,
};

fn judge(scene: &Scene) -> Judgement {
    let dead_letter: Vec<&Address> = hop::edges(scene)
        .into_iter()
        .filter(hop::Edge::sets_aside)
        .filter_map(|edge| match edge.target {
            End::Here(queue) => Some(&queue.address),
            End::Elsewhere(_) => None,
        })
        .collect();
    let read = failure_destination::read_by_functions(scene);
    let queues = scene.of_kind("sqs_queue").filter(|queue| !read.contains(&queue.address));
    let sources = queues.filter(|queue| !dead_letter.contains(&&queue.address) && !expects(queue));
    Judgement::of(sources, judge_source)
}

/// Whether it says itself whose messages it takes, in this stack or elsewhere.
fn expects(queue: &Exhibit) -> bool {
    let sources = Path::field("redrive_allow_policy").with_field("source_queues");
    let sources = sources.get(&queue.document).and_then(serde_json::Value::as_array);
    sources.is_some_and(|sources| !sources.is_empty())
}

fn judge_source(queue: &Exhibit) -> Option<Finding> {
    let field = Path::field("redrive_policy");
    if field.get(&queue.document).is_some_and(|policy| !policy.is_null()) {
        return None;
    }
    let finding = Finding::new(&queue.address, "it has no dead-letter queue").at(field);
    Some(
        finding.hint("declare a queue for what cannot be processed, and name it in redrive_policy"),
    )
}

#[cfg(test)]
mod tests {
    use super::super::tests::{golden, told};
    use super::RULE;

    #[test]
    fn queues_have_one_or_are_one() {
        golden!(told(
            &RULE,
            &[
                ("none", "queue: { kind: sqs_queue }"),
                (
                    "one",
                    "
queue: { kind: sqs_queue, redrive_policy: { dead_letter_queue: \"${dlq.arn}\", max_receive_count: 3 } }
dlq: { kind: sqs_queue }"
                ),
                (
                    "of a subscription",
                    "
topic: { kind: sns_topic }
mail:
  kind: sns_subscription
  topic_arn: \"${topic.arn}\"
  protocol: email
  endpoint: somebody@example.com
  redrive_policy: { dead_letter_queue: \"${dlq.arn}\" }
dlq: { kind: sqs_queue }"
                ),
                (
                    "of another stack's queue",
                    "
dlq:
  kind: sqs_queue
  redrive_allow_policy:
    permission: byQueue
    source_queues: [\"arn:aws:sqs:us-east-1:123456789012:elsewhere\"]"
                ),
            ]
        ));
    }
}
