//! What lies in dead-letter queues, and what comes there meanwhile. Metrics of queues are
//! not counted by the emulators (AWS counts them): a test puts one itself, which AWS
//! would not let anybody.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use aws_sdk_cloudwatch::types::{Dimension, MetricDatum};
use aws_sdk_sqs::types::QueueAttributeName;
use ccprov::aws::behaviours::{Bench, Options};
use ccprov::model::{Inspected, Level};
use ccprov::verify::Notice;
use tokio::sync::mpsc;

use super::stand::{ALL, Stand, exclusive, impatient, seen, told};
use crate::support::emulator::{ministack, ministack_enforcing_tls};

const CHECK: &str = "dead_letters_empty";

#[tokio::test]
async fn an_empty_one_passes_whatever_is_exercised() {
    for emulator in [ministack(), ministack_enforcing_tls()] {
        let stand = Stand::make(&emulator.account()).await;
        // `dead_letter` sends one there, and takes it out again.
        let results = stand.verify(ALL, exclusive()).await;
        let ours: Vec<Inspected> = results.into_iter().filter(|it| it.check == CHECK).collect();
        assert_eq!(told(&ours), ["claims.dlq: passed"]);
        assert!(seen(&ours).contains(&"0 messages before anything was exercised"), "{ours:?}");
    }
}

/// Told as a warning, with how to look at it, and nothing is received.
#[tokio::test]
async fn what_lies_there_is_told() {
    let stand = Stand::make(&ministack().account()).await;
    send(&stand).await;
    let results = stand.verify(CHECK, impatient()).await;
    assert_eq!(told(&results), ["claims.dlq: claims.dlq"]);
    assert_eq!(results[0].level, Level::Warning);
    let finding = &results[0].verdict.findings()[0];
    assert_eq!(finding.message, "1 message that nobody processed lay in it before this ran");
    let hint = finding.hint.as_deref().unwrap_or_default();
    for part in ["they come from claims.queue", "receive-message", "start-message-move-task"] {
        assert!(hint.contains(part), "{hint}");
    }
    let count = QueueAttributeName::ApproximateNumberOfMessages;
    let queue = stand.sqs().get_queue_attributes().queue_url(stand.url("claims-sqs-dlq"));
    let queue = queue.attribute_names(count).send().await.unwrap().attributes.unwrap();
    assert_eq!(queue.values().next().map(String::as_str), Some("1"), "nobody received it");
    age(&stand, 180_000.0).await;
    let aged = stand.verify(CHECK, impatient()).await;
    let message = &aged[0].verdict.findings()[0].message;
    assert!(message.ends_with("before this ran, the oldest for 2 d 2 h"), "{message}");
}

/// While others are exercised: worse than what was there before.
#[tokio::test]
async fn what_comes_there_meanwhile_is_told_apart() {
    let stand = Stand::make(&ministack().account()).await;
    send(&stand).await;
    let bench = Bench::new(stand.session.clone(), Options { exclusive: true, ..impatient() });
    let (notices, mut heard) = mpsc::unbounded_channel();
    let comes = async {
        let mut has_come = false;
        while let Some(notice) = heard.recv().await {
            // Whoever looks around has looked when another begins.
            let another = matches!(&notice, Notice::Started { check, .. } if check != CHECK);
            if another && !has_come {
                send(&stand).await;
                has_come = true;
            }
        }
    };
    let scene = stand.scene().await;
    let (results, ()) = tokio::join!(stand.inspect(&bench, &scene, ALL, notices), comes);
    bench.put_away().await;
    let ours = results.iter().find(|it| it.check == CHECK).unwrap();
    let messages: Vec<&str> =
        ours.verdict.findings().iter().map(|it| it.message.as_str()).collect();
    assert_eq!(
        messages,
        [
            "1 message came into it while this ran",
            "1 message that nobody processed lay in it before this ran"
        ]
    );
    assert_eq!(ours.level, Level::Error);
}

/// Of subscriptions, and of queues that others send to.
#[tokio::test]
async fn every_dead_letter_queue_of_the_stack_is_looked_at() {
    let stack = "
stack: verified
resources:
  topic: { kind: sns_topic }
  queue: { kind: sqs_queue }
  subscription:
    kind: sns_subscription
    topic_arn: \"${topic.arn}\"
    protocol: sqs
    endpoint: \"${queue.arn}\"
    redrive_policy: { dead_letter_queue: \"${undelivered.arn}\" }
  undelivered: { kind: sqs_queue }
  of_others:
    kind: sqs_queue
    redrive_allow_policy: { permission: byQueue, source_queues: [\"arn:aws:sqs:us-east-1:${account}:elsewhere\"] }
";
    let stand = Stand::make_of(&ministack().account(), stack).await;
    let results = stand.verify(CHECK, impatient()).await;
    assert_eq!(told(&results), ["of_others: passed", "undelivered: passed"]);
}

async fn send(stand: &Stand) {
    let send = stand.sqs().send_message().queue_url(stand.url("claims-sqs-dlq"));
    send.message_body("nobody wants me").send().await.unwrap();
}

async fn age(stand: &Stand, seconds: f64) {
    let queue = Dimension::builder().name("QueueName").value("claims-sqs-dlq").build();
    let datum = MetricDatum::builder().metric_name("ApproximateAgeOfOldestMessage");
    let datum = datum.dimensions(queue).value(seconds).build();
    let put = stand.cloudwatch().put_metric_data().namespace("AWS/SQS").metric_data(datum);
    put.send().await.unwrap();
}
