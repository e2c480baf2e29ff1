//! Secrets that are taken, refused and let go.

use serde_json::{Value, json};

use super::*;
use crate::model::Address;

const CLUSTER: &str =
    "arn:aws:kafka:us-east-1:123456789012:cluster/events/0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f-7";
const SECRET: &str = "arn:aws:secretsmanager:us-east-1:123456789012:secret:AmazonMSK_orders-a1B2c3";

fn unprocessed(secret: &str, code: &str, message: &str) -> UnprocessedScramSecret {
    let builder = UnprocessedScramSecret::builder().secret_arn(secret);
    builder.error_code(code).error_message(message).build()
}

#[test]
fn what_was_not_taken_is_an_error_that_tells_each() {
    let check = |refused: &[(&str, &str, &str)], expected: Option<(&str, ErrorClass)>| {
        let refused: Vec<_> =
            refused.iter().map(|(secret, code, text)| unprocessed(secret, code, text)).collect();
        let call = "kafka:BatchAssociateScramSecret";
        let told = refusal(call, "associate", &refused).err();
        let told = told.as_ref().map(|error| (error.message.as_str(), error.class));
        assert_eq!(told, expected);
    };
    check(&[], None);
    let invalid = ErrorClass::Invalid;
    check(
        &[("arn:a", "InvalidSecretArn", "no such secret")],
        Some(("arn:a: InvalidSecretArn: no such secret", invalid)),
    );
    // The one that may pass does not hide the one that will not.
    let both = "arn:a: ServiceUnavailableException: later; arn:b: InvalidSecretArn: never";
    check(
        &[
            ("arn:a", "ServiceUnavailableException", "later"),
            ("arn:b", "InvalidSecretArn", "never"),
        ],
        Some((both, invalid)),
    );
    let later = "arn:a: ServiceUnavailableException: later";
    check(
        &[("arn:a", "ServiceUnavailableException", "later")],
        Some((later, ErrorClass::Transient)),
    );
}

#[test]
fn what_aws_would_refuse_is_told() {
    let check = |fields: Value, expected: &[&str]| {
        let mut document = json!({ "cluster_arn": CLUSTER, "secret_arn_list": [SECRET] });
        document.as_object_mut().unwrap().extend(fields.as_object().cloned().unwrap());
        let told = check(&serde_json::from_value(document).unwrap());
        let told: Vec<String> = told.iter().map(|problem| problem.path.to_string()).collect();
        assert_eq!(told, expected, "{fields}");
    };
    check(json!({}), &[]);
    let other = SECRET.replace("AmazonMSK_", "");
    check(json!({ "secret_arn_list": [SECRET, other] }), &["secret_arn_list[1]"]);
    check(json!({ "cluster_arn": CLUSTER.replace("-7", "-s1") }), &["cluster_arn"]);
}

#[test]
fn it_hangs_on_its_cluster() {
    let place = Place {
        partition: "aws".into(),
        account: "123456789012".into(),
        region: "us-east-1".into(),
        endpoint: None,
    };
    let identity = Identity("events".into());
    let expected = Parent { kind: "msk_cluster".into(), identity };
    assert_eq!(parent(CLUSTER, &place), Some(expected));
    assert_eq!(parent(&CLUSTER.replace("us-east-1", "us-west-2"), &place), None);
    let naming = Naming { stack: "dev".into(), address: Address::new("users"), place };
    let spec: Spec =
        serde_json::from_value(json!({ "cluster_arn": CLUSTER, "secret_arn_list": [SECRET] }))
            .unwrap();
    assert_eq!(MskScramSecretAssociation::identity(&spec, &naming), CLUSTER);
}
