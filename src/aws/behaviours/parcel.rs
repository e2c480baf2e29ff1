//! The parcel: a message to a topic, made so that a filter lets it through, or
//! so that it must not. Pure.
//!
//! What tells ours from every other is a secret in its body, which stands in no
//! name, tag or attribute: whoever sees those can make up none of ours.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;

use serde_json::{Map, Value, json};

use super::link::Link;
use super::mark::{MARK, Mark};

/// A message that is to be published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Parcel {
    pub(super) text: String,
    pub(super) attributes: Map<String, Value>,
}

/// A message as it came: its text, and whether SNS wrapped it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unwrapped {
    pub(super) text: String,
    pub(super) is_wrapped: bool,
}

impl Parcel {
    /// One that the subscription takes; `None` where none can be made up.
    pub(super) fn taken_by(link: &Link<'_>, stack: &str, mark: &Mark) -> Option<Self> {
        let told = match link.filter() {
            Some(filter) => example(filter.as_object()?)?,
            None => Map::new(),
        };
        Some(Self::new(told, link.is_by_body(), stack, mark))
    }

    /// One that the subscription must not take: it tells nothing of what the
    /// filter asks for. `None` where that would be let through.
    pub(super) fn stopped_by(link: &Link<'_>, stack: &str, mark: &Mark) -> Option<Self> {
        let filter = link.filter()?.as_object()?;
        (!takes_nothing(filter)).then(|| Self::new(Map::new(), link.is_by_body(), stack, mark))
    }

    fn new(told: Map<String, Value>, is_by_body: bool, stack: &str, mark: &Mark) -> Self {
        let (mut body, attributes) =
            if is_by_body { (told, Map::new()) } else { (Map::new(), told) };
        let ours = json!({ "stack": stack, "run": mark.as_str(), "secret": secret() });
        body.insert(MARK.into(), ours);
        Self { text: Value::Object(body).to_string(), attributes }
    }
}

/// What nobody can guess: the standard library keys its hashers from the
/// system's source of randomness.
pub(super) fn secret() -> String {
    let part = || RandomState::new().hash_one(());
    format!("{:016x}{:016x}", part(), part())
}

/// Takes off what SNS puts around a message.
pub(super) fn unwrapped(body: &str) -> Unwrapped {
    let wrapping = serde_json::from_str::<Value>(body).ok();
    let wrapping = wrapping.filter(|it| it["Type"] == "Notification" && it["TopicArn"].is_string());
    match wrapping.as_ref().and_then(|it| it["Message"].as_str()) {
        Some(text) => Unwrapped { text: text.into(), is_wrapped: true },
        None => Unwrapped { text: body.into(), is_wrapped: false },
    }
}

