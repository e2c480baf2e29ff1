//! Each rule of policies, with documents on both sides of it.

use serde_json::json;

use super::super::uses::{BUCKET, INLINE, KEY, MANAGED, QUEUE, TOPIC, TRUST};
use super::*;
use crate::model::{Address, FactRef};

const OWN_QUEUE: &str = "arn:aws:sqs:eu-central-1:123456789012:q";
const OWN_BUCKET: &str = "arn:aws:s3:::claims";

fn place() -> Place {
    Place {
        partition: "aws".into(),
        account: "123456789012".into(),
        region: "eu-central-1".into(),
        endpoint: None,
    }
}

/// What is told of a document, each with its place.
fn told(of: &'static Use, own: &str, document: &Value) -> Vec<String> {
    let problems = check(document, &Path::field("policy"), of, &place(), Some(own));
    problems.into_iter().map(|problem| format!("{}: {}", problem.path, problem.message)).collect()
}

/// What is told of one statement, without the beginning of its place.
#[track_caller]
fn statement(of: &'static Use, own: &str, fields: &Value, expected: &[&str]) {
    let found = told(of, own, &json!({ "Statement": [fields] }));
    let found: Vec<&str> =
        found.iter().map(|text| text.trim_start_matches("policy.Statement[0]")).collect();
    assert_eq!(found, expected, "{fields}");
}

/// A sound statement of a queue's policy, except for what is given.
fn of_queue(but: &Value) -> Value {
    let mut fields = json!({
        "Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*"
    });
    let Value::Object(fields_of) = &mut fields else { return fields };
    for (name, value) in but.as_object().into_iter().flatten() {
        if value.is_null() {
            fields_of.remove(name);
        } else {
            fields_of.insert(name.clone(), value.clone());
        }
    }
    fields
}

#[track_caller]
fn queue(but: &Value, expected: &[&str]) {
    statement(&QUEUE, OWN_QUEUE, &of_queue(but), expected);
}

#[test]
fn a_document_has_a_statement() {
    let empty = ["policy.Statement: a queue's policy needs a statement at least"];
    assert_eq!(told(&QUEUE, OWN_QUEUE, &json!({ "Statement": [] })), empty);
    assert_eq!(told(&QUEUE, OWN_QUEUE, &json!({ "Version": "2012-10-17" })), empty);
    assert_eq!(told(&QUEUE, OWN_QUEUE, &json!("")), Vec::<String>::new());
    let single = json!({ "Statement": of_queue(&json!({ "Action": null })) });
    assert_eq!(told(&QUEUE, OWN_QUEUE, &single), ["policy.Statement: the statement has no Action"]);
}

#[test]
fn a_document_of_text_is_looked_at_too() {
    let text =
        json!({ "version": "2012-10-17", "Statement": [{ "Effect": "Alow", "Actions": [] }] });
    let found = told(&MANAGED, "", &Value::String(text.to_string()));
    assert_eq!(
        found,
        [
            "policy.version: a policy has no element `version`",
            "policy.Statement[0].Actions: a policy has no element `Actions`",
            "policy.Statement[0]: the statement neither allows nor denies",
            "policy.Statement[0]: the statement has no Action",
            "policy.Statement[0]: the statement has no Resource",
        ]
    );
}

#[test]
fn arns_of_another_partition_are_found_in_text_too() {
    let statement = of_queue(&json!({ "Resource": "arn:aws-cn:sqs:cn-north-1:123456789012:q" }));
    let text = json!({ "Statement": [statement] }).to_string();
    let found = told(&QUEUE, OWN_QUEUE, &Value::String(text));
    let message =
        "`arn:aws-cn:sqs:cn-north-1:123456789012:q` is in partition aws-cn, and this stack in aws";
    assert_eq!(found, [format!("policy.Statement[0].Resource: {message}")]);
}

#[test]
fn each_element_is_there_or_is_not_as_its_use_wants() {
    queue(&json!({}), &[]);
    queue(&json!({ "Principal": null }), &[": the statement has no Principal"]);
    queue(&json!({ "Principal": null, "NotPrincipal": "*" }), &[]);
    queue(
        &json!({ "NotPrincipal": "*" }),
        &[".NotPrincipal: the statement has Principal and NotPrincipal: it takes one of them"],
    );
    queue(&json!({ "Action": null }), &[": the statement has no Action"]);
    queue(&json!({ "Action": [] }), &[".Action: Action names nothing"]);
    queue(
        &json!({ "NotAction": "sqs:*" }),
        &[".NotAction: the statement has Action and NotAction: it takes one of them"],
    );
    queue(&json!({ "Resource": null }), &[": the statement has no Resource"]);
    let trust = json!({ "Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole" });
    statement(&TRUST, "", &trust, &[]);
    statement(
        &TRUST,
        "",
        &of_queue(&json!({ "Action": "sts:AssumeRole" })),
        &[".Resource: a trust policy has no Resource: it is the role itself"],
    );
    statement(
        &INLINE,
        "",
        &of_queue(&json!({})),
        &[".Principal: an inline policy has no Principal: it is the role"],
    );
    statement(&MANAGED, "", &of_queue(&json!({ "Principal": null })), &[]);
}

