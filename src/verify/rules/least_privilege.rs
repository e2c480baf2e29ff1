//! Roles may do what they need, to what they need.

use serde_json::Value;

use super::{Judgement, Rule, policies};
use crate::model::{CheckInfo, CheckKind, Exhibit, Finding, Level, Path, Scene};
use crate::verify::policy::{Policy, Statement};

pub(super) const RULE: Rule = Rule {
    info: CheckInfo {
        id: "least_privilege",
        kind: CheckKind::Rule,
        level: Level::Warning,
        summary: "Roles and policies name the actions that they allow, and the resources.",
        risk: "Whoever takes over one producer or consumer has the whole service, or the whole account.",
        remedy: "List the actions that are used, and the ARNs that they are used on.",
    },
    stops_messages: false,
    because: "A warning: it works, and does more than anybody asked for on the day that a credential leaks. All actions of S3, SNS, SQS, KMS, DynamoDB, ECR, Lambda, Step Functions or CloudWatch Logs on resources that are named are a note: they reach no further than the resource.",
    judge,
};

/// Services of which nearly every action can be allowed for one resource.
const PRECISE: &[&str] =
    &["dynamodb", "ecr", "kms", "lambda", "logs", "s3", "sns", "sqs", "states"];
/// Their actions that concern no resource (Service Authorization Reference).
const WITHOUT_RESOURCE: &[&str] = &[
    "dynamodb:DescribeEndpoints",
    "dynamodb:DescribeLimits",
    "dynamodb:DescribeReservedCapacity",
    "dynamodb:DescribeReservedCapacityOfferings",
    "dynamodb:ListBackups",
    "dynamodb:ListContributorInsights",
    "dynamodb:ListExports",
    "dynamodb:ListGlobalTables",
    "dynamodb:ListImports",
    "dynamodb:ListStreams",
    "dynamodb:ListTables",
    "dynamodb:PurchaseReservedCapacityOfferings",
    "ecr:CreatePullThroughCacheRule",
    "ecr:DeletePullThroughCacheRule",
    "ecr:DeleteRegistryPolicy",
    "ecr:DescribePullThroughCacheRules",
    "ecr:DescribeRegistry",
    "ecr:GetAuthorizationToken",
    "ecr:GetRegistryPolicy",
    "ecr:GetRegistryScanningConfiguration",
    "ecr:PutRegistryPolicy",
    "ecr:PutRegistryScanningConfiguration",
    "ecr:PutReplicationConfiguration",
    "kms:CreateKey",
    "kms:GenerateRandom",
    "kms:ListAliases",
    "kms:ListKeys",
    "lambda:CreateCodeSigningConfig",
    "lambda:CreateEventSourceMapping",
    "lambda:GetAccountSettings",
    "lambda:ListCodeSigningConfigs",
    "lambda:ListEventSourceMappings",
    "lambda:ListFunctions",
    "lambda:ListLayerVersions",
    "lambda:ListLayers",
    "logs:CancelExportTask",
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:DeleteQueryDefinition",
    "logs:DeleteResourcePolicy",
    "logs:DescribeDeliveries",
    "logs:DescribeDestinations",
    "logs:DescribeExportTasks",
    "logs:DescribeLogGroups",
    "logs:DescribeQueries",
    "logs:DescribeQueryDefinitions",
    "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery",
    "logs:GetLogRecord",
    "logs:GetQueryResults",
    "logs:ListLogDeliveries",
    "logs:PutQueryDefinition",
    "logs:PutResourcePolicy",
    "logs:StopQuery",
    "logs:TestMetricFilter",
    "logs:UpdateLogDelivery",
    "s3:ListAllMyBuckets",
    "sns:ListSubscriptions",
    "sns:ListTopics",
    "sns:Unsubscribe",
    "sqs:ListQueues",
    "states:ListActivities",
    "states:ListStateMachines",
    "states:SendTaskFailure",
    "states:SendTaskHeartbeat",
    "states:SendTaskSuccess",
    "states:TestState",
    "states:ValidateStateMachineDefinition",
];

