//! One target of a rule: where events go, in what form, and how long it is tried.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use aws_sdk_eventbridge::types as sdk;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::super::bus::DeadLetters;
use crate::model::document::as_json;

/// Where events go.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[expect(clippy::struct_field_names, reason = "they are called so in Terraform")]
#[serde(deny_unknown_fields)]
pub(crate) struct Target {
    /// ARN of a queue, topic, function, state machine, bus, log group, stream, or of what else
    /// EventBridge delivers to.
    #[schemars(length(min = 1, max = 1600))]
    pub(super) arn: String,
    /// As whom EventBridge delivers: ARN of a role that admits `events.amazonaws.com`. State
    /// machines, streams and buses elsewhere need one. With a role, no policy of the target is
    /// asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 1600))]
    pub(super) role_arn: Option<String>,
    /// What the target gets in place of the event: any value, or JSON text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) input: Option<Input>,
    /// The part of the event that the target gets: `$.detail`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 256))]
    pub(super) input_path: Option<String>,
    /// What the target gets, made of parts of the event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) input_transformer: Option<InputTransformer>,
    /// Where events go that were given up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) dead_letter_config: Option<DeadLetters>,
    /// How long, and how often, delivery is tried.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) retry_policy: Option<RetryPolicy>,
    /// For a FIFO queue, which needs it, and for a fair one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) sqs_target: Option<SqsTarget>,
    /// For a Kinesis stream.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) kinesis_target: Option<KinesisTarget>,
}

/// What the target gets, made of parts of the event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct InputTransformer {
    /// Parts of the event, by the name that the template has for each: `state: $.detail.state`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(length(max = 100))]
    pub(super) input_paths: BTreeMap<String, String>,
    /// A text, or JSON, in which `<NAME>` stands for a part: `{"state": <state>}`.
    #[schemars(length(min = 1, max = 8192))]
    pub(super) input_template: String,
}

/// How long, and how often, delivery is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RetryPolicy {
    /// Seconds after which an event is given up: 60 to 86400.
    #[serde(default = "a_day")]
    #[schemars(range(min = 60, max = 86400))]
    maximum_event_age_in_seconds: i32,
    /// How often it is tried again: 0 to 185.
    #[serde(default = "most_attempts")]
    #[schemars(range(min = 0, max = 185))]
    maximum_retry_attempts: i32,
}

// API Reference, `RetryPolicy`: what holds where nothing is said.
fn a_day() -> i32 {
    86_400
}

fn most_attempts() -> i32 {
    185
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self { maximum_event_age_in_seconds: a_day(), maximum_retry_attempts: most_attempts() }
    }
}

/// How a queue is sent to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SqsTarget {
    /// The group of every message.
    #[schemars(length(min = 1, max = 100))]
    pub(super) message_group_id: String,
}

/// How a stream is written to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct KinesisTarget {
    /// The part of the event that is the partition key: `$.detail.id`.
    #[schemars(length(min = 1, max = 256))]
    pub(super) partition_key_path: String,
}

/// What a target gets in place of the event: an object, a list, or the JSON text of what is
/// neither.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(transparent)]
pub(crate) struct Input(pub(super) Value);

impl Input {
    /// As JSON text, the form that EventBridge takes.
    pub(super) fn text(&self) -> String {
        match &self.0 {
            Value::String(text) => text.clone(),
            value => value.to_string(),
        }
    }

    /// Text that holds an object or a list is what it holds.
    fn of(value: Value) -> Self {
        let read = |text: &str| serde_json::from_str::<Value>(&as_json(text)).ok();
        Self(match value {
            Value::String(text) => match read(&text) {
                Some(held @ (Value::Object(_) | Value::Array(_))) => held,
                Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) | None => {
                    Value::String(text)
                }
            },
            Value::Object(_) | Value::Array(_) => value,
            Value::Null | Value::Bool(_) | Value::Number(_) => Value::String(value.to_string()),
        })
    }
}

impl<'de> Deserialize<'de> for Input {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Value::deserialize(deserializer).map(Self::of)
    }
}

impl JsonSchema for Input {
    fn schema_name() -> Cow<'static, str> {
        "Input".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "Any value, or JSON text; up to 8192 characters as JSON.",
            "type": ["object", "array", "string", "number", "boolean"]
        })
    }
}

impl Target {
    /// In one form, whoever wrote it: a policy that is AWS's own is none.
    pub(super) fn settled(mut self) -> Self {
        self.retry_policy = self.retry_policy.filter(|policy| *policy != RetryPolicy::default());
        self
    }

