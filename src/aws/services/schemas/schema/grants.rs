//! What AWS must allow of schemas.

use crate::aws::grant::{Bound, Grant};

pub(super) const GRANTS: &[Grant] = &[
    Grant::read("EventSchemas", SCHEMA, READING),
    Grant::read("FormerEventSchemas", ALL_SCHEMAS, READING).bound(Bound::Owned),
    Grant::write(
        "EventSchemas",
        SCHEMA,
        &[
            "schemas:CreateSchema",
            "schemas:TagResource",
            "schemas:UntagResource",
            "schemas:UpdateSchema",
        ],
    ),
    Grant::remove("EventSchemas", SCHEMA, &["schemas:DeleteSchema"]),
    Grant::remove("FormerEventSchemas", ALL_SCHEMAS, &["schemas:DeleteSchema"]).bound(Bound::Owned),
];

const SCHEMA: &[&str] = &["${arn}"];
/// For those that the stack owns and the file no longer declares.
const ALL_SCHEMAS: &[&str] = &["arn:${partition}:schemas:${region}:${account}:schema/*"];
const READING: &[&str] = &["schemas:DescribeSchema"];
