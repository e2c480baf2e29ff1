//! What is told of Secrets Manager: limits, IAM actions, error codes, and what answers hold.

use crate::aws::service::{Code, Service, Speech};
use crate::aws::services::list::no_settings;
use crate::engine::pace::RateLimit;
use crate::model::ErrorClass;

no_settings!(aws_sdk_secretsmanager);

/// All that is told of it.
pub(in crate::aws::services) static SERVICE: Service = Service {
    name: "Secrets Manager",
    prefix: "secretsmanager",
    speaks: Speech::Json,
    // Secrets Manager User Guide, "AWS Secrets Manager quotas": 10,000 a second, together with
    // `DescribeSecret`. A probe reads one.
    limits: &[RateLimit::each("secretsmanager", 100, &["GetSecretValue"])],
    actions: &[],
    codes: &[
        Code::of(ErrorClass::Absent, &["ResourceNotFoundException"]),
        // Its key is not at hand: disabled, or on its way out.
        Code::of(ErrorClass::Invalid, &["DecryptionFailure", "InvalidRequestException"]),
        Code::of(ErrorClass::Transient, &["InternalServiceError"]),
    ],
    // Source: the service model. What is secret is text or bytes, never neither.
    contents: &[("GetSecretValue", &["\"VersionId\""])],
};
