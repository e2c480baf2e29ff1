//! A service is admitted for somebody's sake, and the policy says for whose.

use serde_json::json;

use super::{Judgement, Rule, patch, permissions, policies};
use crate::model::{CheckInfo, CheckKind, Exhibit, Finding, Level, Scene};
use crate::verify::policy::{Policy, Statement};

pub(super) const RULE: Rule = Rule {
    info: CheckInfo {
        id: "confused_deputy",
        kind: CheckKind::Rule,
        level: Level::Warning,
        summary: "Where a policy admits an AWS service, a condition says on whose behalf.",
        risk: "A service works for all accounts: a stranger's bucket or topic is admitted, too.",
        remedy: "Add a condition on `aws:SourceArn` or `aws:SourceAccount`.",
    },
    stops_messages: false,
    because: "A warning: whoever may send in a stranger's name fills the queue with the stranger's messages. In the policy of a key it is a note: the key opens nothing by itself, AWS's own examples for encrypted topics and queues state no condition there, and some services send none that it could meet.",
    judge,
};

/// Condition keys that tell on whose behalf a service asks (IAM User Guide,
/// "The confused deputy problem").
const SAKE: &[&str] = &[
    "aws:SourceAccount",
    "aws:SourceArn",
    "aws:SourceOrgID",
    "aws:SourceOrgPaths",
    "aws:SourceOwner",
];

/// What a service says of the data that it uses a key for begins so, and names
/// the resource that the data belongs to. `CloudWatch` Logs sends nothing else:
/// its own guide binds its statement by `kms:EncryptionContext:aws:logs:arn`.
const CONTEXT: &str = "kms:EncryptionContext:";

/// Services that send none of these keys to resources of a kind. To topics, and
/// to the keys of topics, `EventBridge` does not (`EventBridge` User Guide,
/// "Amazon SNS permissions": no condition blocks).
const SILENT: &[(&str, &[&str])] =
    &[("sns_topic", &["events.amazonaws.com"]), ("kms_key", &["events.amazonaws.com"])];

/// Policies of roles are left out: some services that take on roles send none
/// of these keys.
fn judge(scene: &Scene) -> Judgement {
    let all = policies::of_resources(scene);
    let admitting = all.filter(|(_, policy)| policy.statements().iter().any(admits_a_service));
    let mut judgement = Judgement::over(
        admitting.map(|(exhibit, policy)| (exhibit, (exhibit, policy))),
        judge_policy,
    );
    for guard in permissions::guards(scene) {
        let Some(policy) = permissions::policy(&guard) else { continue };
        if policy.statements().iter().any(admits_a_service) {
            let findings = judge_policy((&guard, policy)).into_iter().map(permissions::bound);
            judgement.add(guard.address.to_string(), findings);
        }
    }
    judgement
}

