//! Who states nothing, and leaves it to the bucket, gets in.
//!
//! A negated operator holds where its key is absent, and so does any with
//! `IfExists` or `ForAllValues` (IAM User Guide, "IAM JSON policy elements:
//! Condition operators"). In a Deny each of them therefore meets every request
//! that does not send the header: with `IfExists` the opposite of what its name
//! suggests. Only a `Null` of `false` beside it asks for the header to be there.

use serde_json::{Map, Value, json};

use super::{Judgement, Rule, patch, policies};
use crate::model::{CheckInfo, CheckKind, Exhibit, Finding, Level, Scene};
use crate::verify::policy::{Context, Known, Policy, Statement};

pub(super) const RULE: Rule = Rule {
    info: CheckInfo {
        id: "optional_header",
        kind: CheckKind::Rule,
        level: Level::Warning,
        summary: "A bucket's policy that denies another encryption denies nobody who states none.",
        risk: "An ordinary PutObject relies on the bucket's default encryption, sends no header, and is denied.",
        remedy: "Add `Null` with `\"false\"` for the same key, and take `IfExists` from the operator: where a \
                 header is absent, an operator with `Not` holds, and so does one with `IfExists`.",
    },
    stops_messages: false,
    because: "A warning: who sends the header gets in, and everybody else is shut out.",
    judge,
};

/// Headers that a producer may send, as conditions name them.
const HEADERS: &str = "s3:x-amz-";
/// Those that a bucket's default stands in for: nobody has to send them.
const ENCRYPTION: &str = "s3:x-amz-server-side-encryption";
/// Signatures bring it along, whoever puts.
const ALWAYS_SENT: &str = "s3:x-amz-content-sha256";
const PUT: &str = "s3:PutObject";

fn judge(scene: &Scene) -> Judgement {
    let policies = policies::of_resources(scene);
    let buckets = policies.filter(|(exhibit, policy)| {
        exhibit.kind == "s3_bucket" && policy.statements().iter().any(denies_by_header)
    });
    Judgement::over(buckets.map(|(exhibit, policy)| (exhibit, (exhibit, policy))), judge_policy)
}

fn denies_by_header(statement: &Statement<'_>) -> bool {
    let of_header = |(_, key, _): (&str, &str, Vec<&str>)| is_header(key);
    !statement.allows() && statement.covers_action(PUT) && statement.conditions().any(of_header)
}

fn is_header(key: &str) -> bool {
    begins(key, HEADERS) && !key.eq_ignore_ascii_case(ALWAYS_SENT)
}

fn begins(key: &str, prefix: &str) -> bool {
    key.get(..prefix.len()).is_some_and(|it| it.eq_ignore_ascii_case(prefix))
}

fn judge_policy((bucket, policy): (&Exhibit, Policy<'_>)) -> Vec<Finding> {
    let denying = || policy.statements().iter().filter(|statement| denies_by_header(statement));
    // Who denies the absence itself means it.
    let wants = |key: &str| denying().any(|statement| denies_absence(statement, key));
    let shut_out = denying().filter_map(|statement| {
        let keys = by_mistake(statement);
        let meant = keys.is_empty() || keys.iter().any(|key| wants(key));
        (!meant).then(|| told(bucket, statement, &keys))
    });
    shut_out.collect()
}

/// A condition on a header: operator, key, and whether it holds.
type Outcome<'a> = (&'a str, &'a str, Option<bool>);

/// Whether what sends no header meets a statement, as far as its conditions
/// tell, and those on headers.
fn without_headers<'a>(statement: &Statement<'a>) -> (bool, Vec<Outcome<'a>>) {
    let headers = statement.conditions().map(|(_, key, _)| key).filter(|key| is_header(key));
    let headers = headers.map(|key| (key, Known::Absent));
    let context = Context::of(headers.chain([("aws:SecureTransport", Known::Is("true"))]));
    let is_met = statement.outcomes(&context).all(|(_, _, holds)| holds != Some(false));
    (is_met, statement.outcomes(&context).filter(|(_, key, _)| is_header(key)).collect())
}

/// The headers whose absence a statement denies although it compares them.
fn by_mistake<'a>(statement: &Statement<'a>) -> Vec<&'a str> {
    let (is_met, headers) = without_headers(statement);
    // Of another header than those of encryption a plain comparison may mean that it
    // must be sent; `IfExists` says that it need not.
    let forgives = |operator: &str| operator.ends_with("IfExists") || operator.contains("ForAll");
    let compared = headers.into_iter().filter(|(operator, key, holds)| {
        *operator != "Null"
            && *holds == Some(true)
            && (forgives(operator) || begins(key, ENCRYPTION))
    });
    compared.map(|(_, key, _)| key).filter(|_| is_met).collect()
}

/// Whether a statement denies whoever does not send a header, and says so.
fn denies_absence(statement: &Statement<'_>, key: &str) -> bool {
    let (is_met, headers) = without_headers(statement);
    is_met
        && headers
            .iter()
            .any(|(operator, asked, _)| *operator == "Null" && asked.eq_ignore_ascii_case(key))
}

