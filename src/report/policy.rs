//! Access policies at a glance: one sentence a statement.
//!
//! Knows the grammar of policy documents, which is public and stable, but no
//! service. Everything of a statement is shown; of the document around it only
//! `Version: 2012-10-17` is not, because every policy says it.

use serde_json::Value;

use crate::model::Document;

use super::inline::{bare, reference};
use super::page::{Page, below};

/// More than this of actions or values goes below each other.
const SHORT: usize = 72;

const EVERY_POLICY_SAYS: (&str, &str) = ("Version", "2012-10-17");

/// Whether a value is a policy document.
pub(super) fn is_policy(value: &Value) -> bool {
    let statements = value.as_object().map(statements).unwrap_or_default();
    !statements.is_empty() && statements.iter().all(is_statement)
}

/// Whether a value is a policy's statement, of the shape that this file reads.
pub(super) fn is_statement(value: &Value) -> bool {
    let well_formed = value.get("Condition").is_none_or(|condition| {
        condition.as_object().is_some_and(|operators| operators.values().all(Value::is_object))
    });
    well_formed && value.get("Effect").is_some_and(Value::is_string)
}

/// The statements of a policy document.
pub(super) fn statements(policy: &Document) -> &[Value] {
    let one_or_many =
        |value| Value::as_array(value).map_or(std::slice::from_ref(value), Vec::as_slice);
    policy.get("Statement").map(one_or_many).unwrap_or_default()
}

/// What a policy document says beside its statements.
pub(super) fn beside_statements(policy: &Document) -> Document {
    let (version, usual) = EVERY_POLICY_SAYS;
    let mut rest = policy.clone();
    rest.remove("Statement");
    if rest.get(version).is_some_and(|value| value == usual) {
        rest.remove(version);
    }
    rest
}

/// Writes what a statement says: who may do what in one line, then on what and when.
pub(super) fn write_sentence(page: &mut Page, depth: usize, sign: &str, statement: &Value) {
    let name = match statement.get("Sid").and_then(Value::as_str) {
        None | Some("") => "statement".to_owned(),
        Some(sid) => format!("statement {sid}"),
    };
    let mut parts = parts(statement);
    let mut sentence = format!("{sign}{name}: {}", subject(statement));
    // What is short stays in the first line: `to sns:Publish`, `on *`.
    while let Some(part) = parts.first().filter(|part| part.fits_the_sentence()) {
        sentence = format!("{sentence} {}", part.one_line());
        parts.remove(0);
    }
    page.line(depth, sentence);
    for part in parts {
        part.write(page, below(depth, sign));
    }
}

/// `Allow s3.amazonaws.com`.
fn subject(statement: &Value) -> String {
    let effect = statement.get("Effect").and_then(Value::as_str).unwrap_or_default();
    let principal = match (statement.get("Principal"), statement.get("NotPrincipal")) {
        (Some(principal), _) => principals(principal),
        (None, Some(principal)) => format!("everyone except {}", principals(principal)),
        (None, None) => return effect.to_owned(),
    };
    format!("{effect} {principal}")
}

/// Services, accounts and roles are told apart by their look; the two kinds of
/// principal that are not are named.
fn principals(principal: &Value) -> String {
    let Value::Object(kinds) = principal else {
        return list(principal).iter().map(|name| anyone(name)).collect::<Vec<_>>().join(", ");
    };
    let mut names = Vec::new();
    for (kind, values) in kinds {
        for name in list(values) {
            names.push(match kind.as_str() {
                "AWS" => anyone(&name),
                "Service" => name,
                other => format!("{other} {name}"),
            });
        }
    }
    names.join(", ")
}

fn anyone(name: &str) -> String {
    if name == "*" { "anyone (*)".to_owned() } else { name.to_owned() }
}

/// One clause: a word that opens it, and what it lists.
struct Part {
    opening: String,
    items: Vec<String>,
    joint: &'static str,
}

impl Part {
    fn one_line(&self) -> String {
        format!("{} {}", self.opening, self.items.join(self.joint)).trim_start().to_owned()
    }

    fn fits_the_sentence(&self) -> bool {
        let is_condition = self.joint != ", ";
        let is_everything = self.items == ["*"];
        let is_verb = !self.opening.starts_with("on") && self.one_line().chars().count() <= SHORT;
        !is_condition && (is_verb || is_everything)
    }

