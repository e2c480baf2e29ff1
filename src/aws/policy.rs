//! IAM policy documents in one canonical form, so that plain equality is
//! equivalence.
//!
//! The rules are those of AWS's own evaluation (`aws/core.md` 1.2 lists them
//! with their sources): order of keys, statements and list items means
//! nothing; one item and a list of one are the same; an account id is its root
//! ARN; condition values are text. `Version`, `Id` and `Sid` are compared as
//! they stand.

mod actions;
mod check;
mod conditions;
mod principals;
mod size;
mod uses;

use std::borrow::Cow;
use std::collections::BTreeSet;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::error::Category;
use serde_json::{Map, Value};

use crate::model::document::as_json;

pub(crate) use check::check;
pub(crate) use size::{Measure, Size};
pub(crate) use uses::{
    BUCKET, BUS, INLINE, KEY, MANAGED, QUEUE, REPOSITORY, TABLE, TOPIC, TRUST, Use,
};

/// The only version that knows policy variables, and what everybody means.
const VERSION: &str = "2012-10-17";

/// A policy document in canonical form.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Policy(Value);

impl Policy {
    /// A document as AWS keeps it: JSON text, possibly empty.
    pub fn seen(text: &str, partition: &str) -> Option<Self> {
        if text.trim().is_empty() {
            return None;
        }
        // What AWS accepted but is not JSON is kept as text: it then differs
        // from everything that could be wanted, which is the truth.
        let value = serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()));
        Some(Self(canonical(value)).in_partition(partition))
    }

    /// The same with account ids spelled as root ARNs of a partition.
    #[must_use]
    pub fn in_partition(mut self, partition: &str) -> Self {
        for statement in self.statements_mut() {
            for field in ["Principal", "NotPrincipal"] {
                let Some(Value::Object(principals)) = statement.get_mut(field) else { continue };
                if let Some(accounts) = principals.get_mut("AWS") {
                    *accounts =
                        simplest(texts(accounts).map(|text| root_arn(text, partition)).collect());
                }
            }
        }
        self
    }

    /// The document as JSON text, the form that every service takes.
    pub fn text(&self) -> String {
        self.0.to_string()
    }

    /// The statements.
    pub fn statements(&self) -> impl Iterator<Item = &Map<String, Value>> {
        self.0
            .get("Statement")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_object)
    }

    /// The same without the statements of which this is so, and with them alone: one of
    /// the two where the other would say nothing.
    pub(crate) fn parted(
        self,
        is_other: impl Fn(&Map<String, Value>) -> bool,
    ) -> (Option<Self>, Option<Self>) {
        let part = |others: bool| {
            let Self(mut value) = self.clone();
            let list = value.get_mut("Statement").and_then(Value::as_array_mut);
            let is_empty = list.is_some_and(|list| {
                list.retain(|it| it.as_object().is_some_and(&is_other) == others);
                list.is_empty()
            });
            (!is_empty).then(|| Self(canonical(value)))
        };
        let has_others = self.statements().any(&is_other);
        (part(false), if has_others { part(true) } else { None })
    }

    /// The statements of both.
    pub(crate) fn joined(self, other: &Self) -> Self {
        let Self(mut value) = self;
        let list = value.get_mut("Statement").and_then(Value::as_array_mut);
        if let Some(list) = list {
            list.extend(other.statements().cloned().map(Value::Object));
        }
        Self(canonical(value))
    }

    fn statements_mut(&mut self) -> impl Iterator<Item = &mut Map<String, Value>> {
        self.0
            .get_mut("Statement")
            .and_then(Value::as_array_mut)
            .into_iter()
            .flatten()
            .filter_map(Value::as_object_mut)
    }
}

fn canonical(value: Value) -> Value {
    let Value::Object(mut document) = value else { return value };
    if let Some(statements) = document.remove("Statement") {
        let list = match statements {
            Value::Array(list) => list,
            single => vec![single],
        };
        let mut list: Vec<Value> = list.into_iter().map(canonical_statement).collect();
        list.sort_by_cached_key(|statement| {
            let sid = statement.get("Sid").and_then(Value::as_str).unwrap_or_default().to_owned();
            (sid, statement.to_string())
        });
        document.insert("Statement".into(), Value::Array(list));
    }
    Value::Object(document)
}

fn canonical_statement(statement: Value) -> Value {
    let Value::Object(fields) = statement else { return statement };
    let canonical_field = |(name, value): (String, Value)| {
        let value = match name.as_str() {
            "Effect" => Value::String(capitalised(value.as_str().unwrap_or_default())),
            "Action" | "NotAction" => {
                simplest(texts(&value).map(|text| lower_prefix(&text)).collect())
            }
            "Resource" | "NotResource" => simplest(texts(&value).collect()),
            "Principal" | "NotPrincipal" => canonical_principal(&value),
            "Condition" => canonical_condition(&value),
            _ => value,
        };
        (name, value)
    };
    Value::Object(fields.into_iter().map(canonical_field).collect())
}

