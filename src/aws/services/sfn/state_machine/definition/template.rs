//! Data that a state makes: of JSONPath, where a key that ends with `.$` has a path or a call
//! as its value, and of JSONata, where a text may be an expression.

use serde_json::Value;

use super::language::Language;
use super::part::{Walk, is_expression, words_of};
use super::{intrinsic, json_path, jsonata};
use crate::model::Path;
use crate::model::document::is_pending;

/// How keys end whose value is worked out.
const WORKED_OUT: &str = ".$";

/// What is wrong with data, wherever it is within.
pub(super) fn check(value: &Value, at: &Path, language: Language, walk: &mut Walk) {
    match value {
        Value::Object(fields) => {
            for (key, item) in fields {
                let at = at.with_field(key);
                match (key.strip_suffix(WORKED_OUT), language) {
                    (Some(plain), Language::JsonPath) => {
                        if fields.contains_key(plain) {
                            walk.tell(at.clone(), format!("`{plain}` is there as well"));
                        }
                        check_worked_out(item, &at, walk);
                    }
                    (Some(_), Language::Jsonata) if is_path(item) => walk.advise(
                        at,
                        format!("`{WORKED_OUT}` is JSONPath, and this is JSONata"),
                        "write the key without it, and `{% $states.input.… %}` as its value",
                    ),
                    (Some(_), Language::Jsonata) | (None, _) => check(item, &at, language, walk),
                }
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                check(item, &at.with_index(index), language, walk);
            }
        }
        Value::String(text) => match language {
            Language::Jsonata => {
                is_expression(value, language, at, walk);
            }
            // Step Functions would hand it on as it is.
            Language::JsonPath if jsonata::is_meant(text) && jsonata::fault(text).is_none() => {
                walk.advise(
                    at.clone(),
                    "is an expression of JSONata, and this state speaks JSONPath",
                    "QueryLanguage: JSONata",
                );
            }
            Language::JsonPath => {}
        },
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn is_path(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.starts_with('$'))
}

/// The value of a key that ends so.
fn check_worked_out(value: &Value, at: &Path, walk: &mut Walk) {
    match value {
        Value::String(text) => {
            if let Some(message) = path_or_call_fault(text) {
                walk.advise(
                    at.clone(),
                    message,
                    "a key ends with `.$` where its value is a path or a call; write it without for a value as it is",
                );
            }
        }
        other => {
            let message = format!("takes a path or a call, and this is {}", words_of(other));
            walk.advise(at.clone(), message, "write the key without `.$` for a value as it is");
        }
    }
}

/// What is wrong with a path, or a call of a function.
pub(super) fn path_or_call_fault(text: &str) -> Option<String> {
    if is_pending(text) {
        return None;
    }
    if intrinsic::is_call(text) { intrinsic::fault(text) } else { json_path::fault(text) }
}
