//! What is told of DynamoDB: limits, IAM actions, error codes, and what answers hold.

use crate::aws::services::list::no_settings;
use crate::aws::service::Service;

no_settings!(aws_sdk_dynamodb);

/// All that is told of it.
pub(in crate::aws::services) static SERVICE: Service = Service {
    name: "DynamoDB",
    prefix: "dynamodb",
    limits: &[],
    actions: &[],
    codes: &[],
    contents: &[],
};