/// Keys and values that a filter takes; `None` where it is not known of any.
fn example(filter: &Map<String, Value>) -> Option<Map<String, Value>> {
    let mut told = Map::new();
    for (key, asked) in filter {
        match asked {
            Value::Array(alternatives) if key == "$or" => {
                let mut alternatives = alternatives.iter().filter_map(Value::as_object);
                told.extend(alternatives.find_map(example)?);
            }
            Value::Array(conditions) => {
                match conditions.iter().find_map(meeting) {
                    Some(value) => {
                        told.insert(key.clone(), value);
                    }
                    // To tell nothing meets it.
                    None if conditions.iter().any(is_absence) => {}
                    None => return None,
                }
            }
            Value::Object(nested) => {
                told.insert(key.clone(), example(nested)?.into());
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => return None,
        }
    }
    Some(told)
}

/// A value that meets a condition; `None` where none is known.
fn meeting(condition: &Value) -> Option<Value> {
    let Value::Object(asked) = condition else { return Some(condition.clone()) };
    let (operator, value) = asked.iter().next()?;
    let text = |text: &str| Some(Value::from(if text.is_empty() { MARK } else { text }));
    match (operator.as_str(), value) {
        ("exists", Value::Bool(is_there)) => is_there.then(|| MARK.into()),
        ("prefix" | "suffix" | "equals-ignore-case", Value::String(it)) => text(it),
        ("wildcard", Value::String(it)) if !it.contains('\\') => text(&it.replace('*', "")),
        ("cidr", Value::String(it)) => text(it.split('/').next()?),
        ("anything-but", refused) => is_other(refused).then(|| MARK.into()),
        ("numeric", Value::Array(range)) => within(range),
        _ => None,
    }
}

fn is_absence(condition: &Value) -> bool {
    condition["exists"] == Value::Bool(false)
}

/// Whether our mark is something else than what is refused.
fn is_other(refused: &Value) -> bool {
    match refused {
        Value::Array(all) => all.iter().all(is_other),
        Value::String(text) => text != MARK,
        Value::Object(asked) => asked.iter().all(|(operator, text)| {
            let text = text.as_str();
            match operator.as_str() {
                "prefix" => text.is_some_and(|text| !MARK.starts_with(text)),
                "suffix" => text.is_some_and(|text| !MARK.ends_with(text)),
                "equals-ignore-case" => text.is_some_and(|it| !MARK.eq_ignore_ascii_case(it)),
                _ => false,
            }
        }),
        Value::Number(_) | Value::Null | Value::Bool(_) => true,
    }
}

/// A number of a range, which is spelled `[">=", 0, "<", 100]`.
fn within(range: &[Value]) -> Option<Value> {
    let (mut low, mut high) = (None, None);
    for pair in range.chunks(2) {
        let [operator, bound] = pair else { return None };
        match operator.as_str()? {
            "=" => return Some(bound.clone()),
            ">=" | ">" => low = Some((operator, bound)),
            "<=" | "<" => high = Some((operator, bound)),
            _ => return None,
        }
    }
    match (low, high) {
        (Some((closed, bound)), _) | (None, Some((closed, bound)))
            if closed.as_str()?.len() == 2 =>
        {
            Some(bound.clone())
        }
        (_, Some((closed, bound))) if closed.as_str()?.len() == 2 => Some(bound.clone()),
        (Some((_, low)), Some((_, high))) => {
            Some(f64::midpoint(low.as_f64()?, high.as_f64()?).into())
        }
        (Some((_, low)), None) => Some((low.as_f64()? + 1.0).into()),
        (None, Some((_, high))) => Some((high.as_f64()? - 1.0).into()),
        (None, None) => None,
    }
}

/// Whether a filter takes what tells nothing of its keys.
fn takes_nothing(filter: &Map<String, Value>) -> bool {
    filter.iter().all(|(key, asked)| match asked {
        Value::Array(alternatives) if key == "$or" => {
            alternatives.iter().filter_map(Value::as_object).any(takes_nothing)
        }
        Value::Array(conditions) => conditions.iter().any(is_absence),
        Value::Object(nested) => takes_nothing(nested),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(clippy::needless_pass_by_value, reason = "a test's literals read better so")]
    fn check(filter: Value, expected: Option<Value>) {
        let told = example(filter.as_object().expect("an object"));
        assert_eq!(told.map(Value::Object), expected, "{filter}");
    }

    #[test]
    fn every_operator_has_an_example() {
        for (condition, expected) in [
            (json!("order"), json!("order")),
            (json!(7), json!(7)),
            (json!({ "prefix": "eu-" }), json!("eu-")),
            (json!({ "suffix": ".json" }), json!(".json")),
            (json!({ "equals-ignore-case": "Order" }), json!("Order")),
            (json!({ "wildcard": "eu-*-1" }), json!("eu--1")),
            (json!({ "wildcard": "*" }), json!(MARK)),
            (json!({ "cidr": "10.0.0.0/24" }), json!("10.0.0.0")),
            (json!({ "exists": true }), json!(MARK)),
            (json!({ "anything-but": ["a", 1] }), json!(MARK)),
            (json!({ "anything-but": { "prefix": "eu-" } }), json!(MARK)),
            (json!({ "numeric": ["=", 5] }), json!(5)),
            (json!({ "numeric": [">", 0, "<", 1] }), json!(0.5)),
            (json!({ "numeric": [">", 0, "<=", 1] }), json!(1)),
            (json!({ "numeric": [">", 3] }), json!(4.0)),
            (json!({ "numeric": ["<", 3] }), json!(2.0)),
        ] {
            check(json!({ "k": [condition] }), Some(json!({ "k": expected })));
        }
    }

    #[test]
    fn what_cannot_be_met_is_left_for_what_can() {
        check(json!({ "k": [{ "wildcard": "a\\*" }, "b"] }), Some(json!({ "k": "b" })));
        check(json!({ "k": [{ "anything-but": { "prefix": "cc" } }] }), None);
        check(json!({ "k": [{ "exists": false }] }), Some(json!({})));
        check(json!({ "a": { "b": ["c"] } }), Some(json!({ "a": { "b": "c" } })));
        let either = json!({ "$or": [{ "a": [{ "new": 1 }] }, { "b": ["c"] }] });
        check(either, Some(json!({ "b": "c" })));
    }

    #[test]
    fn only_who_asks_for_absence_takes_what_says_nothing() {
        let check = |filter: Value, expected| {
            assert_eq!(takes_nothing(filter.as_object().expect("an object")), expected, "{filter}");
        };
        check(json!({ "k": ["a"] }), false);
        check(json!({ "k": [{ "anything-but": "a" }] }), false);
        check(json!({ "k": ["a", { "exists": false }] }), true);
        check(json!({ "k": [{ "exists": false }], "l": ["a"] }), false);
        check(json!({ "$or": [{ "k": ["a"] }, { "l": [{ "exists": false }] }] }), true);
    }

    #[test]
    fn no_two_secrets_are_one() {
        assert_ne!(secret(), secret());
        assert_eq!(secret().len(), 32);
    }
}
