//! What the contract does not reach of a table's life: DynamoDB is at it for some
//! time after each call, and refuses the next one until then.

use crate::support::busy_tables::BusyTables;
use crate::support::emulator;
use crate::support::fault_proxy::{Fault, FaultProxy};
use crate::support::killed;
use crate::support::request::Call;
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

#[test]
fn what_a_new_table_cannot_have_follows_its_creation_call_by_call() {
    let disposable = "    force_destroy: \"${var.disposable}\"\nvars: { disposable: false }\n";
    let (desk, tables) = desk(&stack(&[TWO_INDEXES, SETTINGS, disposable]));
    desk.applied();
    assert_eq!(tables.calls(), ["CreateTable", "UpdateTimeToLive", "UpdateContinuousBackups"]);
    // Made a moment ago, and yet nobody knows what was written since.
    let refused = desk.run("destroy -y stack.yaml");
    assert_ne!(refused.code, Some(0), "{refused}");
    let why = "events would be deleted, and holds whatever items AWS has not counted yet";
    assert!(refused.stderr.contains(why), "{refused}");
    assert_eq!(tables.calls(), [""; 0]);
    // Where tables come and go, a variable says it.
    desk.must("destroy -y stack.yaml --var disposable=true", 0);
    assert_eq!(tables.calls(), ["DeleteTable"]);
    desk.must("plan --detailed-exitcode stack.yaml", 2);
}

#[test]
fn indexes_change_one_by_one() {
    let (desk, tables) = desk(HEAD);
    desk.applied();
    assert_eq!(tables.calls(), ["CreateTable"]);
    desk.write("stack.yaml", &stack(&[TWO_INDEXES]));
    desk.applied();
    assert_eq!(tables.calls(), ["UpdateTable"; 2], "each is made by a call of its own");
    // One goes, and one is made anew: that is two calls.
    let other = "
    global_secondary_indexes:
      by_status: { hash_key: { name: status, type: S } }
";
    desk.write("stack.yaml", &stack(&[other]));
    desk.applied();
    assert_eq!(tables.calls(), ["UpdateTable"; 3]);
}

#[test]
fn a_stream_with_another_view_goes_and_comes() {
    let (desk, tables) = desk(&stack(&["    stream_view_type: NEW_IMAGE\n"]));
    desk.applied();
    assert_eq!(tables.calls(), ["CreateTable"]);
    desk.write("stack.yaml", &stack(&["    stream_view_type: KEYS_ONLY\n"]));
    desk.applied();
    assert_eq!(tables.calls(), ["UpdateTable"; 2]);
}

/// DynamoDB is at it for an hour, in which the table is as good as finished.
#[test]
fn ttl_on_its_way_keeps_nobody_waiting() {
    let (desk, tables) = desk(&stack(&["    ttl_attribute: expires\n"]));
    desk.applied();
    assert_eq!(tables.calls(), ["CreateTable", "UpdateTimeToLive"]);
    // All else changes meanwhile.
    let ttl_and_stream = ["    ttl_attribute: expires\n", "    stream_view_type: NEW_IMAGE\n"];
    desk.write("stack.yaml", &stack(&ttl_and_stream));
    desk.applied();
    assert_eq!(tables.calls(), ["UpdateTable"]);
    // But not TTL itself.
    desk.write("stack.yaml", HEAD);
    let refused = desk.run("apply -y stack.yaml");
    assert_eq!(refused.code, Some(6), "{refused}");
    let why = "one change of a table's TTL an hour";
    assert!(refused.stderr.contains(why), "{refused}");
    assert!(refused.stderr.contains("until then items expire by `expires`"), "{refused}");
    assert_eq!(tables.calls(), ["UpdateTable"], "the stream goes all the same");
    tables.an_hour_passes();
    desk.applied();
    assert_eq!(tables.calls(), ["UpdateTimeToLive"]);
}

#[test]
fn another_attribute_of_ttl_is_off_and_an_hour_later_on() {
    let (desk, tables) = desk(&stack(&["    ttl_attribute: expires\n"]));
    desk.applied();
    assert_eq!(tables.calls(), ["CreateTable", "UpdateTimeToLive"]);
    tables.an_hour_passes();
    desk.write("stack.yaml", &stack(&["    ttl_attribute: gone_at\n"]));
    let planned = desk.must("plan stack.yaml", 0);
    assert!(planned.stdout.contains("this apply turns it off and then fails"), "{planned}");
    let half = desk.run("apply -y stack.yaml");
    assert_eq!(half.code, Some(6), "{half}");
    assert!(half.stderr.contains("until then nothing expires"), "{half}");
    assert_eq!(tables.calls(), ["UpdateTimeToLive"]);
    tables.an_hour_passes();
    desk.applied();
    assert_eq!(tables.calls(), ["UpdateTimeToLive"]);
}

