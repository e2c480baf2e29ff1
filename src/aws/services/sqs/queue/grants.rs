//! What AWS must allow of queues.

use crate::aws::grant::{Bound, Grant};

pub(super) const GRANTS: &[Grant] = &[
    Grant::read("Queues", QUEUE, READING),
    Grant::read("FormerQueues", ALL_QUEUES, READING).bound(Bound::Owned),
    Grant::write(
        "Queues",
        QUEUE,
        &["sqs:CreateQueue", "sqs:SetQueueAttributes", "sqs:TagQueue", "sqs:UntagQueue"],
    ),
    Grant::remove("Queues", QUEUE, &["sqs:DeleteQueue"]),
    Grant::remove("FormerQueues", ALL_QUEUES, &["sqs:DeleteQueue"]).bound(Bound::Owned),
];

const QUEUE: &[&str] = &["${arn}"];
/// For those that the stack owns and the file no longer declares.
const ALL_QUEUES: &[&str] = &["arn:${partition}:sqs:${region}:${account}:*"];
const READING: &[&str] = &["sqs:GetQueueAttributes", "sqs:ListQueueTags"];
