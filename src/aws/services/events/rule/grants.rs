//! What AWS must allow of rules.

use crate::aws::grant::{Bound, Grant};

pub(super) const GRANTS: &[Grant] = &[
    Grant::read("EventRules", RULE, READING),
    Grant::read("FormerEventRules", ALL_RULES, READING).bound(Bound::Owned),
    Grant::write(
        "EventRules",
        RULE,
        &["events:PutRule", "events:PutTargets", "events:TagResource", "events:UntagResource"],
    ),
    Grant::write("RolesOfEventRules", ROLES, &["iam:PassRole"])
        .bound(Bound::Where("iam:PassedToService", "events.amazonaws.com")),
    Grant::remove("EventRules", RULE, REMOVING),
    Grant::remove("FormerEventRules", ALL_RULES, REMOVING).bound(Bound::Owned),
];

const RULE: &[&str] = &["${arn}"];
/// For those that the stack owns and the file no longer declares.
const ALL_RULES: &[&str] = &["arn:${partition}:events:${region}:${account}:rule/*"];
const ROLES: &[&str] = &["${role_arn}", "${targets.*.role_arn}"];
const READING: &[&str] =
    &["events:DescribeRule", "events:ListTagsForResource", "events:ListTargetsByRule"];
const REMOVING: &[&str] = &["events:DeleteRule", "events:RemoveTargets"];