fn judge(scene: &Scene) -> Judgement {
    let all = policies::of_identities(scene);
    let mut judgement =
        Judgement::over(all.map(|(exhibit, policy)| (exhibit, (exhibit, policy))), judge_policy);
    for role in scene.of_kind("iam_role") {
        judgement.add(role.address.to_string(), attached(role));
    }
    judgement
}

fn judge_policy((exhibit, policy): (&Exhibit, Policy<'_>)) -> Vec<Finding> {
    let allowing = policy.statements().iter().filter(|statement| statement.allows());
    allowing.filter_map(|statement| judge_statement(exhibit, statement)).collect()
}

fn judge_statement(exhibit: &Exhibit, statement: &Statement<'_>) -> Option<Finding> {
    let (element, message) = excess(statement)?;
    let message = format!("{} {message}", statement.name());
    let finding = Finding::new(&exhibit.address, message).at(statement.path.with_field(element));
    let finding = if stays_within(statement) { finding.as_note() } else { finding };
    let hint = match element {
        "Resource" | "NotResource" => "list the ARNs that are meant",
        _ => "list the actions that are meant",
    };
    Some(finding.hint(hint))
}

/// Whether a statement reaches no further than resources that it names, by the
/// actions of services of which that can be told: the owner of one queue may do
/// to it whatever there is.
fn stays_within(statement: &Statement<'_>) -> bool {
    let is_precise = |action: &&str| {
        action.split_once(':').is_some_and(|(service, _)| PRECISE.contains(&service))
    };
    let is_named = |arn: &&str| !names_nothing(arn) && !name_of(arn).starts_with(['*', '?']);
    let (actions, resources) = (statement.list("Action"), statement.list("Resource"));
    let are_named = !resources.is_empty() && resources.iter().all(is_named);
    are_named && !actions.is_empty() && actions.iter().all(is_precise)
}

/// The element that allows too much, and what it does.
fn excess(statement: &Statement<'_>) -> Option<(&'static str, String)> {
    for (element, what) in
        [("NotAction", "all actions but a few"), ("NotResource", "all resources but a few")]
    {
        if statement.has(element) {
            return Some((element, format!("allows {what}")));
        }
    }
    let actions = statement.list("Action");
    let whole = |action: &&&str| action.split_once(':').is_none_or(|(_, name)| name == "*");
    if let Some(action) = actions.iter().find(whole) {
        return Some(("Action", format!("allows {action}")));
    }
    if statement.conditions().next().is_some() {
        return None;
    }
    let resources = statement.list("Resource");
    let everything = resources.iter().find(|resource| names_nothing(resource))?;
    let action = actions.iter().find(|action| concerns_a_resource(action))?;
    let what = if *everything == "*" { "everything" } else { everything };
    Some(("Resource", format!("allows {action} on {what}")))
}

/// What stands before a name in ARNs of the precise services.
const SORTS: &[&str] =
    &["function:", "key/", "log-group:", "repository/", "stateMachine:", "table/"];

/// `arn:PARTITION:SERVICE:REGION:ACCOUNT:NAME`: `BUCKET/*` is a name, `*` is none.
fn name_of(arn: &str) -> &str {
    arn.splitn(6, ':').last().unwrap_or_default()
}

/// Whether a resource is everything, or all of a service or of a sort.
fn names_nothing(resource: &str) -> bool {
    let name = name_of(resource);
    let name = SORTS.iter().find_map(|sort| name.strip_prefix(sort)).unwrap_or(name);
    name.starts_with('*') && name.chars().all(|sign| "*:/".contains(sign))
}

fn concerns_a_resource(action: &str) -> bool {
    let without = || WITHOUT_RESOURCE.iter().any(|one| one.eq_ignore_ascii_case(action));
    action.split_once(':').is_some_and(|(service, _)| PRECISE.contains(&service)) && !without()
}

/// AWS's own policies that are made for administrators.
fn attached(role: &Exhibit) -> Vec<Finding> {
    let field = "managed_policy_arns";
    let arns = role.document.get(field).and_then(Value::as_array).into_iter().flatten();
    let names = arns.filter_map(Value::as_str).filter_map(|arn| arn.split_once(":aws:policy/"));
    let wide = names.filter(|(_, name)| {
        let broad = ["AdministratorAccess", "PowerUserAccess"];
        broad.contains(name) || name.ends_with("FullAccess")
    });
    wide.map(|(_, name)| {
        let finding = Finding::new(&role.address, format!("{name} allows a whole service or more"));
        finding.at(Path::field(field)).hint("state in inline_policies what is needed")
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{golden, told};
    use super::RULE;

    /// A policy that allows this.
    fn policy(statement: &str) -> String {
        format!(
            "
policy:
  kind: iam_policy
  policy: {{ Statement: [{{ Sid: Some, Effect: Allow, {statement} }}] }}"
        )
    }

    #[test]
    fn no_more_than_needed() {
        let queue = "Resource: \"arn:aws:sqs:us-east-1:123456789012:queue\"";
        golden!(told(
            &RULE,
            &[
                ("precise", &policy(&format!("Action: \"sqs:Get*\", {queue}"))),
                ("everything", &policy("Action: \"*\", Resource: \"*\"")),
                ("a whole service", &policy("Action: \"sqs:*\", Resource: \"arn:aws:sqs:us-east-1:123456789012:*\"")),
                ("all of one queue", &policy(&format!("Action: [\"sqs:*\"], {queue}"))),
                ("all of what is in a bucket", &policy("Action: \"s3:*\", Resource: [\"arn:aws:s3:::b\", \"arn:aws:s3:::b/*\"]")),
                ("all of one role", &policy("Action: \"iam:*\", Resource: \"arn:aws:iam::123456789012:role/r\"")),
                ("what is not listed", &policy(&format!("NotAction: \"iam:*\", {queue}"))),
                ("where it is not listed", &policy("Action: \"sqs:SendMessage\", NotResource: \"arn:aws:sqs:*:*:x\"")),
                ("anywhere", &policy("Action: \"sqs:SendMessage\", Resource: \"*\"")),
                ("any queue", &policy("Action: \"sqs:SendMessage\", Resource: \"arn:aws:sqs:us-east-1:123456789012:*\"")),
                ("all tables", &policy("Action: \"dynamodb:GetItem\", Resource: [\"arn:aws:dynamodb:*:*:table/*\"]")),
                ("all groups", &policy("Action: \"logs:PutLogEvents\", Resource: \"arn:aws:logs:*:*:log-group:*:*\"")),
                ("what begins so", &policy("Action: \"dynamodb:GetItem\", Resource: \"arn:aws:dynamodb:*:*:table/orders-*\"")),
                ("what is in a bucket", &policy("Action: \"s3:GetObject\", Resource: \"arn:aws:s3:::orders/*\"")),
                ("any image", &policy("Action: [\"ecr:GetAuthorizationToken\", \"ecr:PutImage\"], Resource: \"*\"")),
                (
                    "anywhere of an account",
                    &policy(
                        "Action: \"kms:Decrypt\", Resource: \"*\", Condition: { StringEquals: { \"aws:ResourceAccount\": \"123456789012\" } }"
                    )
                ),
                ("any table", &policy("Action: [\"dynamodb:ListTables\", \"dynamodb:PutItem\"], Resource: \"*\"")),
                ("all of one table", &policy("Action: \"dynamodb:*\", Resource: \"arn:aws:dynamodb:us-east-1:123456789012:table/t\"")),
                ("any log group", &policy("Action: [\"logs:DescribeLogGroups\", \"logs:PutLogEvents\"], Resource: \"*\"")),
                ("any state machine", &policy("Action: [\"states:ListStateMachines\", \"states:StartExecution\"], Resource: \"*\"")),
                ("where there is no resource", &policy("Action: [\"sqs:ListQueues\", \"ec2:DescribeRegions\"], Resource: \"*\"")),
                (
                    "a role",
                    "
role:
  kind: iam_role
  assume_role_policy:
    Statement: { Effect: Allow, Principal: { Service: ec2.amazonaws.com }, Action: \"sts:AssumeRole\" }
  inline_policies:
    most: { Statement: { Effect: Allow, Action: \"s3:*\", Resource: \"*\" } }
  managed_policy_arns: [\"arn:aws:iam::aws:policy/AmazonSQSFullAccess\", \"arn:aws:iam::aws:policy/ReadOnlyAccess\"]"
                ),
            ]
        ));
    }
}