/// `*` and `{AWS: *}` mean the same in a resource policy.
fn canonical_principal(principal: &Value) -> Value {
    let everyone = || Map::from_iter([("AWS".to_owned(), principal.clone())]);
    let kinds = principal.as_object().map_or_else(everyone, Map::clone);
    kinds
        .into_iter()
        .map(|(kind, who)| (kind, simplest(texts(&who).collect())))
        .filter(|(_, who)| *who != Value::Array(Vec::new()))
        .collect::<Map<_, _>>()
        .into()
}

/// Operator -> key -> values. The case of a condition key means nothing; the
/// prefix is written in lower case, as the documentation does. A key that
/// begins with the URL of an identity provider stays as it was written: it is
/// no prefix, and others compare it letter by letter.
fn canonical_condition(condition: &Value) -> Value {
    let Value::Object(operators) = condition else { return condition.clone() };
    let canonical_operator = |(operator, keys): (&String, &Value)| {
        let Value::Object(keys) = keys else { return (operator.clone(), keys.clone()) };
        let keys = keys
            .iter()
            .map(|(key, values)| (canonical_key(key), simplest(texts(values).collect())));
        (operator.clone(), Value::Object(keys.collect()))
    };
    Value::Object(operators.iter().map(canonical_operator).collect())
}

fn canonical_key(key: &str) -> String {
    let prefix = key.split(':').next().unwrap_or_default();
    if prefix.contains(['.', '/']) { key.to_owned() } else { lower_prefix(key) }
}

/// Every item of a list, or the one item, as text.
fn texts(value: &Value) -> impl Iterator<Item = String> {
    let items = match value {
        Value::Array(items) => items.clone(),
        Value::Null => Vec::new(),
        single => vec![single.clone()],
    };
    items.into_iter().map(|item| match item {
        Value::String(text) => text,
        other => other.to_string(),
    })
}

/// A sorted set as its simplest JSON: one item stands alone.
fn simplest(items: BTreeSet<String>) -> Value {
    let mut items: Vec<Value> = items.into_iter().map(Value::String).collect();
    if items.len() == 1 { items.remove(0) } else { Value::Array(items) }
}

fn capitalised(text: &str) -> String {
    if text.eq_ignore_ascii_case("allow") {
        "Allow".to_owned()
    } else if text.eq_ignore_ascii_case("deny") {
        "Deny".to_owned()
    } else {
        text.to_owned()
    }
}

fn lower_prefix(text: &str) -> String {
    text.split_once(':').map_or_else(
        || text.to_owned(),
        |(prefix, rest)| format!("{}:{rest}", prefix.to_ascii_lowercase()),
    )
}

fn root_arn(principal: String, partition: &str) -> String {
    let is_account = principal.len() == 12 && principal.bytes().all(|byte| byte.is_ascii_digit());
    if is_account { format!("arn:{partition}:iam::{principal}:root") } else { principal }
}

/// Why a text is not the JSON object that it should be, in words for users.
pub(crate) fn no_object<E: serde::de::Error>(error: &serde_json::Error) -> E {
    E::custom(match error.classify() {
        Category::Eof if error.column() == 0 => "the text is empty".to_owned(),
        Category::Eof => "the text ends before its JSON does".to_owned(),
        Category::Data => "the text is JSON, but not an object in `{` and `}`".to_owned(),
        Category::Syntax | Category::Io => {
            let (line, column) = (error.line(), error.column());
            format!("the text is not JSON, from its line {line}, column {column} on")
        }
    })
}

impl<'de> Deserialize<'de> for Policy {
    /// From YAML or JSON structure, or from JSON text. A document that states
    /// no version gets the current one: what AWS would assume instead (2008)
    /// takes policy variables for plain text, which nobody means.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = match Value::deserialize(deserializer)? {
            Value::String(text) => {
                let read: Map<_, _> =
                    serde_json::from_str(&as_json(&text)).map_err(|error| no_object(&error))?;
                Value::Object(read)
            }
            value => value,
        };
        let mut value = canonical(value);
        if let Value::Object(document) = &mut value {
            document.entry("Version").or_insert_with(|| VERSION.into());
        }
        Ok(Self(value))
    }
}

