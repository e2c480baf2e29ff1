//! Whether a document has the form of OpenAPI 3, as far as the registry cares: what it is
//! called, and schemas in it of which each reference leads to another.

use std::sync::LazyLock;

use jsonschema::Validator;
use serde_json::{Value, json};

use super::violation::{at, problem};
use crate::model::{Path, Problem};

/// What a document must have, and what schemas in it look like (OpenAPI Specification 3.0.3,
/// "Schema"). Of 3.1, whose schemas are another language, only the frame is checked.
static FORM: LazyLock<Value> = LazyLock::new(|| {
    json!({
        "type": "object",
        "required": ["openapi", "info", "paths"],
        "properties": {
            "openapi": { "type": "string", "pattern": "^3\\.[01]\\.[0-9]+$" },
            "info": {
                "type": "object",
                "required": ["title", "version"],
                "properties": { "title": { "type": "string" }, "version": { "type": "string" } }
            },
            "paths": { "type": "object" },
            "components": {
                "type": "object",
                "properties": { "schemas": { "type": "object" } }
            }
        },
        "if": { "properties": { "openapi": { "pattern": "^3\\.0\\." } } },
        "then": {
            "properties": {
                "components": {
                    "properties": { "schemas": { "additionalProperties": { "$ref": "#/$defs/schema" } } }
                }
            }
        },
        "$defs": {
            "schema": {
                "type": "object",
                "properties": {
                    "$ref": { "type": "string" },
                    "type": { "enum": ["array", "boolean", "integer", "number", "object", "string"] },
                    "nullable": { "type": "boolean" },
                    "format": { "type": "string" },
                    "pattern": { "type": "string" },
                    "enum": { "type": "array" },
                    "required": { "type": "array", "minItems": 1, "items": { "type": "string" } },
                    "properties": { "type": "object", "additionalProperties": { "$ref": "#/$defs/schema" } },
                    "additionalProperties": { "anyOf": [{ "type": "boolean" }, { "$ref": "#/$defs/schema" }] },
                    "items": { "$ref": "#/$defs/schema" },
                    "allOf": { "$ref": "#/$defs/schemas" },
                    "anyOf": { "$ref": "#/$defs/schemas" },
                    "oneOf": { "$ref": "#/$defs/schemas" },
                    "not": { "$ref": "#/$defs/schema" },
                    "minimum": { "type": "number" },
                    "maximum": { "type": "number" },
                    "minLength": { "type": "integer", "minimum": 0 },
                    "maxLength": { "type": "integer", "minimum": 0 },
                    "minItems": { "type": "integer", "minimum": 0 },
                    "maxItems": { "type": "integer", "minimum": 0 }
                }
            },
            "schemas": { "type": "array", "minItems": 1, "items": { "$ref": "#/$defs/schema" } }
        }
    })
});

/// `None` would be a fault of the form above, which a test shows.
static VALIDATOR: LazyLock<Option<Validator>> =
    LazyLock::new(|| jsonschema::validator_for(&FORM).ok());

/// What is wrong with a document.
pub(super) fn check(document: &Value) -> Vec<Problem> {
    let errors = VALIDATOR.iter().flat_map(|form| form.iter_errors(document));
    let mut problems: Vec<Problem> = errors.map(|error| problem(&error)).collect();
    find_astray(document, document, &at(&[]), &mut problems);
    problems
}

/// References within the document that lead nowhere.
fn find_astray(root: &Value, value: &Value, path: &Path, problems: &mut Vec<Problem>) {
    match value {
        Value::Object(fields) => {
            for (key, item) in fields {
                let at = path.with_field(key);
                let within =
                    item.as_str().filter(|_| key == "$ref").and_then(|it| it.strip_prefix('#'));
                if within.is_some_and(|pointer| root.pointer(pointer).is_none()) {
                    let message = format!("there is no {item} in this document");
                    problems.push(Problem::of("", message).at(at));
                } else {
                    find_astray(root, item, &at, problems);
                }
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                find_astray(root, item, &path.with_index(index), problems);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_is_a_schema() {
        assert!(VALIDATOR.is_some());
    }
}
