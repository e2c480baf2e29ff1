//! CloudWatch: alarms.

use crate::aws::service::Service;

super::no_settings!(aws_sdk_cloudwatch);

/// All that is told of it.
pub(super) static SERVICE: Service = Service {
    name: "CloudWatch",
    prefix: "cloudwatch",
    kinds: &[],
    limits: &[],
    actions: &[],
    codes: &[],
    contents: &[],
};
