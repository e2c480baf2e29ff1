//! Which messages a subscription wants, in one canonical form, so that plain
//! equality is equivalence.
//!
//! A list of conditions means "any of these": its order and its duplicates
//! mean nothing. The one list that is none is that of `numeric`, which spells
//! a range: `[">=", 0, "<", 100]`. `5` and `5.0` are the same number.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Number, Value};

use super::conditions::{as_set, canonical_keys};
use super::near::nearest;
use super::written::structure;
use crate::model::document::is_pending;

/// Keys of the policy itself that SNS takes; nested ones do not count.
const MOST_KEYS: usize = 5;

/// A filter policy in canonical form.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(transparent)]
pub(crate) struct FilterPolicy(Map<String, Value>);

impl FilterPolicy {
    /// A policy as SNS keeps it: JSON text. Empty and `{}` are none.
    pub(crate) fn seen(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok().filter(|policy: &Self| !policy.is_empty())
    }

    /// Whether it lets every message through.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The policy as JSON text, the form that SNS takes.
    pub(crate) fn text(&self) -> String {
        Value::Object(self.0.clone()).to_string()
    }

    /// What SNS would refuse, a sentence each. `is_nesting` says whether keys
    /// may hold further keys: in a message's body, but not in its attributes.
    pub(crate) fn problems(&self, is_nesting: bool) -> Vec<String> {
        let mut problems = Vec::new();
        if self.0.len() > MOST_KEYS {
            problems.push(format!("the policy has {} keys, SNS takes {MOST_KEYS}", self.0.len()));
        }
        problems.extend(self.misspelt(is_nesting));
        problems
    }

    /// Which of its keys hold no conditions, and which conditions there are not, a
    /// sentence each.
    pub(crate) fn misspelt(&self, is_nesting: bool) -> Vec<String> {
        let mut problems = Vec::new();
        find_problems(&self.0, is_nesting, &mut problems);
        problems
    }
}

fn find_problems(keys: &Map<String, Value>, is_nesting: bool, problems: &mut Vec<String>) {
    for (key, value) in keys {
        match value {
            Value::Array(alternatives) if key == "$or" => {
                let nested = alternatives.iter().filter_map(Value::as_object);
                nested.for_each(|nested| find_problems(nested, is_nesting, problems));
            }
            Value::Array(conditions) => {
                let operators = conditions.iter().filter_map(Value::as_object);
                let operators = operators.flat_map(Map::keys);
                problems.extend(operators.filter_map(|operator| no_operator(key, operator)));
            }
            Value::Object(nested) if is_nesting => find_problems(nested, is_nesting, problems),
            Value::Object(_) => problems.push(format!(
                "`{key}` holds further keys, which only the scope MessageBody takes"
            )),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                problems.push(format!("`{key}` must hold a list of values or conditions"));
            }
        }
    }
}

/// What a condition may be beside a value (SNS Developer Guide, "Filter policy
/// constraints" and the pages on matching strings and numbers).
const OPERATORS: &[&str] = &[
    "anything-but",
    "cidr",
    "equals-ignore-case",
    "exists",
    "numeric",
    "prefix",
    "suffix",
    "wildcard",
];

fn no_operator(key: &str, operator: &str) -> Option<String> {
    if OPERATORS.contains(&operator) || is_pending(operator) {
        return None;
    }
    let right = nearest(operator, OPERATORS.iter().copied());
    let instead = right.map_or_else(
        || format!("it takes {}", OPERATORS.join(", ")),
        |right| format!("did you mean `{right}`?"),
    );
    Some(format!("`{key}`: there is no operator `{operator}`; {instead}"))
}

/// A value to be equal to, or one operator with what it works on.
fn canonical_condition(condition: Value) -> Value {
    let Value::Object(operators) = condition else { return canonical_scalar(condition) };
    let canonical = |(operator, operand): (String, Value)| {
        let operand = match operand {
            Value::Array(range) if operator == "numeric" => {
                range.into_iter().map(canonical_scalar).collect()
            }
            Value::Array(values) => as_set(values.into_iter().map(canonical_condition)),
            single if operator == "anything-but" => as_set([canonical_condition(single)]),
            single => canonical_condition(single),
        };
        (operator, operand)
    };
    Value::Object(operators.into_iter().map(canonical).collect())
}