    fn write(&self, page: &mut Page, depth: usize) {
        let whole = self.one_line();
        if self.items.len() < 2 || whole.chars().count() <= SHORT {
            return page.line(depth, whole);
        }
        let opening = self.opening.trim_end();
        if !opening.is_empty() {
            page.line(depth, opening);
        }
        let depth = if opening.is_empty() { depth } else { depth + 1 };
        for item in &self.items {
            page.line(depth, item);
        }
    }
}

fn parts(statement: &Value) -> Vec<Part> {
    let to = if statement.get("Principal").or(statement.get("NotPrincipal")).is_some() {
        "to"
    } else {
        ""
    };
    let clauses = [
        ("Action", to.to_owned()),
        ("NotAction", format!("{to} everything except").trim_start().to_owned()),
        ("Resource", "on".to_owned()),
        ("NotResource", "on everything except".to_owned()),
    ];
    let mut parts: Vec<Part> = clauses
        .into_iter()
        .filter_map(|(element, opening)| {
            let items = list(statement.get(element)?);
            Some(Part { opening, items, joint: ", " })
        })
        .collect();
    parts.extend(conditions(statement));
    parts
}

/// `if ArnLike aws:SourceArn arn:...`, then `and ...`.
fn conditions(statement: &Value) -> Vec<Part> {
    let operators = statement.get("Condition").and_then(Value::as_object);
    let tests = operators.into_iter().flatten().flat_map(|(operator, keys)| {
        let keys = keys.as_object().into_iter().flatten();
        keys.map(move |(key, values)| (format!("{operator} {}", reference(key)), list(values)))
    });
    tests
        .enumerate()
        .map(|(position, (test, items))| {
            let word = if position == 0 { "if" } else { "and" };
            Part { opening: format!("{word} {test}"), items, joint: " or " }
        })
        .collect()
}

/// Elements of a statement that are no part of its sentence, because this file does
/// not know them.
pub(super) fn unknown_elements(statement: &Value) -> impl Iterator<Item = (&String, &Value)> {
    const KNOWN: [&str; 9] = [
        "Sid",
        "Effect",
        "Principal",
        "NotPrincipal",
        "Action",
        "NotAction",
        "Resource",
        "NotResource",
        "Condition",
    ];
    let elements = statement.as_object().into_iter().flatten();
    elements.filter(|(name, _)| !KNOWN.contains(&name.as_str()))
}

/// One or many, as a list of readable texts.
fn list(value: &Value) -> Vec<String> {
    let items = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
    items.iter().map(bare).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::report::fixtures::plain;
    use crate::report::value::write_policy;

    use super::*;

    #[test]
    fn statements_of_every_shape_read_as_sentences() {
        let actions: Vec<String> = (0..9).map(|n| format!("sqs:ActionNumber{n}")).collect();
        let policy = json!({ "Version": "2008-10-17", "Id": "owner", "Statement": [
            { "Effect": "Allow", "Action": "s3:GetObject", "Resource": ["arn:a", "arn:b"] },
            { "Effect": "Deny", "NotPrincipal": { "AWS": ["123456789012", "arn:x"] },
              "NotAction": ["s3:Get*", "s3:List*"], "NotResource": "arn:c" },
            { "Effect": "Allow", "Sid": "", "Action": actions, "Resource": "*",
              "Principal": { "Federated": "accounts.example.com", "CanonicalUser": "79a5" } },
            { "Sid": "Odd", "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*",
              "Condition": { "Null": { "aws:x": "true" }, "Bool": { "aws:y": "false" } },
              "Extra": { "deep": [1] } },
        ] });
        assert!(is_policy(&policy));
        let mut page = Page::default();
        write_policy(&mut page, 0, policy.as_object().unwrap());
        insta::assert_snapshot!("policy", plain(&page.into_text()));
    }

    #[test]
    fn what_is_no_policy_is_not_read_as_one() {
        for other in [
            json!("text"),
            json!({ "Statement": "text" }),
            json!({ "Statement": [] }),
            json!({ "Statement": [{ "Sid": "NoEffect" }] }),
            json!({ "Statement": [{ "Effect": "Allow", "Condition": ["strange"] }] }),
        ] {
            assert!(!is_policy(&other), "{other}");
        }
    }
}
