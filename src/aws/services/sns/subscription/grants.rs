//! What AWS must allow of subscriptions.

use crate::aws::grant::{Bound, Grant};

pub(super) const GRANTS: &[Grant] = &[
    Grant::read("SubscribedTopics", TOPIC, &["sns:ListSubscriptionsByTopic"]),
    Grant::read("Subscriptions", ANY, &["sns:GetSubscriptionAttributes"]),
    Grant::write("SubscribedTopics", TOPIC, &["sns:Subscribe"]),
    Grant::write("Subscriptions", ANY, &["sns:SetSubscriptionAttributes"]),
    Grant::write("DeliveryRoles", &["${subscription_role_arn}"], &["iam:PassRole"])
        .bound(Bound::Where("iam:PassedToService", "sns.amazonaws.com")),
    Grant::remove("Subscriptions", ANY, &["sns:Unsubscribe"]),
];

const TOPIC: &[&str] = &["${topic_arn}"];
/// SNS defines no resource for the calls that name a subscription alone.
const ANY: &[&str] = &["*"];
