//! What is told of KMS: limits, IAM actions, error codes, and what answers hold.

use crate::aws::service::{Code, Service, Speech};
use crate::aws::services::list::no_settings;
use crate::engine::pace::RateLimit;
use crate::model::{ErrorClass, InFlight};

no_settings!(aws_sdk_kms);

/// All that is told of it.
pub(in crate::aws::services) static SERVICE: Service = Service {
    name: "KMS",
    prefix: "kms",
    speaks: Speech::Json,
    limits: &[
        // AWS KMS Developer Guide, "Request quotas": each call has its own.
        RateLimit::each(
            "kms",
            5,
            &[
                "CancelKeyDeletion",
                "CreateAlias",
                "CreateKey",
                "DisableKey",
                "DisableKeyRotation",
                "EnableKey",
                "UntagResource",
                "UpdateAlias",
                "UpdateKeyDescription",
            ],
        ),
        RateLimit::each("kms", 10, &["TagResource"]),
        RateLimit::each(
            "kms",
            15,
            &["DeleteAlias", "EnableKeyRotation", "PutKeyPolicy", "ScheduleKeyDeletion"],
        ),
        RateLimit::each("kms", 500, &["ListAliases", "ListKeys"]),
        RateLimit::each("kms", 100, &["ListGrants"]),
        RateLimit::each("kms", 1000, &["GetKeyPolicy", "GetKeyRotationStatus"]),
        RateLimit::each("kms", 2000, &["DescribeKey", "ListResourceTags"]),
    ],
    actions: &[("CreateKey", &["kms:CreateKey", "kms:TagResource"])],
    codes: &[
        Code::of(ErrorClass::Exists, &["AlreadyExistsException"]),
        // A key just created, enabled or brought back may not be so everywhere.
        Code::of(
            ErrorClass::NotYet(InFlight::Dependency),
            &["DisabledException", "KMSInvalidStateException"],
        ),
        Code::of(ErrorClass::Transient, &["DependencyTimeoutException", "KMSInternalException"]),
        // The SDK takes it for throttling.
        Code::of(ErrorClass::Quota, &["LimitExceededException"]),
        Code::of(ErrorClass::NotYet(InFlight::Dependency), &["MalformedPolicyDocumentException"])
            .saying("invalid principal"),
        Code::of(
            ErrorClass::Invalid,
            &[
                "InvalidAliasNameException",
                "InvalidArnException",
                "MalformedPolicyDocumentException",
                "TagException",
            ],
        ),
    ],
    // Sources: the service model (what is required, and lists that are written though they are
    // empty), and answers recorded from AWS.
    contents: &[
        ("CreateKey", &["\"KeyMetadata\"", "\"Arn\""]),
        ("DescribeKey", &["\"KeyMetadata\"", "\"KeyId\"", "\"KeyState\""]),
        ("GetKeyPolicy", &["\"Policy\""]),
        ("GetKeyRotationStatus", &["\"KeyRotationEnabled\""]),
        ("ListAliases", &["\"Aliases\""]),
        ("ListGrants", &["\"Grants\""]),
        ("ListKeys", &["\"Keys\""]),
        ("ListResourceTags", &["\"Tags\""]),
    ],
};
