//! The least that AWS must allow for one command on one stack, as an IAM policy.
//!
//! The grants of the kinds that the stack declares, with the stack's own names
//! in place. Calls nobody: ARNs are predicted.

mod joined;
mod neighbours;
mod of_others;
mod parts;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::{Value, json};

use super::behaviours::probed;
use super::grant::{Bound, DISCOVERY, Grant, LEASE, Need};
use super::invocation::FUNCTION;
use super::registry;
use super::replay::ARCHIVE;
use super::tags::{REGION_TAG, STACK_TAG};
use super::takes;
use crate::model::document::has_pending;
use crate::model::{Desired, Path, Stack};
pub use of_others::access_policy_with;
pub use parts::MOST_CHARACTERS;

/// What somebody wants to be allowed to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// `plan`, `plan --destroy` and `output`.
    Plan,
    /// `apply`, which also removes what the file no longer declares.
    Apply,
    /// `verify`, with its exercises.
    Verify,
    /// `destroy`.
    Destroy,
    /// `invoke`, of any function of the stack.
    Invoke,
    /// `replay`, of any archive of the stack.
    Replay,
}

impl Command {
    fn needs(self, need: Need, of: Option<&Desired>) -> bool {
        match need {
            Need::Read => match self {
                Self::Plan | Self::Apply | Self::Verify | Self::Destroy => true,
                // Who calls a function or replays an archive looks at nothing else.
                Self::Invoke => of.is_some_and(|want| want.kind == FUNCTION),
                Self::Replay => of.is_some_and(|want| want.kind == ARCHIVE),
            },
            Need::Invoke => self == Self::Invoke,
            Need::Replay => self == Self::Replay,
            Need::Write => self == Self::Apply,
            Need::Remove => matches!(self, Self::Apply | Self::Destroy),
            Need::Exercise => self == Self::Verify,
        }
    }
}

/// An IAM policy in the order that people read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct AccessPolicy {
    version: &'static str,
    /// What is allowed.
    #[serde(rename = "Statement")]
    pub statements: Vec<Statement>,
}

/// Some actions that are allowed on some resources.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Statement {
    sid: Cow<'static, str>,
    effect: &'static str,
    /// What may be done.
    pub action: BTreeSet<&'static str>,
    /// What to.
    pub resource: BTreeSet<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    condition: Condition,
}

type Condition = BTreeMap<&'static str, BTreeMap<String, Value>>;

/// The policy for one command on one stack. It covers the objects that the
/// file declares and, where path or tags tell them, those of the same kinds
/// that the stack owns from before.
pub fn access_policy(stack: &Stack, command: Command) -> AccessPolicy {
    let mut statements: Vec<Statement> = Vec::new();
    for (grant, want) in grants(stack).filter(|(grant, want)| command.needs(grant.need, *want)) {
        let resources = resources(grant, stack, want);
        if resources.is_empty() {
            continue;
        }
        let at = statements.iter().position(|statement| statement.sid == grant.sid);
        let at = at.unwrap_or_else(|| {
            statements.push(statement(grant, stack));
            statements.len() - 1
        });
        statements[at].action.extend(grant.actions);
        statements[at].resource.extend(resources);
    }
    AccessPolicy { version: "2012-10-17", statements }
}

