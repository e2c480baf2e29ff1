//! Dead letters: on a sound stack, and on broken ones.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use aws_sdk_sqs::types::QueueAttributeName;
use ccprov::aws::behaviours::Options;
use serde_json::json;

use super::stand::{Stand, exclusive, impatient, patient, seen, told};
use crate::support::emulator::{ministack, ministack_enforcing_tls};

const CHECK: &str = "dead_letter";
const PATH: &str = "claims.queue -> claims.dlq";

#[tokio::test]
async fn a_sound_stack_passes() {
    for emulator in [ministack(), ministack_enforcing_tls()] {
        let stand = Stand::make(&emulator.account()).await;
        let results = stand.verify(CHECK, exclusive()).await;
        assert_eq!(told(&results), [format!("{PATH}: passed")]);
        assert!(seen(&results).contains(&"received 3 of 3 times"), "{results:?}");
        assert_eq!(count(&stand, "claims-sqs-dlq").await, 0);
        stand.assert_tidy().await;
    }
}

#[tokio::test]
async fn others_may_read_the_queue_so_it_is_left_alone() {
    let stand = Stand::make(&ministack().account()).await;
    assert_eq!(told(&stand.verify(CHECK, patient()).await), [""; 0]);
}

#[tokio::test]
async fn a_dropped_redrive_policy_is_seen() {
    let stand = Stand::make(&ministack().account()).await;
    let before = stand.scene().await;
    redrive(&stand, "").await;
    let results = stand.verify(CHECK, exclusive()).await;
    assert_eq!(told(&results), [format!("{PATH}: claims.queue redrive_policy")]);
    // And no document need tell: the message stays.
    let results = stand.verify_scene(&before, CHECK, exclusive()).await;
    assert_eq!(told(&results), [format!("{PATH}: claims.queue redrive_policy")]);
    assert!(seen(&results).contains(&"received 4 of 3 times"), "{results:?}");
    assert_eq!(letters(&stand, "claims-sqs").await, 0);
}

#[tokio::test]
async fn a_redrive_to_another_queue_is_seen() {
    let stand = Stand::make(&ministack().account()).await;
    let before = stand.scene().await;
    stand.sqs().create_queue().queue_name("claims-elsewhere").send().await.unwrap();
    let arn = stand.queue_arn("claims-elsewhere");
    let policy = json!({ "deadLetterTargetArn": arn, "maxReceiveCount": 3 });
    redrive(&stand, &policy.to_string()).await;
    let results = stand.verify(CHECK, exclusive()).await;
    assert_eq!(told(&results), [format!("{PATH}: claims.queue redrive_policy")]);
    let options = Options { exclusive: true, ..impatient() };
    let results = stand.verify_scene(&before, CHECK, options).await;
    assert_eq!(told(&results), [format!("{PATH}: claims.queue redrive_policy")]);
}

#[tokio::test]
async fn fewer_tries_than_stated_are_seen() {
    let stand = Stand::make(&ministack().account()).await;
    let before = stand.scene().await;
    let arn = stand.queue_arn("claims-sqs-dlq");
    let policy = json!({ "deadLetterTargetArn": arn, "maxReceiveCount": 2 });
    redrive(&stand, &policy.to_string()).await;
    let results = stand.verify_scene(&before, CHECK, exclusive()).await;
    assert_eq!(told(&results), [format!("{PATH}: claims.queue redrive_policy")]);
    assert_eq!(count(&stand, "claims-sqs-dlq").await, 0);
}

async fn redrive(stand: &Stand, policy: &str) {
    let set = stand.sqs().set_queue_attributes().queue_url(stand.url("claims-sqs"));
    set.attributes(QueueAttributeName::RedrivePolicy, policy).send().await.unwrap();
}

/// How many messages a queue holds.
async fn count(stand: &Stand, queue: &str) -> usize {
    bodies(stand, queue).await.len()
}

/// How many of them are ours.
async fn letters(stand: &Stand, queue: &str) -> usize {
    bodies(stand, queue).await.iter().filter(|body| body.contains("ccprov-verify")).count()
}

async fn bodies(stand: &Stand, queue: &str) -> Vec<String> {
    let url = stand.url(queue);
    let all = stand.sqs().receive_message().queue_url(url).max_number_of_messages(10).send().await;
    let all = all.unwrap().messages.unwrap_or_default();
    all.into_iter().filter_map(|message| message.body).collect()
}
