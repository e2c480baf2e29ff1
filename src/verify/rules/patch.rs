//! What puts a finding right, as YAML for the stack file.
//!
//! A fact that is not known yet is written as the reference that it comes
//! from, which is how a stack file states it.

use std::fmt::Write;

use serde_json::{Map, Value, json};

use crate::model::document;
use crate::model::{Exhibit, FactRef, Finding, Path, Segment};
use crate::verify::policy::Policy;

/// The order in which people write a policy; other keys follow by name.
const ORDER: &[&str] = &[
    "Version",
    "Id",
    "Statement",
    "Sid",
    "Effect",
    "Principal",
    "Action",
    "Resource",
    "Condition",
];

/// What AWS calls the policy of a key for which the stack file states none.
const DEFAULT_KEY_POLICY: &str = "key-default-1";

/// A field with a new value.
pub(super) fn field(name: &str, value: &Value) -> String {
    at(&Path::field(name), value.clone())
}

/// The same, where the field may lie within another.
pub(super) fn at(path: &Path, value: Value) -> String {
    let within = |value: Value, segment: &Segment| match segment {
        Segment::Field(name) => Value::Object(Map::from_iter([(name.clone(), value)])),
        Segment::Index(_) => Value::Array(vec![value]),
    };
    yaml(&path.segments().iter().rev().fold(value, within))
}

/// The finding with a statement that its resource's policy lacks: an item for
/// the policy's list; or the whole policy where the stack file states none.
pub(super) fn with_statement(
    finding: Finding,
    exhibit: &Exhibit,
    sid: &str,
    statement: Value,
) -> Finding {
    let path = Path::field("policy");
    let policy = exhibit.document.get("policy").unwrap_or(&Value::Null);
    let statement = named(statement, &free_sid(exhibit, &path, sid));
    let stated = policy.get("Statement").and_then(Value::as_array);
    match stated {
        Some(_) if policy.get("Id").and_then(Value::as_str) != Some(DEFAULT_KEY_POLICY) => finding
            .at(path.with_field("Statement"))
            .hint(format!("add a statement to the policy of {}", exhibit.address))
            .patch(yaml(&json!([statement]))),
        kept => {
            let mut statements = kept.cloned().unwrap_or_default();
            statements.push(statement);
            let whole = json!({ "Version": "2012-10-17", "Statement": statements });
            finding
                .at(path)
                .hint(format!("state a policy for {}", exhibit.address))
                .patch(field("policy", &whole))
        }
    }
}

/// The finding with a statement that no policy of a role has: an item for the list of
/// its first inline policy; or such a policy where it has none.
pub(super) fn with_right(finding: Finding, role: &Exhibit, sid: &str, statement: Value) -> Finding {
    let field = Path::field("inline_policies");
    let stated = field.get(&role.document).and_then(Value::as_object);
    let Some(name) = stated.and_then(|policies| policies.keys().next()) else {
        let policy = json!({ "Version": "2012-10-17", "Statement": [named(statement, sid)] });
        return finding
            .at(field.clone())
            .hint(format!("give {} a policy", role.address))
            .patch(at(&field.with_field(sid), policy));
    };
    let hint = format!("add a statement to {name} of {}", role.address);
    joined(finding, role, &field.with_field(name), sid, statement).hint(hint)
}

/// The finding with a statement for the list of a policy that the stack states.
pub(super) fn joined(
    finding: Finding,
    exhibit: &Exhibit,
    policy: &Path,
    sid: &str,
    statement: Value,
) -> Finding {
    let statement = named(statement, &free_sid(exhibit, policy, sid));
    finding.at(policy.with_field("Statement")).patch(yaml(&json!([statement])))
}

/// A resource's ARN as a stack file states it.
pub(super) fn arn_of(exhibit: &Exhibit) -> String {
    fact_of(exhibit, "arn")
}

/// Any fact of a resource, likewise.
pub(super) fn fact_of(exhibit: &Exhibit, fact: &str) -> String {
    FactRef { address: exhibit.address.clone(), fact: fact.into() }.to_string()
}

/// As people write a list of values: a single one stands alone.
pub(super) fn one_or_several(mut values: Vec<String>) -> Value {
    if values.len() == 1 { values.remove(0).into() } else { values.into() }
}

