//! Rules that AWS has and no emulator does, added by the proxy.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::census::{Census, Deviation};
use crate::support::binary::{Ccprov, Transcript};
use crate::support::emulator::{self, Account};
use crate::support::fault_proxy::{Call, Fault, FaultProxy};

/// What AWS answers to a new queue whose namesake was deleted within 60 s.
const COOL_DOWN: Fault = Fault::Says(
    400,
    "AWS.SimpleQueueService.QueueDeletedRecently",
    "You must wait 60 seconds after deleting a queue before you can create another with the same name.",
);
/// What a read may say right after a write.
const NOT_THERE_YET: Fault = Fault::Says(
    400,
    "AWS.SimpleQueueService.NonExistentQueue",
    "The specified queue does not exist.",
);
/// What S3 says while a policy of seconds ago has not reached it.
const NOT_ADMITTED_YET: Fault = Fault::Says(
    400,
    "InvalidArgument",
    "Unable to validate the following destination configurations",
);
/// What KMS says to a policy that would lock everybody out.
const LOCK_OUT: Fault = Fault::Says(
    400,
    "MalformedPolicyDocumentException",
    "The new key policy will not allow you to update the key policy in the future.",
);

#[tokio::test]
async fn a_name_that_cools_down_is_waited_for() {
    lives_through(COOL_DOWN, "CreateQueue").await;
}

#[tokio::test]
async fn a_read_that_lags_makes_nothing_twice() {
    lives_through(NOT_THERE_YET, "GetQueueAttributes").await;
}

#[tokio::test]
async fn a_policy_on_its_way_is_waited_for() {
    lives_through(NOT_ADMITTED_YET, "PUT ?notification").await;
}

#[tokio::test]
async fn a_policy_that_locks_out_is_told_and_makes_no_key() {
    let account = emulator::ministack().account();
    let proxy = FaultProxy::start(&account.endpoint, |_, call: &Call| {
        (call.operation == "CreateKey").then_some(LOCK_OUT)
    });
    let nobody = Census::of(&account).await;
    let told = apply(&account.through(&proxy.url()));
    assert_eq!(told.code, Some(6), "{told}");
    assert!(told.stderr.contains("MalformedPolicyDocumentException"), "{told}");
    assert!(told.stderr.contains("request id"), "{told}");
    assert_eq!(proxy.befallen().len(), 1, "it is not tried again: {told}");
    let told = Ccprov::on(&account).run(&["destroy", "-y", "stacks/dev.yaml"]);
    assert_eq!(told.code, Some(0), "{told}");
    assert_eq!(nobody.without_stack(&Census::of(&account).await), Deviation::NONE);
}

/// The demo's stack is made although the first two answers to an operation,
/// after the first creation, are a refusal that passes.
async fn lives_through(fault: Fault, operation: &'static str) {
    let account = emulator::ministack().account();
    let nobody = Census::of(&account).await;
    let (creating, refused) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let proxy = FaultProxy::start(&account.endpoint, move |_, call: &Call| {
        if call.operation.starts_with("Create") {
            creating.fetch_add(1, Ordering::Relaxed);
        }
        let is_due = creating.load(Ordering::Relaxed) > 0 && call.operation == operation;
        (is_due && refused.fetch_add(1, Ordering::Relaxed) < 2).then_some(fault)
    });
    let told = apply(&account.through(&proxy.url()));
    assert_eq!(told.code, Some(0), "{told}");
    assert_eq!(proxy.befallen().len(), 2, "{told}");
    assert_eq!(nobody.with_stack(&Census::of(&account).await), Deviation::NONE);
    let told = Ccprov::on(&account).run(&["plan", "--detailed-exitcode", "stacks/dev.yaml"]);
    assert_eq!(told.code, Some(0), "{told}");
}

fn apply(account: &Account) -> Transcript {
    Ccprov::on(account).run(&["apply", "-y", "stacks/dev.yaml"])
}
