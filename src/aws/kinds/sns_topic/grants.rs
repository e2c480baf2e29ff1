//! What AWS must allow of topics.

use crate::aws::grant::{Bound, Grant};

pub(super) const GRANTS: &[Grant] = &[
    Grant::read("ReadTopics", TOPIC, READING),
    Grant::read("ReadFormerTopics", ALL_TOPICS, READING).bound(Bound::Owned),
    Grant::write(
        "WriteTopics",
        TOPIC,
        &["sns:CreateTopic", "sns:SetTopicAttributes", "sns:TagResource", "sns:UntagResource"],
    ),
    Grant::write("PassFeedbackRoles", FEEDBACK_ROLES, &["iam:PassRole"])
        .bound(Bound::Where("iam:PassedToService", "sns.amazonaws.com")),
    Grant::remove("DeleteTopics", TOPIC, &["sns:DeleteTopic"]),
    Grant::remove("DeleteFormerTopics", ALL_TOPICS, &["sns:DeleteTopic"]).bound(Bound::Owned),
    Grant::remove("DeleteArchives", TOPIC, &["sns:SetTopicAttributes"]).only_with("archive_policy"),
];

const TOPIC: &[&str] = &["${arn}"];
/// For those that the stack owns and the file no longer declares.
const ALL_TOPICS: &[&str] = &["arn:${partition}:sns:${region}:${account}:*"];
const READING: &[&str] =
    &["sns:GetTopicAttributes", "sns:ListSubscriptionsByTopic", "sns:ListTagsForResource"];
const FEEDBACK_ROLES: &[&str] = &[
    "${application_success_feedback_role_arn}",
    "${application_failure_feedback_role_arn}",
    "${firehose_success_feedback_role_arn}",
    "${firehose_failure_feedback_role_arn}",
    "${http_success_feedback_role_arn}",
    "${http_failure_feedback_role_arn}",
    "${lambda_success_feedback_role_arn}",
    "${lambda_failure_feedback_role_arn}",
    "${sqs_success_feedback_role_arn}",
    "${sqs_failure_feedback_role_arn}",
];
