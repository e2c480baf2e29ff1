//! What the contract does not reach of a rule's life: targets of others, targets that fail
//! within an answer of success, looks that lag, a busy bus, rules of AWS's own, and who goes
//! before whom.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::types::{Tag, Target};

use crate::support::aws;
use crate::support::emulator::{self, Account};
use crate::support::fault_proxy::{Fault, FaultProxy};
use crate::support::killed;
use crate::transcripts::Desk;

/// A queue that admits the rule which sends to it: each names the other.
const STACK: &str = r#"
stack: orders
region: us-east-1
resources:
  events: { kind: cloudwatch_event_bus }
  paid:
    kind: cloudwatch_event_rule
    event_bus_name: "${events.name}"
    event_pattern: { source: [orders], detail: { state: [paid] } }
    targets:
      queue: { arn: "${queue.arn}" }
      QUEUES
    tags: { team: a }
  queue:
    kind: sqs_queue
    policy:
      Statement:
        - Sid: Rule
          Effect: Allow
          Principal: { Service: events.amazonaws.com }
          Action: sqs:SendMessage
          Resource: "arn:aws:sqs:us-east-1:${account}:orders-queue"
          Condition: { ArnEquals: { "aws:SourceArn": "${paid.arn}" } }
  OTHERS
"#;

const ANOTHER: (&str, &str) = ("other: { arn: \"${other.arn}\" }", "other: { kind: sqs_queue }");

fn alone() -> String {
    STACK.replace("QUEUES", "").replace("OTHERS", "")
}

fn with_another() -> String {
    STACK.replace("QUEUES", ANOTHER.0).replace("OTHERS", ANOTHER.1)
}

fn client(account: &Account) -> Client {
    Client::new(&aws::config(account))
}

/// The ids of the targets, whoever put them there.
async fn targets(account: &Account) -> BTreeSet<String> {
    let call = client(account).list_targets_by_rule().event_bus_name("orders-events");
    let listed = call.rule("orders-paid").send().await.expect("a rule");
    listed.targets.unwrap_or_default().into_iter().map(|target| target.id).collect()
}

async fn put_theirs(account: &Account) {
    let arn = format!("arn:aws:sqs:us-east-1:{}:orders-queue", account.id);
    let theirs = Target::builder().id("theirs").arn(arn).build().expect("a target");
    let call = client(account).put_targets().event_bus_name("orders-events").rule("orders-paid");
    call.targets(theirs).send().await.expect("a target of others");
}

fn set(ids: &[&str]) -> BTreeSet<String> {
    ids.iter().map(|id| (*id).to_owned()).collect()
}

#[tokio::test]
async fn the_targets_of_others_stay() {
    let account = emulator::ministack().account();
    let desk = Desk::with(account.clone(), &with_another());
    desk.applied();
    put_theirs(&account).await;
    let plan = desk.must("plan --detailed-exitcode stack.yaml", 0);
    assert!(plan.stdout.contains("a target of others: `theirs`"), "{plan}");
    // One of ours goes, and so does its queue.
    desk.write("stack.yaml", &alone());
    desk.must("apply -y --allow-data-loss stack.yaml", 0);
    assert_eq!(targets(&account).await, set(&["queue", "theirs"]));
    let refused = desk.run("destroy -y stack.yaml");
    assert_ne!(refused.code, Some(0), "{refused}");
    assert!(refused.stderr.contains("holds a target of others: `theirs`"), "{refused}");
    assert_eq!(targets(&account).await, set(&["queue", "theirs"]));
    let forced = alone().replace("tags: { team: a }", "force_destroy: true");
    desk.write("stack.yaml", &forced);
    desk.must("destroy -y stack.yaml", 0);
    desk.must("plan --destroy --detailed-exitcode stack.yaml", 0);
}

/// What a file states under somebody else's id is ours from then on.
#[tokio::test]
async fn what_is_stated_is_taken_over() {
    let account = emulator::ministack().account();
    let desk = Desk::with(account.clone(), &alone());
    desk.applied();
    put_theirs(&account).await;
    let stated = STACK.replace("QUEUES", "theirs: { arn: \"${queue.arn}\", input_path: $.detail }");
    desk.write("stack.yaml", &stated.replace("OTHERS", ""));
    desk.applied();
    desk.write("stack.yaml", &alone());
    desk.applied();
    assert_eq!(targets(&account).await, set(&["queue"]));
}