#[test]
fn principals_are_of_known_sorts() {
    queue(&json!({ "Principal": {} }), &[".Principal: the principal is nobody"]);
    queue(&json!({ "Principal": { "AWS": [] } }), &[".Principal: the principal is nobody"]);
    queue(
        &json!({ "Principal": { "Services": "sns.amazonaws.com" } }),
        &[".Principal.Services: there are no principals of the sort `Services`"],
    );
    queue(
        &json!({ "Principal": { "AWS": ["123456789012", "12345678901"], "Service": "sns.amazonaws.com" } }),
        &[".Principal.AWS[1]: `12345678901` is not an account: its id has 12 digits"],
    );
    queue(
        &json!({ "Principal": "123456789012" }),
        &[".Principal: the principal `123456789012` has no sort: only `*` stands alone"],
    );
}

#[test]
fn actions_are_those_of_the_service() {
    queue(
        &json!({ "Action": ["sqs:SendMessage", "SendMessage"] }),
        &[".Action[1]: the action `SendMessage` names no service"],
    );
    statement(
        &TOPIC,
        "arn:aws:sns:eu-central-1:123456789012:t",
        &of_queue(&json!({ "Action": "sns:Unsubscribe" })),
        &[".Action: a topic's policy takes no action `sns:Unsubscribe`"],
    );
    statement(
        &TRUST,
        "",
        &json!({ "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject" }),
        &[".Action: a trust policy takes no action of `s3`, only of `sts`"],
    );
    statement(&KEY, "", &of_queue(&json!({ "Action": "kms:*" })), &[]);
}

#[test]
fn resources_are_arns_and_of_the_object_where_it_counts() {
    queue(&json!({ "Resource": "q" }), &[".Resource: `q` is not a resource"]);
    queue(&json!({ "Resource": "arn:aws:sqs:eu-central-1:123456789012:other" }), &[]);
    let bucket = |resource: Value, expected: &[&str]| {
        let fields = of_queue(&json!({ "Action": "s3:*", "Resource": resource }));
        statement(&BUCKET, OWN_BUCKET, &fields, expected);
    };
    bucket(json!(["arn:aws:s3:::claims", "arn:aws:s3:::claims/raw/*"]), &[]);
    bucket(json!("arn:aws:s3:::cl*"), &[]);
    bucket(json!("*"), &[]);
    bucket(
        json!("arn:aws:s3:::claims-other/*"),
        &[".Resource: `arn:aws:s3:::claims-other/*` is not what a bucket's policy is about"],
    );
}

#[test]
fn actions_of_s3_fit_their_resources() {
    let bucket = |action: &str, resource: &str, expected: &[&str]| {
        let fields = of_queue(&json!({ "Action": action, "Resource": resource }));
        statement(&BUCKET, OWN_BUCKET, &fields, expected);
    };
    bucket("s3:GetObject", "arn:aws:s3:::claims/*", &[]);
    bucket("s3:GetObject", "arn:aws:s3:::claims*", &[]);
    bucket("s3:ListBucket", "arn:aws:s3:::claims", &[]);
    bucket(
        "s3:GetObject",
        "arn:aws:s3:::claims",
        &[".Action: `s3:GetObject` works on objects, and the resource is none"],
    );
    bucket(
        "s3:ListBucket",
        "arn:aws:s3:::claims/*",
        &[".Action: `s3:ListBucket` works on the bucket, and the resource is none"],
    );
}

#[test]
fn conditions_compare_alike_with_alike() {
    queue(&json!({ "Condition": { "Bool": { "aws:SecureTransport": "false" } } }), &[]);
    queue(
        &json!({ "Condition": { "ArnEqual": { "aws:SourceArn": "*" } } }),
        &[".Condition.ArnEqual: there is no condition operator `ArnEqual`"],
    );
    queue(
        &json!({ "Condition": { "Bool": { "aws:SecureTransport": ["false", "no"] } } }),
        &[
            ".Condition.Bool.aws:SecureTransport[1]: `Bool` compares with `true` or `false`, not with `no`",
        ],
    );
    queue(&json!({ "Condition": [] }), &[".Condition: a condition is a map of operators"]);
}

