//! What is told of Resource Groups Tagging API: limits, IAM actions, error codes, and what answers hold.

use crate::aws::service::{Service, Speech};
use crate::aws::services::list::no_settings;
use crate::engine::pace::RateLimit;

no_settings!(aws_sdk_resourcegroupstagging);

/// All that is told of it.
pub(in crate::aws::services) static SERVICE: Service = Service {
    name: "Resource Groups Tagging API",
    prefix: "tag",
    speaks: Speech::Json,
    limits: &[
        // Not published; pages of 100 objects.
        RateLimit::each("tag", 10, &["GetResources"]),
    ],
    actions: &[],
    codes: &[],
    // Sources: the service model (what is required, and lists that are written though they are
    // empty), and answers recorded from AWS.
    contents: &[("GetResources", &["\"ResourceTagMappingList\""])],
};
