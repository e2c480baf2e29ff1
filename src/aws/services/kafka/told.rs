//! What is told of MSK (Managed Streaming for Apache Kafka): limits, IAM actions, error codes, and what answers hold.

use crate::aws::service::{Service, Speech};
use crate::aws::services::list::no_settings;

no_settings!(aws_sdk_kafka);

/// All that is told of it.
pub(in crate::aws::services) static SERVICE: Service = Service {
    name: "Kafka",
    prefix: "kafka",
    speaks: Speech::Json,
    limits: &[],
    actions: &[],
    codes: &[],
    contents: &[],
};
