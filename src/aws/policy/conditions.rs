//! Conditions: their operators, and what these compare with.

use std::net::IpAddr;

use crate::aws::near::nearest;
use crate::model::document::is_pending;

/// What the values of an operator are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Values {
    Text,
    Number,
    Boolean,
    Date,
    Address,
    Arn,
}

/// IAM User Guide, "IAM JSON policy elements: Condition operators".
const OPERATORS: &[(&str, Values)] = &[
    ("StringEquals", Values::Text),
    ("StringNotEquals", Values::Text),
    ("StringEqualsIgnoreCase", Values::Text),
    ("StringNotEqualsIgnoreCase", Values::Text),
    ("StringLike", Values::Text),
    ("StringNotLike", Values::Text),
    ("NumericEquals", Values::Number),
    ("NumericNotEquals", Values::Number),
    ("NumericLessThan", Values::Number),
    ("NumericLessThanEquals", Values::Number),
    ("NumericGreaterThan", Values::Number),
    ("NumericGreaterThanEquals", Values::Number),
    ("DateEquals", Values::Date),
    ("DateNotEquals", Values::Date),
    ("DateLessThan", Values::Date),
    ("DateLessThanEquals", Values::Date),
    ("DateGreaterThan", Values::Date),
    ("DateGreaterThanEquals", Values::Date),
    ("Bool", Values::Boolean),
    ("BinaryEquals", Values::Text),
    ("IpAddress", Values::Address),
    ("NotIpAddress", Values::Address),
    ("ArnEquals", Values::Arn),
    ("ArnLike", Values::Arn),
    ("ArnNotEquals", Values::Arn),
    ("ArnNotLike", Values::Arn),
    ("Null", Values::Boolean),
];

/// What may stand before an operator, for keys with several values.
const OF_SETS: &[&str] = &["ForAllValues:", "ForAnyValue:"];
/// What may follow it, but for `Null`: the condition holds where the key is absent.
const IF_EXISTS: &str = "IfExists";

/// An operator taken apart: its set, its name, and whether `IfExists` follows.
fn parts(operator: &str) -> (&str, &str, &str) {
    let set = OF_SETS.iter().find(|set| operator.starts_with(**set)).copied().unwrap_or_default();
    let rest = &operator[set.len()..];
    match rest.strip_suffix(IF_EXISTS) {
        Some(name) if !name.is_empty() => (set, name, IF_EXISTS),
        Some(_) | None => (set, rest, ""),
    }
}

fn values_of(operator: &str) -> Option<Values> {
    let (_, name, if_exists) = parts(operator);
    let known = OPERATORS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name))?;
    (known.0 != "Null" || if_exists.is_empty()).then_some(known.1)
}

/// What is wrong with an operator, and the one that is meant.
pub(super) fn unknown(operator: &str) -> Option<(String, Option<String>)> {
    if is_pending(operator) || values_of(operator).is_some() {
        return None;
    }
    let (set, name, if_exists) = parts(operator);
    let message = format!("there is no condition operator `{operator}`");
    let whole = nearest(name, OPERATORS.iter().map(|(known, _)| *known));
    let meant = whole.map(|whole| {
        let if_exists = if whole == "Null" { "" } else { if_exists };
        format!("did you mean `{set}{whole}{if_exists}`?")
    });
    Some((message, meant))
}

/// What an operator compares with, where a value is none of that.
pub(super) fn wanted(operator: &str, value: &str) -> Option<&'static str> {
    // Policy variables are filled in by AWS, request by request.
    if is_pending(value) || value.contains("${") {
        return None;
    }
    let (fits, wanted) = match values_of(operator)? {
        Values::Text => return None,
        Values::Number => (value.parse::<f64>().is_ok(), "a number"),
        Values::Boolean => {
            let fits = ["true", "false"].iter().any(|word| value.eq_ignore_ascii_case(word));
            (fits, "`true` or `false`")
        }
        Values::Date => (is_date(value), "a date as 2026-11-28T12:00:00Z, or seconds since 1970"),
        Values::Address => (is_address(value), "an IP address or a range as 203.0.113.0/24"),
        Values::Arn => (value.starts_with("arn:") || value.starts_with('*'), "an ARN"),
    };
    (!fits).then_some(wanted)
}

/// ISO 8601 in one of the forms of W3C (`2026`, `2026-11-28`, with a time and
/// its zone), or seconds.
fn is_date(value: &str) -> bool {
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_begun = value.get(..4).is_some_and(is_digits);
    let may_hold = |c: char| c.is_ascii_digit() || "-+:.TZ".contains(c);
    is_digits(value.trim_start_matches('-'))
        || (is_begun && value.chars().all(may_hold) && value[4..].starts_with('-'))
}

fn is_address(value: &str) -> bool {
    let (address, length) = match value.split_once('/') {
        Some((address, length)) => (address, Some(length)),
        None => (value, None),
    };
    let most = match address.parse::<IpAddr>() {
        Ok(IpAddr::V4(_)) => 32,
        Ok(IpAddr::V6(_)) => 128,
        Err(_) => return false,
    };
    length.is_none_or(|length| length.parse::<u8>().is_ok_and(|length| length <= most))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operator_may_have_a_set_before_and_a_condition_behind() {
        let check = |operator: &str, meant: Option<Option<&str>>| {
            let found = unknown(operator).map(|(_, meant)| meant);
            let expected = meant.map(|meant| meant.map(|meant| format!("did you mean `{meant}`?")));
            assert_eq!(found, expected, "{operator}");
        };
        check("StringEquals", None);
        check("ForAllValues:StringLikeIfExists", None);
        check("Null", None);
        check("NullIfExists", Some(Some("Null")));
        check("StringEqual", Some(Some("StringEquals")));
        check("ForAnyValue:StringEqualIfExists", Some(Some("ForAnyValue:StringEqualsIfExists")));
        check("ArnEqual", Some(Some("ArnEquals")));
        check("IfExists", Some(None));
        check("Whenever", Some(None));
    }

    #[test]
    fn values_are_what_their_operator_compares_with() {
        let check = |operator: &str, value: &str, fits: bool| {
            assert_eq!(wanted(operator, value).is_none(), fits, "{operator} {value}");
        };
        check("StringEquals", "anything", true);
        check("NumericLessThan", "1.2", true);
        check("NumericLessThan", "TLSv1.2", false);
        check("Bool", "false", true);
        check("Bool", "no", false);
        check("Null", "True", true);
        check("DateGreaterThan", "2026-11-28T12:00:00Z", true);
        check("DateGreaterThan", "2026-11-28", true);
        check("DateGreaterThan", "1795867200", true);
        check("DateGreaterThan", "28.11.2026", false);
        check("IpAddress", "203.0.113.0/24", true);
        check("IpAddress", "2001:db8::/32", true);
        check("NotIpAddress", "203.0.113.0/33", false);
        check("IpAddress", "office", false);
        check("ArnLike", "arn:aws:s3:::claims", true);
        check("ArnLike", "*", true);
        check("ArnLike", "claims", false);
        check("ArnLike", "${aws:PrincipalArn}", true);
    }
}