/// What `verify` does beyond reading, by the kind that it does it to.
///
/// Whatever it makes says so in its name: ears are queues of the stack's
/// name, payloads have a folder of their own.
pub const EXERCISES: &[(&str, &[Grant])] = &[
    (
        "cloudwatch_event_rule",
        &[
            // EventBridge knows no resource of this call (Service Authorization Reference).
            Grant::exercise("TriedPatterns", &["*"], &["events:TestEventPattern"]),
            Grant::exercise(
                "TriedBuses",
                &["arn:${partition}:events:${region}:${account}:event-bus/${event_bus_name}"],
                &["events:PutEvents"],
            )
            .only_with("matches"),
        ],
    ),
    (
        "cloudwatch_metric_alarm",
        &[
            Grant::exercise(
                "TriedAlarms",
                &["${arn}"],
                &["cloudwatch:DescribeAlarmHistory", "cloudwatch:SetAlarmState"],
            ),
            Grant::exercise("Ears", EARS, MESSAGES),
            Grant::exercise("Ears", EARS, HEARING),
        ],
    ),
    // Whether it is played, its trust policy decides.
    ("iam_role", &[Grant::exercise("PlayedRoles", &["${arn}"], &["sts:AssumeRole"])]),
    (
        "kms_key",
        &[
            Grant::exercise("UsedKeys", KEYS, USING).bound(Bound::Owned),
            Grant::exercise("UsedKeys", KEYS, &["kms:ListGrants"]).bound(Bound::Owned),
        ],
    ),
    (FUNCTION, &[METRICS]),
    (
        "msk_cluster",
        &[
            Grant::exercise("TriedClusters", CLUSTERS, &["kafka:GetBootstrapBrokers"]),
            Grant::exercise("BrokersOfClusters", CLUSTERS, &["kafka:ListNodes"]),
        ],
    ),
    (
        "msk_serverless_cluster",
        &[Grant::exercise("TriedClusters", CLUSTERS, &["kafka:GetBootstrapBrokers"])],
    ),
    (
        "msk_topic",
        &[
            Grant::exercise("ClustersOfTriedTopics", CLUSTERS, &["kafka-cluster:Connect"]),
            Grant::exercise(
                "PartitionsOfTopics",
                &["arn:${partition}:kafka:${region}:${account}:topic/*/*/${name}"],
                &["kafka-cluster:DescribeTopic", "kafka:DescribeTopicPartitions"],
            ),
            Grant::exercise(
                "RecordsOfTriedTopics",
                &["arn:${partition}:kafka:${region}:${account}:topic/*/*/${name}"],
                &["kafka-cluster:ReadData", "kafka-cluster:WriteData"],
            ),
        ],
    ),
    ("msk_scram_secret_association", &[SECRETS_OF_BROKERS, KEYS_OF_SECRETS]),
    (
        "s3_bucket",
        &[
            Grant::exercise(
                "TriedBuckets",
                &["${arn}"],
                &[
                    "s3:GetReplicationConfiguration",
                    "s3:ListBucketMultipartUploads",
                    "s3:ListBucketVersions",
                ],
            ),
            Grant::exercise(
                "Payloads",
                &["${arn}/*ccprov-verify/*"],
                &[
                    "s3:AbortMultipartUpload",
                    "s3:DeleteObject",
                    "s3:DeleteObjectVersion",
                    "s3:GetObject",
                    "s3:GetObjectVersion",
                    "s3:PutObject",
                ],
            ),
            Grant::exercise(
                "OthersKeysOfBuckets",
                &["${server_side_encryption.kms_master_key_id}"],
                USING,
            ),
        ],
    ),
    (
        "sns_topic",
        &[
            OTHERS_KEY,
            Grant::exercise(
                "TriedTopics",
                &["${arn}"],
                &["sns:ListSubscriptionsByTopic", "sns:Publish", "sns:Subscribe"],
            ),
            Grant::exercise(
                "EarsSubscriptions",
                &["*"],
                &["sns:SetSubscriptionAttributes", "sns:Unsubscribe", "sqs:ListQueues"],
            ),
        ],
    ),
    (
        "sqs_queue",
        &[
            OTHERS_KEY,
            METRICS,
            Grant::exercise("TriedQueues", &["${arn}"], MESSAGES),
            Grant::exercise("Ears", EARS, MESSAGES),
            Grant::exercise("Ears", EARS, HEARING),
        ],
    ),
];

/// What `invoke` does, by the kind that it does it to.
pub const INVOCATIONS: &[(&str, &[Grant])] = &[(
    FUNCTION,
    // By an alias or a version, too.
    &[Grant::invoke("CalledFunctions", &["${arn}", "${arn}:*"], &["lambda:InvokeFunction"])],
)];
/// What `replay` does, likewise.
pub const REPLAYS: &[(&str, &[Grant])] = &[(
    ARCHIVE,
    &[
        // EventBridge knows no resource of this call (Service Authorization Reference).
        Grant::replay("RulesOfBuses", &["*"], &["events:ListRules"]),
        Grant::replay(
            "TargetsOfRules",
            &["arn:${partition}:events:${region}:${account}:rule/*"],
            &["events:ListTargetsByRule"],
        ),
        // It asks about the archive, and about the bus that gets the events.
        Grant::replay(
            "Replays",
            &[
                "${arn}",
                "${event_source_arn}",
                "arn:${partition}:events:${region}:${account}:replay/ccprov-*",
            ],
            &["events:CancelReplay", "events:DescribeReplay", "events:StartReplay"],
        ),
    ],
)];
/// What probes do, by the kind of a resource that they name. What queues and topics
/// need, every exercise does.
pub const PROBED: &[(&str, &[Grant])] = &[
    ("cloudwatch_event_bus", &[Grant::exercise("ProbedBuses", &["${arn}"], &["events:PutEvents"])]),
    (
        "cloudwatch_log_group",
        &[Grant::exercise("ProbedLogs", &["${arn}:*"], &["logs:FilterLogEvents"])],
    ),
    (
        "dynamodb_table",
        &[
            Grant::exercise(
                "ProbedTables",
                &["${arn}", "${arn}/index/*"],
                &["dynamodb:DeleteItem", "dynamodb:Query"],
            ),
            Grant::exercise("OthersKeysOfTables", &["${kms_key_id}"], USING),
        ],
    ),
    (
        "lambda_function",
        &[Grant::exercise("ProbedFunctions", &["${arn}"], &["lambda:InvokeFunction"])],
    ),
    ("msk_cluster", BROKERS),
    ("msk_serverless_cluster", BROKERS),
    (
        "s3_bucket",
        &[Grant::exercise(
            "ProbedBuckets",
            &["${arn}/*"],
            &["s3:DeleteObject", "s3:DeleteObjectVersion", "s3:GetObject", "s3:PutObject"],
        )],
    ),
    (
        "sfn_state_machine",
        &[
            Grant::exercise(
                "ProbedMachines",
                &["${arn}"],
                &["states:StartExecution", "states:StartSyncExecution"],
            ),
            Grant::exercise(
                "ProbedExecutions",
                &["arn:${partition}:states:${region}:${account}:execution:${name}:*"],
                &["states:DescribeExecution", "states:StopExecution"],
            ),
            Grant::exercise(
                "OthersKeysOfMachines",
                &["${encryption_configuration.kms_key_id}"],
                USING,
            ),
        ],
    ),
];

