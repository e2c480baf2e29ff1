//! What may stand in the place of any value: references, and the maps that say what
//! it comes to.

use serde_json::{Value as Json, json};

/// A reference, or a map that stands for a value.
pub(super) fn reference() -> Json {
    json!({
        "description": "A reference: `${var.NAME}`, `${ADDRESS.FACT}`, `${each.value.KEY | 5}`; or \
                        what chooses or makes a value. Null counts as not stated.",
        "anyOf": [
            { "type": ["string", "null"], "pattern": "\\$\\{[^}]+\\}" },
            choice(),
            {
                "description": "The texts of a list as one, with another text between them.",
                "type": "object",
                "required": ["join", "with"],
                "additionalProperties": false,
                "properties": { "join": {}, "with": { "type": "string" } },
            },
            {
                "description": "A value as JSON text.",
                "type": "object",
                "required": ["to_json"],
                "additionalProperties": false,
                "properties": { "to_json": {} },
            },
            {
                "description": "What stands in a file, relative to this one.",
                "type": "object",
                "required": ["file"],
                "additionalProperties": false,
                "properties": { "file": { "type": "string" } },
            },
        ],
    })
}

/// A value under a condition.
fn choice() -> Json {
    json!({
        "description": "One value if the conditions hold, else another, or none.",
        "type": "object",
        "required": ["value"],
        "minProperties": 2,
        "additionalProperties": false,
        "anyOf": [{ "required": ["when"] }, { "required": ["unless"] }],
        "properties": { "when": {}, "unless": {}, "value": {}, "else": {} },
    })
}

/// What stands for some items of a list.
pub(super) fn instruction() -> Json {
    json!({
        "description": "Items that depend on a condition, or one item for each of several.",
        "type": "object",
        "required": ["item"],
        "minProperties": 2,
        "additionalProperties": false,
        "properties": { "when": {}, "unless": {}, "for_each": {}, "item": {}, "else": {} },
    })
}

/// What stands under `values`.
pub(super) fn values(names: &str) -> Json {
    json!({
        "type": ["object", "null"],
        "description": "Named values, which may hold facts and refer to each other; \
                        `${value.NAME}` reads one. A list of cases is the first whose conditions \
                        hold.",
        "propertyNames": { "pattern": names },
        "additionalProperties": { "if": { "type": "array" }, "then": { "items": {
            "if": {
                "type": "object",
                "minProperties": 1,
                "propertyNames": { "enum": ["when", "unless", "value"] },
            },
            "then": { "required": ["value"] },
        } } },
    })
}
