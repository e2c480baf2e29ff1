//! What a record must be like, in one canonical form.
//!
//! Lambda's filters have the grammar of SNS's, with as many levels as the record has: a
//! list means "any of these", in whatever order.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::aws::filter_policy::FilterPolicy;

/// A pattern in canonical form.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(transparent)]
pub(crate) struct Pattern(FilterPolicy);

impl Pattern {
    /// As Lambda keeps it: JSON text.
    pub(super) fn seen(text: &str) -> Option<Self> {
        serde_json::from_value(Value::from(text)).ok()
    }

    /// The same as JSON text.
    pub(super) fn text(&self) -> String {
        self.0.text()
    }

    /// What Lambda would refuse, a sentence each.
    pub(super) fn problems(&self) -> Vec<String> {
        if self.0.is_empty() {
            return vec!["an empty pattern lets everything through: leave the filter out".into()];
        }
        self.0.misspelt(true)
    }
}

impl<'de> Deserialize<'de> for Pattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let policy = FilterPolicy::deserialize(value);
        let told = "a pattern is an object, or the JSON text of one";
        policy.map(Self).map_err(|_| serde::de::Error::custom(told))
    }
}

impl JsonSchema for Pattern {
    fn schema_name() -> Cow<'static, str> {
        "EventPattern".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A pattern of records, as YAML or as JSON text: `{ body: { type: [paid] } }` for \
                            queues, `{ eventName: [INSERT] }` for the streams of tables.",
            "type": ["object", "string"],
            "additionalProperties": { "type": ["array", "object"] }
        })
    }
}