/// Their ids are AWS's.
const CLUSTERS: &[&str] = &["arn:${partition}:kafka:${region}:${account}:cluster/*"];
/// What brokers ask of who speaks to them by IAM (MSK Developer Guide, "Authorization
/// policy actions and resources"), and where the names and passwords are: MSK takes
/// secrets of such names alone, with keys of the account's own.
const BROKERS: &[Grant] = &[
    Grant::exercise(
        "ProbedClusters",
        &["arn:${partition}:kafka:${region}:${account}:cluster/${cluster_name}/*"],
        &["kafka-cluster:Connect"],
    ),
    Grant::exercise(
        "ProbedRecords",
        &["arn:${partition}:kafka:${region}:${account}:topic/${cluster_name}/*"],
        &["kafka-cluster:DescribeTopic", "kafka-cluster:ReadData", "kafka-cluster:WriteData"],
    ),
    SECRETS_OF_BROKERS,
    KEYS_OF_SECRETS,
];
const SECRETS_OF_BROKERS: Grant = Grant::exercise(
    "SecretsOfBrokers",
    &["arn:${partition}:secretsmanager:${region}:${account}:secret:AmazonMSK_*"],
    &["secretsmanager:GetSecretValue"],
);
const KEYS_OF_SECRETS: Grant = Grant::exercise("KeysOfBrokerSecrets", KEYS, &["kms:Decrypt"])
    .bound(Bound::Via("secretsmanager"));
const KEYS: &[&str] = &["arn:${partition}:kms:${region}:${account}:key/*"];
/// One that the stack did not make and encrypts with.
const OTHERS_KEY: Grant = Grant::exercise("OthersKeys", &["${kms_master_key_id}"], USING);
/// CloudWatch knows no ARN of a metric.
const METRICS: Grant = Grant::exercise("Metrics", &["*"], &["cloudwatch:GetMetricStatistics"]);
const USING: &[&str] = &["kms:Decrypt", "kms:GenerateDataKey"];
const EARS: &[&str] = &["arn:${partition}:sqs:${region}:${account}:ccprov-probe-${stack}-*"];
const HEARING: &[&str] =
    &["sqs:CreateQueue", "sqs:DeleteQueue", "sqs:GetQueueAttributes", "sqs:TagQueue"];
const MESSAGES: &[&str] =
    &["sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:ReceiveMessage", "sqs:SendMessage"];

/// Every grant that concerns a stack, with the resource that it is for. One
/// kind comes after the other, and its grants in the order of their list.
fn grants(stack: &Stack) -> impl Iterator<Item = (&'static Grant, Option<&Desired>)> {
    let of_kind = move |kind: &'static str, grants: &'static [Grant]| {
        grants.iter().flat_map(move |grant| {
            let wanting = stack.resources.values().filter(move |want| want.kind == kind);
            wanting.map(move |want| (grant, Some(want)))
        })
    };
    let exercises = EXERCISES.iter().chain(INVOCATIONS).chain(REPLAYS);
    let exercises = exercises.map(|(kind, grants)| (*kind, *grants));
    let of_kinds = registry::grants().chain(exercises);
    let of_kinds = of_kinds.flat_map(move |(kind, grants)| of_kind(kind, grants));
    let named = probed(stack);
    let of_probes = PROBED.iter().flat_map(move |(kind, grants)| {
        let wanting = named.iter().filter(|want| want.kind == *kind).copied();
        let wanting: Vec<&Desired> = wanting.collect();
        grants
            .iter()
            .flat_map(move |grant| wanting.clone().into_iter().map(move |want| (grant, Some(want))))
    });
    let of_all = DISCOVERY.iter().chain(LEASE).map(|grant| (grant, None));
    of_all.chain(of_kinds).chain(of_probes)
}

