//! A topic's attributes as SNS takes and answers them: all text, one for each
//! field, and a policy that is never absent.

use std::collections::HashMap;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{ArchivePolicy, FifoThroughputScope, Spec, TracingConfig, one};
use crate::aws::policy::Policy;
use crate::aws::tags::Tags;

/// One attribute of a topic.
pub(super) struct Attribute {
    /// The field that it carries.
    pub(super) field: String,
    /// SNS's name of it.
    pub(super) name: String,
    /// The field's value as SNS takes it; `None` for the default.
    pub(super) stated: Option<String>,
    /// What brings the default back.
    pub(super) reset: String,
}

/// Every attribute that can change, in the wire form of the spec.
pub(super) fn attributes(spec: &Spec, arn: &str) -> Vec<Attribute> {
    let default_policy = default_document(arn, &json!(DEFAULT_ACTIONS)).to_string();
    let word = |stated: bool, value: &str| stated.then(|| value.to_owned());
    let named = spec.display_name.as_str();
    let by_group = spec.fifo_throughput_scope == Some(FifoThroughputScope::MessageGroup);
    let delivery = spec.delivery_policy.as_ref().map(|policy| json!(policy).to_string());
    let single = [
        ("archive_policy", "ArchivePolicy", spec.archive_policy.map(ArchivePolicy::text), "{}"),
        (
            "content_based_deduplication",
            "ContentBasedDeduplication",
            word(spec.content_based_deduplication == Some(true), "true"),
            "false",
        ),
        ("delivery_policy", "DeliveryPolicy", delivery, ""),
        ("display_name", "DisplayName", word(!named.is_empty(), named), ""),
        ("fifo_throughput_scope", "FifoThroughputScope", word(by_group, "MessageGroup"), "Topic"),
        ("kms_master_key_id", "KmsMasterKeyId", spec.kms_master_key_id.clone(), ""),
        ("policy", "Policy", spec.policy.as_ref().map(Policy::text), &default_policy),
        ("signature_version", "SignatureVersion", word(spec.signature_version == 2, "2"), "1"),
        (
            "tracing_config",
            "TracingConfig",
            word(spec.tracing_config == TracingConfig::Active, "Active"),
            "PassThrough",
        ),
    ];
    single
        .into_iter()
        .map(|(field, name, stated, reset)| Attribute {
            field: field.to_owned(),
            name: name.to_owned(),
            stated,
            reset: reset.to_owned(),
        })
        .chain(feedback(spec).into_iter().flatten())
        .collect()
}

/// How our fields and SNS's attributes begin. HTTPS counts as HTTP.
const LOGGED: [(&str, &str); 5] = [
    ("application", "Application"),
    ("firehose", "Firehose"),
    ("http", "HTTP"),
    ("lambda", "Lambda"),
    ("sqs", "SQS"),
];

/// What is logged of the deliveries over each protocol: role, rate and role.
pub(super) fn feedback(spec: &Spec) -> Vec<[Attribute; 3]> {
    let document = json!(spec);
    let of_protocol = |(ours, theirs): (&str, &str)| {
        [
            ("success_feedback_role_arn", "SuccessFeedbackRoleArn", ""),
            ("success_feedback_sample_rate", "SuccessFeedbackSampleRate", "0"),
            ("failure_feedback_role_arn", "FailureFeedbackRoleArn", ""),
        ]
        .map(|(field, name, reset)| {
            let field = format!("{ours}_{field}");
            let stated = match &document[&field] {
                Value::String(role) => Some(role.clone()),
                Value::Number(rate) if rate.as_u64() != Some(0) => Some(rate.to_string()),
                _ => None,
            };
            Attribute { field, name: format!("{theirs}{name}"), stated, reset: reset.to_owned() }
        })
    };
    LOGGED.into_iter().map(of_protocol).collect()
}

impl ArchivePolicy {
    fn text(self) -> String {
        json!({ "MessageRetentionPeriod": self.message_retention_days.to_string() }).to_string()
    }

    /// SNS takes the days as a number or as text, and answers what it took.
    /// `{}` is no archive.
    fn seen(text: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(text).ok()?;
        let days = &value["MessageRetentionPeriod"];
        let message_retention_days = days
            .as_u64()
            .and_then(|days| u16::try_from(days).ok())
            .or_else(|| days.as_str()?.parse().ok())?;
        Some(Self { message_retention_days })
    }
}

/// What AWS's own document lets the account do.
pub(super) const DEFAULT_ACTIONS: [&str; 8] = [
    "sns:AddPermission",
    "sns:DeleteTopic",
    "sns:GetTopicAttributes",
    "sns:ListSubscriptionsByTopic",
    "sns:Publish",
    "sns:RemovePermission",
    "sns:SetTopicAttributes",
    "sns:Subscribe",
];

