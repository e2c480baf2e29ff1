//! A subscription's attributes as SNS has them: texts by name, both ways.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::{FilterPolicyScope, Protocol, RedrivePolicy, ReplayPolicy, Spec};
use crate::aws::filter_policy::FilterPolicy;

/// One attribute of a subscription.
pub(super) struct Attribute {
    /// The field that it carries.
    pub(super) field: &'static str,
    /// SNS's name of it.
    pub(super) name: &'static str,
    /// The field's value as SNS takes it; `None` for the default.
    pub(super) stated: Option<String>,
    /// What brings the default back; `None` for a call without a value.
    pub(super) reset: Option<&'static str>,
}

/// Every attribute that can change, in the wire form of the spec; the filter
/// before its scope.
pub(super) fn attributes(spec: &Spec) -> [Attribute; 7] {
    let raw = spec.raw_message_delivery.filter(|raw| *raw).map(|raw| raw.to_string());
    let by_body = spec.filter_policy_scope == Some(FilterPolicyScope::MessageBody);
    let scope = by_body.then(|| "MessageBody".to_owned());
    let redrive = spec.redrive_policy.as_ref().map(RedrivePolicy::text);
    let replay = spec.replay_policy.as_ref().map(ReplayPolicy::text);
    let delivery = spec.delivery_policy.as_ref().map(|policy| json!(policy).to_string());
    let filter = spec.filter_policy.as_ref().map(FilterPolicy::text);
    [
        ("delivery_policy", "DeliveryPolicy", delivery, Some("")),
        ("filter_policy", "FilterPolicy", filter, Some("{}")),
        ("filter_policy_scope", "FilterPolicyScope", scope, Some("MessageAttributes")),
        ("raw_message_delivery", "RawMessageDelivery", raw, Some("false")),
        ("redrive_policy", "RedrivePolicy", redrive, None),
        ("replay_policy", "ReplayPolicy", replay, Some("{}")),
        (
            "subscription_role_arn",
            "SubscriptionRoleArn",
            spec.subscription_role_arn.clone(),
            Some(""),
        ),
    ]
    .map(|(field, name, stated, reset)| Attribute { field, name, stated, reset })
}

impl RedrivePolicy {
    fn text(&self) -> String {
        json!({ "deadLetterTargetArn": self.dead_letter_queue }).to_string()
    }

    fn seen(text: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(text).ok()?;
        Some(Self { dead_letter_queue: value["deadLetterTargetArn"].as_str()?.to_owned() })
    }
}

impl ReplayPolicy {
    fn text(&self) -> String {
        let mut value = json!({ "PointType": "Timestamp", "StartingPoint": self.starting_point });
        if let Some(end) = &self.ending_point {
            value["EndingPoint"] = json!(end);
        }
        value.to_string()
    }

    /// `{}` is none.
    fn seen(text: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(text).ok()?;
        let point = |name: &str| value[name].as_str().map(str::to_owned);
        Some(Self { starting_point: point("StartingPoint")?, ending_point: point("EndingPoint") })
    }
}

/// What `GetSubscriptionAttributes` answers: every value is text. Empty for a
/// subscription without an ARN.
#[derive(Default)]
pub(super) struct Attributes(pub(super) HashMap<String, String>);

impl Attributes {
    fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|text| !text.is_empty())
    }

    pub(super) fn is_unconfirmed(&self) -> bool {
        self.0.is_empty() || self.text("PendingConfirmation") == Some("true")
    }

    pub(super) fn spec(&self, topic: &str, protocol: Protocol, endpoint: &str) -> Spec {
        let filter_policy = self.text("FilterPolicy").and_then(FilterPolicy::seen);
        let scope = match self.text("FilterPolicyScope") {
            Some("MessageBody") => FilterPolicyScope::MessageBody,
            Some(_) | None => FilterPolicyScope::MessageAttributes,
        };
        Spec {
            topic_arn: topic.to_owned(),
            protocol,
            endpoint: endpoint.to_owned(),
            raw_message_delivery: self.text("RawMessageDelivery").map(|text| text == "true"),
            filter_policy_scope: filter_policy.is_some().then_some(scope),
            filter_policy,
            redrive_policy: self.text("RedrivePolicy").and_then(RedrivePolicy::seen),
            delivery_policy: self
                .text("DeliveryPolicy")
                .and_then(|text| serde_json::from_str(text).ok()),
            subscription_role_arn: self.text("SubscriptionRoleArn").map(str::to_owned),
            replay_policy: self.text("ReplayPolicy").and_then(ReplayPolicy::seen),
        }
    }
}
