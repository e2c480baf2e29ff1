//! `uses` for editors.

use serde_json::{Value as Json, json};

/// The stacks that one uses.
pub(super) fn editor_uses(names: &str) -> Json {
    let file = json!({ "type": "string", "description": "Its file, relative to this one." });
    let vars = json!({ "type": ["object", "null"], "description": "Values of its variables." });
    json!({
        "type": "object",
        "description": "Stacks whose outputs this one refers to, by the names that it has for \
                        them: `${NAME.OUTPUT}`.",
        "propertyNames": { "pattern": names },
        "additionalProperties": {
            "anyOf": [
                file,
                { "type": "null" },
                {
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["file"],
                    "properties": { "file": file, "vars": vars },
                },
            ],
        },
    })
}
