//! What AWS must allow of archives, which carry no tags: names tell the stack's from others'.

use crate::aws::grant::Grant;

pub(super) const GRANTS: &[Grant] = &[
    // EventBridge knows no resource of this call (Service Authorization Reference).
    Grant::read("ArchiveLists", &["*"], &["events:ListArchives"]),
    Grant::read("Archives", ARCHIVE, &["events:DescribeArchive"]),
    Grant::read("FormerArchives", ALL_OURS, &["events:DescribeArchive"]),
    // It asks about the bus as well.
    Grant::write("NewArchives", &["${arn}", "${event_source_arn}"], &["events:CreateArchive"]),
    Grant::write("Archives", ARCHIVE, &["events:UpdateArchive"]),
    Grant::remove("Archives", ARCHIVE, &["events:DeleteArchive"]),
    Grant::remove("FormerArchives", ALL_OURS, &["events:DeleteArchive"]),
];

const ARCHIVE: &[&str] = &["${arn}"];
/// For those that the file no longer declares: see `hanging`.
const ALL_OURS: &[&str] = &["arn:${partition}:events:${region}:${account}:archive/${stack}-*"];
