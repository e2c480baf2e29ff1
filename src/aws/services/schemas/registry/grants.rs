//! What AWS must allow of registries.

use crate::aws::grant::{Bound, Grant};

pub(super) const GRANTS: &[Grant] = &[
    Grant::read("SchemaRegistries", REGISTRY, READING),
    Grant::read("FormerSchemaRegistries", ALL_REGISTRIES, READING).bound(Bound::Owned),
    Grant::write(
        "SchemaRegistries",
        REGISTRY,
        &[
            "schemas:CreateRegistry",
            "schemas:TagResource",
            "schemas:UntagResource",
            "schemas:UpdateRegistry",
        ],
    ),
    Grant::remove("SchemaRegistries", REGISTRY, &["schemas:DeleteRegistry"]),
    Grant::remove("FormerSchemaRegistries", ALL_REGISTRIES, &["schemas:DeleteRegistry"])
        .bound(Bound::Owned),
];

const REGISTRY: &[&str] = &["${arn}"];
/// For those that the stack owns and the file no longer declares.
const ALL_REGISTRIES: &[&str] = &["arn:${partition}:schemas:${region}:${account}:registry/*"];
const READING: &[&str] = &["schemas:DescribeRegistry"];
