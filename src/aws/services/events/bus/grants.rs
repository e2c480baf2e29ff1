//! What AWS must allow of event buses.

use crate::aws::grant::{Bound, Grant};

pub(super) const GRANTS: &[Grant] = &[
    Grant::read("EventBuses", BUS, READING),
    Grant::read("FormerEventBuses", ALL_BUSES, READING).bound(Bound::Owned),
    // Archives of the stack are found through its buses.
    Grant::read("ArchiveLists", &["*"], &["events:ListArchives"]),
    Grant::read("FormerArchives", ARCHIVES, &["events:DescribeArchive"]),
    Grant::write(
        "EventBuses",
        BUS,
        &[
            "events:CreateEventBus",
            "events:TagResource",
            "events:UntagResource",
            "events:UpdateEventBus",
        ],
    ),
    // IAM asks about these without a resource (Service Authorization Reference).
    Grant::write("EventBusPolicies", &["*"], &["events:PutPermission", "events:RemovePermission"]),
    Grant::remove("EventBuses", BUS, &["events:DeleteEventBus"]),
    Grant::remove("FormerEventBuses", ALL_BUSES, &["events:DeleteEventBus"]).bound(Bound::Owned),
    Grant::remove("FormerArchives", ARCHIVES, &["events:DeleteArchive"]),
];

const BUS: &[&str] = &["${arn}"];
/// For those that the stack owns and the file no longer declares.
const ALL_BUSES: &[&str] = &["arn:${partition}:events:${region}:${account}:event-bus/*"];
/// Those that the file no longer declares: the last of them is declared by nothing.
const ARCHIVES: &[&str] = &["arn:${partition}:events:${region}:${account}:archive/${stack}-*"];
const READING: &[&str] = &["events:DescribeEventBus", "events:ListTagsForResource"];
