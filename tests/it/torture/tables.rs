//! A run that is killed while a table is at work: the next waits until it is at
//! rest, goes on where it was left, and calls for nothing twice.

use std::fs;

use super::{KILLS, SAMPLE, spread};
use crate::support::binary::Ccprov;
use crate::support::busy_tables::BusyTables;
use crate::support::emulator;
use crate::support::fault_proxy::{Fault, FaultProxy};
use crate::transcripts::Desk;

const PLAIN: &str = "
stack: orders
region: us-east-1
resources:
  events:
    kind: dynamodb_table
    hash_key: { name: pk, type: S }
    force_destroy: true
";
/// Of which only the index can come with a new table.
const MORE: &str = "
    global_secondary_indexes:
      by_owner: { hash_key: { name: owner, type: S } }
    ttl_attribute: expires
    point_in_time_recovery: true
";

const APPLY: &str = "apply -y stack.yaml";
const DESTROY: &str = "destroy -y stack.yaml";

/// What happens to the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Made,
    Changed,
    Removed,
}

impl Stage {
    fn command(self) -> &'static str {
        match self {
            Self::Made | Self::Changed => APPLY,
            Self::Removed => DESTROY,
        }
    }
}

/// A table that takes its time, on the eve of a stage.
struct Site {
    tables: BusyTables,
    desk: Desk,
}

impl Site {
    fn before(stage: Stage) -> Self {
        let account = emulator::ministack().account();
        let tables = BusyTables::start(&account.endpoint);
        let desk = Desk::with(account.through(&tables.url()), PLAIN);
        match stage {
            Stage::Made => {}
            Stage::Changed => drop(desk.must(APPLY, 0)),
            Stage::Removed => {
                desk.write("stack.yaml", &whole());
                desk.must(APPLY, 0);
            }
        }
        desk.write("stack.yaml", &whole());
        Self { tables, desk }
    }

    /// Whoever runs the command through this proxy, and dies of it.
    fn suffering(&self, proxy: &FaultProxy) -> Ccprov {
        let doomed = Ccprov::on(&self.desk.account.through(&proxy.url())).at_home();
        fs::write(doomed.home().join("stack.yaml"), whole()).expect("a file of our own");
        doomed
    }
}

fn whole() -> String {
    [PLAIN, MORE].concat()
}

fn words(line: &str) -> Vec<&str> {
    line.split_whitespace().collect()
}

/// How many calls a stage makes.
fn calls_of(stage: Stage) -> usize {
    let site = Site::before(stage);
    let proxy = FaultProxy::start(&site.tables.url(), |_, _| None);
    let told = site.suffering(&proxy).run(&words(stage.command()));
    assert_eq!(told.code, Some(0), "{told}");
    proxy.calls()
}

/// Dies at one call of a stage, and comes to its end in the next run.
fn killed(stage: Stage, number: usize, fault: Fault) {
    let site = Site::before(stage);
    let proxy = FaultProxy::once(&site.tables.url(), number, fault);
    let doomed = site.suffering(&proxy);
    let first = doomed.run_told(&words(stage.command()), |process| proxy.hunt(process));
    // How often it looks varies, and so does whether the call comes at all.
    let expected = if proxy.befallen().is_empty() { Some(0) } else { None };
    let place = format!("{stage:?}, {fault:?} at call {number}");
    assert_eq!(first.code, expected, "{place}\n{first}{proxy}");
    site.desk.must(stage.command(), 0);
    if stage == Stage::Removed {
        site.desk.must("plan --detailed-exitcode --destroy stack.yaml", 0);
    } else {
        site.desk.must("plan --detailed-exitcode stack.yaml", 0);
        site.desk.must(DESTROY, 0);
    }
    let mut calls = site.tables.calls();
    calls.sort();
    let expected: &[&str] = match stage {
        Stage::Made | Stage::Removed => {
            &["CreateTable", "DeleteTable", "UpdateContinuousBackups", "UpdateTimeToLive"]
        }
        Stage::Changed => &[
            "CreateTable",
            "DeleteTable",
            "UpdateContinuousBackups",
            "UpdateTable",
            "UpdateTimeToLive",
        ],
    };
    assert_eq!(calls, expected, "{place}\n{first}{proxy}");
}

fn check(stage: Stage, most: usize) {
    for number in spread(calls_of(stage), most) {
        for fault in KILLS {
            killed(stage, number, fault);
        }
    }
}

#[test]
fn a_table_that_was_being_made_is_finished_by_the_next_run() {
    check(Stage::Made, SAMPLE);
}

#[test]
fn a_table_that_was_being_changed_is_finished_by_the_next_run() {
    check(Stage::Changed, SAMPLE);
}

#[test]
fn a_table_that_was_being_removed_is_gone_with_the_next_run() {
    check(Stage::Removed, SAMPLE);
}

#[test]
#[ignore = "takes minutes: make torture"]
fn every_kill_at_every_call_of_a_table() {
    for stage in [Stage::Made, Stage::Changed, Stage::Removed] {
        check(stage, usize::MAX);
    }
}
