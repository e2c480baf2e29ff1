//! A claim's round trip: on a sound stack, and on broken ones.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use aws_sdk_s3::types::NotificationConfiguration;
use aws_sdk_sqs::types::QueueAttributeName;
use ccprov::aws::behaviours::Options;
use serde_json::json;

use super::stand::{Stand, exclusive, impatient, patient, seen, told};
use crate::support::emulator::{ministack, ministack_enforcing_tls};

const CHECK: &str = "claim_roundtrip";
const PATH: &str = "claims.bucket -> claims.topic -> claims.queue";

#[tokio::test]
async fn a_sound_stack_passes() {
    for emulator in [ministack(), ministack_enforcing_tls()] {
        let stand = Stand::make(&emulator.account()).await;
        for options in [patient(), exclusive()] {
            let results = stand.verify(CHECK, options).await;
            assert_eq!(told(&results), [format!("{PATH}: passed")]);
            let seen = seen(&results);
            assert!(
                seen.iter().any(|it| it.contains("100000 bytes, the same SHA-256")),
                "{seen:?}"
            );
            stand.assert_tidy().await;
        }
    }
}

/// The size that verify has by default, and none at all.
#[tokio::test]
async fn payloads_of_any_size_are_claimed() {
    let stand = Stand::make(&ministack().account()).await;
    for payload_bytes in [0, Options::default().payload_bytes] {
        let results = stand.verify(CHECK, Options { payload_bytes, ..patient() }).await;
        assert_eq!(told(&results), [format!("{PATH}: passed")], "{payload_bytes} bytes");
    }
    stand.assert_tidy().await;
}

#[tokio::test]
async fn where_only_uploads_in_parts_are_told_of_it_goes_in_parts() {
    let parts_alone = r#"
stack: verified
resources:
  claims:
    pattern: claim_check
    with: { queue_name: claims, events: ["s3:ObjectCreated:CompleteMultipartUpload"] }
"#;
    let stand = Stand::make_of(&ministack().account(), parts_alone).await;
    let results = stand.verify(CHECK, patient()).await;
    assert_eq!(told(&results), [format!("{PATH}: passed")]);
    let seen = seen(&results);
    let event = "ObjectCreated:CompleteMultipartUpload of ccprov-verify/";
    assert!(seen.iter().any(|it| it.starts_with(event)), "{seen:?}");
    stand.assert_tidy().await;
}

#[tokio::test]
async fn a_dropped_notification_is_seen() {
    let stand = Stand::make(&ministack_enforcing_tls().account()).await;
    let before = stand.scene().await;
    let put = stand.s3().put_bucket_notification_configuration().bucket(stand.bucket().await);
    let nothing = NotificationConfiguration::builder().build();
    put.notification_configuration(nothing).send().await.unwrap();
    for options in [impatient(), Options { exclusive: true, ..impatient() }] {
        let results = stand.verify(CHECK, options.clone()).await;
        assert_eq!(told(&results), [format!("{PATH}: claims.bucket")]);
        // And no document need tell: the event does not come.
        let results = stand.verify_scene(&before, CHECK, options).await;
        assert_eq!(told(&results), [format!("{PATH}: claims.subscription")]);
    }
    stand.assert_tidy().await;
}

#[tokio::test]
async fn a_dropped_subscription_is_seen() {
    let stand = Stand::make(&ministack_enforcing_tls().account()).await;
    let before = stand.scene().await;
    let arn = subscription(&stand).await;
    stand.sns().unsubscribe().subscription_arn(arn).send().await.unwrap();
    let results = stand.verify(CHECK, impatient()).await;
    assert_eq!(told(&results), [format!("{PATH}: claims.queue")]);
    // An ear has a subscription of its own: only the queue itself can tell.
    let options = Options { exclusive: true, ..impatient() };
    let results = stand.verify_scene(&before, CHECK, options).await;
    assert_eq!(told(&results), [format!("{PATH}: claims.subscription")]);
}

