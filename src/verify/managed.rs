//! What AWS's own policies allow: those that roles of functions have as a rule, and
//! those that allow all of a service.
//!
//! AWS Managed Policy Reference Guide, by their names. AWS adds to its policies and
//! takes nothing away, so that what is listed holds; each allows it on everything.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::json;

use super::policy::Policy;
use crate::model::{Document, Path};

const LOGS: &[&str] = &["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"];
const INTERFACES: &[&str] = &[
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
];
const MORE_INTERFACES: &[&str] =
    &["ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses"];

/// By what follows `:aws:policy/`.
static ALLOWED: &[(&str, &[&[&str]])] = &[
    ("AWSLambda_FullAccess", &[&["lambda:*"]]),
    ("AWSXRayDaemonWriteAccess", &[XRAY]),
    ("AWSXrayWriteOnlyAccess", &[XRAY]),
    ("AdministratorAccess", &[&["*"]]),
    ("AmazonDynamoDBFullAccess", &[&["dynamodb:*"]]),
    ("AmazonS3FullAccess", &[&["s3:*", "s3-object-lambda:*"]]),
    ("AmazonSNSFullAccess", &[&["sns:*"]]),
    ("AmazonSQSFullAccess", &[&["sqs:*"]]),
    (
        "AmazonSQSReadOnlyAccess",
        &[&[
            "sqs:GetQueueAttributes",
            "sqs:GetQueueUrl",
            "sqs:ListDeadLetterSourceQueues",
            "sqs:ListMessageMoveTasks",
            "sqs:ListQueueTags",
            "sqs:ListQueues",
        ]],
    ),
    ("CloudWatchLogsFullAccess", &[&["logs:*"]]),
    ("service-role/AWSLambdaBasicExecutionRole", &[LOGS]),
    (
        "service-role/AWSLambdaDynamoDBExecutionRole",
        &[
            LOGS,
            &[
                "dynamodb:DescribeStream",
                "dynamodb:GetRecords",
                "dynamodb:GetShardIterator",
                "dynamodb:ListStreams",
            ],
        ],
    ),
    ("service-role/AWSLambdaENIManagementAccess", &[INTERFACES, MORE_INTERFACES]),
    (
        "service-role/AWSLambdaKinesisExecutionRole",
        &[
            LOGS,
            &[
                "kinesis:DescribeStream",
                "kinesis:DescribeStreamSummary",
                "kinesis:GetRecords",
                "kinesis:GetShardIterator",
                "kinesis:ListShards",
                "kinesis:ListStreams",
                "kinesis:SubscribeToShard",
            ],
        ],
    ),
    ("service-role/AWSLambdaRole", &[&["lambda:InvokeFunction"]]),
    (
        "service-role/AWSLambdaSQSQueueExecutionRole",
        &[LOGS, &["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"]],
    ),
    ("service-role/AWSLambdaVPCAccessExecutionRole", &[LOGS, INTERFACES, MORE_INTERFACES]),
];

const XRAY: &[&str] = &[
    "xray:GetSamplingRules",
    "xray:GetSamplingStatisticSummaries",
    "xray:GetSamplingTargets",
    "xray:PutTelemetryRecords",
    "xray:PutTraceSegments",
];

static DOCUMENTS: LazyLock<BTreeMap<&str, Document>> = LazyLock::new(|| {
    let document = |lists: &[&[&str]]| {
        let statement = json!({ "Effect": "Allow", "Action": lists.concat(), "Resource": "*" });
        Document::from_iter([("policy".to_owned(), json!({ "Statement": [statement] }))])
    };
    ALLOWED.iter().map(|(name, lists)| (*name, document(lists))).collect()
});

/// A policy of AWS's own, if its content is known.
pub(crate) fn policy(arn: &str) -> Option<Policy<'static>> {
    let (_, name) = arn.split_once(":aws:policy/")?;
    Policy::within(DOCUMENTS.get(name)?, &Path::field("policy"))
}