fn canonical_scalar(value: Value) -> Value {
    match value.as_f64() {
        // Whole numbers of this size are exact in both forms; SNS stops at 10^9.
        #[expect(clippy::cast_possible_truncation, reason = "whole, and bounded just before")]
        Some(number) if number.fract() == 0.0 && number.abs() <= 1e15 => {
            Value::Number(Number::from(number as i64))
        }
        Some(_) | None => value,
    }
}

impl<'de> Deserialize<'de> for FilterPolicy {
    /// From YAML or JSON structure, or from JSON text.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match structure(deserializer)? {
            Value::Object(keys) => Ok(Self(canonical_keys(keys, canonical_condition))),
            _ => Err(serde::de::Error::custom("a filter policy is an object")),
        }
    }
}

impl JsonSchema for FilterPolicy {
    fn schema_name() -> Cow<'static, str> {
        "FilterPolicy".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "An SNS filter policy, as YAML or as JSON text.",
            "type": ["object", "string"],
            "additionalProperties": { "type": ["array", "object"] }
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn policy(value: Value) -> FilterPolicy {
        serde_json::from_value(value).unwrap()
    }

    #[track_caller]
    fn check(one: Value, other: Value, is_same: bool) {
        assert_eq!(policy(one) == policy(other), is_same);
    }

    #[test]
    fn a_list_of_conditions_is_a_set() {
        check(json!({ "a": ["x", "y"] }), json!({ "a": ["y", "x", "y"] }), true);
        check(json!({ "a": ["x"] }), json!({ "a": ["x", "y"] }), false);
        check(
            json!({ "a": [{ "prefix": "x" }, { "exists": false }] }),
            json!({ "a": [{ "exists": false }, { "prefix": "x" }] }),
            true,
        );
        check(
            json!({ "a": [{ "anything-but": ["x", "y"] }] }),
            json!({ "a": [{ "anything-but": ["y", "x"] }] }),
            true,
        );
        check(
            json!({ "a": [{ "anything-but": "x" }] }),
            json!({ "a": [{ "anything-but": ["x"] }] }),
            true,
        );
    }

    #[test]
    fn alternatives_are_a_set_of_policies() {
        check(
            json!({ "$or": [{ "a": ["x", "y"] }, { "b": [1] }] }),
            json!({ "$or": [{ "b": [1.0] }, { "a": ["y", "x"] }] }),
            true,
        );
    }

    #[test]
    fn a_range_keeps_its_order() {
        let range = policy(json!({ "price": [{ "numeric": [">=", 0, "<", 100.0] }] }));
        assert_eq!(range.text(), r#"{"price":[{"numeric":[">=",0,"<",100]}]}"#);
        // A key of that name is a key like any other.
        check(json!({ "numeric": [2, 1] }), json!({ "numeric": [1, 2] }), true);
    }

    #[test]
    fn text_means_what_it_holds() {
        let text = json!({ "a": ["x"] }).to_string();
        check(Value::String(text.clone()), json!({ "a": ["x"] }), true);
        assert_eq!(FilterPolicy::seen(&text), Some(policy(json!({ "a": ["x"] }))));
        assert_eq!(FilterPolicy::seen("{}"), None);
        assert_eq!(FilterPolicy::seen(""), None);
    }

    #[test]
    fn what_sns_refuses_is_told_before() {
        let nested = policy(json!({ "a": { "b": ["x"] } }));
        assert_eq!(nested.problems(true), Vec::<String>::new());
        assert_eq!(nested.problems(false).len(), 1);
        assert_eq!(policy(json!({ "a": "x", "b": { "c": 1 } })).problems(true).len(), 2);
        let keys: Map<_, _> = (0..6).map(|n| (n.to_string(), json!(["x"]))).collect();
        assert_eq!(policy(Value::Object(keys)).problems(false).len(), 1);
    }
}