/// A target leaves its rule before what it names goes, and comes after its queue exists or
/// before, as it likes: policy and rule know each other's ARN beforehand.
#[test]
fn a_target_leaves_before_its_queue_goes() {
    let account = emulator::ministack().account();
    let proxy = FaultProxy::start(&account.endpoint, |_, _| None);
    let desk = Desk::with(account.through(&proxy.url()), &with_another());
    desk.applied();
    desk.write("stack.yaml", &alone());
    desk.must("apply -y --allow-data-loss stack.yaml", 0);
    let calls = proxy.to_string();
    let at = |call: &str| calls.find(call).unwrap_or_else(|| panic!("no {call}{calls}"));
    assert!(at("events:RemoveTargets") < at("sqs:DeleteQueue"), "{calls}");
    desk.must("destroy -y stack.yaml", 0);
    let calls = proxy.to_string();
    let at = |call: &str| calls.find(call).unwrap_or_else(|| panic!("no {call}{calls}"));
    assert!(at("events:DeleteRule") < at("events:DeleteEventBus"), "{calls}");
    // The first queue went before.
    let queues: Vec<usize> = calls.match_indices("sqs:DeleteQueue").map(|(at, _)| at).collect();
    assert!(queues.len() > 1, "{calls}");
    assert!(queues[1..].iter().all(|queue| at("events:DeleteRule") < *queue), "{calls}");
}

/// A life, in which the first call of an operation fares so: nothing of it is seen by whoever
/// runs the commands.
fn passes(operation: &'static str, fault: Fault) {
    let account = emulator::ministack().account();
    let proxy = FaultProxy::first(&account.endpoint, operation, fault);
    let desk = Desk::with(account.through(&proxy.url()), &alone());
    let must = |line: &str| {
        let told = desk.run(line);
        assert_eq!(told.code, Some(0), "{operation} {fault:?}\n{told}{proxy}");
    };
    must("apply -y stack.yaml");
    must("plan --detailed-exitcode stack.yaml");
    desk.write(
        "stack.yaml",
        &with_another().replace("team: a", "team: b").replace("[paid]", "[sent]"),
    );
    must("apply -y stack.yaml");
    must("plan --detailed-exitcode stack.yaml");
    desk.write("stack.yaml", &alone());
    must("apply -y --allow-data-loss stack.yaml");
    must("destroy -y stack.yaml");
    must("plan --destroy --detailed-exitcode stack.yaml");
    assert_eq!(proxy.befallen().len(), 1, "{operation} {fault:?} {proxy}");
}

#[test]
fn a_busy_bus_and_a_lost_answer_are_got_over() {
    let busy = Fault::Says(400, "ConcurrentModificationException", "two at a time");
    let writes = ["PutRule", "PutTargets", "RemoveTargets", "DeleteRule"];
    for operation in writes {
        for fault in [busy, Fault::Throttle, Fault::ResetAfter] {
            passes(operation, fault);
        }
    }
    let absent = Fault::Says(400, "ResourceNotFoundException", "Rule orders-paid does not exist");
    passes("PutTargets", absent);
    let held = "Rule can't be deleted since it has targets.";
    passes("DeleteRule", Fault::Says(400, "ValidationException", held));
    passes("DescribeRule", Fault::Throttle);
    passes("ListTargetsByRule", Fault::Throttle);
}

/// AWS answers success, and says in it what it did not do.
#[test]
fn a_target_that_failed_for_now_is_tried_again() {
    let busy = r#"{"FailedEntryCount":1,"FailedEntries":[{"TargetId":"queue","ErrorCode":"ConcurrentModificationException","ErrorMessage":"two at a time"}]}"#;
    passes("PutTargets", Fault::Answers(busy));
    let other = r#"{"FailedEntryCount":1,"FailedEntries":[{"TargetId":"other","ErrorCode":"ConcurrentModificationException","ErrorMessage":"two at a time"}]}"#;
    passes("RemoveTargets", Fault::Answers(other));
}

#[test]
fn a_target_that_failed_for_good_is_told_with_its_code() {
    let wrong = r#"{"FailedEntryCount":1,"FailedEntries":[{"TargetId":"queue","ErrorCode":"ValidationException","ErrorMessage":"Parameter is not valid"}]}"#;
    let account = emulator::ministack().account();
    let proxy = FaultProxy::first(&account.endpoint, "PutTargets", Fault::Answers(wrong));
    let desk = Desk::with(account.through(&proxy.url()), &alone());
    let failed = desk.run("apply -y stack.yaml");
    assert_ne!(failed.code, Some(0), "{failed}");
    let told = "target `queue`: ValidationException: Parameter is not valid";
    assert!(failed.stderr.contains(told), "{failed}");
    // The rule is there without its target: the next run sees that.
    let plan = desk.must("plan --detailed-exitcode stack.yaml", 2);
    assert!(plan.stdout.contains("targets"), "{plan}");
    desk.applied();
}