#[tokio::test]
async fn a_wrong_filter_is_seen() {
    let stand = Stand::make(&ministack().account()).await;
    let arn = subscription(&stand).await;
    let set = stand.sns().set_subscription_attributes().subscription_arn(arn);
    let set = set.attribute_name("FilterPolicy").attribute_value(r#"{"kind":["invoice"]}"#);
    set.send().await.unwrap();
    for options in [impatient(), Options { exclusive: true, ..impatient() }] {
        let results = stand.verify(CHECK, options).await;
        assert_eq!(told(&results), [format!("{PATH}: claims.subscription filter_policy")]);
    }
    stand.assert_tidy().await;
}

/// A filter that lets claims through is none of our business.
#[tokio::test]
async fn a_right_filter_is_met() {
    let stand = Stand::make(&ministack().account()).await;
    let arn = subscription(&stand).await;
    // The emulator does not look into lists, as SNS does.
    let filter = r#"{"Records":[{"exists":true}]}"#;
    for (name, value) in [("FilterPolicyScope", "MessageBody"), ("FilterPolicy", filter)] {
        let set = stand.sns().set_subscription_attributes().subscription_arn(&arn);
        set.attribute_name(name).attribute_value(value).send().await.unwrap();
    }
    let results = stand.verify(CHECK, patient()).await;
    assert_eq!(told(&results), [format!("{PATH}: passed")]);
}

#[tokio::test]
async fn dropped_policies_are_seen() {
    let account = ministack_enforcing_tls().account();
    let stand = Stand::make(&account).await;
    let set = stand.sqs().set_queue_attributes().queue_url(stand.url("claims-sqs"));
    set.attributes(QueueAttributeName::Policy, "").send().await.unwrap();
    for options in [impatient(), Options { exclusive: true, ..impatient() }] {
        let results = stand.verify(CHECK, options).await;
        assert_eq!(told(&results), [format!("{PATH}: claims.queue policy")]);
    }
    stand.assert_tidy().await;
}

/// A policy may speak of the queue with wildcards that an ear's name does not
/// meet.
#[tokio::test]
async fn a_star_in_the_queues_policy_is_met() {
    let stand = Stand::make(&ministack_enforcing_tls().account()).await;
    let arn = stand.queue_arn("claims-*");
    let policy = json!({ "Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "Principal": { "Service": "sns.amazonaws.com" },
        "Action": "sqs:SendMessage", "Resource": arn,
        "Condition": { "ArnEquals": { "aws:SourceArn": stand.topic() } },
    }});
    let set = stand.sqs().set_queue_attributes().queue_url(stand.url("claims-sqs"));
    set.attributes(QueueAttributeName::Policy, policy.to_string()).send().await.unwrap();
    let results = stand.verify(CHECK, patient()).await;
    assert_eq!(told(&results), [format!("{PATH}: passed")]);
}

/// What S3 sends when a notification is set up, and what others sent, is no
/// claim; it is still there afterwards.
#[tokio::test]
async fn test_events_are_known_and_left_alone() {
    let stand = Stand::make(&ministack_enforcing_tls().account()).await;
    let results = stand.verify(CHECK, exclusive()).await;
    assert_eq!(told(&results), [format!("{PATH}: passed")]);
    let url = stand.url("claims-sqs");
    let left = stand.sqs().receive_message().queue_url(url).max_number_of_messages(10);
    let left = left.send().await.unwrap().messages.unwrap_or_default();
    let bodies: Vec<&str> = left.iter().filter_map(|message| message.body()).collect();
    assert!(matches!(bodies[..], [body] if body.contains("s3:TestEvent")), "{bodies:?}");
}

async fn subscription(stand: &Stand) -> String {
    let listed = stand.sns().list_subscriptions_by_topic().topic_arn(stand.topic()).send().await;
    let listed = listed.unwrap().subscriptions.unwrap_or_default();
    listed[0].subscription_arn().unwrap().to_owned()
}
