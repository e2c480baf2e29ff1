//! A document within a document, as people write it: in YAML or JSON structure, or as JSON
//! text.

use serde::{Deserialize, Deserializer};
use serde_json::{Number, Value};

use super::policy::no_object;
use crate::model::document::as_json;

/// The structure, whichever way it is written.
pub(crate) fn structure<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Value, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::String(text) => {
            serde_json::from_str(&as_json(&text)).map_err(|error| no_object(&error))
        }
        value => Ok(value),
    }
}

/// The same with one spelling for each number: `2` and `2.0` are one.
pub(crate) fn with_whole_numbers(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let whole = |(key, item)| (key, with_whole_numbers(item));
            Value::Object(fields.into_iter().map(whole).collect())
        }
        Value::Array(items) => items.into_iter().map(with_whole_numbers).collect(),
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
