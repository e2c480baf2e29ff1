//! A service is admitted for somebody's sake, and the policy says for whose.

use serde_json::json;

use super::{Judgement, Rule, patch, policies};
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

/// Policies of roles are left out: some services that take on roles send none
/// of these keys.
fn judge(scene: &Scene) -> Judgement {
    let all = policies::of_resources(scene);
    let admitting = all.filter(|(_, policy)| policy.statements().iter().any(admits_a_service));
    Judgement::over(admitting.map(|(exhibit, policy)| (exhibit, (exhibit, policy))), judge_policy)
}

fn judge_policy((exhibit, policy): (&Exhibit, Policy<'_>)) -> Vec<Finding> {
    let unbound = policy
        .statements()
        .iter()
        .filter(|statement| admits_a_service(statement) && !statement.is_bound_by(SAKE));
    unbound.map(|statement| told(exhibit, statement)).collect()
}

fn admits_a_service(statement: &Statement<'_>) -> bool {
    statement.allows() && !statement.principals("Service").is_empty()
}

fn told(exhibit: &Exhibit, statement: &Statement<'_>) -> Finding {
    let services = statement.principals("Service").join(", ");
    let message = format!("{} admits {services} on anybody's behalf", statement.name());
    let mut condition = statement.condition();
    let equals = condition.entry("StringEquals").or_insert_with(|| json!({}));
    equals["aws:SourceAccount"] = "${account}".into();
    Finding::new(&exhibit.address, message)
        .at(statement.path.clone())
        .hint("say in a condition of that statement on whose behalf")
        .patch(patch::field("Condition", &condition.into()))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{golden, told};
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
            ]
        ));
    }
}
