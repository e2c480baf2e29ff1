//! DynamoDB: tables.

use crate::aws::service::Service;

super::no_settings!(aws_sdk_dynamodb);

/// All that is told of it.
pub(super) static SERVICE: Service = Service {
    name: "DynamoDB",
    prefix: "dynamodb",
    kinds: &[],
    limits: &[],
    actions: &[],
    codes: &[],
    contents: &[],
};
