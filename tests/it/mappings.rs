//! What the contract does not reach of a mapping's life: Lambda is at it for some seconds
//! after each call, refuses the next one until then, asks for the rights of a role that was
//! made moments ago, and admits one mapping of a source and a function.

use aws_sdk_lambda::Client;
use serde_json::json;

use crate::support::aws;
use crate::support::binary::Ccprov;
use crate::support::busy_mappings::BusyMappings;
use crate::support::emulator::{self, Account};
use crate::support::fault_proxy::{Fault, FaultProxy};
use crate::transcripts::Desk;

const HEAD: &str = "
stack: orders
region: us-east-1
resources:
  role:
    kind: iam_role
    assume_role_policy:
      Statement: { Effect: Allow, Principal: { Service: lambda.amazonaws.com }, Action: \"sts:AssumeRole\" }
    inline_policies:
      sources:
        Statement:
          Effect: Allow
          Action: [\"sqs:ReceiveMessage\", \"sqs:DeleteMessage\", \"sqs:GetQueueAttributes\"]
          Resource: \"*\"
  processor:
    kind: lambda_function
    role: \"${role.arn}\"
    code: { folder: build }
    runtime: provided.al2023
    handler: bootstrap
";
const MAPPED: &str = "
  orders: { kind: sqs_queue, visibility_timeout_seconds: 30, force_destroy: true }
  mapping:
    kind: lambda_event_source_mapping
    event_source_arn: \"${orders.arn}\"
    function_name: \"${processor.arn}\"
    batch_size: 5
    tags: { team: a }
";

fn stack() -> String {
    [HEAD, MAPPED].concat()
}

/// Somebody with a stack and some code, whose calls go to a URL.
fn desk(account: &Account, url: &str, stack: &str) -> Desk {
    let desk = Desk::with(account.through(url), stack);
    desk.write("build/bootstrap", "#!/bin/sh\n");
    desk
}

fn client(account: &Account) -> Client {
    Client::new(&aws::config(account))
}

async fn mappings(account: &Account) -> usize {
    let listed = client(account).list_event_source_mappings().send().await.expect("a list");
    listed.event_source_mappings().len()
}

#[test]
fn a_mapping_is_called_for_when_it_is_at_rest() {
    let account = emulator::ministack().account();
    let busy = BusyMappings::start(&account.endpoint);
    let desk = desk(&account, &busy.url(), &stack());
    desk.applied();
    assert_eq!(busy.calls(), ["CreateEventSourceMapping"]);
    let changed = stack().replace("batch_size: 5", "batch_size: 6\n    enabled: false");
    desk.write("stack.yaml", &changed);
    desk.applied();
    assert_eq!(busy.calls(), ["UpdateEventSourceMapping"], "one call changes all of it");
    desk.write("stack.yaml", &stack().replace("team: a", "team: b"));
    desk.applied();
    assert_eq!(busy.calls(), ["UpdateEventSourceMapping"]);
    // The queue and the function stay until it is gone.
    desk.must("destroy -y stack.yaml", 0);
    assert_eq!(busy.calls(), ["DeleteEventSourceMapping"]);
    desk.must("plan --detailed-exitcode stack.yaml", 2);
}

#[tokio::test]
async fn a_mapping_that_is_declared_no_more_goes_before_its_queue() {
    let account = emulator::ministack().account();
    let busy = BusyMappings::start(&account.endpoint);
    let desk = desk(&account, &busy.url(), &stack());
    desk.applied();
    desk.write("stack.yaml", HEAD);
    let told = desk.run("apply -y --allow-data-loss stack.yaml");
    assert_eq!(told.code, Some(0), "{told}");
    assert_eq!(busy.calls(), ["CreateEventSourceMapping", "DeleteEventSourceMapping"]);
    assert_eq!(mappings(&account).await, 0);
    let gone = |name: &str| told.stderr.find(name).or_else(|| told.stdout.find(name));
    assert!(gone("mapping").is_some(), "{told}");
}

/// A life, in which the first call of an operation fares so: nothing of it is seen by
/// whoever runs the commands.
#[test]
fn a_busy_mapping_is_waited_for() {
    let in_use = Fault::Says(400, "ResourceInUseException", "it is in use");
    for (operation, fault) in [
        ("UpdateEventSourceMapping", in_use),
        ("UpdateEventSourceMapping", Fault::ResetAfter),
        ("DeleteEventSourceMapping", in_use),
        ("DeleteEventSourceMapping", Fault::ResetAfter),
        ("CreateEventSourceMapping", Fault::Throttle),
        ("GetEventSourceMapping", Fault::Error500),
        ("ListEventSourceMappings", Fault::Cut),
    ] {
        let account = emulator::ministack().account();
        let proxy = FaultProxy::first(&account.endpoint, operation, fault);
        let desk = desk(&account, &proxy.url(), &stack());
        let must = |line: &str| {
            let told = desk.run(line);
            assert_eq!(told.code, Some(0), "{operation} {fault:?}\n{told}{proxy}");
        };
        must("apply -y stack.yaml");
        must("plan --detailed-exitcode stack.yaml");
        let changed = stack().replace("batch_size: 5", "batch_size: 6");
        desk.write("stack.yaml", &changed.replace("team: a", "team: b"));
        must("apply -y stack.yaml");
        must("plan --detailed-exitcode stack.yaml");
        must("destroy -y stack.yaml");
        assert_eq!(proxy.befallen().len(), 1, "{operation} {fault:?} {proxy}");
    }
}

/// AWS has made it, and nobody heard: its refusal of a second one leads to the first.
#[tokio::test]
async fn a_lost_answer_makes_no_second_mapping() {
    for fault in [Fault::ResetAfter, Fault::Cut, Fault::KillAfter] {
        let account = emulator::ministack().account();
        let busy = BusyMappings::start(&account.endpoint);
        let proxy = FaultProxy::first(&busy.url(), "CreateEventSourceMapping", fault);
        let ccprov = Ccprov::on(&account.through(&proxy.url())).at_home();
        std::fs::create_dir_all(ccprov.home().join("build")).expect("a folder");
        std::fs::write(ccprov.home().join("build/bootstrap"), "#!/bin/sh\n").expect("a file");
        std::fs::write(ccprov.home().join("stack.yaml"), stack()).expect("a file");
        let told = ccprov.run_told(&["apply", "-y", "stack.yaml"], |process| proxy.hunt(process));
        let expected = if fault == Fault::KillAfter { None } else { Some(0) };
        assert_eq!(told.code, expected, "{fault:?} {told}{proxy}");
        // A killed run left it being made: the next sees it through.
        self::desk(&account, &busy.url(), &stack()).applied();
        assert_eq!(busy.calls(), ["CreateEventSourceMapping"], "{fault:?}");
        assert_eq!(mappings(&account).await, 1, "{fault:?}");
    }
}

#[test]
fn a_role_that_was_just_made_is_waited_for() {
    for says in [
        "The provided execution role does not have permissions to call ReceiveMessage on SQS",
        "The role defined for the function cannot be assumed by Lambda.",
    ] {
        let account = emulator::ministack().account();
        let refusal = Fault::Says(400, "InvalidParameterValueException", says);
        let proxy = FaultProxy::first(&account.endpoint, "CreateEventSourceMapping", refusal);
        let desk = desk(&account, &proxy.url(), &stack());
        let told = desk.run("apply -y stack.yaml");
        assert_eq!(told.code, Some(0), "{says} {told}{proxy}");
        assert_eq!(proxy.befallen().len(), 1, "{proxy}");
    }
}

#[test]
fn what_lambda_refuses_for_good_says_what_to_try() {
    for (says, hint) in [
        (
            "Queue visibility timeout: 30 seconds is less than Function timeout: 60 seconds",
            "raise the queue's `visibility_timeout_seconds`",
        ),
        (
            "The provided execution role does not have permissions to call ReceiveMessage on SQS",
            "let the function's role read the source",
        ),
    ] {
        let account = emulator::ministack().account();
        // All that the mapping needs has been there for long.
        let rest = stack().split("  mapping:").next().unwrap_or_default().to_owned();
        desk(&account, &account.endpoint, &rest).applied();
        let refusal = Fault::Says(400, "InvalidParameterValueException", says);
        let proxy = FaultProxy::first(&account.endpoint, "CreateEventSourceMapping", refusal);
        let told = desk(&account, &proxy.url(), &stack()).run("apply -y stack.yaml");
        assert_ne!(told.code, Some(0), "{told}{proxy}");
        assert!(told.stderr.contains(hint), "{told}");
    }
}

#[test]
fn what_goes_wrong_with_a_mapping_is_told() {
    let account = emulator::ministack().account();
    desk(&account, &account.endpoint, &stack()).applied();
    let problem = "PROBLEM: Function call failed";
    let busy = BusyMappings::telling(&account.endpoint, json!({ "LastProcessingResult": problem }));
    let told = desk(&account, &busy.url(), &stack()).must("plan --detailed-exitcode stack.yaml", 0);
    assert!(told.stdout.contains(&format!("AWS says of its last batch: {problem}")), "{told}");
}

/// Somebody else mapped the queue to the function: AWS admits no second one.
#[tokio::test]
async fn a_mapping_of_others_is_left_alone_or_adopted() {
    let account = emulator::ministack().account();
    let rest = stack().split("  mapping:").next().unwrap_or_default().to_owned();
    desk(&account, &account.endpoint, &rest).applied();
    let place = |what: &str| format!("arn:aws:{what}:us-east-1:{}", account.id);
    let make = client(&account).create_event_source_mapping();
    let make = make.event_source_arn(format!("{}:orders-orders", place("sqs")));
    let make = make.function_name(format!("{}:function:orders-processor", place("lambda")));
    make.batch_size(7).send().await.expect("a mapping");
    let told = desk(&account, &account.endpoint, &stack()).run("apply -y stack.yaml");
    assert_ne!(told.code, Some(0), "{told}");
    assert!(told.stderr.contains("adopt"), "{told}");
    let adopting = stack() + "    lifecycle: { adopt: true }\n";
    desk(&account, &account.endpoint, &adopting).applied();
    assert_eq!(mappings(&account).await, 1);
}

/// A stream's ARN is known when its table is there: the mapping is found all the same, by
/// whose it is, and follows when the stream is another.
#[tokio::test]
async fn a_mapping_follows_the_stream_of_its_table() {
    let streamed = |view: &str| {
        let table = format!(
            "
  ledger:
    kind: dynamodb_table
    hash_key: {{ name: pk, type: S }}
    stream_view_type: {view}
    force_destroy: true
  mapping:
    kind: lambda_event_source_mapping
    event_source_arn: \"${{ledger.stream_arn}}\"
    function_name: \"${{processor.name}}\"
    starting_position: TRIM_HORIZON
"
        );
        [HEAD, &table].concat()
    };
    let account = emulator::ministack().account();
    let busy = BusyMappings::start(&account.endpoint);
    let desk = desk(&account, &busy.url(), &streamed("NEW_IMAGE"));
    desk.applied();
    assert_eq!(busy.calls(), ["CreateEventSourceMapping"]);
    desk.write("stack.yaml", &streamed("KEYS_ONLY"));
    desk.applied();
    assert_eq!(busy.calls(), ["CreateEventSourceMapping", "DeleteEventSourceMapping"]);
    assert_eq!(mappings(&account).await, 1);
    desk.must("destroy -y stack.yaml", 0);
    assert_eq!(mappings(&account).await, 0);
}

/// It keeps its place in what it reads.
#[tokio::test]
async fn another_function_is_a_change_in_place() {
    let account = emulator::ministack().account();
    let busy = BusyMappings::start(&account.endpoint);
    let other = "
  successor:
    kind: lambda_function
    role: \"${role.arn}\"
    code: { folder: build }
    runtime: provided.al2023
    handler: bootstrap
";
    let both = stack() + other;
    let desk = desk(&account, &busy.url(), &both);
    desk.applied();
    desk.write("stack.yaml", &both.replace("${processor.arn}", "${successor.arn}"));
    desk.applied();
    assert_eq!(busy.calls(), ["CreateEventSourceMapping", "UpdateEventSourceMapping"]);
    assert_eq!(mappings(&account).await, 1);
}
