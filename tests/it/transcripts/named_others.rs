//! What a stack names and does not declare is looked at, and judged.

use aws_sdk_kms::types::{KeySpec, KeyUsageType};
use serde_json::json;

use super::Desk;
use crate::support::{aws, emulator};

/// A stack whose queue hears a topic, and is encrypted with a key of others.
fn stack(key: &str, endpoint: &str) -> String {
    format!(
        "stack: beside
region: us-east-1
resources:
  topic: {{ kind: sns_topic }}
  queue:
    kind: sqs_queue
    kms_master_key_id: \"{key}\"
    policy: {{ Statement: [{{ Sid: TopicSends, Effect: Allow, Principal: {{ Service: sns.amazonaws.com }}, Action: \"sqs:SendMessage\", Resource: \"${{queue.arn}}\", Condition: {{ ArnLike: {{ \"aws:SourceArn\": \"${{topic.arn}}\" }} }} }}] }}
  to_queue: {{ kind: sns_subscription, topic_arn: \"${{topic.arn}}\", protocol: sqs, endpoint: \"${{queue.arn}}\" }}
  elsewhere: {{ kind: sns_subscription, topic_arn: \"${{topic.arn}}\", protocol: sqs, endpoint: \"{endpoint}\" }}
"
    )
}

#[tokio::test]
async fn keys_and_queues_of_others_are_judged() {
    let desk = Desk::with(emulator::ministack().account(), "");
    let (kms, sqs) = (
        aws_sdk_kms::Client::new(&aws::config(&desk.account)),
        aws_sdk_sqs::Client::new(&aws::config(&desk.account)),
    );
    let root = format!("arn:aws:iam::{}:root", desk.account.id);
    let statement = |principal: serde_json::Value| json!({ "Effect": "Allow", "Principal": principal, "Action": "kms:*", "Resource": "*" });
    let own = statement(json!({ "AWS": root }));
    let closed = json!({ "Version": "2012-10-17", "Statement": [own] }).to_string();
    let services = statement(json!({ "Service": "sns.amazonaws.com" }));
    let open = json!({ "Version": "2012-10-17", "Statement": [own, services] }).to_string();
    let key = async |policy: &str, asymmetric: bool| {
        let mut call = kms.create_key().policy(policy);
        if asymmetric {
            call = call.key_spec(KeySpec::Rsa2048).key_usage(KeyUsageType::SignVerify);
        }
        let made = call.send().await.unwrap().key_metadata.unwrap();
        made.arn.unwrap()
    };
    let (shut, fit, asymmetric, going) = (
        key(&closed, false).await,
        key(&open, false).await,
        key(&open, true).await,
        key(&open, false).await,
    );
    kms.schedule_key_deletion().key_id(&going).send().await.unwrap();
    sqs.create_queue().queue_name("theirs").send().await.unwrap();
    let queue = |name: &str| format!("arn:aws:sqs:us-east-1:{}:{name}", desk.account.id);
    let (theirs, none) = (queue("theirs"), queue("none"));
    for (key, endpoint, expected) in [
        (
            &shut,
            &theirs,
            "no statement of its policy lets sns.amazonaws.com call kms:GenerateDataKey",
        ),
        (&asymmetric, &theirs, "the key is RSA_2048, for SIGN_VERIFY"),
        (&going, &theirs, "the key cannot be used: pending deletion"),
        (&fit, &theirs, "no statement of its policy lets sns.amazonaws.com call sqs:SendMessage"),
        (&fit, &none, "which is not of this stack: is not there"),
    ] {
        desk.write("stack.yaml", &stack(key, endpoint));
        let transcript = desk.must("plan --strict stack.yaml", 4);
        assert!(transcript.stderr.contains(expected), "{expected}: {transcript}");
    }
    // Its owner lets the topic in.
    let policy = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Principal": { "Service": "sns.amazonaws.com" }, "Action": "sqs:SendMessage", "Resource": theirs, "Condition": { "StringEquals": { "aws:SourceAccount": desk.account.id } } }] });
    let url = sqs.get_queue_url().queue_name("theirs").send().await.unwrap().queue_url.unwrap();
    let call = sqs.set_queue_attributes().queue_url(url);
    call.attributes("Policy".into(), policy.to_string()).send().await.unwrap();
    desk.write("stack.yaml", &stack(&fit, &theirs));
    desk.must("plan --strict stack.yaml", 0);
}
