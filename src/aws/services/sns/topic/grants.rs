//! What AWS must allow of topics.

use crate::aws::grant::{Bound, Grant};

pub(super) const GRANTS: &[Grant] = &[
    Grant::read("Topics", TOPIC, READING),
    Grant::read("FormerTopics", ALL_TOPICS, READING).bound(Bound::Owned),
    Grant::write(
        "Topics",
        TOPIC,
        &["sns:CreateTopic", "sns:SetTopicAttributes", "sns:TagResource", "sns:UntagResource"],
    ),
    Grant::write("FeedbackRoles", FEEDBACK_ROLES, &["iam:PassRole"])
        .bound(Bound::Where("iam:PassedToService", "sns.amazonaws.com")),
    Grant::remove("Topics", TOPIC, &["sns:DeleteTopic"]),
    Grant::remove("FormerTopics", ALL_TOPICS, &["sns:DeleteTopic"]).bound(Bound::Owned),
    Grant::remove("Topics", TOPIC, &["sns:SetTopicAttributes"]).only_with("archive_policy"),
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
