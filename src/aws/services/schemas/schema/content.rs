//! What events look like, in one canonical form.
//!
//! It is compared as what it says: the order of keys means nothing, and `2` and `2.0` are one
//! number. AWS writes it anew, so that its text is another than what was sent.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use super::violation::{at, problem};
use super::{Language, openapi};
use crate::aws::written::{structure, with_whole_numbers};
use crate::model::Problem;
use crate::model::document::has_pending;

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

impl<'de> Deserialize<'de> for Content {
    /// From YAML or JSON structure, or from JSON text.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match with_whole_numbers(structure(deserializer)?) {
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