/// What the plan says is what is called for, one call after the other.
#[test]
fn a_plan_says_how_many_calls_follow_one_another() {
    let capacity = "    billing_mode: PROVISIONED\n    read_capacity: 1\n    write_capacity: 1\n";
    let indexes = |capacity: &str, range: &str| {
        format!(
            "    global_secondary_indexes:
      by_owner: {{ hash_key: {{ name: owner, type: S }}{capacity} }}
      by_status: {{ hash_key: {{ name: status, type: S }}{range}{capacity} }}\n"
        )
    };
    let (small, by_time) =
        (", read_capacity: 1, write_capacity: 1", ", range_key: { name: at, type: N }");
    let stages = [
        // Two indexes, TTL and backups.
        (stack(&[&indexes("", ""), SETTINGS]), 4),
        // A stream comes, and an index is made anew.
        (stack(&[&indexes("", by_time), SETTINGS, "    stream_view_type: NEW_IMAGE\n"]), 3),
        // Another view: it goes and comes.
        (stack(&[&indexes("", by_time), SETTINGS, "    stream_view_type: KEYS_ONLY\n"]), 2),
        // One call, with the capacity of both indexes; the stream is another.
        (stack(&[capacity, &indexes(small, by_time), SETTINGS]), 2),
        (stack(&[&indexes("", by_time), SETTINGS]), 1),
    ];
    let (desk, tables) = desk(HEAD);
    desk.applied();
    tables.calls();
    for (stack, rounds) in stages {
        desk.write("stack.yaml", &stack);
        let planned = desk.must("plan stack.yaml", 0);
        let said = planned.stdout.lines().find_map(|line| {
            line.trim().strip_prefix("note: ")?.strip_suffix(" changes one after the other")
        });
        assert_eq!(said, (rounds > 1).then(|| rounds.to_string()).as_deref(), "{planned}");
        desk.applied();
        assert_eq!(tables.calls().len(), rounds, "{planned}");
    }
}

/// Runs an apply that dies at the call which is so many changes in.
fn killed_at(desk: &Desk, tables: &BusyTables, stack: &str, change: usize, fault: Fault) {
    let is_change =
        |call: &Call| call.operation.starts_with("Update") || call.operation == "CreateTable";
    let proxy = FaultProxy::nth(&tables.url(), change, is_change, fault);
    killed::apply(&desk.account, &proxy, stack);
}

#[test]
fn what_a_killed_run_began_is_seen_through_by_the_next() {
    let whole = stack(&[TWO_INDEXES, SETTINGS]);
    let (desk, tables) = desk(&whole);
    killed_at(&desk, &tables, &whole, 0, Fault::KillAfter);
    assert_eq!(tables.calls(), ["CreateTable"]);
    desk.applied();
    assert_eq!(tables.calls(), ["UpdateTimeToLive", "UpdateContinuousBackups"]);
}

/// Between a stream and an index, two indexes, an index and TTL, and TTL and backups:
/// the next run calls for what is left, and for nothing twice.
#[test]
fn a_change_that_was_killed_at_any_stage_goes_on() {
    let whole = stack(&["    stream_view_type: NEW_IMAGE\n", TWO_INDEXES, SETTINGS]);
    let expected = [
        "UpdateTable",
        "UpdateTable",
        "UpdateTable",
        "UpdateTimeToLive",
        "UpdateContinuousBackups",
    ];
    for change in 0..expected.len() {
        for fault in [Fault::KillBefore, Fault::KillAfter] {
            let (desk, tables) = desk(HEAD);
            desk.must("apply -y stack.yaml", 0);
            tables.calls();
            killed_at(&desk, &tables, &whole, change, fault);
            let done = change + usize::from(fault == Fault::KillAfter);
            assert_eq!(tables.calls(), expected[..done], "{fault:?} at change {change}");
            desk.write("stack.yaml", &whole);
            desk.applied();
            assert_eq!(tables.calls(), expected[done..], "{fault:?} at change {change}");
        }
    }
}

const AUTOSCALED: &str = "
    lifecycle:
      ignore_changes:
        - read_capacity
        - write_capacity
        - global_secondary_indexes.*.read_capacity
        - global_secondary_indexes.*.write_capacity
";

/// A table and an index with this capacity.
fn provisioned(reads: u32) -> String {
    let capacity = format!("read_capacity: {reads}");
    format!(
        "
    billing_mode: PROVISIONED
    {capacity}
    write_capacity: 1
    global_secondary_indexes:
      by_owner: {{ hash_key: {{ name: owner, type: S }}, {capacity}, write_capacity: 1 }}
"
    )
}

#[test]
fn capacity_that_an_autoscaler_moves_is_no_drift() {
    let (desk, tables) = desk(&stack(&[&provisioned(5)]));
    desk.applied();
    desk.write("stack.yaml", &stack(&[&provisioned(1)]));
    desk.must("plan --detailed-exitcode stack.yaml", 2);
    desk.write("stack.yaml", &stack(&[&provisioned(1), AUTOSCALED]));
    desk.applied();
    assert_eq!(tables.calls(), ["CreateTable"]);
    // What changes beside it leaves it as it is, and so does another index.
    let another = "      by_status: { hash_key: { name: status, type: S }, read_capacity: 2, write_capacity: 2 }\n";
    let more = stack(&[&provisioned(1), another, "    stream_view_type: NEW_IMAGE\n", AUTOSCALED]);
    desk.write("stack.yaml", &more);
    desk.applied();
    assert_eq!(tables.calls(), ["UpdateTable"; 2]);
    desk.write(
        "stack.yaml",
        &stack(&[&provisioned(5), another, "    stream_view_type: NEW_IMAGE\n"]),
    );
    desk.applied();
    assert_eq!(tables.calls(), [""; 0], "the capacities are those that were there");
}

/// There is none to be left alone: those that the file states are what it begins with.
#[test]
fn a_table_that_becomes_provisioned_begins_with_what_is_stated() {
    let index = "
    global_secondary_indexes:
      by_owner: { hash_key: { name: owner, type: S } }
";
    let (desk, tables) = desk(&stack(&[index]));
    desk.applied();
    desk.write("stack.yaml", &stack(&[&provisioned(3), AUTOSCALED]));
    desk.applied();
    assert_eq!(tables.calls(), ["CreateTable", "UpdateTable"]);
    desk.write("stack.yaml", &stack(&[&provisioned(3)]));
    desk.applied();
    desk.write("stack.yaml", &stack(&[index]));
    desk.applied();
    assert_eq!(tables.calls(), ["UpdateTable"]);
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
