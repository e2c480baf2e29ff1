//! What is told of CloudWatch Logs: limits, IAM actions, error codes, and what answers hold.

use crate::aws::service::{Code, Service, Speech};
use crate::aws::services::list::no_settings;
use crate::engine::pace::RateLimit;
use crate::model::{ErrorClass, InFlight};

no_settings!(aws_sdk_cloudwatchlogs);

/// All that is told of it.
pub(in crate::aws::services) static SERVICE: Service = Service {
    name: "CloudWatch Logs",
    prefix: "logs",
    speaks: Speech::Json,
    limits: &[
        // CloudWatch Logs User Guide, "CloudWatch Logs quotas".
        RateLimit::each("logs", 10, &["CreateLogGroup", "DeleteLogGroup", "DescribeLogGroups"]),
        RateLimit::each("logs", 25, &["DescribeLogStreams"]),
        // The same: 5 in the regions with the least.
        RateLimit::each("logs", 5, &["FilterLogEvents"]),
        // Not published.
        RateLimit::each(
            "logs",
            10,
            &[
                "AssociateKmsKey",
                "DeleteRetentionPolicy",
                "DisassociateKmsKey",
                "ListTagsForResource",
                "PutLogGroupDeletionProtection",
                "PutRetentionPolicy",
                "TagResource",
                "UntagResource",
            ],
        ),
    ],
    actions: &[("CreateLogGroup", &["logs:CreateLogGroup", "logs:TagResource"])],
    codes: &[
        Code::of(ErrorClass::Exists, &["ResourceAlreadyExistsException"]),
        // Two changes of one group met, or its deletion is under way.
        Code::of(ErrorClass::Transient, &["OperationAbortedException"]),
        Code::of(ErrorClass::Quota, &["LimitExceededException", "TooManyTagsException"]),
        // A key that does not admit the service, or not yet: its policy takes some seconds to
        // be seen everywhere. Which of the codes it is depends on what is wrong with the key.
        Code::of(
            ErrorClass::NotYet(InFlight::Dependency),
            &["AccessDeniedException", "InvalidParameterException"],
        )
        .at(&["AssociateKmsKey", "CreateLogGroup"])
        .saying("kms key"),
        Code::of(ErrorClass::Invalid, &["InvalidOperationException"]),
    ],
    // Sources: the service model, and answers recorded from AWS, which writes lists though
    // they are empty.
    contents: &[
        ("DescribeLogGroups", &["\"logGroups\""]),
        ("DescribeLogStreams", &["\"logStreams\""]),
        ("ListTagsForResource", &["\"tags\""]),
    ],
};
