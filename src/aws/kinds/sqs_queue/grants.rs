//! What AWS must allow of queues.

use crate::aws::grant::{Bound, Grant};

pub(super) const GRANTS: &[Grant] = &[
    Grant::read("ReadQueues", QUEUE, READING),
    Grant::read("ReadFormerQueues", ALL_QUEUES, READING).bound(Bound::Owned),
    Grant::write(
        "WriteQueues",
        QUEUE,
        &["sqs:CreateQueue", "sqs:SetQueueAttributes", "sqs:TagQueue", "sqs:UntagQueue"],
    ),
    Grant::remove("DeleteQueues", QUEUE, &["sqs:DeleteQueue"]),
    Grant::remove("DeleteFormerQueues", ALL_QUEUES, &["sqs:DeleteQueue"]).bound(Bound::Owned),
];

const QUEUE: &[&str] = &["${arn}"];
/// For those that the stack owns and the file no longer declares.
const ALL_QUEUES: &[&str] = &["arn:${partition}:sqs:${region}:${account}:*"];
const READING: &[&str] = &["sqs:GetQueueAttributes", "sqs:ListQueueTags"];
