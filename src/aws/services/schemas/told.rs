//! What is told of the schema registry of EventBridge: limits, IAM actions, error codes, and what answers hold.

use crate::aws::service::{Code, Service, Speech};
use crate::aws::services::list::no_settings;
use crate::engine::pace::RateLimit;
use crate::model::{ErrorClass, InFlight};

no_settings!(aws_sdk_schemas);

/// All that is told of it.
pub(in crate::aws::services) static SERVICE: Service = Service {
    name: "schemas",
    prefix: "schemas",
    speaks: Speech::Json,
    limits: &[
        // Not published.
        RateLimit::each(
            "schemas",
            5,
            &[
                "CreateRegistry",
                "CreateSchema",
                "DeleteRegistry",
                "DeleteSchema",
                "DescribeRegistry",
                "DescribeSchema",
                "TagResource",
                "UntagResource",
                "UpdateRegistry",
                "UpdateSchema",
            ],
        ),
    ],
    actions: &[
        ("CreateRegistry", &["schemas:CreateRegistry", "schemas:TagResource"]),
        ("CreateSchema", &["schemas:CreateSchema", "schemas:TagResource"]),
    ],
    codes: &[
        // Of schemas the model leaves it out.
        Code::of(ErrorClass::Exists, &["ConflictException"])
            .at(&["CreateRegistry", "CreateSchema"]),
        Code::of(ErrorClass::NotYet(InFlight::Busy), &["ConflictException"]),
        Code::of(ErrorClass::Absent, &["GoneException"]),
        Code::of(ErrorClass::Denied, &["ForbiddenException", "UnauthorizedException"]),
        Code::of(ErrorClass::Transient, &["InternalServerErrorException"]),
        Code::of(ErrorClass::Invalid, &["BadRequestException"]),
    ],
    // Source: the examples of the API Reference.
    contents: &[
        ("DescribeRegistry", &["\"RegistryArn\""]),
        ("DescribeSchema", &["\"SchemaArn\"", "\"Content\""]),
    ],
};
