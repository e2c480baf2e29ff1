//! What EventBridge cannot deliver goes somewhere.

use serde_json::Value;

use super::event::{self, RULE_OF_BUS};
use super::{Judgement, Rule};
use crate::model::{CheckInfo, CheckKind, Exhibit, Finding, Level, Path, Scene, document};

pub(super) const RULE: Rule = Rule {
    info: CheckInfo {
        id: "undelivered_events",
        kind: CheckKind::Rule,
        level: Level::Warning,
        summary: "Every target of a rule has a queue for what EventBridge cannot deliver to it.",
        risk: "EventBridge tries for a day, or not at all where it may not deliver; then the event is gone, and only a metric of the rule has counted it.",
        remedy: "Name a standard queue in `dead_letter_config` of the target, whose policy admits `events.amazonaws.com`.",
    },
    stops_messages: false,
    because: "A warning: the target gives up early, and what it gives up is gone. Where EventBridge tries for a day it is a note: where an event is worth little, a rule does well without.",
    judge,
};

fn judge(scene: &Scene) -> Judgement {
    Judgement::of(scene.of_kind(RULE_OF_BUS), |rule| judge_rule(scene, rule))
}

fn judge_rule(scene: &Scene, rule: &Exhibit) -> Vec<Finding> {
    let config = |target: &event::Target<'_>| target.path.with_field("dead_letter_config");
    let has_queue = |target: &event::Target<'_>| {
        let queue = config(target).with_field("arn");
        queue.get(&rule.document).and_then(Value::as_str).is_some_and(|arn| !arn.is_empty())
    };
    let without = event::targets(rule).filter(|target| !has_queue(target));
    without
        .map(|target| {
            let named = scene.exhibits.values().find(|it| it.fact("arn") == target.arn);
            let to = named.map_or_else(|| document::shown(target.arn), |it| it.address.to_string());
            let (tried, gives_up) = tried(rule, &target.path);
            let message = format!("what cannot be delivered to {to} {tried} is gone");
            let finding = Finding::new(&rule.address, message).at(config(&target));
            let finding = finding.hint("name a standard queue that admits events.amazonaws.com");
            if gives_up { finding } else { finding.as_note() }
        })
        .collect()
}

/// How long EventBridge tries, and whether that is less than it would: a day, 185 times.
fn tried(rule: &Exhibit, target: &Path) -> (String, bool) {
    let policy = target.with_field("retry_policy");
    let stated = |field: &str, usual: u64| {
        let stated = policy.with_field(field).get(&rule.document).and_then(Value::as_u64);
        stated.filter(|stated| *stated < usual)
    };
    let age = stated("maximum_event_age_in_seconds", 86_400);
    let attempts = stated("maximum_retry_attempts", 185);
    match (age, attempts) {
        (None, None) => ("within a day".to_owned(), false),
        (Some(seconds), None) => (format!("within {seconds} s"), true),
        (_, Some(0)) => ("at once".to_owned(), true),
        (_, Some(attempts)) => (format!("in {} tries", attempts + 1), true),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::system::system;
    use super::super::tests::{golden, told_of};
    use super::RULE;

    #[test]
    fn targets_have_a_queue_for_the_rest() {
        let rule = |more: &str| {
            system(&format!(
                "
queue: {{ kind: sqs_queue }}
rest: {{ kind: sqs_queue }}
rule: {{ kind: cloudwatch_event_rule, event_bus_name: default, event_pattern: {{ source: [shop] }}, targets: {{ queue: {{ arn: \"${{queue.arn}}\"{more} }} }} }}"
            ))
        };
        golden!(told_of(
            &RULE,
            &[
                ("none", rule("")),
                ("for an hour", rule(", retry_policy: { maximum_event_age_in_seconds: 3600 }")),
                ("once", rule(", retry_policy: { maximum_retry_attempts: 0 }")),
                ("one", rule(", dead_letter_config: { arn: \"${rest.arn}\" }")),
            ]
        ));
    }
}
