//! Who states nothing, and leaves it to the bucket, gets in.
//!
//! A condition with `IfExists` holds where its key is absent. In a Deny, a
//! negated one therefore denies every request that does not send the header:
//! the opposite of what its name suggests.

use serde_json::{Map, Value, json};

use super::{Judgement, Rule, patch, policies};
use crate::model::{CheckInfo, CheckKind, Exhibit, Finding, Level, Scene};
use crate::verify::policy::{Policy, Statement};

pub(super) const RULE: Rule = Rule {
    info: CheckInfo {
        id: "optional_header",
        kind: CheckKind::Rule,
        level: Level::Warning,
        summary: "A bucket's policy that denies another encryption denies nobody who states none.",
        risk: "An ordinary PutObject relies on the bucket's default encryption, sends no header, and is denied.",
        remedy: "Take `IfExists` from the operator, and add `Null` with `\"false\"` for the same key.",
    },
    stops_messages: false,
    because: "A warning: who sends the header gets in, and everybody else is shut out.",
    judge,
};

/// Headers that a producer may send, as conditions name them.
const HEADERS: &str = "s3:x-amz-";
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
    key.get(..HEADERS.len()).is_some_and(|it| it.eq_ignore_ascii_case(HEADERS))
}

fn judge_policy((bucket, policy): (&Exhibit, Policy<'_>)) -> Vec<Finding> {
    let denying = || policy.statements().iter().filter(|statement| denies_by_header(statement));
    // Who denies the absence itself means it.
    let wants = |key: &str| denying().any(|statement| is_asked(statement, key, "true"));
    let shut_out = denying().filter_map(|statement| {
        let keys = by_mistake(statement);
        let meant = keys.is_empty() || keys.iter().any(|key| wants(key));
        (!meant).then(|| told(bucket, statement, &keys))
    });
    shut_out.collect()
}

/// The headers whose absence a statement denies through a negated `IfExists`.
fn by_mistake<'a>(statement: &Statement<'a>) -> Vec<&'a str> {
    let negated = statement.conditions().filter(|(operator, key, _)| {
        operator.ends_with("IfExists") && operator.contains("Not") && is_header(key)
    });
    negated.map(|(_, key, _)| key).filter(|key| !is_asked(statement, key, "false")).collect()
}

/// Whether a statement asks for a key to be absent (`true`), or there.
fn is_asked(statement: &Statement<'_>, key: &str, absent: &str) -> bool {
    statement.conditions().any(|(operator, asked, values)| {
        operator == "Null" && asked.eq_ignore_ascii_case(key) && values == [absent]
    })
}

fn told(bucket: &Exhibit, statement: &Statement<'_>, keys: &[&str]) -> Finding {
    let message =
        format!("{} denies every object that is put without {}", statement.name(), keys.join(", "));
    let mut mended: Map<String, Value> = Map::new();
    for (operator, values) in statement.condition() {
        let plain = operator.strip_suffix("IfExists").unwrap_or(&operator);
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
                (
                    "another condition",
                    &bucket("StringNotEqualsIfExists: { \"aws:PrincipalOrgID\": o-1 }", "")
                ),
            ]
        ));
    }
}
