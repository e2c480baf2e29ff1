//! What DynamoDB takes as a map. A payload that it would refuse must not be sent:
//! the event would come back to the queue for ever, though it is known.

use serde_json::{Map, Value};

/// Deepest nesting of a payload. DynamoDB takes 32 levels, and the payload is
/// the first of them.
const DEEPEST: usize = 31;

/// Largest payload, in bytes as DynamoDB counts them. An item takes 409,600;
/// what is left is for keys and the reason.
const LARGEST: usize = 390_000;

/// Numbers of DynamoDB lie between these, apart from 0.
const SMALLEST_NUMBER: f64 = 1e-130;
const LARGEST_NUMBER: f64 = 9.9e125;

/// Why DynamoDB would refuse this payload.
pub(crate) fn fault(payload: &Map<String, Value>) -> Option<&'static str> {
    let mut size = 0;
    let fault = fault_of_map(payload, 1, &mut size);
    fault.or_else(|| (size > LARGEST).then_some("payload is larger than the ledger takes"))
}

/// Nobody can nest deeper than a reader of JSON goes, so that this comes back.
fn fault_of(value: &Value, depth: usize, size: &mut usize) -> Option<&'static str> {
    match value {
        Value::Null | Value::Bool(_) => {
            *size += 1;
            None
        }
        Value::String(text) => {
            *size += text.len();
            None
        }
        Value::Number(number) => {
            // 38 digits at most.
            *size += 21;
            let magnitude = number.as_f64().unwrap_or(f64::NAN).abs();
            let fits = magnitude == 0.0 || (SMALLEST_NUMBER..=LARGEST_NUMBER).contains(&magnitude);
            (!fits).then_some("payload holds a number that the ledger cannot keep")
        }
        Value::Array(items) => {
            *size += 3 + items.len();
            too_deep(depth).or_else(|| items.iter().find_map(|it| fault_of(it, depth + 1, size)))
        }
        Value::Object(fields) => fault_of_map(fields, depth, size),
    }
}

fn fault_of_map(
    fields: &Map<String, Value>,
    depth: usize,
    size: &mut usize,
) -> Option<&'static str> {
    *size += 3;
    if fields.contains_key("") {
        return Some("payload holds a property without a name");
    }
    too_deep(depth).or_else(|| {
        fields.iter().find_map(|(name, value)| {
            *size += name.len() + 1;
            fault_of(value, depth + 1, size)
        })
    })
}

fn too_deep(depth: usize) -> Option<&'static str> {
    (depth > DEEPEST).then_some("payload is nested deeper than the ledger goes")
}

#[cfg(test)]
mod tests {
    use events::EventType;
    use serde_json::json;

    use super::*;

    fn of(value: &Value) -> Option<&'static str> {
        fault(value.as_object().expect("an object"))
    }

    fn nested(levels: usize) -> Value {
        (1..levels).fold(json!({}), |inner, _| json!({ "a": inner }))
    }

    #[test]
    fn what_the_schemas_admit_can_be_kept() {
        for event_type in EventType::ALL {
            assert_eq!(of(&serde_json::from_str(event_type.sample()).expect("JSON")), None);
        }
        assert_eq!(of(&json!({})), None);
        assert_eq!(of(&nested(DEEPEST)), None);
        let numbers = json!({ "a": [0, -0.0, 1e125, -1e-129, u64::MAX, i64::MIN, 0.1] });
        assert_eq!(of(&numbers), None);
        assert_eq!(of(&json!({ "a": "x".repeat(LARGEST - 10) })), None);
    }

    #[test]
    fn what_dynamodb_would_refuse_is_told() {
        let deep = "payload is nested deeper than the ledger goes";
        assert_eq!(of(&nested(DEEPEST + 1)), Some(deep));
        assert_eq!(
            of(&json!({ "a": (0..40).fold(json!([]), |inner, _| json!([inner])) })),
            Some(deep)
        );
        for number in [1e126, -1e300, 1e-131, f64::MIN_POSITIVE] {
            let number = json!({ "a": { "b": [number] } });
            assert_eq!(of(&number), Some("payload holds a number that the ledger cannot keep"));
        }
        let large = Some("payload is larger than the ledger takes");
        assert_eq!(of(&json!({ "a": "x".repeat(LARGEST) })), large);
        assert_eq!(of(&json!({ "a": vec![Value::Null; LARGEST / 2] })), large);
        assert_eq!(of(&json!({ "a": { "": 1 } })), Some("payload holds a property without a name"));
    }
}
