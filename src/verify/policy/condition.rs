//! Conditions of a statement, as far as a document tells whether they hold.

use std::collections::BTreeMap;

use serde_json::Value;

use super::wildcard::{arn_matches, matches};
use crate::model::{Path, Place};

/// What is known about a request. A key that is not listed may have any value,
/// or none.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Context<'a> {
    known: BTreeMap<String, Known<'a>>,
    /// Whether nobody has asked yet where the stack lives.
    is_open: bool,
}

/// What is known of one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Known<'a> {
    /// Its value.
    Is(&'a str),
    /// AWS does not send it along.
    Absent,
}

/// What stands against a statement, or leaves it open.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Obstacle {
    /// Where.
    pub(crate) path: Path,
    /// The condition's key, or the element.
    pub(crate) what: String,
    /// What it would have to be, if that is known.
    pub(crate) expected: Option<String>,
    /// What it is.
    pub(crate) actual: Value,
}

impl<'a> Context<'a> {
    /// What is known.
    pub(crate) fn of(known: impl IntoIterator<Item = (&'a str, Known<'a>)>) -> Self {
        let known = known.into_iter().map(|(key, is)| (key.to_ascii_lowercase(), is));
        Self { known: known.collect(), is_open: false }
    }

    /// The same at a place, of which a file may not tell all.
    pub(crate) fn at(self, place: &Place) -> Self {
        Self { is_open: !place.knows_account() || !place.knows_region(), ..self }
    }

    /// Whether a value is only taken for what it is.
    pub(super) fn leaves_open(&self, value: &str) -> bool {
        let taken = [Place::NO_ACCOUNT, Place::NO_REGION];
        self.is_open && value.split(':').any(|part| taken.contains(&part))
    }

    /// The case of a key means nothing.
    fn get(&self, key: &str) -> Option<Known<'a>> {
        self.known.get(&key.to_ascii_lowercase()).copied()
    }
}

impl Obstacle {
    pub(super) fn of(path: Path, key: &str, values: &[&str], context: &Context<'_>) -> Self {
        let expected = match context.get(key) {
            Some(Known::Is(value)) => Some(value.to_owned()),
            Some(Known::Absent) | None => None,
        };
        let actual = match values {
            [single] => Value::from(*single),
            several => several.iter().copied().collect(),
        };
        Self { path, what: key.to_owned(), expected, actual }
    }
}

/// Whether one condition holds; `None` where nobody can tell.
pub(super) fn holds(
    operator: &str,
    key: &str,
    values: &[&str],
    context: &Context<'_>,
) -> Option<bool> {
    let known = context.get(key)?;
    let (of_none, operator) = match operator.split_once(':') {
        // Of no value at all, each is whatever one likes, and none is anything.
        Some(("ForAllValues", plain)) => (Some(true), plain),
        Some(("ForAnyValue", plain)) => (Some(false), plain),
        Some(_) => return None,
        None => (None, operator),
    };
    if operator == "Null" {
        let absent = known == Known::Absent;
        return values
            .iter()
            .map(|value| value.parse().ok())
            .try_fold(false, |any, value| value.map(|value: bool| any || value == absent));
    }
    let (operator, or_absent) = match operator.strip_suffix("IfExists") {
        Some(plain) => (plain, true),
        None => (operator, false),
    };
    let (same, negated) = comparison(operator)?;
    let Known::Is(actual) = known else { return Some(or_absent || of_none.unwrap_or(negated)) };
    if values.iter().any(|value| same(value, actual)) {
        return Some(!negated);
    }
    // A policy variable may turn out to be anything, and so may a place that is not known yet.
    let open = values.iter().any(|value| value.contains("${")) || context.leaves_open(actual);
    (!open).then_some(negated)
}

