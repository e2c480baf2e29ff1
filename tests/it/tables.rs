//! What the contract does not reach of a table's life: DynamoDB is at it for some
//! time after each call, and refuses the next one until then.

use crate::support::busy_tables::BusyTables;
use crate::support::emulator;
use crate::support::fault_proxy::{Fault, FaultProxy};
use crate::transcripts::Desk;

const HEAD: &str = "
stack: orders
region: us-east-1
resources:
  events:
    kind: dynamodb_table
    hash_key: { name: pk, type: S }
    range_key: { name: at, type: N }
";
const TWO_INDEXES: &str = "
    global_secondary_indexes:
      by_owner: { hash_key: { name: owner, type: S } }
      by_status: { hash_key: { name: status, type: S }, range_key: { name: at, type: N } }
";
const SETTINGS: &str = "
    ttl_attribute: expires
    point_in_time_recovery: true
";

/// Somebody with a stack, and tables that take their time.
fn desk(stack: &str) -> (Desk, BusyTables) {
    let account = emulator::ministack().account();
    let tables = BusyTables::start(&account.endpoint);
    (Desk::with(account.through(&tables.url()), stack), tables)
}

fn stack(parts: &[&str]) -> String {
    [&[HEAD], parts].concat().concat()
}

fn applied(desk: &Desk) {
    desk.must("apply -y stack.yaml", 0);
    desk.must("plan --detailed-exitcode stack.yaml", 0);
}

#[test]
fn what_a_new_table_cannot_have_follows_its_creation_call_by_call() {
    let (desk, tables) = desk(&stack(&[TWO_INDEXES, SETTINGS]));
    applied(&desk);
    assert_eq!(tables.calls(), ["CreateTable", "UpdateTimeToLive", "UpdateContinuousBackups"]);
    // Made a moment ago, and yet nobody knows what was written since.
    let refused = desk.run("destroy -y stack.yaml");
    assert_ne!(refused.code, Some(0), "{refused}");
    let why = "events would be deleted, and holds whatever items AWS has not counted yet";
    assert!(refused.stderr.contains(why), "{refused}");
    assert_eq!(tables.calls(), [""; 0]);
    desk.write("stack.yaml", &stack(&[TWO_INDEXES, SETTINGS, "    force_destroy: true\n"]));
    desk.must("destroy -y stack.yaml", 0);
    assert_eq!(tables.calls(), ["DeleteTable"]);
    desk.must("plan --detailed-exitcode stack.yaml", 2);
}

#[test]
fn indexes_change_one_by_one() {
    let (desk, tables) = desk(HEAD);
    applied(&desk);
    assert_eq!(tables.calls(), ["CreateTable"]);
    desk.write("stack.yaml", &stack(&[TWO_INDEXES]));
    applied(&desk);
    assert_eq!(tables.calls(), ["UpdateTable"; 2], "each is made by a call of its own");
    // One goes, and one is made anew: that is two calls.
    let other = "
    global_secondary_indexes:
      by_status: { hash_key: { name: status, type: S } }
";
    desk.write("stack.yaml", &stack(&[other]));
    applied(&desk);
    assert_eq!(tables.calls(), ["UpdateTable"; 3]);
}

#[test]
fn a_stream_with_another_view_goes_and_comes() {
    let (desk, tables) = desk(&stack(&["    stream_view_type: NEW_IMAGE\n"]));
    applied(&desk);
    assert_eq!(tables.calls(), ["CreateTable"]);
    desk.write("stack.yaml", &stack(&["    stream_view_type: KEYS_ONLY\n"]));
    applied(&desk);
    assert_eq!(tables.calls(), ["UpdateTable"; 2]);
}

#[test]
fn another_attribute_of_ttl_is_off_and_on() {
    let (desk, tables) = desk(&stack(&["    ttl_attribute: expires\n"]));
    applied(&desk);
    assert_eq!(tables.calls(), ["CreateTable", "UpdateTimeToLive"]);
    desk.write("stack.yaml", &stack(&["    ttl_attribute: gone_at\n"]));
    applied(&desk);
    assert_eq!(tables.calls(), ["UpdateTimeToLive"; 2]);
}

#[test]
fn what_a_killed_run_began_is_seen_through_by_the_next() {
    let (desk, tables) = desk(&stack(&[TWO_INDEXES, SETTINGS]));
    let proxy = FaultProxy::first(&tables.url(), "CreateTable", Fault::KillAfter);
    let doomed = crate::support::binary::Ccprov::on(&desk.account.through(&proxy.url())).at_home();
    std::fs::write(doomed.home().join("stack.yaml"), stack(&[TWO_INDEXES, SETTINGS]))
        .expect("a file");
    let killed = doomed.run_told(&["apply", "-y", "stack.yaml"], |process| proxy.hunt(process));
    assert_eq!(killed.code, None, "{killed}");
    assert_eq!(tables.calls(), ["CreateTable"]);
    applied(&desk);
    assert_eq!(tables.calls(), ["UpdateTimeToLive", "UpdateContinuousBackups"]);
}

#[test]
fn capacity_that_an_autoscaler_moves_is_no_drift() {
    let capacity = |read: u32| {
        format!("    billing_mode: PROVISIONED\n    read_capacity: {read}\n    write_capacity: 1\n")
    };
    let ignored = "    lifecycle: { ignore_changes: [read_capacity, write_capacity] }\n";
    let (desk, tables) = desk(&stack(&[&capacity(5)]));
    applied(&desk);
    desk.write("stack.yaml", &stack(&[&capacity(1)]));
    desk.must("plan --detailed-exitcode stack.yaml", 2);
    desk.write("stack.yaml", &stack(&[&capacity(1), ignored]));
    applied(&desk);
    assert_eq!(tables.calls(), ["CreateTable"]);
}

#[test]
fn a_table_that_will_not_come_to_rest_says_why() {
    let account = emulator::ministack().account();
    let stuck = BusyTables::stuck(&account.endpoint, "INACCESSIBLE_ENCRYPTION_CREDENTIALS");
    let desk = Desk::with(account.through(&stuck.url()), HEAD);
    let failed = desk.run("apply -y stack.yaml");
    assert_ne!(failed.code, Some(0), "{failed}");
    assert!(failed.stderr.contains("DynamoDB cannot use its KMS key"), "{failed}");
}

#[test]
fn a_second_change_of_ttl_within_an_hour_says_when_it_will_go() {
    let (desk, tables) = desk(&stack(&["    ttl_attribute: expires\n"]));
    let refusal = Fault::Says(
        400,
        "ValidationException",
        "Time to live has been modified multiple times within a fixed interval",
    );
    let proxy = FaultProxy::first(&tables.url(), "UpdateTimeToLive", refusal);
    let through =
        Desk::with(desk.account.through(&proxy.url()), &stack(&["    ttl_attribute: expires\n"]));
    let failed = through.run("apply -y stack.yaml");
    assert_ne!(failed.code, Some(0), "{failed}");
    assert!(failed.stderr.contains("one change of a table's TTL an hour"), "{failed}");
    applied(&desk);
}