fn named(statement: Value, sid: &str) -> Value {
    let Value::Object(mut fields) = statement else { return statement };
    fields.insert("Sid".into(), sid.into());
    Value::Object(fields)
}

/// A `Sid` that the policy does not have yet: no two may be alike.
fn free_sid(exhibit: &Exhibit, path: &Path, sid: &str) -> String {
    let policy = Policy::of(exhibit, path);
    let taken = |sid: &str| {
        policy.iter().flat_map(Policy::statements).any(|statement| statement.sid() == Some(sid))
    };
    let numbered = (2..).map(|number| format!("{sid}{number}"));
    std::iter::once(sid.to_owned()).chain(numbered).find(|sid| !taken(sid)).unwrap_or_default()
}

/// A value as YAML, without a line's end at its end.
pub(super) fn yaml(value: &Value) -> String {
    let value = document::fill(value, &|fact| Some(fact.to_string()));
    let mut text = String::new();
    block(&value, 0, &mut text);
    text.trim_end().to_owned()
}

/// Writes a value whose first line is indented already.
fn block(value: &Value, indent: usize, text: &mut String) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            for (position, (name, item)) in ordered(fields).into_iter().enumerate() {
                if position > 0 {
                    text.push_str(&" ".repeat(indent));
                }
                text.push_str(&scalar(name));
                text.push(':');
                nested(item, indent + 2, text);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for (position, item) in items.iter().enumerate() {
                if position > 0 {
                    text.push_str(&" ".repeat(indent));
                }
                text.push_str("- ");
                block(item, indent + 2, text);
            }
        }
        Value::String(one) => line(&scalar(one), text),
        other => line(&other.to_string(), text),
    }
}

/// Writes what stands after `name:`.
fn nested(item: &Value, indent: usize, text: &mut String) {
    let on_lines_of_its_own = match item {
        Value::Object(fields) => !fields.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    };
    if on_lines_of_its_own {
        text.push('\n');
        text.push_str(&" ".repeat(indent));
    } else {
        text.push(' ');
    }
    block(item, indent, text);
}

fn line(scalar: &str, text: &mut String) {
    // A text takes all.
    let _always_fits = writeln!(text, "{scalar}");
}

fn ordered(fields: &Map<String, Value>) -> Vec<(&String, &Value)> {
    let rank = |name: &str| ORDER.iter().position(|one| *one == name).unwrap_or(ORDER.len());
    let mut fields: Vec<(&String, &Value)> = fields.iter().collect();
    fields.sort_by_key(|(name, _)| rank(name));
    fields
}

/// A text in quotes, as in JSON, unless it is a plain word.
fn scalar(text: &str) -> String {
    let first = text.chars().next().is_some_and(|first| first.is_ascii_alphabetic());
    let plain = first && text.chars().all(|one| one.is_ascii_alphanumeric() || "_-.".contains(one));
    // Words that YAML takes for something else.
    let other = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"];
    if plain && !other.contains(&text.to_ascii_lowercase().as_str()) {
        text.to_owned()
    } else {
        Value::from(text).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Address;

    #[test]
    fn a_statement_reads_as_people_write_it() {
        let arn = FactRef { address: Address::new("claimcheck.key"), fact: "arn".into() };
        let statement = json!([{
            "Sid": "One", "Effect": "Allow", "Principal": { "Service": "s3.amazonaws.com" },
            "Action": ["kms:Decrypt"], "Resource": arn.marker(),
            "Condition": { "Bool": { "aws:SecureTransport": "true" }, "Null": {} }
        }]);
        assert_eq!(
            yaml(&statement),
            "- Sid: One
  Effect: Allow
  Principal:
    Service: s3.amazonaws.com
  Action:
    - \"kms:Decrypt\"
  Resource: \"${claimcheck.key.arn}\"
  Condition:
    Bool:
      \"aws:SecureTransport\": \"true\"
    \"Null\": {}"
        );
    }

    #[test]
    fn a_field_is_one_line() {
        assert_eq!(
            field("message_retention_seconds", &json!(1_209_600)),
            "message_retention_seconds: 1209600"
        );
    }
}
