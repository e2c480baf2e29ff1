//! What is told of Lambda: limits, IAM actions, error codes, and what answers hold.

use crate::aws::service::{Code, Service, Speech};
use crate::aws::services::list::no_settings;
use crate::engine::pace::RateLimit;
use crate::model::ErrorClass;

no_settings!(aws_sdk_lambda);

/// All that is told of it.
pub(in crate::aws::services) static SERVICE: Service = Service {
    name: "Lambda",
    prefix: "lambda",
    speaks: Speech::Json,
    limits: &[
        // Ten times as many a second as may run at once, of which a new account has 10 (Lambda
        // Developer Guide, "Lambda quotas").
        RateLimit::each("lambda", 100, &["Invoke"]),
    ],
    actions: &[("Invoke", &["lambda:InvokeFunction"])],
    codes: &[
        Code::of(ErrorClass::Transient, &["EC2ThrottledException", "ServiceException"]),
        Code::of(ErrorClass::Quota, &["CodeStorageExceededException"]),
    ],
    contents: &[],
};
