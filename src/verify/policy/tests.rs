//! Policies as they are written, and what they say.

use serde_json::{Value, json};

use super::*;
use crate::model::{Address, Document, Facts, Identity};

const TOPIC: &str = "arn:aws:sns:us-east-1:123456789012:orders";
const BUCKET: &str = "arn:aws:s3:::payloads";

/// What a policy says when the bucket publishes to the topic.
fn check(statements: &Value, expected: &str) {
    let exhibit = Exhibit {
        address: Address::new("topic"),
        kind: "sns_topic".into(),
        identity: Identity("orders".into()),
        document: Document::from_iter([(
            "policy".to_owned(),
            json!({ "Version": "2012-10-17", "Statement": statements }),
        )]),
        facts: Facts::new(),
    };
    let policy = Policy::of(&exhibit, &Path::field("policy")).unwrap();
    let context = Context::of([
        ("aws:SourceArn", Known::Is(BUCKET)),
        ("aws:SourceAccount", Known::Is("123456789012")),
    ]);
    let who = Who::Service("s3.amazonaws.com");
    let request = Request { who, action: "sns:Publish", resource: TOPIC, context: &context };
    let told = match policy.decide(&request) {
        Decision::Allowed => "allowed".to_owned(),
        Decision::Denied(statement) => format!("denied by {}", statement.name()),
        Decision::Unclear(statement, why) => {
            format!("unclear: {} of {}", why.what, statement.name())
        }
        Decision::Silent(near) => near.iter().fold("silent".to_owned(), |told, near| {
            let NearMiss { statement, because } = near;
            let Obstacle { path, actual, .. } = because;
            assert!(path.to_string().starts_with("policy.Statement.A."), "{path}");
            format!("{told}, {} has {} {actual}", statement.name(), because.what)
        }),
    };
    assert_eq!(told, expected, "{statements}");
}

fn statement(fields: &Value) -> Value {
    let mut statement = json!({
        "Sid": "A", "Effect": "Allow", "Principal": { "Service": "s3.amazonaws.com" },
        "Action": "sns:Publish", "Resource": TOPIC
    });
    for (name, value) in fields.as_object().unwrap() {
        match value {
            Value::Null => statement.as_object_mut().unwrap().remove(name),
            value => statement.as_object_mut().unwrap().insert(name.clone(), value.clone()),
        };
    }
    statement
}

#[test]
fn one_statement_is_enough() {
    check(&json!([statement(&json!({}))]), "allowed");
    check(
        &json!([statement(&json!({ "Action": ["sns:GetTopicAttributes", "SNS:pub*"] }))]),
        "allowed",
    );
    check(&json!([statement(&json!({ "Principal": { "AWS": "*" } }))]), "allowed");
    check(&json!([statement(&json!({ "Resource": ["x", "arn:aws:sns:*"] }))]), "allowed");
    check(&json!([statement(&json!({ "Resource": null, "NotResource": BUCKET }))]), "allowed");
    check(&json!([statement(&json!({ "Action": null, "NotAction": "sns:Delete*" }))]), "allowed");
    let others = json!({ "Principal": null, "NotPrincipal": { "AWS": "arn:aws:iam::1:root" } });
    check(&json!([statement(&others)]), "allowed");
}

#[test]
fn without_one_nothing_is_allowed() {
    check(&json!([]), "silent");
    check(&json!([statement(&json!({ "Action": "sns:Subscribe" }))]), "silent");
    check(&json!([statement(&json!({ "Action": null, "NotAction": "sns:*" }))]), "silent");
    check(
        &json!([statement(&json!({ "Principal": { "Service": "sns.amazonaws.com" } }))]),
        "silent",
    );
    let account = json!({ "Principal": { "AWS": "arn:aws:iam::123456789012:root" } });
    check(&json!([statement(&account)]), "silent");
    let but = json!({ "Principal": null, "NotPrincipal": { "Service": "s3.amazonaws.com" } });
    check(&json!([statement(&but)]), "silent");
}

#[test]
fn what_is_nearly_allowed_is_shown() {
    let other = json!({ "Resource": "arn:aws:sns:us-east-1:123456789012:other" });
    check(
        &json!([statement(&other)]),
        "silent, `A` has Resource \"arn:aws:sns:us-east-1:123456789012:other\"",
    );
    let source = json!({ "Condition": {
        "ArnLike": { "aws:SourceArn": "arn:aws:s3:::other" },
        "StringEquals": { "aws:SourceAccount": "123456789012" }
    } });
    check(&json!([statement(&source)]), "silent, `A` has aws:SourceArn \"arn:aws:s3:::other\"");
}

#[test]
fn a_deny_outweighs_every_allow() {
    let allow = statement(&json!({}));
    let deny = |fields: Value| {
        let mut deny = statement(&json!({ "Sid": "D", "Effect": "Deny" }));
        deny.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        deny
    };
    let everyone = json!({ "Principal": { "AWS": "*" } });
    check(&json!([allow, deny(everyone)]), "denied by `D`");
    let elsewhere = json!({ "Condition": { "ArnNotLike": { "aws:SourceArn": BUCKET } } });
    check(&json!([allow, deny(elsewhere)]), "allowed");
    let from_afar = json!({ "Condition": { "ArnNotLike": { "aws:SourceArn": TOPIC } } });
    check(&json!([allow, deny(from_afar)]), "denied by `D`");
}

#[test]
fn what_cannot_be_told_is_never_allowed() {
    let open = json!({ "Condition": { "StringEquals": { "kms:ViaService": "s3" } } });
    let maybe = statement(&open);
    let mut deny = statement(&json!({ "Sid": "D", "Effect": "Deny" }));
    deny.as_object_mut().unwrap().extend(open.as_object().unwrap().clone());
    let allow = statement(&json!({}));
    check(&json!([maybe]), "unclear: kms:ViaService of `A`");
    check(&json!([maybe, allow]), "allowed");
    check(&json!([allow, deny]), "unclear: kms:ViaService of `D`");
    check(&json!([deny, maybe]), "unclear: kms:ViaService of `A`");
    check(&json!([deny]), "silent");
    let variable = json!({ "Resource": "${aws:PrincipalTag/team}" });
    check(&json!([statement(&variable)]), "unclear: Resource of `A`");
}
