//! Others who use the same queues: whatever we do beside them, none of their
//! messages is lost, comes twice or goes to the dead-letter queue.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use aws_sdk_sqs::types::{Message, MessageSystemAttributeName as Attribute};
use ccprov::aws::behaviours::Options;

use super::stand::{Stand, exclusive, patient, told};
use crate::support::emulator::ministack_enforcing_tls;

/// More than a receive hands out.
const MESSAGES: usize = 25;

#[tokio::test]
async fn claims_are_tried_beside_a_producer_and_a_consumer() {
    check_beside_others("claim_roundtrip", patient(), true).await;
}

/// Who says that they are alone and are not may get no answer; but they do no harm.
#[tokio::test]
async fn nobody_is_harmed_who_was_not_supposed_to_be_there() {
    check_beside_others("claim_roundtrip", impatient_alone(), false).await;
    check_beside_others("dead_letter", impatient_alone(), false).await;
}

fn impatient_alone() -> Options {
    Options { exclusive: true, ..super::stand::impatient() }
}

/// A producer fills the queue and a consumer empties it while a check runs.
async fn check_beside_others(check: &str, options: Options, must_pass: bool) {
    let stand = Stand::make(&ministack_enforcing_tls().account()).await;
    drain(&stand, "claims-sqs").await; // the test event
    let is_over = AtomicBool::new(false);
    let verify = async {
        let results = Box::pin(stand.verify(check, options)).await;
        is_over.store(true, Ordering::SeqCst);
        results
    };
    let consumed = async {
        let mut consumed = BTreeMap::new();
        while !is_over.load(Ordering::SeqCst) {
            consume(&stand, &mut consumed).await;
        }
        consumed
    };
    let (results, (), mut consumed) = tokio::join!(verify, produce(&stand), consumed);
    while consume(&stand, &mut consumed).await {}
    consumed.retain(|body, _| !body.contains("ccprov-verify"));
    let once: BTreeMap<String, usize> = expected().map(|body| (body, 1)).collect();
    assert_eq!(consumed, once, "{check}");
    assert_eq!(told_dead(&stand).await, [""; 0], "{check}");
    let told = told(&results);
    assert!(!must_pass || told.iter().all(|line| line.ends_with(": passed")), "{told:?}");
}

/// What lies in the queue when nobody reads it is there afterwards, and each
/// message was received once.
#[tokio::test]
async fn what_waits_in_the_queue_is_received_once() {
    for check in ["claim_roundtrip", "dead_letter"] {
        let stand = Stand::make(&ministack_enforcing_tls().account()).await;
        drain(&stand, "claims-sqs").await;
        produce(&stand).await;
        let results = Box::pin(stand.verify(check, exclusive())).await;
        assert!(told(&results)[0].ends_with(": passed"), "{:?}", told(&results));
        let left = drain(&stand, "claims-sqs").await;
        let mut bodies: Vec<String> = left.iter().filter_map(|it| it.body.clone()).collect();
        bodies.sort();
        let mut expected: Vec<String> = expected().collect();
        expected.sort();
        assert_eq!(bodies, expected, "{check}");
        // The second time is this test's.
        assert!(left.iter().all(|it| receives(it) <= 2), "{check}: {left:?}");
        assert_eq!(told_dead(&stand).await, [""; 0], "{check}");
    }
}

/// A stack that nobody consumes from is verified as often as one likes: what
/// the runs themselves leave in the queue is no message of others, and the test
/// event of S3 goes before it is a dead letter.
#[tokio::test]
async fn runs_are_not_in_the_way_of_later_ones() {
    let stand = Stand::make(&ministack_enforcing_tls().account()).await;
    for _ in 0..4 {
        for (check, options) in [
            ("claim_roundtrip", patient()),
            ("claim_roundtrip", exclusive()),
            ("dead_letter", exclusive()),
        ] {
            let told = told(&stand.verify(check, options).await);
            assert!(told.iter().all(|it| it.ends_with(": passed")), "{told:?}");
        }
    }
    assert_eq!(drain(&stand, "claims-sqs").await.len(), 0);
    assert_eq!(told_dead(&stand).await, [""; 0]);
}

