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
    assert!(told(&stand.verify(CHECK, patient()).await)[0].contains("NothingToCheck"));
}

/// What the queue holds back for longer than anybody waits does not hold back
/// a message of ours, and none is left in it.
#[tokio::test]
async fn a_delay_of_the_queue_is_not_waited_for() {
    let slow = "
stack: verified
resources:
  dlq: { kind: sqs_queue, message_retention_seconds: 1209600 }
  queue:
    kind: sqs_queue
    delay_seconds: 900
    redrive_policy: { dead_letter_queue: \"${dlq.arn}\", max_receive_count: 2 }
";
    let stand = Stand::make_of(&ministack().account(), slow).await;
    let results = stand.verify(CHECK, exclusive()).await;
    assert_eq!(told(&results), ["queue -> dlq: passed"]);
    let queue = stand.sqs().get_queue_attributes().queue_url(stand.url("verified-queue"));
    let held = QueueAttributeName::ApproximateNumberOfMessagesDelayed;
    let held = queue.attribute_names(held).send().await.unwrap().attributes.unwrap();
    assert_eq!(held.values().next().map(String::as_str), Some("0"));
}

/// A queue may say whom it would take dead letters from, though there are none.
#[tokio::test]
async fn a_queue_that_expects_dead_letters_in_vain_is_no_fault() {
    let vain = "
stack: verified
resources:
  dlq:
    kind: sqs_queue
    redrive_allow_policy: { permission: byQueue, source_queues: [\"${queue.arn}\"] }
  queue: { kind: sqs_queue }
";
    let stand = Stand::make_of(&ministack().account(), vain).await;
    assert!(told(&stand.verify(CHECK, exclusive()).await)[0].contains("NothingToCheck"));
}

/// Who says that they are alone and are not hears so.
#[tokio::test]
async fn somebody_else_who_reads_is_told_of() {
    // So many tries that nobody gets all of them beside somebody else.
    let many = "
stack: verified
resources:
  dlq: { kind: sqs_queue, message_retention_seconds: 1209600 }
  queue: { kind: sqs_queue, redrive_policy: { dead_letter_queue: \"${dlq.arn}\", max_receive_count: 100 } }
";
    let stand = Stand::make_of(&ministack().account(), many).await;
    let reads = async {
        loop {
            count(&stand, "verified-queue").await;
        }
    };
    let options = Options { exclusive: true, ..impatient() };
    let results = tokio::select! {
        results = stand.verify(CHECK, options) => results,
        () = reads => unreachable!("it reads on and on"),
    };
    assert!(told(&results)[0].contains("OthersRead"), "{:?}", told(&results));
}

#[tokio::test]
async fn a_dropped_redrive_policy_is_seen() {
    let stand = Stand::make(&ministack().account()).await;
    let before = stand.scene().await;
    redrive(&stand, "").await;
    // Conformance tells it; there is nothing to exercise any more.
    assert!(told(&stand.verify(CHECK, exclusive()).await)[0].contains("NothingToCheck"));
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
    // Conformance tells it: it works, and is not what was declared.
    let results = stand.verify(CHECK, exclusive()).await;
    assert_eq!(told(&results), [format!("claims.queue -> {arn}: passed")]);
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
