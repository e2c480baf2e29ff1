//! CloudWatch Logs: log groups.

use crate::aws::service::Service;

super::no_settings!(aws_sdk_cloudwatchlogs);

/// All that is told of it.
pub(super) static SERVICE: Service = Service {
    name: "CloudWatch Logs",
    prefix: "logs",
    kinds: &[],
    limits: &[],
    actions: &[],
    codes: &[],
    contents: &[],
};
