//! What is told of Secrets Manager: limits, IAM actions, error codes, and what answers hold.

use crate::aws::service::{Service, Speech};
use crate::aws::services::list::no_settings;

no_settings!(aws_sdk_secretsmanager);

/// All that is told of it.
pub(in crate::aws::services) static SERVICE: Service = Service {
    name: "Secrets Manager",
    prefix: "secretsmanager",
    speaks: Speech::Json,
    limits: &[],
    actions: &[],
    codes: &[],
    contents: &[],
};