fn told(bucket: &Exhibit, statement: &Statement<'_>, keys: &[&str]) -> Finding {
    let message =
        format!("{} denies every object that is put without {}", statement.name(), keys.join(", "));
    let mut mended: Map<String, Value> = Map::new();
    for (operator, values) in statement.condition() {
        let plain = operator.strip_prefix("ForAllValues:").unwrap_or(&operator);
        let plain = plain.strip_suffix("IfExists").unwrap_or(plain);
        let of_header = values.as_object().is_some_and(|it| it.keys().any(|key| is_header(key)));
        let operator = if of_header { plain.to_owned() } else { operator };
        mended.insert(operator, values);
    }
    let null = mended.entry("Null").or_insert_with(|| json!({}));
    for key in keys {
        null[*key] = "false".into();
    }
    Finding::new(&bucket.address, message)
        .at(statement.path.clone())
        .hint("deny only what states something else")
        .patch(patch::field("Condition", &mended.into()))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{golden, told};
    use super::RULE;

    /// A bucket that denies puts under a condition.
    fn bucket(condition: &str, more: &str) -> String {
        format!(
            "
bucket:
  kind: s3_bucket
  policy:
    Statement:
      - {{ Sid: Other, Effect: Deny, Principal: \"*\", Action: \"s3:PutObject\", Resource: \"${{bucket.arn}}/*\", Condition: {{ {condition} }} }}
{more}"
        )
    }

    #[test]
    fn nobody_is_shut_out_who_states_nothing() {
        let header = "s3:x-amz-server-side-encryption";
        let key = "s3:x-amz-server-side-encryption-aws-kms-key-id";
        let on_purpose = format!(
            "      - {{ Sid: None, Effect: Deny, Principal: \"*\", Action: \"s3:PutObject\", Resource: \"${{bucket.arn}}/*\", Condition: {{ \"Null\": {{ \"{header}\": \"true\" }} }} }}"
        );
        let if_exists = format!("StringNotEqualsIfExists: {{ \"{header}\": \"aws:kms\" }}");
        golden!(told(
            &RULE,
            &[
                ("by IfExists", &bucket(&if_exists, "")),
                (
                    "by key",
                    &bucket(
                        &format!(
                            "ArnNotEqualsIfExists: {{ \"{key}\": \"arn:aws:kms:us-east-1:123456789012:key/1\" }}"
                        ),
                        ""
                    )
                ),
                (
                    "only what states another",
                    &bucket(
                        &format!(
                            "StringNotEquals: {{ \"{header}\": \"aws:kms\" }}, \"Null\": {{ \"{header}\": \"false\" }}"
                        ),
                        ""
                    )
                ),
                (
                    "at length",
                    &bucket(&format!("{if_exists}, \"Null\": {{ \"{header}\": \"false\" }}"), "")
                ),
                ("on purpose", &bucket(&if_exists, &on_purpose)),
                ("a negated operator", &bucket(&format!("StringNotEquals: {{ \"{header}\": \"aws:kms\" }}"), "")),
                ("a negated operator, on purpose", &bucket(&format!("StringNotEquals: {{ \"{header}\": \"aws:kms\" }}"), &on_purpose)),
                ("a set that may be empty", &bucket(&format!("\"ForAllValues:StringNotEquals\": {{ \"{header}\": \"aws:kms\" }}"), "")),
                ("a set that may not", &bucket(&format!("\"ForAnyValue:StringNotEquals\": {{ \"{header}\": \"aws:kms\" }}"), "")),
                ("what is stated or absent", &bucket(&format!("StringEqualsIfExists: {{ \"{header}\": AES256 }}"), "")),
                ("what is stated", &bucket(&format!("StringEquals: {{ \"{header}\": AES256 }}"), "")),
                (
                    "a key, where another header is stated",
                    &bucket(&format!("StringEquals: {{ \"{header}\": \"aws:kms\" }}, ArnNotEquals: {{ \"{key}\": \"arn:aws:kms:us-east-1:123456789012:key/1\" }}"), "")
                ),
                (
                    "meant of another header's absence alone",
                    &bucket(
                        &format!("ArnNotEqualsIfExists: {{ \"{key}\": \"arn:aws:kms:us-east-1:123456789012:key/1\" }}"),
                        &on_purpose.replace("\"Null\": {", "StringEquals: { \"s3:x-amz-server-side-encryption\": \"aws:kms\" }, \"Null\": {").replace(&format!("\"{header}\": \"true\""), &format!("\"{key}\": \"true\""))
                    )
                ),
                ("absence alone", &bucket(&format!("\"Null\": {{ \"{header}\": \"true\" }}"), "")),
                ("an ACL that is asked for", &bucket("StringNotEquals: { \"s3:x-amz-acl\": bucket-owner-full-control }", "")),
                ("an ACL, if there is one", &bucket("StringNotEqualsIfExists: { \"s3:x-amz-acl\": bucket-owner-full-control }", "")),
                ("but these", &bucket(&if_exists, "").replace("Principal: \"*\"", "NotPrincipal: { AWS: \"123456789012\" }")),
                ("over plain http alone", &bucket(&format!("{if_exists}, Bool: {{ \"aws:SecureTransport\": \"false\" }}"), "")),
                ("a network", &bucket("StringNotEquals: { \"aws:SourceVpce\": vpce-1 }", "")),
                ("what every signature has", &bucket("StringNotEquals: { \"s3:x-amz-content-sha256\": UNSIGNED-PAYLOAD }", "")),
                (
                    "another condition",
                    &bucket("StringNotEqualsIfExists: { \"aws:PrincipalOrgID\": o-1 }", "")
                ),
            ]
        ));
    }
}