/// Whether a condition holds for certain values alone: it is not negated, it
/// fails where the key is absent, and no value of it stands for just anybody.
pub(super) fn narrows(operator: &str, values: &[&str]) -> bool {
    let plain = operator.strip_prefix("ForAnyValue:").unwrap_or(operator);
    let positive = comparison(plain).is_some_and(|(_, negated)| !negated) || plain == "IpAddress";
    positive && !values.is_empty() && !values.iter().any(|value| is_anybody(value))
}

/// Whether a value stands for just anybody. An ARN tells by its account whose
/// it is; that of a bucket, which has neither account nor region, by its name,
/// which is nobody else's. So whatever a value puts in their place is met by
/// that bucket alone.
fn is_anybody(value: &str) -> bool {
    let wild = |text: &str| text.starts_with(['*', '?']);
    let parts: Vec<&str> = value.splitn(6, ':').collect();
    match parts[..] {
        ["arn", _, _, _, "", name] => wild(name),
        // Access points have an account, and a name that others may have.
        ["arn", _, "s3", _, "*", name] if !name.starts_with("accesspoint") => wild(name),
        ["arn", _, _, _, account, _] => wild(account),
        _ => wild(value) || ["0.0.0.0/0", "::/0"].contains(&value),
    }
}

/// Whether a value of a policy is that of a request.
type Comparison = fn(&str, &str) -> bool;

