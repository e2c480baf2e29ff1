//! What AWS must allow of log groups.

use crate::aws::grant::{Bound, Grant};

pub(super) const GRANTS: &[Grant] = &[
    Grant::read("LogGroupLists", ALL_GROUPS, &["logs:DescribeLogGroups"]),
    Grant::read("LogGroups", GROUP, READING),
    Grant::read("FormerLogGroups", ALL_GROUPS, READING).bound(Bound::Owned),
    Grant::write(
        "LogGroups",
        GROUP,
        &[
            "logs:CreateLogGroup",
            "logs:DeleteRetentionPolicy",
            "logs:PutLogGroupDeletionProtection",
            "logs:PutRetentionPolicy",
            "logs:TagResource",
            "logs:UntagResource",
        ],
    ),
    // A key is taken away from a group that no longer states one.
    Grant::write("LogGroups", GROUP, &["logs:AssociateKmsKey", "logs:DisassociateKmsKey"]),
    Grant::remove("LogGroups", GROUP, &["logs:DeleteLogGroup"]),
    Grant::remove("FormerLogGroups", ALL_GROUPS, &["logs:DeleteLogGroup"]).bound(Bound::Owned),
];

/// The calls about tags are asked of the first, all others of the second (API
/// Reference, `LogGroup`).
const GROUP: &[&str] = &["${arn}", "${arn}:*"];
/// For those that the stack owns and the file no longer declares.
const ALL_GROUPS: &[&str] = &["arn:${partition}:logs:${region}:${account}:log-group:*"];
const READING: &[&str] = &["logs:DescribeLogStreams", "logs:ListTagsForResource"];
