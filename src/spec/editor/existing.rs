//! The part of the schema that is for what belongs to others.

use serde_json::{Map, Value as Json, json};

use crate::model::{Catalog, Sight};

/// The section.
pub(super) fn section(names: &str) -> Json {
    json!({
        "type": ["object", "null"],
        "description": "What is there already and belongs to others, by name; \
                        `${existing.NAME.FACT}` refers to a fact of it.",
        "propertyNames": { "pattern": names },
        "additionalProperties": { "$ref": "#/$defs/existing" },
    })
}

/// One entry: which fields there are follows from its kind.
pub(super) fn entry(catalog: &dyn Catalog) -> Json {
    let kinds: Vec<Json> =
        catalog.sights().iter().map(|sight| json!({ "const": sight.kind })).collect();
    let rules: Vec<Json> = catalog.sights().iter().map(of_kind).collect();
    json!({
        "type": "object",
        "required": ["kind"],
        "properties": { "kind": { "anyOf": kinds } },
        "allOf": rules,
    })
}

fn of_kind(sight: &Sight) -> Json {
    let text = json!({ "type": ["string", "number", "boolean", "null"] });
    let tags = json!({
        "type": "object",
        "description": "Tags that it carries, all of them.",
        "minProperties": 1,
        "additionalProperties": text,
    });
    let count = json!({
        "description": "How many there are, where several are meant.",
        "anyOf": [
            { "type": "integer", "minimum": 1, "maximum": 100 },
            { "$ref": "#/$defs/reference" },
        ],
    });
    let field = |name: &str| {
        let form = if name == "tags" { tags.clone() } else { text.clone() };
        (name.to_owned(), form)
    };
    let fields: Map<String, Json> = sight
        .fields()
        .map(field)
        .chain([("kind".to_owned(), json!(true)), ("count".to_owned(), count)])
        .collect();
    json!({
        "if": { "properties": { "kind": { "const": sight.kind } } },
        "then": { "additionalProperties": false, "properties": fields },
    })
}