fn statement(grant: &Grant, stack: &Stack) -> Statement {
    Statement {
        sid: grant.sid.into(),
        effect: "Allow",
        action: BTreeSet::new(),
        resource: BTreeSet::new(),
        condition: condition(grant.bound, stack),
    }
}

fn condition(bound: Bound, stack: &Stack) -> Condition {
    let tag = |key: &str, stack: Value| (format!("aws:{key}/{STACK_TAG}"), stack);
    // What there is may carry a name that the stack had; what is written carries this one.
    let owned = || {
        let names = match stack.claimant().stacks().as_slice() {
            [name] => json!(name),
            names => json!(names),
        };
        tag("ResourceTag", names)
    };
    let tagging = || tag("RequestTag", json!(stack.name));
    let region = || (format!("aws:ResourceTag/{REGION_TAG}"), json!(stack.place.region));
    let equals = |pair| ("StringEquals", BTreeMap::from([pair]));
    let if_exists = |pair| ("StringEqualsIfExists", BTreeMap::from([pair]));
    match bound {
        Bound::Free => Condition::new(),
        Bound::Owned => [equals(owned())].into(),
        Bound::NotAnothers => [if_exists(owned())].into(),
        Bound::OfRegion => [if_exists(region())].into(),
        Bound::Tagging => [equals(tagging())].into(),
        Bound::Claiming => [equals(tagging()), if_exists(owned())].into(),
        Bound::Where(key, value) => [equals((key.to_owned(), json!(value)))].into(),
        Bound::Via(service) => {
            let host = format!("{service}.{}.amazonaws.com", stack.place.region);
            [equals(("kms:ViaService".to_owned(), json!(host)))].into()
        }
    }
}

/// The ARNs that a grant is for. Whatever is no ARN is left out: a key of
/// `kms_master_key_id` may be an alias, of which no policy can speak.
fn resources(grant: &Grant, stack: &Stack, want: Option<&Desired>) -> Vec<String> {
    let states = |field: &str| {
        let value = want.and_then(|want| path(field).get(&want.document));
        !matches!(value, None | Some(Value::Null | Value::Bool(false)))
    };
    if !grant.only_with.is_none_or(states) {
        return Vec::new();
    }
    let filled = grant.on.iter().flat_map(|template| fill(template, stack, want));
    filled.filter(|arn| arn == "*" || arn.starts_with("arn:")).collect()
}

/// A template with every `${name}` in place, once for each value of those that have several;
/// nothing if one is not known.
fn fill(template: &str, stack: &Stack, want: Option<&Desired>) -> Vec<String> {
    let named = template.split_once("${").and_then(|(before, rest)| {
        let (name, after) = rest.split_once('}')?;
        Some((before, name, after))
    });
    let Some((before, name, after)) = named else { return vec![template.to_owned()] };
    let rests = fill(after, stack, want);
    let with = |value: &str| rests.iter().map(|rest| format!("{before}{value}{rest}")).collect();
    values(name, stack, want).into_iter().flat_map(|value| -> Vec<String> { with(value) }).collect()
}

/// What a name stands for: one value, or where a step of it is `*`, all that there are.
fn values<'a>(name: &str, stack: &'a Stack, want: Option<&'a Desired>) -> Vec<&'a str> {
    if name == "stack" {
        return stack.claimant().stacks();
    }
    if !name.contains('*') {
        return value(name, stack, want).into_iter().collect();
    }
    let found = want.map(|want| takes::found(&want.document, name)).into_iter().flatten();
    let known = found.filter(|(_, value)| !has_pending(value));
    known.filter_map(|(_, value)| value.as_str()).collect()
}

fn value<'a>(name: &str, stack: &'a Stack, want: Option<&'a Desired>) -> Option<&'a str> {
    match name {
        "partition" => Some(&stack.place.partition),
        "account" => Some(&stack.place.account),
        "region" => Some(&stack.place.region),
        "lock.bucket" => Some(&stack.lock.as_ref()?.bucket),
        "lock.key" => Some(&stack.lock.as_ref()?.key),
        name => {
            let want = want?;
            let fact = want.predicted.get(name).map(String::as_str);
            fact.or_else(|| {
                path(name).get(&want.document).filter(|value| !has_pending(value))?.as_str()
            })
        }
    }
}

/// A field, as a grant names it: `code.bucket`.
fn path(name: &str) -> Path {
    name.split('.').fold(Path::default(), |path, step| path.with_field(step))
}