#[test]
fn sids_are_what_their_service_takes() {
    let sids = |of: &'static Use, sids: [&str; 2]| -> Vec<String> {
        let statements: Vec<Value> = sids
            .iter()
            .map(|sid| {
                let principal =
                    if of.principal == Element::Required { json!("*") } else { json!(null) };
                of_queue(&json!({ "Sid": sid, "Principal": principal, "Action": "*" }))
            })
            .collect();
        told(of, OWN_QUEUE, &json!({ "Statement": statements }))
    };
    assert_eq!(sids(&QUEUE, ["a b", "c"]), Vec::<String>::new());
    assert_eq!(sids(&QUEUE, ["", ""]), Vec::<String>::new());
    assert_eq!(
        sids(&QUEUE, ["a", "a"]),
        ["policy.Statement[1].Sid: two statements have the Sid `a`"]
    );
    assert_eq!(sids(&KEY, ["a b", "a b"]), Vec::<String>::new());
    assert_eq!(
        sids(&MANAGED, ["Read the queue", "Other"]),
        ["policy.Statement[0].Sid: the Sid `Read the queue` has more than letters and digits"]
    );
}

#[test]
fn what_is_too_much_is_told_before() {
    let actions: Vec<String> = (0..8).map(|n| format!("sqs:Invented{n}Today")).collect();
    queue(&json!({ "Action": actions }), &[".Action: the statement has 8 actions, AWS takes 7"]);
    queue(&json!({ "Action": actions[..7] }), &[]);
    let many: Vec<Value> = (0..21).map(|n| of_queue(&json!({ "Sid": n.to_string() }))).collect();
    let found = told(&QUEUE, OWN_QUEUE, &json!({ "Statement": many }));
    assert_eq!(found, ["policy: the policy has 21 statements, AWS takes 20"]);
    let accounts: Vec<String> = (0..51).map(|n| format!("{n:012}")).collect();
    let found = told(
        &QUEUE,
        OWN_QUEUE,
        &json!({ "Statement": of_queue(&json!({ "Principal": { "AWS": accounts } })) }),
    );
    assert_eq!(found, ["policy: the policy has 51 principals, AWS takes 50"]);
}

#[test]
fn a_size_is_told_even_while_a_fact_is_pending() {
    let key = FactRef { address: Address::new("key"), fact: "arn".into() }.marker();
    let check = |of: &'static Use, size: usize, expected: &[&str]| {
        let long = format!("arn:aws:sqs:::{}", "q".repeat(size));
        let principal = if of.principal == Element::Required { json!("*") } else { json!(null) };
        let fields =
            of_queue(&json!({ "Action": "*", "Principal": principal, "Resource": [long, key] }));
        assert_eq!(told(of, "", &json!({ "Statement": [fields] })), expected);
    };
    check(&QUEUE, 8_000, &[]);
    check(&QUEUE, 8_192, &["policy: the document has at least 8335 bytes, AWS takes 8192"]);
    check(&MANAGED, 6_000, &[]);
    let managed =
        "policy: the document has at least 6263 characters without blanks, AWS takes 6144";
    check(&MANAGED, 6_144, &[managed]);
    check(&KEY, 32_768, &["policy: the document has at least 32911 bytes, AWS takes 32768"]);
}

#[test]
fn no_list_stands_within_a_list() {
    let nested = ": this is a list within a list, and AWS takes texts";
    let at = |place: &str| format!("{place}{nested}");
    queue(
        &json!({ "Principal": { "AWS": [["123456789012"], "123456789012"] } }),
        &[&at(".Principal.AWS[0]")],
    );
    queue(&json!({ "Action": ["sqs:SendMessage", ["sqs:ReceiveMessage"]] }), &[&at(".Action[1]")]);
    queue(&json!({ "Resource": ["*", ["*"]] }), &[&at(".Resource[1]")]);
    let condition = json!({ "StringEquals": { "aws:SourceAccount": ["a", ["b"]] } });
    queue(
        &json!({ "Condition": condition }),
        &[&at(".Condition.StringEquals.aws:SourceAccount[1]")],
    );
    queue(
        &json!({ "Principal": { "AWS": { "x": "y" } } }),
        &[".Principal.AWS: this is a map, and AWS takes texts"],
    );
}