/// How an operator compares, and whether it asks for the opposite. AWS takes
/// the two operators for ARNs for the same.
fn comparison(operator: &str) -> Option<(Comparison, bool)> {
    Some(match operator {
        "StringEquals" => (|wanted, actual| wanted == actual, false),
        "StringNotEquals" => (|wanted, actual| wanted == actual, true),
        "StringEqualsIgnoreCase" | "Bool" => (str::eq_ignore_ascii_case, false),
        "StringNotEqualsIgnoreCase" => (str::eq_ignore_ascii_case, true),
        "StringLike" => (matches, false),
        "StringNotLike" => (matches, true),
        "ArnEquals" | "ArnLike" => (arn_matches, false),
        "ArnNotEquals" | "ArnNotLike" => (arn_matches, true),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOPIC: &str = "arn:aws:sns:us-east-1:123456789012:orders";

    fn check(operator: &str, key: &str, values: &[&str], expected: Option<bool>) {
        let context = Context::of([
            ("aws:SourceArn", Known::Is(TOPIC)),
            ("aws:SourceAccount", Known::Is("123456789012")),
            ("aws:SecureTransport", Known::Is("true")),
            ("aws:PrincipalOrgID", Known::Absent),
        ]);
        assert_eq!(holds(operator, key, values, &context), expected, "{operator} {key} {values:?}");
    }

    #[test]
    fn operators_compare_as_documented() {
        check("StringEquals", "aws:SourceAccount", &["210987654321", "123456789012"], Some(true));
        check("StringEquals", "aws:sourceaccount", &["210987654321"], Some(false));
        check("StringEquals", "aws:SourceAccount", &["*"], Some(false));
        check("StringLike", "aws:SourceAccount", &["12345*"], Some(true));
        check("StringNotEquals", "aws:SourceAccount", &["210987654321"], Some(true));
        check("StringNotLike", "aws:SourceAccount", &["x", "*"], Some(false));
        check("ArnEquals", "aws:SourceArn", &["arn:aws:sns:*:*:ord?rs"], Some(true));
        check("ArnLike", "aws:SourceArn", &["arn:aws:s3:::orders"], Some(false));
        check("ArnNotLike", "aws:SourceArn", &[TOPIC], Some(false));
        check("Bool", "aws:SecureTransport", &["False"], Some(false));
        check("Bool", "aws:SecureTransport", &["True"], Some(true));
    }

    #[test]
    fn what_is_not_sent_fails_unless_the_operator_forgives_it() {
        check("StringEquals", "aws:PrincipalOrgID", &["o-1"], Some(false));
        check("StringEqualsIfExists", "aws:PrincipalOrgID", &["o-1"], Some(true));
        check("StringNotEquals", "aws:PrincipalOrgID", &["o-1"], Some(true));
        check("ForAllValues:StringEquals", "aws:PrincipalOrgID", &["o-1"], Some(true));
        check("ForAnyValue:StringEquals", "aws:PrincipalOrgID", &["o-1"], Some(false));
        check("ForAllValues:StringNotEquals", "aws:PrincipalOrgID", &["o-1"], Some(true));
        check("ForAnyValue:StringNotEquals", "aws:PrincipalOrgID", &["o-1"], Some(false));
        check("Null", "aws:PrincipalOrgID", &["true"], Some(true));
        check("Null", "aws:SourceArn", &["true"], Some(false));
        check("Null", "aws:SourceArn", &["false"], Some(true));
        check("StringEqualsIfExists", "aws:SourceAccount", &["210987654321"], Some(false));
    }

    #[test]
    fn what_nobody_can_tell_is_left_open() {
        check("StringEquals", "kms:ViaService", &["sns.us-east-1.amazonaws.com"], None);
        check("StringEqualsIfExists", "kms:ViaService", &["sns.us-east-1.amazonaws.com"], None);
        check("Null", "kms:ViaService", &["true"], None);
        check("IpAddress", "aws:SourceAccount", &["10.0.0.0/8"], None);
        check("StringEquals", "aws:SourceAccount", &["${aws:PrincipalAccount}"], None);
        check("StringNotEquals", "aws:SourceAccount", &["${aws:PrincipalAccount}"], None);
    }

    #[test]
    fn who_asks_from_a_place_that_is_not_known_may_be_meant() {
        let context = Context::of([
            ("aws:SourceAccount", Known::Is(Place::NO_ACCOUNT)),
            ("aws:SourceArn", Known::Is("arn:aws:sns:us-east-1:000000000000:orders")),
        ]);
        let place = |endpoint: Option<&str>| Place {
            partition: "aws".into(),
            account: Place::NO_ACCOUNT.into(),
            region: "us-east-1".into(),
            endpoint: endpoint.map(str::to_owned),
        };
        let emulated = context.clone().at(&place(Some("http://127.0.0.1:4566")));
        let account =
            super::holds("StringEquals", "aws:SourceAccount", &["123456789012"], &emulated);
        assert_eq!(account, Some(false), "emulators have this account");
        let context = context.at(&place(None));
        let holds = |key, value| holds("StringEquals", key, &[value], &context);
        assert_eq!(holds("aws:SourceAccount", Place::NO_ACCOUNT), Some(true));
        assert_eq!(holds("aws:SourceAccount", "123456789012"), None);
        assert_eq!(holds("aws:SourceArn", "arn:aws:sns:us-east-1:123456789012:orders"), None);
    }

    #[test]
    fn a_condition_narrows_where_it_names_somebody() {
        for (operator, value, expected) in [
            ("ArnLike", TOPIC, true),
            ("ArnLike", "arn:aws:sns:*:123456789012:*", true),
            ("ArnLike", "arn:aws:sns:*:*:orders", false),
            ("StringLike", "arn:aws:s3:::orders-*", true),
            ("StringLike", "arn:aws:s3:::*", false),
            ("ArnLike", "arn:aws:s3:*:*:orders", true),
            ("ArnLike", "arn:*:s3:*:*:orders", true),
            ("ArnLike", "arn:aws:s3:*:*:*", false),
            ("ArnLike", "arn:aws:s3:*:*:accesspoint/orders", false),
            ("StringEquals", "123456789012", true),
            ("StringLike", "*", false),
            ("StringNotEquals", "123456789012", false),
            ("StringEqualsIfExists", "123456789012", false),
            ("ForAnyValue:StringEquals", "o-1", true),
            ("ForAllValues:StringEquals", "o-1", false),
            ("IpAddress", "10.0.0.0/8", true),
            ("IpAddress", "0.0.0.0/0", false),
            ("Null", "false", false),
        ] {
            assert_eq!(narrows(operator, &[value]), expected, "{operator} {value}");
        }
        assert!(!narrows("StringEquals", &["123456789012", "*"]));
    }
}
