//! What the contract does not reach of roles and policies: strangers.

use ccprov::model::ErrorClass;
use serde_json::{Value, json};

use crate::contract::emulator;
use crate::resource::Aws;

fn role(managed_policy_arns: &[&str]) -> Value {
    json!({
        "name": "shared",
        "assume_role_policy": { "Statement": {
            "Effect": "Allow", "Action": "sts:AssumeRole",
            "Principal": { "Service": "lambda.amazonaws.com" }
        } },
        "managed_policy_arns": managed_policy_arns,
    })
}

#[tokio::test]
async fn a_policy_that_a_stranger_has_attached_stays() {
    let emulator = emulator::ministack();
    let aws = Aws::connect(&emulator.connection).await;
    let statement = json!({ "Effect": "Allow", "Action": "sqs:*", "Resource": "*" });
    let policy =
        aws.resource("dev", "iam_policy", &json!({ "policy": { "Statement": statement } }));
    let arn = &policy.create().await.unwrap()["arn"];
    let stranger = aws.resource("prod", "iam_role", &role(&[arn]));
    stranger.create().await.unwrap();
    let refused = policy.delete().await.unwrap_err();
    assert_eq!(refused.class, ErrorClass::Invalid, "{refused}");
    assert_eq!(refused.message, "it is attached to role shared");
    stranger.delete().await.unwrap();
    policy.delete().await.unwrap();
}

#[tokio::test]
async fn a_role_of_the_same_name_elsewhere_is_no_match() {
    let emulator = emulator::ministack();
    let aws = Aws::connect(&emulator.connection).await;
    let (dev, prod) =
        (aws.resource("dev", "iam_role", &role(&[])), aws.resource("prod", "iam_role", &role(&[])));
    prod.create().await.unwrap();
    let refused = dev.find().await.unwrap_err();
    assert_eq!(refused.class, ErrorClass::Invalid, "{refused}");
    assert!(refused.message.contains("/ccprov/prod/shared"), "{refused}");
    assert_eq!(dev.create().await.unwrap_err().class, ErrorClass::Exists);
}