    /// As EventBridge shows it.
    pub(super) fn seen(target: &sdk::Target) -> Self {
        let filled = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(str::to_owned);
        let dead_letters = target.dead_letter_config().and_then(|config| filled(config.arn()));
        let group = target.sqs_parameters().and_then(|it| filled(it.message_group_id()));
        let input = filled(target.input()).map(|text| Input::of(Value::String(text)));
        Self {
            arn: target.arn.clone(),
            role_arn: filled(target.role_arn()),
            input,
            input_path: filled(target.input_path()),
            input_transformer: target.input_transformer().map(InputTransformer::seen),
            dead_letter_config: dead_letters.map(|arn| DeadLetters { arn }),
            retry_policy: target.retry_policy().map(RetryPolicy::seen),
            sqs_target: group.map(|message_group_id| SqsTarget { message_group_id }),
            kinesis_target: target
                .kinesis_parameters()
                .map(|it| KinesisTarget { partition_key_path: it.partition_key_path.clone() }),
        }
        .settled()
    }

    /// As EventBridge takes it. Nothing is missing that a builder could miss.
    pub(super) fn sdk(&self, id: &str) -> Option<sdk::Target> {
        let dead_letters = self.dead_letter_config.as_ref();
        let group = self.sqs_target.as_ref().map(|it| &it.message_group_id);
        let key = self.kinesis_target.as_ref().map(|it| &it.partition_key_path);
        let kinesis = key.map(|key| sdk::KinesisParameters::builder().partition_key_path(key));
        let transformer = self.input_transformer.as_ref().map(InputTransformer::sdk);
        sdk::Target::builder()
            .id(id)
            .arn(&self.arn)
            .set_role_arn(self.role_arn.clone())
            .set_input(self.input.as_ref().map(Input::text))
            .set_input_path(self.input_path.clone())
            .set_input_transformer(transformer.and_then(|it| it.build().ok()))
            .set_dead_letter_config(
                dead_letters.map(|it| sdk::DeadLetterConfig::builder().arn(&it.arn).build()),
            )
            .set_retry_policy(self.retry_policy.map(RetryPolicy::sdk))
            .set_sqs_parameters(
                group.map(|group| sdk::SqsParameters::builder().message_group_id(group).build()),
            )
            .set_kinesis_parameters(kinesis.and_then(|it| it.build().ok()))
            .build()
            .ok()
    }
}

impl InputTransformer {
    fn seen(transformer: &sdk::InputTransformer) -> Self {
        let paths = transformer.input_paths_map().into_iter().flatten();
        Self {
            input_paths: paths.map(|(name, path)| (name.clone(), path.clone())).collect(),
            input_template: transformer.input_template.clone(),
        }
    }

    fn sdk(&self) -> sdk::builders::InputTransformerBuilder {
        let paths: HashMap<_, _> = self.input_paths.clone().into_iter().collect();
        sdk::InputTransformer::builder()
            .set_input_paths_map((!paths.is_empty()).then_some(paths))
            .input_template(&self.input_template)
    }
}

impl RetryPolicy {
    fn seen(policy: &sdk::RetryPolicy) -> Self {
        let default = Self::default();
        Self {
            maximum_event_age_in_seconds: policy
                .maximum_event_age_in_seconds
                .unwrap_or(default.maximum_event_age_in_seconds),
            maximum_retry_attempts: policy
                .maximum_retry_attempts
                .unwrap_or(default.maximum_retry_attempts),
        }
    }

    fn sdk(self) -> sdk::RetryPolicy {
        sdk::RetryPolicy::builder()
            .maximum_event_age_in_seconds(self.maximum_event_age_in_seconds)
            .maximum_retry_attempts(self.maximum_retry_attempts)
            .build()
    }
}

/// The tag of a rule that names the targets which are the stack's own. A tag, because a target
/// has no place for whose it is.
pub(super) const MARK: &str = "ccprov:targets";

/// Characters that the value of a tag holds (API Reference, `Tag`).
pub(super) const MARK_HOLDS: usize = 256;

/// What that tag says of some targets; none of none.
pub(super) fn mark<'a>(ids: impl IntoIterator<Item = &'a String>) -> Option<(String, String)> {
    let ids: Vec<&str> = ids.into_iter().map(String::as_str).collect();
    (!ids.is_empty()).then(|| (MARK.to_owned(), ids.join(" ")))
}

/// Whether the tag names a target.
pub(super) fn is_marked(tags: &BTreeMap<String, String>, id: &str) -> bool {
    tags.get(MARK).is_some_and(|ids| ids.split(' ').any(|marked| marked == id))
}
