//! Evaluates the policy of a key: of what there is in policies, as much as
//! policies of keys need. It shares nothing with ccprov's own evaluation, which
//! is under test.

use serde_json::Value;

/// Who asks, and what AWS knows of the circumstances.
#[derive(Debug)]
pub(super) struct Asker {
    /// `AWS` or `Service`, as policies call them.
    kind: &'static str,
    /// By any of these names.
    names: Vec<String>,
    context: Vec<(&'static str, String)>,
}

impl Asker {
    /// The root user of an account, who stands for the whole of it.
    pub(super) fn root(account: &str) -> Self {
        let arn = format!("arn:aws:iam::{account}:root");
        let context = vec![
            ("aws:principalarn", arn.clone()),
            ("aws:principalaccount", account.to_owned()),
            ("kms:calleraccount", account.to_owned()),
        ];
        Self { kind: "AWS", names: vec![arn, account.to_owned()], context }
    }

    /// A service that acts for an object of an account.
    pub(super) fn service(name: &str, source: &str, account: &str) -> Self {
        let context = vec![
            ("aws:sourcearn", source.to_owned()),
            ("aws:sourceaccount", account.to_owned()),
            ("kms:calleraccount", account.to_owned()),
        ];
        Self { kind: "Service", names: vec![name.to_owned()], context }
    }
}

/// Some statement allows it, and none denies it.
pub(super) fn allows(policy: &Value, asker: &Asker, action: &str) -> bool {
    let says = |effect: &str| {
        listed(&policy["Statement"]).iter().any(|statement| {
            statement["Effect"] == effect
                && is_meant(&statement["Principal"], asker)
                && listed(&statement["Action"]).iter().any(|it| is_like(it, action))
                && applies(&statement["Condition"], asker)
        })
    };
    says("Allow") && !says("Deny")
}

/// One value or many are written alike.
fn listed(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(values) => values.iter().collect(),
        Value::Null => Vec::new(),
        value => vec![value],
    }
}

fn is_meant(principal: &Value, asker: &Asker) -> bool {
    let anybody = |value: &Value| value == "*";
    let is_it = |value: &Value| asker.names.iter().any(|name| value == name);
    anybody(principal)
        || listed(&principal[asker.kind]).into_iter().any(|value| anybody(value) || is_it(value))
}

fn is_like(pattern: &Value, text: &str) -> bool {
    let pattern = pattern.as_str().unwrap_or_default().to_ascii_lowercase();
    matches(pattern.as_bytes(), text.to_ascii_lowercase().as_bytes())
}

/// Every condition holds. An operator that is not known here holds for nobody.
fn applies(condition: &Value, asker: &Asker) -> bool {
    let Some(operators) = condition.as_object() else { return true };
    operators.iter().all(|(operator, keys)| {
        keys.as_object().into_iter().flatten().all(|(key, wanted)| {
            let key = key.to_ascii_lowercase();
            let known = asker.context.iter().find(|(name, _)| *name == key);
            known.is_some_and(|(_, found)| {
                listed(wanted).iter().any(|wanted| holds(operator, wanted, found))
            })
        })
    })
}

fn holds(operator: &str, wanted: &Value, found: &str) -> bool {
    let wanted = wanted.as_str().unwrap_or_default();
    match operator {
        "StringEquals" => wanted == found,
        "StringLike" | "ArnLike" | "ArnEquals" => matches(wanted.as_bytes(), found.as_bytes()),
        _ => false,
    }
}

/// `*` is any text, `?` any character.
fn matches(pattern: &[u8], text: &[u8]) -> bool {
    match (pattern.split_first(), text.split_first()) {
        (None, None) => true,
        (Some((b'*', rest)), None) => matches(rest, text),
        (Some((b'*', rest)), Some((_, more))) => matches(rest, text) || matches(pattern, more),
        (Some((b'?', rest)), Some((_, more))) => matches(rest, more),
        (Some((one, rest)), Some((other, more))) => one == other && matches(rest, more),
        (None, Some(_)) | (Some(_), None) => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(statement: &Value, allowed: bool) {
        let bucket = Asker::service("s3.amazonaws.com", "arn:aws:s3:::claims", "123456789012");
        let policy = json!({ "Statement": statement });
        assert_eq!(allows(&policy, &bucket, "kms:GenerateDataKey"), allowed, "{policy}");
    }

    /// A statement that fits, but for these fields.
    fn statement(but: &[(&str, Value)]) -> Value {
        let mut statement = json!({
            "Effect": "Allow",
            "Principal": { "Service": ["sns.amazonaws.com", "s3.amazonaws.com"] },
            "Action": ["kms:Decrypt", "kms:generatedatakey*"],
            "Condition": { "ArnLike": { "aws:SourceArn": "arn:aws:s3:::cl*s" } },
        });
        for (field, value) in but {
            statement[*field] = value.clone();
        }
        statement
    }

    #[test]
    fn who_what_and_when_must_fit() {
        check(&statement(&[]), true);
        check(&json!([statement(&[])]), true);
        check(&Value::Null, false);
        for (field, value, allowed) in [
            ("Principal", json!("*"), true),
            ("Principal", json!({ "Service": "sns.amazonaws.com" }), false),
            ("Principal", json!({ "AWS": "s3.amazonaws.com" }), false),
            ("Action", json!("kms:*"), true),
            ("Action", json!("kms:Decrypt"), false),
            ("Condition", Value::Null, true),
            ("Condition", json!({ "StringEquals": { "aws:SourceAccount": "123456789012" } }), true),
            ("Condition", json!({ "ArnLike": { "aws:SourceArn": "arn:aws:s3:::others" } }), false),
            ("Condition", json!({ "StringEquals": { "aws:Other": "x" } }), false),
            ("Condition", json!({ "Bool": { "aws:SourceArn": "arn:aws:s3:::claims" } }), false),
        ] {
            check(&statement(&[(field, value)]), allowed);
        }
    }

    #[test]
    fn a_denial_wins() {
        let deny = statement(&[("Effect", json!("Deny"))]);
        check(&json!([statement(&[]), deny]), false);
    }
}