/// A message that was tried before stops the check, before it is the last time.
#[tokio::test]
async fn a_message_with_few_tries_left_stops_the_check() {
    for check in ["claim_roundtrip", "dead_letter"] {
        check_worn(check).await;
    }
}

async fn check_worn(check: &str) {
    let stand = Stand::make(&ministack_enforcing_tls().account()).await;
    drain(&stand, "claims-sqs").await;
    let (sqs, url) = (stand.sqs(), stand.url("claims-sqs"));
    sqs.send_message().queue_url(&url).message_body("worn").send().await.unwrap();
    let receive = async || {
        let receive = sqs.receive_message().queue_url(&url).visibility_timeout(0);
        receive.send().await.unwrap().messages.unwrap_or_default().len()
    };
    assert_eq!(receive().await, 1);
    let told = told(&stand.verify(check, exclusive()).await);
    assert!(told[0].contains("could not look") && told[0].contains("OthersAtRisk"), "{told:?}");
    // Three tries: the test's, ours, and one that is left to its consumer.
    assert_eq!(receive().await, 1, "it is there, and visible");
    assert_eq!(told_dead(&stand).await, [""; 0], "{check}");
}

/// With one try alone, to receive a message is to bury it.
#[tokio::test]
async fn where_there_is_one_try_only_an_empty_queue_is_read() {
    let one_try = "
stack: verified
resources:
  claims:
    pattern: claim_check
    with: { queue_name: claims, max_receive_count: 1, force_destroy: true }
";
    let stand = Stand::make_of(&ministack_enforcing_tls().account(), one_try).await;
    for check in ["claim_roundtrip", "dead_letter"] {
        let told = told(&stand.verify(check, exclusive()).await);
        assert!(told[0].contains("OthersAtRisk"), "the test event is in it: {told:?}");
    }
    assert_eq!(drain(&stand, "claims-sqs").await.len(), 1);
    for check in ["claim_roundtrip", "dead_letter"] {
        let told = told(&stand.verify(check, exclusive()).await);
        assert!(told[0].ends_with(": passed"), "{told:?}");
    }
}

fn expected() -> impl Iterator<Item = String> {
    (0..MESSAGES).map(|number| format!("message {number}"))
}

async fn produce(stand: &Stand) {
    let (sqs, url) = (stand.sqs(), stand.url("claims-sqs"));
    for body in expected() {
        sqs.send_message().queue_url(&url).message_body(body).send().await.unwrap();
    }
}

/// Receives once, counts and deletes. Whether there was anything.
async fn consume(stand: &Stand, consumed: &mut BTreeMap<String, usize>) -> bool {
    let messages = receive(stand, "claims-sqs").await;
    for message in &messages {
        *consumed.entry(message.body().unwrap_or_default().to_owned()).or_default() += 1;
    }
    !messages.is_empty()
}

/// Receives and deletes until there is nothing.
async fn drain(stand: &Stand, queue: &str) -> Vec<Message> {
    let mut all = Vec::new();
    loop {
        let messages = receive(stand, queue).await;
        if messages.is_empty() {
            return all;
        }
        all.extend(messages);
    }
}

async fn receive(stand: &Stand, queue: &str) -> Vec<Message> {
    let (sqs, url) = (stand.sqs(), stand.url(queue));
    let receive = sqs.receive_message().queue_url(&url).max_number_of_messages(10);
    let receive = receive.message_system_attribute_names(Attribute::ApproximateReceiveCount);
    let messages = receive.wait_time_seconds(1).send().await.unwrap().messages.unwrap_or_default();
    for message in &messages {
        let receipt = message.receipt_handle().unwrap();
        sqs.delete_message().queue_url(&url).receipt_handle(receipt).send().await.unwrap();
    }
    messages
}

fn receives(message: &Message) -> u32 {
    message.attributes().unwrap()[&Attribute::ApproximateReceiveCount].parse().unwrap()
}

async fn told_dead(stand: &Stand) -> Vec<String> {
    drain(stand, "claims-sqs-dlq").await.into_iter().filter_map(|it| it.body).collect()
}