fn judge_policy((exhibit, policy): (&Exhibit, Policy<'_>)) -> Vec<Finding> {
    let admitting = policy.statements().iter().filter(|statement| admits_a_service(statement));
    let unbound = admitting.filter(|it| !it.is_bound_by(SAKE) && !it.is_bound_by_prefix(CONTEXT));
    unbound.filter_map(|statement| told(exhibit, statement)).collect()
}

fn admits_a_service(statement: &Statement<'_>) -> bool {
    statement.allows() && !statement.principals("Service").is_empty()
}

fn told(exhibit: &Exhibit, statement: &Statement<'_>) -> Option<Finding> {
    let silent = SILENT.iter().filter(|(kind, _)| *kind == exhibit.kind);
    let silent: Vec<&str> = silent.flat_map(|(_, services)| *services).copied().collect();
    let (without, services): (Vec<&str>, Vec<&str>) =
        statement.principals("Service").into_iter().partition(|one| silent.contains(one));
    if services.is_empty() {
        return None;
    }
    let services = services.join(", ");
    let message = format!("{} admits {services} on anybody's behalf", statement.name());
    let finding = Finding::new(&exhibit.address, message).at(statement.path.clone());
    // Who may use a key gets at nothing yet: what it encrypts has a policy of its own.
    let finding = if exhibit.kind == "kms_key" { finding.as_note() } else { finding };
    if !without.is_empty() {
        let without = without.join(", ");
        let hint = format!("give {services} a statement with a condition; {without} meets none");
        return Some(finding.hint(hint));
    }
    let mut condition = statement.condition();
    let (operator, key, value) = if exhibit.kind == "kms_key" && services.starts_with("logs.") {
        let groups = "arn:${partition}:logs:${region}:${account}:*";
        ("ArnLike", "kms:EncryptionContext:aws:logs:arn", groups)
    } else {
        ("StringEquals", "aws:SourceAccount", "${account}")
    };
    let bound = condition.entry(operator).or_insert_with(|| json!({}));
    bound[key] = value.into();
    let finding = finding.hint("say in a condition of that statement on whose behalf");
    Some(finding.patch(patch::field("Condition", &condition.into())))
}

#[cfg(test)]
mod tests {
    use super::super::tests::system::{pasted, system};
    use super::super::tests::{golden, told, told_of};
    use super::RULE;

    /// A topic that admits S3, like this.
    fn topic(condition: &str) -> String {
        format!(
            "
topic:
  kind: sns_topic
  policy:
    Statement:
      - Sid: Events
        Effect: Allow
        Principal: {{ Service: s3.amazonaws.com }}
        Action: \"sns:Publish\"
        Resource: \"${{topic.arn}}\"
        Condition: {{ {condition} }}"
        )
    }

    /// A key for log groups, as the guide of `CloudWatch` Logs has it.
    fn key(log_group: &str) -> String {
        format!(
            "
key:
  kind: kms_key
  policy:
    Statement:
      - {{ Sid: Own, Effect: Allow, Principal: {{ AWS: \"arn:aws:iam::${{account}}:root\" }}, Action: \"kms:*\", Resource: \"*\" }}
      - Sid: Logs
        Effect: Allow
        Principal: {{ Service: \"logs.${{region}}.amazonaws.com\" }}
        Action: [\"kms:Encrypt*\", \"kms:Decrypt*\", \"kms:GenerateDataKey*\"]
        Resource: \"*\"
        Condition: {{ ArnLike: {{ \"kms:EncryptionContext:aws:logs:arn\": \"{log_group}\" }} }}"
        )
    }

    #[test]
    fn who_invokes_a_function_is_bound() {
        let function = |permission: &str| {
            system(&format!(
                "function: {{ kind: lambda_function, permissions: {{ Events: {{ principal: s3.amazonaws.com {permission} }} }} }}"
            ))
        };
        let scenes = [
            ("not", function("")),
            ("by account", function(", source_account: \"${account}\"")),
            ("by bucket", function(", source_arn: \"arn:aws:s3:::claims\"")),
        ];
        assert_eq!(pasted(&RULE, &scenes[0].1), []);
        golden!(told_of(&RULE, &scenes));
    }

    #[test]
    fn services_are_bound() {
        golden!(told(
            &RULE,
            &[
                ("by account", &topic("StringEquals: { \"aws:SourceAccount\": \"123456789012\" }")),
                ("by bucket", &topic("ArnLike: { \"AWS:SourceArn\": \"arn:aws:s3:::claims-*\" }")),
                ("by any bucket", &topic("ArnLike: { \"aws:SourceArn\": \"arn:aws:s3:::*\" }")),
                ("not", &topic("Bool: { \"aws:SecureTransport\": true }")),
                ("there are none", "topic: { kind: sns_topic }"),
                (
                    "EventBridge meets no condition",
                    &topic("Bool: { \"aws:SecureTransport\": true }")
                        .replace("s3.amazonaws.com", "events.amazonaws.com")
                ),
                (
                    "EventBridge and another",
                    &topic("Bool: { \"aws:SecureTransport\": true }")
                        .replace("s3.amazonaws.com", "[events.amazonaws.com, s3.amazonaws.com]")
                ),
                ("by log group", &key("arn:aws:logs:us-east-1:123456789012:log-group:orders")),
                ("by anybody's log group", &key("arn:aws:logs:us-east-1:*:*")),
                (
                    "EventBridge and SNS, of a key",
                    &key("*").replace(
                        "\"logs.${region}.amazonaws.com\"",
                        "[events.amazonaws.com, sns.amazonaws.com]"
                    )
                ),
            ]
        ));
    }
}
