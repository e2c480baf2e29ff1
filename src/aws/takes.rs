//! Fields that name something else: by its ARN, by its name, as a key.
//!
//! Everything of AWS has several names, and a field takes one of them. What is
//! given another is told, with the fact that was meant if it is known.

use serde_json::Value;

use super::arn::Arn;
use crate::model::document::{Document, is_pending};
use crate::model::{Path, Problem};

/// What a field takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Takes {
    /// An ARN of a service, whose resource begins so. `what` names it: "a queue".
    Arn { what: &'static str, service: &'static str, begins: &'static str },
    /// An ARN, whatever of.
    AnyArn,
    /// The plain name of a bucket.
    Bucket,
    /// A KMS key: its id, its ARN, or an alias.
    Key,
}

pub(crate) const QUEUE: Takes = Takes::Arn { what: "a queue", service: "sqs", begins: "" };
pub(crate) const TOPIC: Takes = Takes::Arn { what: "a topic", service: "sns", begins: "" };
pub(crate) const ROLE: Takes = Takes::Arn { what: "a role", service: "iam", begins: "role/" };
pub(crate) const BUS: Takes =
    Takes::Arn { what: "an event bus", service: "events", begins: "event-bus/" };
pub(crate) const POLICY: Takes =
    Takes::Arn { what: "a managed policy", service: "iam", begins: "policy/" };
pub(crate) const FUNCTION: Takes =
    Takes::Arn { what: "a function", service: "lambda", begins: "function:" };

pub(crate) const CLUSTER: Takes =
    Takes::Arn { what: "a Kafka cluster", service: "kafka", begins: "cluster/" };
pub(crate) const SECRET: Takes =
    Takes::Arn { what: "a secret", service: "secretsmanager", begins: "secret:" };

/// What is wrong with the fields of a document that name something. A pattern
/// is written with dots; `*` stands for any one step.
pub(crate) fn check(document: &Document, fields: &[(&str, Takes)]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (pattern, takes) in fields {
        for (path, value) in found(document, pattern) {
            let text = value.as_str().filter(|text| !text.is_empty() && !is_pending(text));
            problems
                .extend(text.and_then(|text| takes.fault(text)).map(|problem| problem.at(path)));
        }
    }
    problems
}

/// Every value that a pattern stands for, with its path.
pub(crate) fn found<'a>(document: &'a Document, pattern: &str) -> Vec<(Path, &'a Value)> {
    let mut steps = pattern.split('.');
    let top = steps.next().unwrap_or_default();
    let first = document.get(top).map(|value| (Path::field(top), value));
    steps.fold(first.into_iter().collect(), |values, step| {
        values.into_iter().flat_map(|(path, value)| within(&path, value, step)).collect()
    })
}

fn within<'a>(path: &Path, value: &'a Value, step: &str) -> Vec<(Path, &'a Value)> {
    match value {
        Value::Array(items) if step == "*" => {
            items.iter().enumerate().map(|(at, item)| (path.with_index(at), item)).collect()
        }
        Value::Object(fields) => fields
            .iter()
            .filter(|(key, _)| step == "*" || step == *key)
            .map(|(key, item)| (path.with_field(key), item))
            .collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Vec::new()
        }
    }
}

impl Takes {
    /// The problem of a text, its path yet to be told.
    fn fault(self, text: &str) -> Option<Problem> {
        match self {
            Self::Arn { what, service, begins } => {
                let arn = Arn::read(text);
                let is_right = arn
                    .is_some_and(|arn| arn.service == service && arn.resource.starts_with(begins));
                let message = format!("takes the ARN of {what}, and `{text}` is none");
                (!is_right).then(|| Problem::of("", message).meaning("arn"))
            }
            Self::AnyArn => {
                let message = format!("takes an ARN, and `{text}` is none");
                Arn::read(text).is_none().then(|| Problem::of("", message).meaning("arn"))
            }
            Self::Bucket => {
                let is_other = text.starts_with("arn:") || text.contains(['/', ':']);
                let message = format!("takes the name of a bucket, and `{text}` is none");
                is_other.then(|| Problem::of("", message).meaning("name"))
            }
            Self::Key => {
                let is_key = |arn: Arn<'_>| {
                    arn.service == "kms"
                        && ["key/", "alias/"].iter().any(|sort| arn.resource.starts_with(sort))
                };
                let is_other = match Arn::read(text) {
                    Some(arn) => !is_key(arn),
                    None => text.contains(':'),
                };
                let message =
                    format!("takes the id, the ARN or the alias of a key, and `{text}` is none");
                is_other.then(|| Problem::of("", message).meaning("arn"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_field_is_told_what_is_none_of_what_it_takes() {
        let check = |takes: Takes, text: &str, fits: bool| {
            let document = json!({ "a": [{ "b": text }] });
            let problems = check(document.as_object().unwrap(), &[("a.*.b", takes)]);
            let paths: Vec<String> = problems.iter().map(|one| one.path.to_string()).collect();
            assert_eq!(paths, if fits { vec![] } else { vec!["a[0].b"] }, "{text}");
        };
        check(QUEUE, "arn:aws:sqs:us-east-1:123456789012:q", true);
        check(QUEUE, "https://sqs.us-east-1.amazonaws.com/123456789012/q", false);
        check(QUEUE, "q", false);
        check(QUEUE, "arn:aws:sns:us-east-1:123456789012:q", false);
        check(ROLE, "arn:aws:iam::123456789012:role/ccprov/dev/r", true);
        check(ROLE, "arn:aws:iam::123456789012:policy/p", false);
        check(POLICY, "arn:aws:iam::aws:policy/ReadOnlyAccess", true);
        check(Takes::AnyArn, "arn:aws:logs:us-east-1:123456789012:log-group:g", true);
        check(Takes::AnyArn, "q", false);
        check(Takes::Bucket, "claims.example.com", true);
        check(Takes::Bucket, "arn:aws:s3:::claims", false);
        check(Takes::Bucket, "claims/raw", false);
        check(Takes::Key, "1234abcd-12ab-34cd-56ef-1234567890ab", true);
        check(Takes::Key, "alias/aws/sqs", true);
        check(Takes::Key, "arn:aws:kms:us-east-1:123456789012:alias/claims", true);
        check(Takes::Key, "arn:aws:sqs:us-east-1:123456789012:q", false);
        check(QUEUE, "", true);
    }
}
