//! What is told of DynamoDB: limits, IAM actions, error codes, and what answers hold.

use crate::aws::service::{Code, Service, Speech};
use crate::aws::services::list::no_settings;
use crate::engine::pace::RateLimit;
use crate::model::{ErrorClass, InFlight};

no_settings!(aws_sdk_dynamodb);

/// All that is told of it.
pub(in crate::aws::services) static SERVICE: Service = Service {
    name: "DynamoDB",
    prefix: "dynamodb",
    speaks: Speech::Json,
    limits: &[
        // API Reference: each says so of itself.
        RateLimit::each(
            "dynamodb",
            10,
            &["DescribeContinuousBackups", "ListTagsOfResource", "UpdateContinuousBackups"],
        ),
        RateLimit::each("dynamodb", 5, &["TagResource", "UntagResource"]),
        // By capacity: a partition reads 3000 and writes 1000 units a second (Developer Guide,
        // "Quotas in Amazon DynamoDB"), of which the table's users want most.
        RateLimit::each("dynamodb", 100, &["DeleteItem", "Query"]),
        // Not published, or not as a rate: 500 tables may be in motion at a time (Developer
        // Guide, "Quotas in Amazon DynamoDB").
        RateLimit::each(
            "dynamodb",
            10,
            &[
                "CreateTable",
                "DeleteResourcePolicy",
                "DeleteTable",
                "DescribeTable",
                "DescribeTimeToLive",
                "GetResourcePolicy",
                "PutResourcePolicy",
                "UpdateTable",
                "UpdateTimeToLive",
            ],
        ),
    ],
    actions: &[
        // The policy of a new table comes with it.
        (
            "CreateTable",
            &["dynamodb:CreateTable", "dynamodb:PutResourcePolicy", "dynamodb:TagResource"],
        ),
    ],
    codes: &[
        // The one code says of a new table that its name is taken, and of a table that is
        // there that AWS is at it.
        Code::of(ErrorClass::Exists, &["ResourceInUseException"]).at(&["CreateTable"]),
        Code::of(
            ErrorClass::NotYet(InFlight::Busy),
            &["ContinuousBackupsUnavailableException", "ResourceInUseException"],
        ),
        // As many tables as may be are in motion.
        Code::of(ErrorClass::NotYet(InFlight::Busy), &["LimitExceededException"])
            .saying("simultaneously"),
        // The SDK takes it for throttling.
        Code::of(ErrorClass::Quota, &["LimitExceededException"]),
        Code::of(ErrorClass::Absent, &["PolicyNotFoundException", "TableNotFoundException"]),
        // A key that was just made, or whose policy was, is not seen everywhere.
        Code::of(
            ErrorClass::NotYet(InFlight::Dependency),
            &["AccessDeniedException", "ValidationException"],
        )
        .at(&["CreateTable", "UpdateTable"])
        .saying("kms key"),
        // As is a principal.
        Code::of(ErrorClass::NotYet(InFlight::Dependency), &["ValidationException"])
            .at(&["CreateTable", "PutResourcePolicy"])
            .saying("invalid principal"),
    ],
    // Sources: the service model, and the examples of the API Reference.
    contents: &[
        ("DescribeContinuousBackups", &["\"ContinuousBackupsDescription\""]),
        ("DescribeTable", &["\"Table\"", "\"TableStatus\"", "\"KeySchema\""]),
        ("DescribeTimeToLive", &["\"TimeToLiveDescription\"", "\"TimeToLiveStatus\""]),
        ("GetResourcePolicy", &["\"Policy\""]),
        ("ListTagsOfResource", &["\"Tags\""]),
    ],
};
