//! Conditions on the fields of a message or an event, in one canonical form: what the filter
//! policies of SNS and the patterns of EventBridge have in common.
//!
//! A list of conditions means "any of these": its order and its duplicates mean nothing.

use serde_json::{Map, Value};

/// Key -> conditions, or further keys. `$or` lists whole alternatives. `condition` is the
/// canonical form of one.
pub(crate) fn canonical_keys(
    keys: Map<String, Value>,
    condition: fn(Value) -> Value,
) -> Map<String, Value> {
    let canonical = |(key, value): (String, Value)| {
        let value = match value {
            Value::Object(nested) => Value::Object(canonical_keys(nested, condition)),
            Value::Array(alternatives) if key == "$or" => {
                as_set(alternatives.into_iter().map(|keys| alternative(keys, condition)))
            }
            Value::Array(conditions) => as_set(conditions.into_iter().map(condition)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value,
        };
        (key, value)
    };
    keys.into_iter().map(canonical).collect()
}

fn alternative(alternative: Value, condition: fn(Value) -> Value) -> Value {
    match alternative {
        Value::Object(keys) => Value::Object(canonical_keys(keys, condition)),
        other => other,
    }
}

/// Sorted by the items' text, which is as good an order as any.
pub(crate) fn as_set(items: impl IntoIterator<Item = Value>) -> Value {
    let mut items: Vec<Value> = items.into_iter().collect();
    items.sort_by_cached_key(Value::to_string);
    items.dedup();
    Value::Array(items)
}
