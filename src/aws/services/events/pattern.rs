//! Which events a rule or an archive takes, in one canonical form, so that plain equality is
//! equivalence.
//!
//! A list means "any of these": its order and its duplicates mean nothing. The one list that is
//! none is that of `numeric`, which spells a range. Numbers stay as they are written: to
//! EventBridge `300` and `300.0` are two (User Guide, "Event patterns").

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use crate::aws::conditions::{as_set, canonical_keys};
use crate::aws::written::structure;
use crate::model::{Path, Problem};
use crate::verify::event_pattern;

/// API Reference, `PutRule`. The quota of an account is 2,048 until it is raised.
const MOST_CHARACTERS: usize = 4096;

/// A pattern in canonical form.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(transparent)]
pub(crate) struct EventPattern(Map<String, Value>);

impl EventPattern {
    /// As EventBridge keeps it: JSON text. An empty one is none.
    pub(super) fn seen(text: &str) -> Option<Self> {
        serde_json::from_value(Value::from(text))
            .ok()
            .filter(|pattern: &Self| !pattern.0.is_empty())
    }

    /// The same as JSON text.
    pub(super) fn text(&self) -> String {
        Value::Object(self.0.clone()).to_string()
    }

    /// What EventBridge would refuse of it, in the field `event_pattern`.
    pub(super) fn check(&self) -> Vec<Problem> {
        let characters = self.text().chars().count();
        if self.0.is_empty() {
            let message = "an empty pattern is none";
            let hint = "state what events must have: `{ source: [orders] }`";
            return vec![Problem::of("event_pattern", message).hint(hint)];
        }
        let mut problems = self.read().err().unwrap_or_default();
        if characters > MOST_CHARACTERS {
            let message =
                format!("has {characters} characters as JSON, EventBridge takes {MOST_CHARACTERS}");
            problems.push(Problem::of("event_pattern", message));
        }
        problems
    }

    /// The same, ready to be held against events; or what is wrong with it.
    pub(super) fn read(&self) -> Result<event_pattern::EventPattern, Vec<Problem>> {
        event_pattern::EventPattern::read(&self.0, &Path::field("event_pattern"))
    }
}

/// A value to be equal to, or an operator with what it works on.
fn canonical_condition(condition: Value) -> Value {
    let Value::Object(operators) = condition else { return condition };
    let canonical = |(operator, operand): (String, Value)| {
        let operand = match operand {
            Value::Array(values) if operator != "numeric" => as_set(values),
            Value::Object(_) => canonical_condition(operand),
            other => other,
        };
        (operator, operand)
    };
    Value::Object(operators.into_iter().map(canonical).collect())
}

impl<'de> Deserialize<'de> for EventPattern {
    /// From YAML or JSON structure, or from JSON text.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match structure(deserializer)? {
            Value::Object(keys) => Ok(Self(canonical_keys(keys, canonical_condition))),
            _ => Err(serde::de::Error::custom("an event pattern is an object")),
        }
    }
}

impl JsonSchema for EventPattern {
    fn schema_name() -> Cow<'static, str> {
        "PatternOfEvents".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A pattern of events, as YAML or as JSON text: `{ source: [orders], detail: { state: [paid] } }`.",
            "type": ["object", "string"],
            "additionalProperties": { "type": ["array", "object"] }
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn pattern(value: Value) -> EventPattern {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn what_takes_the_same_events_is_the_same() {
        let check = |one: Value, other: Value, is_same: bool| {
            assert_eq!(pattern(one.clone()) == pattern(other.clone()), is_same, "{one} {other}");
        };
        check(json!({ "source": ["a", "b"] }), json!({ "source": ["b", "a", "b"] }), true);
        check(json!({ "source": ["a"] }), json!({ "source": ["a", "b"] }), false);
        let either = |first: Value, second: Value| json!({ "$or": [first, second] });
        check(
            either(json!({ "a": [1, 2] }), json!({ "b": [null] })),
            either(json!({ "b": [null] }), json!({ "a": [2, 1] })),
            true,
        );
        let but = |these: Value| json!({ "detail": { "a": [{ "anything-but": these }] } });
        check(but(json!(["x", "y"])), but(json!(["y", "x"])), true);
        check(but(json!({ "prefix": ["x", "y"] })), but(json!({ "prefix": ["y", "x"] })), true);
        let range = |range: Value| json!({ "detail": { "a": [{ "numeric": range }] } });
        check(range(json!([">", 0, "<", 5])), range(json!(["<", 5, ">", 0])), false);
        check(json!({ "detail": { "a": [300] } }), json!({ "detail": { "a": [300.0] } }), false);
    }

    #[test]
    fn text_means_what_it_holds() {
        // EventBridge writes some signs as what JSON admits for them.
        let text = r#"{ "detail": {"a": [{"numeric": ["\u003e", 5]}, "\u0026"]}}"#;
        let written = json!({ "detail": { "a": [{ "numeric": [">", 5] }, "&"] } });
        assert_eq!(EventPattern::seen(text), Some(pattern(written)));
        assert_eq!(EventPattern::seen("{}"), None);
        assert_eq!(EventPattern::seen(""), None);
    }

    #[test]
    fn what_is_empty_or_too_long_is_refused() {
        assert!(!pattern(json!({})).check().is_empty());
        assert!(pattern(json!({ "source": ["a"] })).check().is_empty());
        assert!(!pattern(json!({ "source": [{ "prefx": "a" }] })).check().is_empty());
        let longest = |length: usize| pattern(json!({ "source": ["a".repeat(length)] })).check();
        // `{"source":[""]}` is 15 characters.
        assert!(longest(4096 - 15).is_empty());
        assert!(!longest(4096 - 14).is_empty());
    }
}
