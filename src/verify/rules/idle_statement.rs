//! Whom a policy admits, asks.

use super::{Judgement, Rule, permissions, policies};
use crate::model::{CheckInfo, CheckKind, Exhibit, Finding, Level, Path, Scene};
use crate::verify::policy::{Policy, Statement};

pub(super) const RULE: Rule = Rule {
    info: CheckInfo {
        id: "idle_statement",
        kind: CheckKind::Rule,
        level: Level::Note,
        summary: "No policy admits a service that never asks in its own name.",
        risk: "It looks as if something were allowed, and the role that has to be is forgotten.",
        remedy: "Take the statement away, and give the role its right.",
    },
    stops_messages: false,
    because: "A note: it does no harm, and no good.",
    judge,
};

/// Services that come to a kind of resource in the name of a role, or are read
/// themselves (Lambda Developer Guide, "Event source mappings"; EventBridge User Guide on
/// roles of schedules and pipes; Step Functions Developer Guide on those of state machines).
const IDLE: &[(&str, &[&str], &str)] = &[
    (
        "lambda_function",
        &[
            "dynamodb.amazonaws.com",
            "kafka.amazonaws.com",
            "kinesis.amazonaws.com",
            "mq.amazonaws.com",
            "sqs.amazonaws.com",
        ],
        "Lambda reads it by a mapping, in the name of the function's role",
    ),
    ("lambda_function", &["states.amazonaws.com"], "it comes in the name of a role"),
    ("dynamodb_table", BY_ROLE, "it comes in the name of a role"),
    ("s3_bucket", BY_ROLE, "it comes in the name of a role"),
    ("sns_topic", BY_ROLE, "it comes in the name of a role"),
    ("sqs_queue", BY_ROLE, "it comes in the name of a role"),
];

const BY_ROLE: &[&str] = &[
    "lambda.amazonaws.com",
    "pipes.amazonaws.com",
    "scheduler.amazonaws.com",
    "states.amazonaws.com",
];

fn judge(scene: &Scene) -> Judgement {
    let mut judgement = Judgement::default();
    for (exhibit, policy) in policies::of_resources(scene) {
        let at = |statement: &Statement<'_>| statement.path.clone();
        judge_policy(exhibit, &policy, at, &mut judgement);
    }
    for guard in permissions::guards(scene) {
        let Some(policy) = permissions::policy(&guard) else { continue };
        let at =
            |statement: &Statement<'_>| permissions::path_of(statement.sid().unwrap_or_default());
        judge_policy(&guard, &policy, at, &mut judgement);
    }
    judgement
}

fn judge_policy(
    exhibit: &Exhibit,
    policy: &Policy<'_>,
    at: impl Fn(&Statement<'_>) -> Path,
    judgement: &mut Judgement,
) {
    let admitting = |statement: &&Statement<'_>| {
        statement.allows() && !statement.principals("Service").is_empty()
    };
    let statements: Vec<&Statement<'_>> = policy.statements().iter().filter(admitting).collect();
    if statements.is_empty() {
        return;
    }
    let idle = IDLE.iter().filter(|(kind, _, _)| *kind == exhibit.kind);
    let findings = idle.flat_map(|(_, services, why)| {
        let told = |statement: &&Statement<'_>| {
            let named = statement.principals("Service").into_iter();
            let named: Vec<&str> = named.filter(|one| services.contains(one)).collect();
            if named.is_empty() {
                return None;
            }
            let (name, named) = (statement.name(), named.join(", "));
            let message = format!("{name} admits {named}, which never asks: {why}");
            let finding = Finding::new(&exhibit.address, message).at(at(statement));
            Some(finding.hint("take it away, and let the role do what is meant"))
        };
        statements.iter().filter_map(told).collect::<Vec<_>>()
    });
    let findings: Vec<Finding> = findings.collect();
    judgement.add(exhibit.address.to_string(), findings);
}

#[cfg(test)]
mod tests {
    use super::super::tests::system::system;
    use super::super::tests::{golden, told_of};
    use super::RULE;

    #[test]
    fn who_is_admitted_asks() {
        golden!(told_of(
            &RULE,
            &[(
                "who asks, and who does not",
                system(
                    r#"
queue:
  kind: sqs_queue
  policy:
    Statement:
      - { Sid: Function, Effect: Allow, Principal: { Service: lambda.amazonaws.com }, Action: "sqs:ReceiveMessage", Resource: "${queue.arn}" }
      - { Sid: Machine, Effect: Allow, Principal: { Service: states.amazonaws.com }, Action: "sqs:SendMessage", Resource: "${queue.arn}" }
      - { Sid: Topic, Effect: Allow, Principal: { Service: sns.amazonaws.com }, Action: "sqs:SendMessage", Resource: "${queue.arn}" }
quiet: { kind: sqs_queue }
function:
  kind: lambda_function
  permissions:
    Queue: { principal: sqs.amazonaws.com, source_arn: "${queue.arn}" }
    Machine: { principal: states.amazonaws.com, source_arn: "arn:aws:states:us-east-1:123456789012:stateMachine:s" }
    Topic: { principal: sns.amazonaws.com, source_arn: "arn:aws:sns:us-east-1:123456789012:t" }
"#
                )
            )]
        ));
    }
}
