//! Who may send dead letters does so.

use serde_json::Value;

use super::{Judgement, Rule};
use crate::model::{CheckInfo, CheckKind, Exhibit, Finding, Level, Path, Scene};

pub(super) const RULE: Rule = Rule {
    info: CheckInfo {
        id: "redrive_allow_policy",
        kind: CheckKind::Rule,
        level: Level::Note,
        summary: "A queue that a dead-letter queue expects messages of sends them there.",
        risk: "The queue looks as if its dead letters were kept, and they are not.",
        remedy: "Name the dead-letter queue in the `redrive_policy` of the queue, or take the queue from `source_queues`.",
    },
    stops_messages: false,
    because: "A note: it may be there for a queue that comes later, and nothing breaks.",
    judge,
};

fn judge(scene: &Scene) -> Judgement {
    let field = Path::field("redrive_allow_policy").with_field("source_queues");
    let expecting = scene.of_kind("sqs_queue").filter_map(|queue| {
        let sources = field.get(&queue.document)?.as_array()?;
        (!sources.is_empty()).then_some((queue, (queue, sources)))
    });
    Judgement::over(expecting, |(queue, sources)| judge_queue(scene, queue, sources, &field))
}

fn judge_queue(scene: &Scene, queue: &Exhibit, sources: &[Value], field: &Path) -> Vec<Finding> {
    let target = Path::field("redrive_policy").with_field("dead_letter_queue");
    let named = sources.iter().filter_map(|arn| scene.named("sqs_queue", arn.as_str()?));
    let idle = named.filter(|source| {
        target.get(&source.document).and_then(Value::as_str) != Some(queue.fact("arn"))
    });
    idle.map(|source| {
        let source = &source.address;
        let message = format!("it expects dead letters of {source}, which sends it none");
        let hint = format!("name it in the redrive_policy of {source}, or do not expect any");
        Finding::new(&queue.address, message).at(field.clone()).hint(hint)
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{golden, told};
    use super::RULE;

    fn queues(redrive: &str, source: &str) -> String {
        format!(
            "
queue: {{ kind: sqs_queue {redrive} }}
dlq: {{ kind: sqs_queue, redrive_allow_policy: {{ permission: byQueue, source_queues: [\"{source}\"] }} }}"
        )
    }

    #[test]
    fn who_is_expected_sends() {
        let redrive =
            ", redrive_policy: { dead_letter_queue: \"${dlq.arn}\", max_receive_count: 3 }";
        golden!(told(
            &RULE,
            &[
                ("sends", &queues(redrive, "arn:aws:sqs:us-east-1:123456789012:dev-queue")),
                ("does not", &queues("", "${queue.arn}")),
                ("is elsewhere", &queues("", "arn:aws:sqs:us-east-1:123456789012:other")),
            ]
        ));
    }
}
