//! No policy admits everybody.

use super::{Judgement, Rule, permissions, policies};
use crate::model::{CheckInfo, CheckKind, Exhibit, Finding, Level, Scene};
use crate::verify::policy::{Policy, Statement};

pub(super) const RULE: Rule = Rule {
    info: CheckInfo {
        id: "wildcard_principal",
        kind: CheckKind::Rule,
        level: Level::Error,
        summary: "No policy allows something to everybody, unless a condition says to whom.",
        risk: "Anybody with any AWS account, or with none, may do it.",
        remedy: "Name the principals; or add a condition such as `aws:PrincipalOrgID`.",
    },
    stops_messages: false,
    because: "An error: it is open to everybody.",
    judge,
};

/// Condition keys that tell who asks, or from where: those by which S3 tells
/// public policies from others (User Guide, "The meaning of public"), and their
/// likes in other services.
const WHO: &[&str] = &[
    "aws:PrincipalAccount",
    "aws:PrincipalArn",
    "aws:PrincipalOrgID",
    "aws:PrincipalOrgPaths",
    "aws:SourceAccount",
    "aws:SourceArn",
    "aws:SourceIp",
    "aws:SourceOrgID",
    "aws:SourceOrgPaths",
    "aws:SourceOwner",
    "aws:SourceVpc",
    "aws:SourceVpce",
    "aws:userid",
    "kms:CallerAccount",
    "s3:DataAccessPointAccount",
    "s3:DataAccessPointArn",
];

fn judge(scene: &Scene) -> Judgement {
    let all = policies::of_resources(scene).chain(policies::of_trust(scene));
    let mut judgement =
        Judgement::over(all.map(|(exhibit, policy)| (exhibit, (exhibit, policy))), judge_policy);
    for guard in permissions::guards(scene) {
        let Some(policy) = permissions::policy(&guard) else { continue };
        let findings = judge_policy((&guard, policy)).into_iter().map(permissions::told);
        judgement.add(guard.address.to_string(), findings);
    }
    judgement
}

fn judge_policy((exhibit, policy): (&Exhibit, Policy<'_>)) -> Vec<Finding> {
    let open = policy.statements().iter().filter(|statement| admits_everybody(statement));
    open.map(|statement| told(exhibit, statement)).collect()
}

fn admits_everybody(statement: &Statement<'_>) -> bool {
    let everybody = statement.principals("AWS").contains(&"*") || statement.has("NotPrincipal");
    statement.allows() && everybody && !statement.is_bound_by(WHO)
}

fn told(exhibit: &Exhibit, statement: &Statement<'_>) -> Finding {
    let actions = statement.actions();
    let message = format!("{} allows {actions} to everybody", statement.name());
    let finding = Finding::new(&exhibit.address, message).at(statement.path.clone());
    finding.hint("name principals instead of *, or say in a condition who is meant")
}

#[cfg(test)]
mod tests {
    use super::super::tests::system::system;
    use super::super::tests::{golden, told, told_of};
    use super::RULE;

    /// A queue whose policy allows receiving, like this.
    fn queue(rest: &str) -> String {
        format!(
            "
queue:
  kind: sqs_queue
  policy:
    Statement:
      - {{ Sid: Open, Effect: Allow, Action: \"sqs:ReceiveMessage\", Resource: \"${{queue.arn}}\", {rest} }}"
        )
    }

    #[test]
    fn a_function_is_invoked_by_somebody() {
        let function = |permission: &str| {
            system(&format!(
                "function: {{ kind: lambda_function, permissions: {{ Open: {{ {permission} }} }} }}"
            ))
        };
        golden!(told_of(
            &RULE,
            &[
                ("everybody", function("principal: \"*\"")),
                ("an organisation", function("principal: \"*\", principal_org_id: o-1")),
                ("an account", function("principal: \"123456789012\"")),
                ("a service", function("principal: events.amazonaws.com")),
            ]
        ));
    }

    #[test]
    fn somebody_is_named() {
        let condition =
            |condition: &str| queue(&format!("Principal: \"*\", Condition: {{ {condition} }}"));
        golden!(told(
            &RULE,
            &[
                ("an account", &queue("Principal: { AWS: \"123456789012\" }")),
                ("everybody", &queue("Principal: \"*\"")),
                ("everybody, at length", &queue("Principal: { AWS: [\"*\", \"123456789012\"] }")),
                ("everybody but one", &queue("NotPrincipal: { AWS: \"123456789012\" }")),
                ("an organisation", &condition("StringEquals: { \"aws:PrincipalOrgID\": o-1 }")),
                ("whoever uses TLS", &condition("Bool: { \"aws:SecureTransport\": true }")),
                (
                    "a bucket, spelled with wildcards for what its ARN lacks",
                    &condition("ArnLike: { \"aws:SourceArn\": \"arn:aws:s3:*:*:orders\" }")
                ),
                ("any bucket", &condition("ArnLike: { \"aws:SourceArn\": \"arn:aws:s3:*:*:*\" }")),
                ("any account", &condition("StringLike: { \"aws:PrincipalAccount\": \"*\" }")),
                (
                    "a table and a bus",
                    "
table:
  kind: dynamodb_table
  hash_key: { name: id, type: S }
  resource_policy:
    Statement: { Sid: Open, Effect: Allow, Principal: \"*\", Action: \"dynamodb:GetItem\", Resource: \"${table.arn}\" }
bus:
  kind: cloudwatch_event_bus
  policy:
    Statement: { Sid: Open, Effect: Allow, Principal: \"*\", Action: \"events:PutEvents\", Resource: \"${bus.arn}\" }"
                ),
                (
                    "a role for all",
                    "
role:
  kind: iam_role
  assume_role_policy:
    Statement: { Effect: Allow, Principal: { AWS: \"*\" }, Action: \"sts:AssumeRole\" }"
                ),
            ]
        ));
    }
}
