//! What events look like, in one canonical form.
//!
//! It is compared as what it says: the order of keys means nothing, and `2` and `2.0` are one
//! number. AWS writes it anew, so that its text is another than what was sent.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Number, Value};

use super::violation::{at, problem};
use super::{Language, openapi};
use crate::aws::policy::no_object;
use crate::model::Problem;
use crate::model::document::{as_json, has_pending};

/// API Reference, `CreateSchema`.
const MOST_CHARACTERS: usize = 100_000;

/// A schema in canonical form.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(transparent)]
pub(crate) struct Content(Map<String, Value>);

impl Content {
    /// As AWS keeps it: JSON text.
    pub(super) fn seen(text: &str) -> Self {
        serde_json::from_value(Value::from(text)).unwrap_or(Self(Map::new()))
    }

    /// The same as JSON text.
    pub(super) fn text(&self) -> String {
        Value::Object(self.0.clone()).to_string()
    }
}

/// What AWS would refuse of it, each thing at its place. One in which facts are still open is
/// checked when they are known.
pub(super) fn check(content: &Content, language: Language) -> Vec<Problem> {
    let characters = content.text().chars().count();
    if characters > MOST_CHARACTERS {
        let message = format!("has {characters} characters as JSON, AWS takes {MOST_CHARACTERS}");
        return vec![Problem::of("content", message)];
    }
    let document = Value::Object(content.0.clone());
    if has_pending(&document) {
        return Vec::new();
    }
    match language {
        Language::JsonSchemaDraft4 => check_draft_4(&document),
        Language::OpenApi3 => openapi::check(&document),
    }
}

/// What `$schema` says of a schema of draft 4.
const DRAFT_4: &str = "http://json-schema.org/draft-04/schema";

fn check_draft_4(schema: &Value) -> Vec<Problem> {
    let stated = schema.get("$schema").and_then(Value::as_str);
    if let Some(other) = stated.filter(|stated| stated.trim_end_matches('#') != DRAFT_4) {
        let message = format!("`{other}` is another language, and `type` says JSONSchemaDraft4");
        let problem = Problem::of("", message).at(at(&["$schema"]));
        return vec![problem.hint(format!("$schema: {DRAFT_4}#"))];
    }
    let meta = jsonschema::draft4::meta::validator();
    meta.iter_errors(schema).map(|error| problem(&error)).collect()
}

fn canonical(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            Value::Object(fields.into_iter().map(|(key, item)| (key, canonical(item))).collect())
        }
        Value::Array(items) => items.into_iter().map(canonical).collect(),
        Value::Number(number) => Value::Number(whole(number)),
        Value::Null | Value::Bool(_) | Value::String(_) => value,
    }
}

fn whole(number: Number) -> Number {
    match number.as_f64().filter(|_| number.is_f64()) {
        // Whole numbers of this size are exact in both forms.
        #[expect(clippy::cast_possible_truncation, reason = "whole, and bounded just before")]
        Some(float) if float.fract() == 0.0 && float.abs() <= 1e15 => Number::from(float as i64),
        Some(_) | None => number,
    }
}

impl<'de> Deserialize<'de> for Content {
    /// From YAML or JSON structure, or from JSON text.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = match Value::deserialize(deserializer)? {
            Value::String(text) => {
                serde_json::from_str(&as_json(&text)).map_err(|error| no_object(&error))?
            }
            value => value,
        };
        match canonical(value) {
            Value::Object(fields) => Ok(Self(fields)),
            _ => Err(serde::de::Error::custom("a schema is an object")),
        }
    }
}

impl JsonSchema for Content {
    fn schema_name() -> Cow<'static, str> {
        "Content".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A schema of events, as YAML or as JSON text.",
            "type": ["object", "string"],
            "additionalProperties": true
        })
    }
}
