//! Deliveries: every way of a sound stack is tried or named, and broken ones
//! are seen.

use aws_sdk_sqs::types::QueueAttributeName;
use ccprov::aws::behaviours::Options;

use super::stand::{Stand, exclusive, impatient, patient, told};
use crate::support::emulator::{ministack, ministack_enforcing_tls};

const CHECK: &str = "delivery";

/// A topic and the queue that hears it, which differ by the suffix of their
/// names, what both state, and what the subscription does.
fn fan_out(suffix: &str, both: [&str; 2], subscription: &str) -> String {
    let [topic, queue] = both;
    format!(
        r#"
stack: verified
resources:
  topic: {{ kind: sns_topic, name: claims-sns{suffix}{topic} }}
  queue:
    kind: sqs_queue
    name: claims-sqs{suffix}{queue}
    policy:
      Version: "2012-10-17"
      Statement:
        - Effect: Allow
          Principal: {{ Service: sns.amazonaws.com }}
          Action: sqs:SendMessage
          Resource: "*"
          Condition: {{ ArnEquals: {{ "aws:SourceArn": "${{topic.arn}}" }} }}
  subscription:
    kind: sns_subscription
    topic_arn: ${{topic.arn}}
    protocol: sqs
    endpoint: ${{queue.arn}}
{subscription}
"#
    )
}

fn standard(subscription: &str) -> String {
    fan_out("", ["", ""], subscription)
}

async fn passes(stand: &Stand) {
    for options in [patient(), exclusive()] {
        let results = stand.verify(CHECK, options).await;
        assert_eq!(told(&results), ["topic -> queue: passed"]);
        assert_eq!(stand.ears().await, [""; 0]);
    }
}

#[tokio::test]
async fn what_is_published_arrives_in_every_form() {
    for subscription in [
        "",
        "    raw_message_delivery: true",
        "    filter_policy: { kind: [order], size: [{ numeric: [\">\", 1] }] }",
        "    filter_policy: { kind: [order] }\n    filter_policy_scope: MessageBody",
    ] {
        let account = ministack_enforcing_tls().account();
        let stand = Stand::make_of(&account, &standard(subscription)).await;
        passes(&stand).await;
        let left = stand.sqs().receive_message().queue_url(stand.url("claims-sqs"));
        let left = left.send().await.unwrap().messages.unwrap_or_default();
        // One is of the verify beside traffic, which reads no queue of the stack.
        assert!(left.is_empty(), "what an earlier verify left is removed: {left:?}");
    }
}

#[tokio::test]
async fn fifo_is_tried_as_fifo() {
    let both = [", fifo_topic: true", "\n    fifo_queue: true"];
    let stand = Stand::make_of(&ministack().account(), &fan_out(".fifo", both, "")).await;
    passes(&stand).await;
}

#[tokio::test]
async fn a_dropped_policy_is_seen() {
    let account = ministack_enforcing_tls().account();
    let stand = Stand::make_of(&account, &standard("")).await;
    let set = stand.sqs().set_queue_attributes().queue_url(stand.url("claims-sqs"));
    set.attributes(QueueAttributeName::Policy, "").send().await.unwrap();
    for options in [impatient(), Options { exclusive: true, ..impatient() }] {
        let results = stand.verify(CHECK, options).await;
        assert_eq!(told(&results), ["topic -> queue: queue policy"]);
    }
}

/// A filter that stops everything, and one that stops nothing.
#[tokio::test]
async fn another_filter_is_seen() {
    let filtered = standard("    filter_policy: { kind: [order] }");
    let stand = Stand::make_of(&ministack().account(), &filtered).await;
    let before = stand.scene().await;
    let listed = stand.sns().list_subscriptions_by_topic().topic_arn(stand.topic()).send().await;
    let listed = listed.unwrap().subscriptions.unwrap_or_default();
    for filter in [r#"{"kind":["invoice"]}"#, "{}"] {
        let set = stand.sns().set_subscription_attributes();
        let set = set.subscription_arn(listed[0].subscription_arn().unwrap());
        let set = set.attribute_name("FilterPolicy").attribute_value(filter);
        set.send().await.unwrap();
        let options = Options { exclusive: true, ..impatient() };
        let results = stand.verify_scene(&before, CHECK, options).await;
        let expected = "topic -> queue: subscription filter_policy";
        assert_eq!(told(&results), [expected], "{filter}");
    }
}

const OTHERS: &str = r#"
stack: verified
resources:
  topic: { kind: sns_topic, name: claims-sns }
  mail: { kind: sns_subscription, topic_arn: "${topic.arn}", protocol: email, endpoint: a@example.com }
  work: { kind: sqs_queue, name: claims-work }
  bucket: { kind: s3_bucket, force_destroy: true }
  told:
    kind: sqs_queue
    name: claims-told
    policy:
      Version: "2012-10-17"
      Statement:
        - Effect: Allow
          Principal: { Service: s3.amazonaws.com }
          Action: sqs:SendMessage
          Resource: "*"
          Condition: { ArnEquals: { "aws:SourceArn": "${bucket.arn}" } }
  notification:
    kind: s3_bucket_notification
    bucket: ${bucket.name}
    queue:
      - { queue_arn: "${told.arn}", events: ["s3:ObjectCreated:*"], filter_prefix: in-box/, filter_suffix: .bin }
"#;

#[tokio::test]
async fn what_is_not_tried_is_told() {
    let stand = Stand::make_of(&ministack_enforcing_tls().account(), OTHERS).await;
    let mail = "topic -> a@example.com: not exercised, \
                nobody can see from here what a subscriber by email gets";
    let others = "not exercised, others may read this queue; with --exclusive it is tried";
    let results = stand.verify(CHECK, patient()).await;
    let expected =
        [format!("bucket -> told: {others}"), mail.to_owned(), format!("work: {others}")];
    assert_eq!(told(&results), expected);
    let results = stand.verify(CHECK, exclusive()).await;
    assert_eq!(told(&results), ["bucket -> told: passed", mail, "work: passed"]);
    assert_eq!(stand.keys().await, [""; 0]);

    let set = stand.sqs().set_queue_attributes().queue_url(stand.url("claims-told"));
    set.attributes(QueueAttributeName::Policy, "").send().await.unwrap();
    let results = stand.verify(CHECK, Options { exclusive: true, ..impatient() }).await;
    assert_eq!(told(&results), ["bucket -> told: told policy", mail, "work: passed"]);
}
