//! The tagging API, which finds what carries our tags. It has no kinds.

use crate::aws::service::Service;
use crate::engine::pace::RateLimit;

super::no_settings!(aws_sdk_resourcegroupstagging);

/// All that is told of it.
pub(super) static SERVICE: Service = Service {
    name: "Resource Groups Tagging API",
    prefix: "tag",
    kinds: &[],
    limits: &[
        // Not published; pages of 100 objects.
        RateLimit::each("tag", 10, &["GetResources"]),
    ],
    actions: &[],
    codes: &[],
    // Sources: the service model (what is required, and lists that are written though they are
    // empty), and answers recorded from AWS.
    contents: &[
        ("GetResources", &["\"ResourceTagMappingList\""]),
    ],
};
