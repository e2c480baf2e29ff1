//! What the contract does not reach of an archive's life: archives that take their time or
//! fail, what keeps one from going, and whose it is where no tag tells.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_sdk_eventbridge::Client;

use crate::support::aws;
use crate::support::emulator::{self, Account};
use crate::support::fault_proxy::{Fault, FaultProxy};
use crate::transcripts::Desk;

const BUS: &str = "
stack: kept
region: us-east-1
resources:
  bus: { kind: cloudwatch_event_bus }
";
const ARCHIVE: &str = "
  archive: { kind: cloudwatch_event_archive, event_source_arn: \"${bus.arn}\", retention_days: 7 }
";

fn stack() -> String {
    [BUS, ARCHIVE].concat()
}

fn client(account: &Account) -> Client {
    Client::new(&aws::config(account))
}

/// What AWS shows of one that is on its way, of so many looks.
fn showing(account: &Account, state: &'static str, looks: usize) -> (FaultProxy, Arc<AtomicUsize>) {
    let left = Arc::new(AtomicUsize::new(0));
    let (arming, answering) = (Arc::clone(&left), Arc::clone(&left));
    let proxy = FaultProxy::start(&account.endpoint, move |_, call| {
        if call.is("events", "CreateArchive") || call.is("events", "UpdateArchive") {
            arming.store(looks, Ordering::Relaxed);
        }
        let is_late = call.is("events", "DescribeArchive") && {
            let less = |left: usize| left.checked_sub(1);
            answering.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).is_ok()
        };
        is_late.then_some(Fault::Answers(state))
    });
    (proxy, left)
}

/// As AWS tells one that is not there yet; `state` is its state, and what else there is to say.
fn told(account: &Account, state: &str) -> &'static str {
    let (id, names) = (&account.id, "\"ArchiveArn\":\"arn\",\"ArchiveName\":\"kept-archive\"");
    let bus = format!("arn:aws:events:us-east-1:{id}:event-bus/kept-bus");
    let days = "\"RetentionDays\":7";
    format!("{{{names},\"EventSourceArn\":\"{bus}\",{days},\"State\":{state}}}").leak()
}

#[test]
fn an_archive_that_takes_its_time_is_waited_for_and_made_once() {
    let account = emulator::ministack().account();
    let (proxy, left) = showing(&account, told(&account, "\"CREATING\""), 3);
    let desk = Desk::with(account.through(&proxy.url()), &stack());
    desk.applied();
    assert_eq!(left.load(Ordering::Relaxed), 0, "{proxy}");
    desk.write("stack.yaml", &stack().replace("retention_days: 7", "retention_days: 30"));
    desk.applied();
    let calls = proxy.to_string();
    assert_eq!(calls.matches("events:CreateArchive").count(), 1, "{calls}");
    assert_eq!(calls.matches("events:UpdateArchive").count(), 1, "{calls}");
}

#[test]
fn why_an_archive_failed_is_told_and_tried_again() {
    let account = emulator::ministack().account();
    let failed = told(&account, "\"CREATE_FAILED\",\"StateReason\":\"The key is disabled\"");
    let (proxy, _) = showing(&account, failed, 1000);
    let desk = Desk::with(account.through(&proxy.url()), &stack());
    let failed = desk.run("apply -y stack.yaml");
    assert_ne!(failed.code, Some(0), "{failed}");
    assert!(failed.stderr.contains("it could not be made: The key is disabled"), "{failed}");
    let plan = desk.must("plan --detailed-exitcode stack.yaml", 2);
    assert!(plan.stdout.contains("The key is disabled"), "{plan}");
    let well = Desk::with(account, &stack());
    well.applied();
}

#[test]
fn an_archive_is_never_taken_for_empty_and_goes_before_its_bus() {
    let account = emulator::ministack().account();
    let proxy = FaultProxy::start(&account.endpoint, |_, _| None);
    let desk = Desk::with(account.through(&proxy.url()), &stack());
    desk.applied();
    let refused = desk.run("destroy -y stack.yaml");
    assert_ne!(refused.code, Some(0), "{refused}");
    assert!(refused.stderr.contains("whatever events AWS has not counted yet"), "{refused}");
    desk.must("destroy -y --allow-data-loss stack.yaml", 0);
    let calls = proxy.to_string();
    let at = |call: &str| calls.find(call).unwrap_or_else(|| panic!("no {call}{calls}"));
    assert!(at("events:DeleteArchive") < at("events:DeleteEventBus"), "{calls}");
    desk.must("plan --destroy --detailed-exitcode stack.yaml", 0);
}

/// Names tell: what is declared no more is found by how the stack names things, and what others
/// keep of our bus stays.
#[tokio::test]
async fn an_archive_of_others_on_our_bus_stays() {
    let account = emulator::ministack().account();
    let desk = Desk::with(account.clone(), &stack());
    desk.applied();
    let bus = format!("arn:aws:events:us-east-1:{}:event-bus/kept-bus", account.id);
    let call = client(&account).create_archive().archive_name("theirs").event_source_arn(bus);
    call.send().await.expect("an archive of others");
    desk.write("stack.yaml", BUS);
    let refused = desk.run("apply -y stack.yaml");
    assert!(refused.stderr.contains("would be deleted, and holds whatever events"), "{refused}");
    desk.must("apply -y --allow-data-loss stack.yaml", 0);
    desk.must("plan --detailed-exitcode stack.yaml", 0);
    let listed = client(&account).list_archives().send().await.expect("archives");
    let names: Vec<_> = listed.archives().iter().filter_map(|it| it.archive_name()).collect();
    assert_eq!(names, ["theirs"]);
}

#[test]
fn a_busy_archive_and_a_lost_answer_are_got_over() {
    let busy = Fault::Says(400, "ConcurrentModificationException", "two at a time");
    for operation in ["CreateArchive", "UpdateArchive", "DeleteArchive"] {
        for fault in [busy, Fault::Throttle, Fault::ResetAfter] {
            let account = emulator::ministack().account();
            let proxy = FaultProxy::first(&account.endpoint, operation, fault);
            let desk = Desk::with(account.through(&proxy.url()), &stack());
            desk.applied();
            desk.write("stack.yaml", &stack().replace("retention_days: 7", "description: d"));
            desk.applied();
            desk.must("destroy -y --allow-data-loss stack.yaml", 0);
            assert_eq!(proxy.befallen().len(), 1, "{operation} {fault:?} {proxy}");
        }
    }
}
