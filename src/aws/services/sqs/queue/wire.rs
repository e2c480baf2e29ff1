//! A queue's attributes as SQS has them: texts by name, both ways.

use std::collections::HashMap;

use aws_sdk_sqs::types::QueueAttributeName as Name;
use serde::Serialize;
use serde_json::{Value, json};

use super::{RedriveAllowPolicy, RedrivePermission, RedrivePolicy, Spec, four_days, half_a_minute};
use crate::aws::policy::Policy;
use crate::aws::tags::Tags;
use crate::model::Holdings;

/// The word that AWS writes for one of our enums.
fn word(value: impl Serialize) -> String {
    serde_json::to_value(value)
        .ok()
        .and_then(|value| Some(value.as_str()?.to_owned()))
        .unwrap_or_default()
}

/// The wire form of the fields that `is_wanted` picks. AWS merges: what is
/// left out stays as it is.
pub(super) fn attributes(spec: &Spec, is_wanted: &dyn Fn(&str) -> bool) -> HashMap<Name, String> {
    let mut picked: HashMap<Name, String> = settings(spec)
        .into_iter()
        .chain(documents(spec))
        .filter(|(field, _, _)| is_wanted(field))
        .filter_map(|(_, name, value)| Some((name, value?)))
        .collect();
    if picked.get(&Name::KmsMasterKeyId).is_some_and(String::is_empty) {
        // Clearing the key alone would leave the queue unencrypted.
        let managed = spec.sqs_managed_sse_enabled.unwrap_or(true);
        picked.insert(Name::SqsManagedSseEnabled, managed.to_string());
    }
    picked
}

