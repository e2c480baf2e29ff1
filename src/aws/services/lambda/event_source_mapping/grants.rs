//! What AWS must allow of mappings.
//!
//! AWS chooses a mapping's id, so no ARN tells the stack's mappings from others: tags do.
//! Reading is free, because whose a mapping is stands in what is read.

use crate::aws::grant::{Bound, Grant};

pub(super) const GRANTS: &[Grant] = &[
    // Lambda defines no resource for either of these calls.
    Grant::read("MappingLists", ANY, &["lambda:ListEventSourceMappings"]),
    Grant::write("NewMappings", ANY, &["lambda:CreateEventSourceMapping"]).bound(Bound::Tagging),
    Grant::read("AllMappings", MAPPINGS, &["lambda:GetEventSourceMapping", "lambda:ListTags"]),
    Grant::write("TaggedMappings", MAPPINGS, &["lambda:TagResource"]).bound(Bound::Claiming),
    Grant::write(
        "Mappings",
        MAPPINGS,
        &[
            // Who changes a tag of the user's does not say again whose the mapping is.
            "lambda:TagResource",
            "lambda:UntagResource",
            "lambda:UpdateEventSourceMapping",
        ],
    )
    .bound(Bound::Owned),
    Grant::remove("Mappings", MAPPINGS, &["lambda:DeleteEventSourceMapping"]).bound(Bound::Owned),
    // Filters under a key are shown to whoever may decrypt with it.
    Grant::read("KeysOfFilters", KEY, &["kms:Decrypt"]).only_with("kms_key_arn"),
    Grant::write("KeysOfFilters", KEY, &["kms:GenerateDataKey"]).only_with("kms_key_arn"),
];

const ANY: &[&str] = &["*"];
const MAPPINGS: &[&str] = &["arn:${partition}:lambda:${region}:${account}:event-source-mapping:*"];
const KEY: &[&str] = &["${kms_key_arn}"];
