//! What a state machine does, in the States Language, in one canonical form.
//!
//! It is compared as what it says: the order of keys means nothing, and `2` and `2.0` are one
//! number.
//!
//! It is checked against the language, whole, before anybody is called. There are crates that
//! do a part of that; none is maintained and knows JSONata, or tells places. Sources: the
//! Amazon States Language specification, and the Step Functions Developer Guide. What is sound
//! there must pass here: where the two leave doubt, nothing is said.

mod assign;
mod choice;
mod failures;
mod fields;
mod ground;
mod intrinsic;
mod json_path;
mod jsonata;
mod language;
mod lead;
mod machine;
mod nested;
mod part;
mod state;
mod task;
mod template;
mod time;

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use self::ground::{Ground, Within};
use self::language::Language;
use self::part::{Part, Walk};
use super::MachineType;
use crate::aws::written::{structure, with_whole_numbers};
use crate::model::document::has_pending;
use crate::model::{Path, Problem};

/// A definition in canonical form.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub(crate) struct Definition(Map<String, Value>);

impl Definition {
    /// As Step Functions keeps it: the JSON text that it was given.
    pub(super) fn seen(text: &str) -> Self {
        serde_json::from_value(Value::from(text)).unwrap_or_default()
    }

    /// Whether a fact in it is not known yet.
    pub(super) fn waits(&self) -> bool {
        self.0.values().any(has_pending)
    }

    /// The same as JSON text.
    pub(super) fn text(&self) -> String {
        Value::Object(self.0.clone()).to_string()
    }
}

/// The largest definition (Developer Guide, "Step Functions service quotas").
const MOST_BYTES: usize = 1024 * 1024;

/// What Step Functions would refuse of it.
pub(super) fn check(definition: &Definition, runs: MachineType) -> Vec<Problem> {
    let mut walk = Walk::default();
    let size = definition.text().len();
    if size > MOST_BYTES {
        let message = format!("has {size} bytes, Step Functions takes {MOST_BYTES}");
        let hint = "put what is long into a bucket, or start other state machines";
        walk.advise(Path::field("definition"), message, hint);
        return walk.told;
    }
    let whole = Part { fields: &definition.0, path: Path::field("definition") };
    let (of_all, language) = (Language::JsonPath, Language::JsonPath);
    let ground = Ground { runs, of_all, language, within: Within::Definition };
    machine::check(&whole, ground, &mut walk);
    walk.told
}

impl<'de> Deserialize<'de> for Definition {
    /// From YAML or JSON structure, or from JSON text.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match with_whole_numbers(structure(deserializer)?) {
            Value::Object(fields) => Ok(Self(fields)),
            _ => Err(serde::de::Error::custom("a definition is an object")),
        }
    }
}

impl JsonSchema for Definition {
    fn schema_name() -> Cow<'static, str> {
        "Definition".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A definition in the States Language, as YAML or as JSON text.",
            "type": ["object", "string"],
            "additionalProperties": true
        })
    }
}

#[cfg(test)]
mod tests;