/// The policy document of a topic that was given none.
pub(super) fn default_document(arn: &str, actions: &Value) -> Value {
    json!({
        "Version": "2008-10-17",
        "Id": "__default_policy_ID",
        "Statement": [{
            "Sid": "__default_statement_ID",
            "Effect": "Allow",
            "Principal": { "AWS": "*" },
            "Action": actions,
            "Resource": arn,
            "Condition": { "StringEquals": { "AWS:SourceOwner": part(arn, ACCOUNT) } }
        }]
    })
}

/// Whether a policy is AWS's own. The list of its actions has changed over the
/// years (older topics have `SNS:Receive`), so any part of it is recognised; all
/// else must be as AWS writes it.
pub(super) fn is_default(policy: &Policy, arn: &str) -> bool {
    let Some(actions) = policy.statements().next().and_then(|statement| statement.get("Action"))
    else {
        return false;
    };
    let is_known = |action: &Value| {
        action == "sns:Receive" || DEFAULT_ACTIONS.iter().any(|known| action == known)
    };
    let are_known =
        actions.as_array().map_or_else(|| is_known(actions), |all| all.iter().all(is_known));
    let default = default_document(arn, actions).to_string();
    are_known && Policy::seen(&default, part(arn, PARTITION)).as_ref() == Some(policy)
}

/// What `GetTopicAttributes` answers: every value is text.
pub(super) struct Attributes(pub(super) HashMap<String, String>);

impl Attributes {
    fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|text| !text.is_empty())
    }

    fn owned(&self, name: &str) -> Option<String> {
        self.text(name).map(str::to_owned)
    }

    fn number(&self, name: &str) -> Option<u8> {
        self.text(name)?.parse().ok()
    }

    fn word<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        serde_json::from_value(Value::String(self.owned(name)?)).ok()
    }

    fn is(&self, name: &str) -> bool {
        self.text(name).is_some_and(|text| text == "true")
    }

    /// What is absent has its default.
    pub(super) fn spec(&self, name: &str, arn: &str, tags: Tags) -> Spec {
        let fifo = self.is("FifoTopic");
        let policy = |text| Policy::seen(text, part(arn, PARTITION));
        let role = |name: &str| self.owned(&format!("{name}FeedbackRoleArn"));
        let rate = |name: &str| {
            self.number(&format!("{name}SuccessFeedbackSampleRate")).unwrap_or_default()
        };
        Spec {
            name: Some(name.to_owned()),
            fifo_topic: fifo,
            content_based_deduplication: fifo.then(|| self.is("ContentBasedDeduplication")),
            fifo_throughput_scope: fifo
                .then(|| self.word("FifoThroughputScope").unwrap_or(FifoThroughputScope::Topic)),
            archive_policy: self.text("ArchivePolicy").and_then(ArchivePolicy::seen),
            display_name: self.owned("DisplayName").unwrap_or_default(),
            policy: self.text("Policy").and_then(policy).filter(|policy| !is_default(policy, arn)),
            delivery_policy: self
                .text("DeliveryPolicy")
                .and_then(|text| serde_json::from_str(text).ok()),
            kms_master_key_id: self.owned("KmsMasterKeyId"),
            signature_version: self.number("SignatureVersion").unwrap_or_else(one),
            tracing_config: self.word("TracingConfig").unwrap_or_default(),
            application_success_feedback_role_arn: role("ApplicationSuccess"),
            application_success_feedback_sample_rate: rate("Application"),
            application_failure_feedback_role_arn: role("ApplicationFailure"),
            firehose_success_feedback_role_arn: role("FirehoseSuccess"),
            firehose_success_feedback_sample_rate: rate("Firehose"),
            firehose_failure_feedback_role_arn: role("FirehoseFailure"),
            http_success_feedback_role_arn: role("HTTPSuccess"),
            http_success_feedback_sample_rate: rate("HTTP"),
            http_failure_feedback_role_arn: role("HTTPFailure"),
            lambda_success_feedback_role_arn: role("LambdaSuccess"),
            lambda_success_feedback_sample_rate: rate("Lambda"),
            lambda_failure_feedback_role_arn: role("LambdaFailure"),
            sqs_success_feedback_role_arn: role("SQSSuccess"),
            sqs_success_feedback_sample_rate: rate("SQS"),
            sqs_failure_feedback_role_arn: role("SQSFailure"),
            tags,
        }
    }
}

/// Where the parts of an ARN stand.
const PARTITION: usize = 1;
const ACCOUNT: usize = 4;

