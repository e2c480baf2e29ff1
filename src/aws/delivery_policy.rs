//! How SNS tries again to reach HTTP endpoints: a topic's default, and a
//! subscription's own.
//!
//! The two documents differ in nothing but the names of their parts. Both are
//! typed, so that what AWS fills in when it answers (zeros, `linear`, nulls)
//! and what people leave out become the same document. Bounds and defaults:
//! the page "Message delivery retries" of the SNS developer guide.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A topic's default for all its HTTP and HTTPS subscriptions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct TopicDelivery {
    /// For HTTP and HTTPS alike; SNS has nothing to set for other protocols.
    http: HttpDelivery,
}

/// The parts of a topic's default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub(crate) struct HttpDelivery {
    /// How often, and after what delays, a failed delivery is tried again.
    #[serde(skip_serializing_if = "Option::is_none")]
    default_healthy_retry_policy: Option<RetryPolicy>,
    /// How many deliveries a second an endpoint gets. Left out: no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    default_throttle_policy: Option<ThrottlePolicy>,
    /// What the HTTP requests look like.
    #[serde(skip_serializing_if = "Option::is_none")]
    default_request_policy: Option<RequestPolicy>,
    /// Ignore the delivery policies of subscriptions.
    #[serde(default)]
    disable_subscription_overrides: bool,
}

/// A subscription's own delivery policy.
#[expect(clippy::struct_field_names, reason = "these are the names that SNS gives its parts")]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
pub(crate) struct SubscriptionDelivery {
    /// How often, and after what delays, a failed delivery is tried again.
    #[serde(skip_serializing_if = "Option::is_none")]
    healthy_retry_policy: Option<RetryPolicy>,
    /// How many deliveries a second the endpoint gets. Left out: no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    throttle_policy: Option<ThrottlePolicy>,
    /// What the HTTP requests look like.
    #[serde(skip_serializing_if = "Option::is_none")]
    request_policy: Option<RequestPolicy>,
}

/// How often, and after what delays, a failed delivery is tried again. The
/// tries come in phases: at once, at the shortest delay, at growing delays,
/// at the longest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
struct RetryPolicy {
    /// Shortest delay in seconds.
    #[schemars(range(min = 1, max = 3600))]
    min_delay_target: u32,
    /// Longest delay in seconds.
    #[schemars(range(min = 1, max = 3600))]
    max_delay_target: u32,
    /// Tries in all phases together.
    #[schemars(range(min = 0, max = 100))]
    num_retries: u32,
    /// Of these, without any delay.
    #[serde(default)]
    #[schemars(range(min = 0, max = 100))]
    num_no_delay_retries: u32,
    /// Of these, at the shortest delay.
    #[serde(default)]
    #[schemars(range(min = 0, max = 100))]
    num_min_delay_retries: u32,
    /// Of these, at the longest delay.
    #[serde(default)]
    #[schemars(range(min = 0, max = 100))]
    num_max_delay_retries: u32,
    /// How delays grow between shortest and longest. Default: linear.
    #[serde(default, deserialize_with = "linear_for_null")]
    backoff_function: Backoff,
}

/// How delays grow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Backoff {
    Arithmetic,
    Exponential,
    Geometric,
    #[default]
    Linear,
}

/// How many deliveries a second an endpoint gets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
struct ThrottlePolicy {
    /// At most so many a second.
    #[schemars(range(min = 1))]
    max_receives_per_second: u32,
}

/// What the HTTP requests look like.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(deny_unknown_fields)]
struct RequestPolicy {
    /// The `Content-Type` of a notification, `text/plain; charset=UTF-8` by default.
    #[schemars(length(min = 1))]
    header_content_type: String,
}

/// AWS answers null for what was left out.
fn linear_for_null<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Backoff, D::Error> {
    Ok(Option::<Backoff>::deserialize(deserializer)?.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn check(written: Value, seen: Value) {
        let parse = |value| serde_json::from_value::<SubscriptionDelivery>(value).unwrap();
        let (written, seen) = (parse(written), parse(seen));
        assert_eq!(written, seen);
        assert_eq!(serde_json::to_value(&written).unwrap(), serde_json::to_value(&seen).unwrap());
    }

    #[test]
    fn what_aws_fills_in_is_no_difference() {
        check(
            json!({ "healthyRetryPolicy": { "minDelayTarget": 1, "maxDelayTarget": 60, "numRetries": 5 } }),
            json!({
                "healthyRetryPolicy": {
                    "minDelayTarget": 1, "maxDelayTarget": 60, "numRetries": 5,
                    "numNoDelayRetries": 0, "numMinDelayRetries": 0, "numMaxDelayRetries": 0,
                    "backoffFunction": null
                },
                "sicklyRetryPolicy": null, "throttlePolicy": null, "guaranteed": false
            }),
        );
    }

    #[test]
    fn no_retries_at_all_is_not_the_default() {
        let policy = json!({ "healthyRetryPolicy": { "minDelayTarget": 1, "maxDelayTarget": 1, "numRetries": 0 } });
        let parsed: SubscriptionDelivery = serde_json::from_value(policy).unwrap();
        assert_eq!(
            serde_json::to_value(&parsed).unwrap()["healthyRetryPolicy"]["numRetries"],
            json!(0)
        );
    }

    #[test]
    fn what_sns_insists_on_must_be_stated() {
        let policy = json!({ "healthyRetryPolicy": { "numRetries": 5 } });
        assert!(serde_json::from_value::<SubscriptionDelivery>(policy).is_err());
    }
}
