//! Dead letters go away from where messages come in.

use std::collections::BTreeSet;

use super::hop::{self, End, Transfer};
use super::redrive::{self, Redrive};
use super::{Judgement, Rule};
use crate::model::{Address, CheckInfo, CheckKind, Finding, Level, Path, Scene};

pub(super) const RULE: Rule = Rule {
    info: CheckInfo {
        id: "redrive_direction",
        kind: CheckKind::Rule,
        level: Level::Warning,
        summary: "Dead letters come back to no queue that they were in, and go to none that messages are delivered to.",
        risk: "What cannot be processed is tried for ever, or lies among what was never tried.",
        remedy: "State `redrive_policy` at the queue that consumers read, and none at its dead-letter queue.",
    },
    stops_messages: false,
    because: "A warning: messages are kept, but nobody gets them out of the circle.",
    judge,
};

fn judge(scene: &Scene) -> Judgement {
    let redrives: Vec<Redrive<'_>> = redrive::of(scene).collect();
    let delivered: Vec<(String, &Address)> = hop::edges(scene)
        .into_iter()
        // What SNS could not deliver, or a function not process, is set aside as well.
        .filter(|edge| !edge.sets_aside())
        .filter_map(|edge| match (&edge.hop.transfer, edge.target) {
            (
                Transfer::Service { .. } | Transfer::Sends { .. } | Transfer::Event { .. },
                End::Here(queue),
            ) => Some((edge.source.name(), &queue.address)),
            (
                Transfer::Service { .. }
                | Transfer::Sends { .. }
                | Transfer::Event { .. }
                | Transfer::Invokes { .. }
                | Transfer::Polls { .. }
                | Transfer::Redrive,
                _,
            ) => None,
        })
        .collect();
    let from = |address: &Address| {
        delivered.iter().find(|(_, to)| *to == address).map(|(from, _)| from.as_str())
    };
    let mut judgement = Judgement::default();
    for redrive in &redrives {
        let finding = match redrive.dead_letter {
            Some(target) if comes_back(redrive, &redrives) => {
                let message = if target.address == redrive.queue.address {
                    "it is its own dead-letter queue: what cannot be processed stays in it"
                        .to_owned()
                } else {
                    format!("its dead letters go to {}, and come back from there", target.address)
                };
                Some(told(redrive, message))
            }
            Some(target) => from(&target.address)
                .filter(|_| from(&redrive.queue.address).is_none())
                .map(|source| {
                    let target = &target.address;
                    told(
                        redrive,
                        format!("its dead letters go to {target}, which {source} delivers to"),
                    )
                }),
            None => None,
        };
        judgement.add(redrive.queue.address.to_string(), finding);
    }
    judgement
}

/// Whether what leaves a queue gets into it again.
fn comes_back(redrive: &Redrive<'_>, all: &[Redrive<'_>]) -> bool {
    let (own, mut seen) = (&redrive.queue.address, BTreeSet::new());
    let mut next = redrive.dead_letter;
    while let Some(queue) = next.filter(|queue| seen.insert(&queue.address)) {
        if queue.address == *own {
            return true;
        }
        next =
            all.iter().find(|it| it.queue.address == queue.address).and_then(|it| it.dead_letter);
    }
    false
}

fn told(redrive: &Redrive<'_>, message: String) -> Finding {
    let path = Path::field("redrive_policy").with_field("dead_letter_queue");
    let hint = "are the two the wrong way round? name a queue that nothing else goes to";
    Finding::new(&redrive.queue.address, message).at(path).hint(hint)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{golden, redriven, scene, told_of};
    use super::RULE;

    fn fed(queue: &str, dlq: &str) -> String {
        format!(
            "
topic: {{ kind: sns_topic }}
queue: {{ kind: sqs_queue {queue} }}
dlq: {{ kind: sqs_queue {dlq} }}
subscription: {{ kind: sns_subscription, topic_arn: \"${{topic.arn}}\", protocol: sqs, endpoint: \"${{queue.arn}}\" }}"
        )
    }

    #[test]
    fn dead_letters_go_one_way() {
        let arn = |name: &str| format!("arn:aws:sqs:us-east-1:123456789012:dev-{name}");
        let to = |name: &str| {
            let arn = arn(name);
            format!(", redrive_policy: {{ dead_letter_queue: \"{arn}\", max_receive_count: 3 }}")
        };
        golden!(told_of(
            &RULE,
            &[
                ("away", scene(&fed(&to("dlq"), ""))),
                ("backwards", scene(&fed("", &to("queue")))),
                ("both ways", scene(&fed(&to("dlq"), &to("queue")))),
                ("to itself", redriven(&fed("", ""), &arn("queue"))),
                ("elsewhere", scene(&fed(&to("other"), ""))),
            ]
        ));
    }
}