fn part(arn: &str, position: usize) -> &str {
    arn.split(':').nth(position).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::tests::{ARN, settled};
    use super::*;

    /// The attributes that a create sends.
    fn sent(document: Value) -> BTreeMap<String, String> {
        attributes(&settled(document), ARN)
            .into_iter()
            .filter_map(|attribute| Some((attribute.name, attribute.stated?)))
            .collect()
    }

    #[test]
    fn the_default_policy_is_no_policy() {
        let recognised = |edit: &dyn Fn(&mut Value)| {
            let mut document = default_document(ARN, &json!(DEFAULT_ACTIONS));
            edit(&mut document);
            is_default(&Policy::seen(&document.to_string(), "aws").unwrap(), ARN)
        };
        assert!(recognised(&|_| {}));
        // As AWS writes it: in capitals, and in older topics with one more.
        assert!(recognised(&|document| document["Statement"][0]["Action"] = json!([
            "SNS:GetTopicAttributes",
            "SNS:SetTopicAttributes",
            "SNS:AddPermission",
            "SNS:RemovePermission",
            "SNS:DeleteTopic",
            "SNS:Subscribe",
            "SNS:ListSubscriptionsByTopic",
            "SNS:Publish",
            "SNS:Receive"
        ])));
        assert!(!recognised(&|document| document["Statement"][0]["Action"] = json!("sns:*")));
        assert!(!recognised(&|document| document["Statement"][0]["Condition"] = Value::Null));
        assert!(!recognised(&|document| {
            document["Statement"][0]["Condition"]["StringEquals"] =
                json!({ "aws:SourceOwner": "000000000000" });
        }));
        assert!(!recognised(&|document| {
            let statement = json!({ "Effect": "Allow", "Principal": "*", "Action": "sns:Publish" });
            document["Statement"].as_array_mut().unwrap().push(statement);
        }));
    }

    #[test]
    fn a_new_topic_is_sent_what_differs_from_the_default() {
        assert_eq!(sent(json!({})), BTreeMap::new());
        assert_eq!(sent(json!({ "fifo_topic": true })), BTreeMap::new());
        let role = "arn:aws:iam::123456789012:role/log";
        let all = sent(json!({
            "fifo_topic": true, "content_based_deduplication": true,
            "fifo_throughput_scope": "MessageGroup",
            "archive_policy": { "message_retention_days": 30 },
            "signature_version": 2, "display_name": "Claims",
            "http_failure_feedback_role_arn": role,
            "sqs_success_feedback_role_arn": role, "sqs_success_feedback_sample_rate": 10
        }));
        let expected = [
            ("ArchivePolicy", r#"{"MessageRetentionPeriod":"30"}"#),
            ("ContentBasedDeduplication", "true"),
            ("DisplayName", "Claims"),
            ("FifoThroughputScope", "MessageGroup"),
            ("HTTPFailureFeedbackRoleArn", role),
            ("SQSSuccessFeedbackRoleArn", role),
            ("SQSSuccessFeedbackSampleRate", "10"),
            ("SignatureVersion", "2"),
        ];
        assert_eq!(all, expected.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
    }

    /// What is sent comes back as what was stated, and what is reset as if it
    /// had never been stated.
    #[test]
    fn every_attribute_comes_back() {
        let role = "arn:aws:iam::123456789012:role/log";
        let mut document = json!({
            "name": "t.fifo", "fifo_topic": true, "content_based_deduplication": true,
            "fifo_throughput_scope": "MessageGroup", "display_name": "Claims",
            "archive_policy": { "message_retention_days": 30 }, "kms_master_key_id": "alias/k",
            "policy": { "Statement": [{ "Effect": "Allow", "Principal": "*", "Action": "sns:Publish" }] },
            "delivery_policy": { "http": { "disableSubscriptionOverrides": true } },
            "signature_version": 2, "tracing_config": "Active"
        });
        for (protocol, _) in LOGGED {
            document[format!("{protocol}_success_feedback_role_arn")] = json!(role);
            document[format!("{protocol}_success_feedback_sample_rate")] = json!(7);
            document[format!("{protocol}_failure_feedback_role_arn")] = json!(role);
        }
        let read = |pick: &dyn Fn(Attribute) -> String| {
            let fifo = ("FifoTopic".to_owned(), "true".to_owned());
            let all = attributes(&settled(document.clone()), ARN);
            let pairs = all.into_iter().map(|attribute| (attribute.name.clone(), pick(attribute)));
            Attributes(pairs.chain([fifo]).collect()).spec("t.fifo", ARN, Tags::default())
        };
        let stated = read(&|attribute| attribute.stated.unwrap());
        assert_eq!(json!(stated), json!(settled(document.clone())));
        let reset = read(&|attribute| attribute.reset);
        assert_eq!(json!(reset), json!(settled(json!({ "name": "t.fifo", "fifo_topic": true }))));
    }
}
