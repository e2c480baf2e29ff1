//! What AWS must allow of composite alarms.
//!
//! `DescribeAlarms` tells of composite alarms only who may call it on all (API Reference).

use crate::aws::grant::{Bound, Grant};

pub(super) const GRANTS: &[Grant] = &[
    Grant::read("CompositeAlarmLists", &["*"], &["cloudwatch:DescribeAlarms"]),
    Grant::read("Alarms", ALARM, READING),
    Grant::read("FormerAlarms", ALL_ALARMS, READING).bound(Bound::Owned),
    Grant::write(
        "Alarms",
        ALARM,
        &["cloudwatch:PutCompositeAlarm", "cloudwatch:TagResource", "cloudwatch:UntagResource"],
    ),
    Grant::remove("Alarms", ALARM, &["cloudwatch:DeleteAlarms"]),
    Grant::remove("FormerAlarms", ALL_ALARMS, &["cloudwatch:DeleteAlarms"]).bound(Bound::Owned),
];

const ALARM: &[&str] = &["${arn}"];
/// For those that the stack owns and the file no longer declares.
const ALL_ALARMS: &[&str] = &["arn:${partition}:cloudwatch:${region}:${account}:alarm:*"];
const READING: &[&str] = &["cloudwatch:ListTagsForResource"];