type Attribute = (&'static str, Name, Option<String>);

fn settings(spec: &Spec) -> [Attribute; 10] {
    let number = |value: u32| Some(value.to_string());
    let switch = |value: Option<bool>| value.map(|on| on.to_string());
    [
        (
            "content_based_deduplication",
            Name::ContentBasedDeduplication,
            switch(spec.content_based_deduplication),
        ),
        ("deduplication_scope", Name::DeduplicationScope, spec.deduplication_scope.map(word)),
        ("fifo_throughput_limit", Name::FifoThroughputLimit, spec.fifo_throughput_limit.map(word)),
        ("delay_seconds", Name::DelaySeconds, number(spec.delay_seconds)),
        ("max_message_size", Name::MaximumMessageSize, spec.max_message_size.and_then(number)),
        (
            "message_retention_seconds",
            Name::MessageRetentionPeriod,
            number(spec.message_retention_seconds),
        ),
        (
            "receive_wait_time_seconds",
            Name::ReceiveMessageWaitTimeSeconds,
            number(spec.receive_wait_time_seconds),
        ),
        (
            "visibility_timeout_seconds",
            Name::VisibilityTimeout,
            number(spec.visibility_timeout_seconds),
        ),
        (
            "kms_data_key_reuse_period_seconds",
            Name::KmsDataKeyReusePeriodSeconds,
            spec.kms_data_key_reuse_period_seconds.and_then(number),
        ),
        (
            "sqs_managed_sse_enabled",
            Name::SqsManagedSseEnabled,
            switch(spec.sqs_managed_sse_enabled),
        ),
    ]
}

/// Where the spec states none, the empty text resets.
fn documents(spec: &Spec) -> [Attribute; 4] {
    let reset = |value: Option<String>| Some(value.unwrap_or_default());
    let redrive = spec.redrive_policy.as_ref().map(RedrivePolicy::text);
    let allow = spec.redrive_allow_policy.as_ref().map(RedriveAllowPolicy::text);
    [
        ("policy", Name::Policy, reset(spec.policy.as_ref().map(Policy::text))),
        ("redrive_policy", Name::RedrivePolicy, reset(redrive)),
        ("redrive_allow_policy", Name::RedriveAllowPolicy, reset(allow)),
        ("kms_master_key_id", Name::KmsMasterKeyId, reset(spec.kms_master_key_id.clone())),
    ]
}

impl RedrivePolicy {
    fn text(&self) -> String {
        let Self { dead_letter_queue, max_receive_count } = self;
        json!({ "deadLetterTargetArn": dead_letter_queue, "maxReceiveCount": max_receive_count })
            .to_string()
    }

    /// AWS takes the count as a number or as text, and answers what it took.
    fn seen(text: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(text).ok()?;
        let count = &value["maxReceiveCount"];
        Some(Self {
            dead_letter_queue: value["deadLetterTargetArn"].as_str()?.to_owned(),
            max_receive_count: count
                .as_u64()
                .and_then(|count| u32::try_from(count).ok())
                .or_else(|| count.as_str()?.parse().ok())?,
        })
    }
}

impl RedriveAllowPolicy {
    fn text(&self) -> String {
        let mut value = json!({ "redrivePermission": self.permission });
        if self.permission == RedrivePermission::ByQueue {
            value["sourceQueueArns"] = json!(self.source_queues);
        }
        value.to_string()
    }

    fn seen(text: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(text).ok()?;
        let arns = value["sourceQueueArns"].as_array().into_iter().flatten();
        Some(Self {
            permission: serde_json::from_value(value["redrivePermission"].clone()).ok()?,
            source_queues: arns.filter_map(|arn| Some(arn.as_str()?.to_owned())).collect(),
        })
    }
}

/// What `GetQueueAttributes` answers: every value is text.
pub(super) struct Attributes(pub(super) HashMap<Name, String>);

impl Attributes {
    fn text(&self, name: &Name) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|text| !text.is_empty())
    }

    fn number(&self, name: &Name) -> Option<u32> {
        self.text(name)?.parse().ok()
    }

    fn word<T: serde::de::DeserializeOwned>(&self, name: &Name) -> Option<T> {
        serde_json::from_value(Value::String(self.text(name)?.to_owned())).ok()
    }

    fn is(&self, name: &Name) -> Option<bool> {
        self.text(name).map(|text| text == "true")
    }

    pub(super) fn spec(&self, name: &str, tags: Tags, partition: &str) -> Spec {
        let key = self.text(&Name::KmsMasterKeyId).map(str::to_owned);
        let fifo = self.is(&Name::FifoQueue).unwrap_or(false);
        Spec {
            name: Some(name.to_owned()),
            fifo_queue: fifo,
            content_based_deduplication: self.is(&Name::ContentBasedDeduplication).filter(|_| fifo),
            deduplication_scope: self.word(&Name::DeduplicationScope).filter(|_| fifo),
            fifo_throughput_limit: self.word(&Name::FifoThroughputLimit).filter(|_| fifo),
            delay_seconds: self.number(&Name::DelaySeconds).unwrap_or(0),
            max_message_size: self.number(&Name::MaximumMessageSize),
            message_retention_seconds: self
                .number(&Name::MessageRetentionPeriod)
                .unwrap_or_else(four_days),
            receive_wait_time_seconds: self
                .number(&Name::ReceiveMessageWaitTimeSeconds)
                .unwrap_or(0),
            visibility_timeout_seconds: self
                .number(&Name::VisibilityTimeout)
                .unwrap_or_else(half_a_minute),
            policy: self.text(&Name::Policy).and_then(|text| Policy::seen(text, partition)),
            redrive_policy: self.text(&Name::RedrivePolicy).and_then(RedrivePolicy::seen),
            redrive_allow_policy: self
                .text(&Name::RedriveAllowPolicy)
                .and_then(RedriveAllowPolicy::seen),
            kms_data_key_reuse_period_seconds: self
                .number(&Name::KmsDataKeyReusePeriodSeconds)
                .filter(|_| key.is_some()),
            // AWS always answers this one; where it is left out, the default holds.
            sqs_managed_sse_enabled: key
                .is_none()
                .then(|| self.is(&Name::SqsManagedSseEnabled).unwrap_or(true)),
            kms_master_key_id: key,
            force_destroy: false,
            tags,
        }
    }

    /// SQS counts approximately, and so do we.
    pub(super) fn holdings(&self) -> Option<Holdings> {
        let counts = [
            Name::ApproximateNumberOfMessages,
            Name::ApproximateNumberOfMessagesNotVisible,
            Name::ApproximateNumberOfMessagesDelayed,
        ];
        let messages: u32 = counts.iter().filter_map(|name| self.number(name)).sum();
        let noun = if messages == 1 { "message" } else { "messages" };
        (messages > 0).then(|| Holdings::lost(format!("about {messages} {noun}")))
    }
}
