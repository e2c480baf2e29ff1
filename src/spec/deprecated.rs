//! Fields that still work and should not be used any more.

use serde_json::Value as Json;

use super::tree::{Node, Value};
use crate::model::{Diagnostic, Path};

/// Deepest chain of `$ref` and alternatives that is followed without stepping
/// into the value. Schemas of our kinds need three.
const MAX_HOPS: usize = 16;

/// A warning for every stated field whose schema says `deprecated: true`. The
/// schema's description tells what to use in its place.
pub(super) fn deprecated_fields(schema: &Json, node: &Node) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    Walk { root: schema, found: &mut found }.value(schema, node, &Path::default(), 0);
    found
}

struct Walk<'a> {
    root: &'a Json,
    found: &'a mut Vec<Diagnostic>,
}

impl Walk<'_> {
    fn value(&mut self, schema: &Json, node: &Node, path: &Path, hops: usize) {
        if hops > MAX_HOPS {
            return;
        }
        let root = self.root;
        let referred = schema.get("$ref").and_then(Json::as_str);
        if let Some(target) = referred.and_then(|text| root.pointer(text.strip_prefix('#')?)) {
            self.value(target, node, path, hops + 1);
        }
        for key in ["anyOf", "oneOf", "allOf"] {
            for part in schema.get(key).and_then(Json::as_array).into_iter().flatten() {
                self.value(part, node, path, hops + 1);
            }
        }
        match &node.value {
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) => {}
            Value::List(items) => {
                if let Some(of_items) = schema.get("items") {
                    for (index, item) in items.iter().enumerate() {
                        self.value(of_items, item, &path.with_index(index), 0);
                    }
                }
            }
            Value::Map(map) => {
                for (key, entry) in map.iter().filter(|(_, entry)| !entry.node.is_null()) {
                    let Some(field) = schema.get("properties").and_then(|all| all.get(key)) else {
                        continue;
                    };
                    let below = path.with_field(key);
                    if field.get("deprecated").and_then(Json::as_bool) == Some(true) {
                        let warning = Diagnostic::warning(format!("`{below}` is deprecated"))
                            .at(Some(entry.key_at.location()));
                        let why = field.get("description").and_then(Json::as_str);
                        self.found.push(why.into_iter().fold(warning, Diagnostic::because));
                    }
                    self.value(field, &entry.node, &below, 0);
                }
            }
        }
    }
}
