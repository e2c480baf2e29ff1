//! What is told of Systems Manager: limits, IAM actions, error codes, and what answers hold.

use crate::aws::service::{Code, Service, Speech};
use crate::engine::pace::RateLimit;
use crate::model::ErrorClass;

/// All that is told of it.
pub(in crate::aws::services) static SERVICE: Service = Service {
    name: "SSM",
    prefix: "ssm",
    speaks: Speech::Json,
    limits: &[
        // General Reference, "AWS Systems Manager endpoints and quotas": 40 a second, if nobody
        // pays for more.
        RateLimit::each("ssm", 40, &["GetParameter"]),
    ],
    actions: &[],
    codes: &[
        Code::of(ErrorClass::Absent, &["ParameterNotFound", "ParameterVersionNotFound"]),
        Code::of(ErrorClass::Invalid, &["InvalidKeyId"]),
    ],
    // Source: the service model, and answers recorded from AWS.
    contents: &[("GetParameter", &["\"Parameter\""])],
};