impl JsonSchema for Policy {
    fn schema_name() -> Cow<'static, str> {
        "Policy".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let texts = json_schema!({
            "type": ["string", "array"], "items": { "type": "string" }
        });
        let principal = json_schema!({
            "type": ["string", "object"], "additionalProperties": texts
        });
        let fields = json_schema!({
            "Sid": { "type": "string" },
            "Effect": { "enum": ["Allow", "Deny"] },
            "Action": texts, "NotAction": texts,
            "Resource": texts, "NotResource": texts,
            "Principal": principal, "NotPrincipal": principal,
            "Condition": {
                "type": "object",
                "additionalProperties": { "type": "object", "additionalProperties": texts }
            }
        });
        json_schema!({
            "description": "An IAM policy document, as YAML or as JSON text.",
            "type": ["object", "string"],
            "properties": {
                "Version": { "enum": ["2012-10-17", "2008-10-17"] },
                "Id": { "type": "string" },
                "Statement": {
                    "type": ["array", "object"],
                    "items": {
                        "type": "object",
                        "properties": fields,
                        "required": ["Effect"],
                        "additionalProperties": false
                    },
                    // The one statement that stands without a list.
                    "properties": fields,
                    "required": ["Effect"],
                    "additionalProperties": false
                }
            },
            "required": ["Statement"],
            "additionalProperties": false
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn policy(value: Value) -> Policy {
        serde_json::from_value::<Policy>(value).unwrap().in_partition("aws")
    }

    fn statement(fields: &Value) -> Value {
        json!({ "Version": VERSION, "Statement": [fields] })
    }

    #[test]
    fn what_means_the_same_is_the_same() {
        let same = [
            json!({ "Effect": "Allow", "Principal": { "AWS": "123456789012" }, "Action": ["sqs:b", "sqs:a"], "Resource": "*" }),
            json!({ "Effect": "allow", "Principal": { "AWS": ["arn:aws:iam::123456789012:root"] }, "Action": ["SQS:a", "sqs:b", "sqs:a"], "Resource": ["*"] }),
        ];
        assert_eq!(policy(statement(&same[0])), policy(statement(&same[1])));
        let text = json!({ "Statement": same[1] }).to_string();
        assert_eq!(policy(Value::String(text)), policy(statement(&same[0])));
    }

    #[test]
    fn everyone_is_everyone() {
        let short = statement(&json!({ "Effect": "Deny", "Principal": "*", "Action": "s3:*" }));
        let long = statement(
            &json!({ "Effect": "Deny", "Principal": { "AWS": ["*"] }, "Action": "s3:*" }),
        );
        assert_eq!(policy(short), policy(long));
    }

    #[test]
    fn nobody_is_nobody() {
        let of = |principal: Value| {
            policy(statement(&json!({ "Effect": "Allow", "Principal": principal })))
        };
        assert_eq!(of(json!([])), of(json!({})));
        assert_eq!(of(json!(null)), of(json!({ "AWS": [] })));
        assert_eq!(of(json!(["a"])), of(json!({ "AWS": "a" })));
    }

    #[test]
    fn condition_values_are_text() {
        let condition = |value: Value| {
            policy(statement(&json!({
                "Effect": "Deny", "Condition": { "Bool": { "aws:SecureTransport": value } }
            })))
        };
        assert_eq!(condition(json!(false)), condition(json!(["false"])));
        assert_ne!(condition(json!(false)), condition(json!("true")));
    }

    #[test]
    fn the_key_of_an_identity_provider_stays_as_it_was_written() {
        let keys = |key: &str| {
            let condition = json!({ "StringEquals": { key: "a" } });
            let policy = policy(statement(&json!({ "Effect": "Allow", "Condition": condition })));
            let text: Value = serde_json::from_str(&policy.text()).unwrap();
            let keys = text["Statement"][0]["Condition"]["StringEquals"].as_object().unwrap();
            keys.keys().next().unwrap().clone()
        };
        let issuer = "oidc.eks.us-east-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE:sub";
        assert_eq!(keys(issuer), issuer);
        assert_eq!(keys("Login.Example.com:aud"), "Login.Example.com:aud");
        assert_eq!(keys("AWS:PrincipalTag/Team:Sub"), "aws:PrincipalTag/Team:Sub");
        assert_eq!(keys("kms:EncryptionContext:AppName"), "kms:EncryptionContext:AppName");
    }

    #[test]
    fn sids_and_versions_are_compared_as_they_stand() {
        let named = |sid: &str| policy(statement(&json!({ "Sid": sid, "Effect": "Allow" })));
        assert_ne!(named("A"), named("B"));
        let old = Policy::seen("{\"Statement\":[]}", "aws").unwrap();
        assert_ne!(old, policy(json!({ "Statement": [] })));
    }

    #[test]
    fn a_text_must_be_an_object() {
        let refused = |text: &str| {
            serde_json::from_value::<Policy>(Value::String(text.to_owned()))
                .unwrap_err()
                .to_string()
        };
        let no_object = "the text is JSON, but not an object in `{` and `}`";
        assert_eq!(refused("[]"), no_object);
        assert_eq!(refused("5"), no_object);
        assert_eq!(refused("{ 'a': 1 }"), "the text is not JSON, from its line 1, column 3 on");
        assert_eq!(refused("{\"Statement\": ["), "the text ends before its JSON does");
        assert_eq!(refused(""), "the text is empty");
    }

    #[test]
    fn an_empty_text_is_no_policy() {
        assert_eq!(Policy::seen("", "aws"), None);
    }
}
