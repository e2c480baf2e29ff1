//! What AWS must allow of subscriptions.

use crate::aws::grant::{Bound, Grant};

pub(super) const GRANTS: &[Grant] = &[
    Grant::read("ListSubscriptions", TOPIC, &["sns:ListSubscriptionsByTopic"]),
    Grant::read("ReadSubscriptions", ANY, &["sns:GetSubscriptionAttributes"]),
    Grant::write("Subscribe", TOPIC, &["sns:Subscribe"]),
    Grant::write("WriteSubscriptions", ANY, &["sns:SetSubscriptionAttributes"]),
    Grant::write("PassDeliveryRoles", &["${subscription_role_arn}"], &["iam:PassRole"])
        .bound(Bound::Where("iam:PassedToService", "sns.amazonaws.com")),
    Grant::remove("Unsubscribe", ANY, &["sns:Unsubscribe"]),
];

const TOPIC: &[&str] = &["${topic_arn}"];
/// SNS defines no resource for the calls that name a subscription alone.
const ANY: &[&str] = &["*"];