/// Reads miss a new rule for a while.
#[test]
fn a_rule_that_is_not_seen_yet_is_looked_for() {
    let account = emulator::ministack().account();
    let (put, left) = (Arc::new(Mutex::new(false)), Arc::new(AtomicUsize::new(3)));
    let unseen = Arc::clone(&left);
    let proxy = FaultProxy::start(&account.endpoint, move |_, call| {
        let mut put = put.lock().expect("nobody panics with it");
        *put |= call.is("events", "PutRule");
        let reads = call.is("events", "DescribeRule") || call.is("events", "ListTargetsByRule");
        let is_late = *put && reads && {
            let less = |left: usize| left.checked_sub(1);
            unseen.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).is_ok()
        };
        is_late.then_some(Fault::Says(400, "ResourceNotFoundException", "Rule does not exist"))
    });
    let desk = Desk::with(account.through(&proxy.url()), &alone());
    desk.applied();
    assert_eq!(left.load(Ordering::Relaxed), 0, "{proxy}");
    let calls = proxy.to_string();
    assert_eq!(calls.matches("events:PutRule").count(), 1, "{proxy}");
}

/// One that came while we worked stays as it is, though AWS would write over it.
#[tokio::test]
async fn a_creation_that_finds_anothers_leaves_it_as_it_is() {
    let account = emulator::ministack().account();
    let events = client(&account);
    events.create_event_bus().name("orders-events").send().await.expect("a bus");
    let behind = account.clone();
    let proxy = FaultProxy::visited(
        &account.endpoint,
        Box::new(move |_, request, _| {
            let is_it = request.call().is("sqs", "CreateQueue");
            let account = behind.clone();
            Box::pin(async move {
                if !is_it {
                    return;
                }
                let tag = Tag::builder().key("team").value("theirs").build().expect("a tag");
                let events = client(&account);
                let call = events.put_rule().event_bus_name("orders-events").name("orders-paid");
                let call = call.event_pattern("{\"source\":[\"theirs\"]}").tags(tag);
                call.send().await.expect("a rule");
            })
        }),
    );
    let stack = "
stack: orders
region: us-east-1
resources:
  paid:
    kind: cloudwatch_event_rule
    event_bus_name: orders-events
    event_pattern: { source: [orders] }
    targets: { queue: { arn: \"${queue.arn}\" } }
    depends_on: [queue]
  queue: { kind: sqs_queue }
";
    let desk = Desk::with(account.through(&proxy.url()), stack);
    let refused = desk.run("apply -y stack.yaml");
    assert_ne!(refused.code, Some(0), "{refused}");
    let call = events.describe_rule().event_bus_name("orders-events").name("orders-paid");
    let theirs = call.send().await.expect("a rule");
    assert_eq!(theirs.event_pattern.as_deref(), Some("{\"source\":[\"theirs\"]}"), "{refused}");
    assert_eq!(targets(&account).await, set(&[]), "{refused}");
}

/// Whatever moment a run dies at, no target of ours looks like another's.
#[tokio::test]
async fn a_run_that_was_killed_leaves_no_target_behind() {
    let moments = ["PutRule", "TagResource", "PutTargets", "RemoveTargets", "UntagResource"];
    for operation in moments {
        for fault in [Fault::KillBefore, Fault::KillAfter] {
            let account = emulator::ministack().account();
            let desk = Desk::with(account.clone(), &alone());
            desk.applied();
            let changes = STACK
                .replace("queue: { arn: \"${queue.arn}\" }", "fresh: { arn: \"${queue.arn}\" }");
            let changes =
                changes.replace("QUEUES", "").replace("OTHERS", "").replace("[paid]", "[sent]");
            let changes = changes.replace("    tags: { team: a }\n", "");
            let proxy = FaultProxy::first(&account.endpoint, operation, fault);
            killed::apply(&account, &proxy, &changes);
            desk.write("stack.yaml", &changes);
            desk.applied();
            assert_eq!(targets(&account).await, set(&["fresh"]), "{operation} {fault:?}");
            desk.must("destroy -y stack.yaml", 0);
        }
    }
}

/// What a service of AWS made for itself is nobody's to declare.
#[test]
fn a_rule_of_awss_own_is_refused() {
    let account = emulator::moto().account();
    let stack = r#"
stack: own
region: us-east-1
resources:
  bus: { kind: cloudwatch_event_bus }
  kept: { kind: cloudwatch_event_archive, event_source_arn: "${bus.arn}" }
"#;
    let rule = r"
  rule: { kind: cloudwatch_event_rule, name: Events-Archive-own-kept, event_bus_name: own-bus, event_pattern: { source: [a] } }
";
    let desk = Desk::with(account, stack);
    desk.applied();
    desk.write("stack.yaml", &(stack.to_owned() + rule));
    let refused = desk.run("plan stack.yaml");
    assert_ne!(refused.code, Some(0), "{refused}");
    assert!(refused.stderr.contains("made this rule, and manages it"), "{refused}");
    desk.write("stack.yaml", stack);
    desk.must("destroy -y --allow-data-loss stack.yaml", 0);
}
