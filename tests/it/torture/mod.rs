//! Whatever befalls a run, the same command run again converges: nothing is
//! left over, nothing is there twice, and what belongs to others stays as it
//! was.
//!
//! A sample runs with all other tests. `make torture` runs every call of every
//! command against every fault, and prints what `docs/RELIABILITY.md` tells.

mod census;
mod replacing;
mod rules;
mod side_by_side;
mod strangers;
mod tables;
mod tally;
mod trial;

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Mutex, PoisonError};

use self::tally::{Table, Tally};
use self::trial::{KEY_QUEUE_AND_TOPIC, ONE_QUEUE, Outcome, Stage, System, Trial};
use crate::support::fault_proxy::Fault;

/// So many calls of each command, evenly spread, in the sample.
const SAMPLE: usize = 3;

/// So many trials run at the same time, each in an account of its own. A trial
/// keeps one processor busy, be it with ccprov or with the emulator.
const AT_ONCE: usize = 2;

const KILLS: [Fault; 2] = [Fault::KillBefore, Fault::KillAfter];

/// Commands that suffer, and of what.
type Rows = [(System, Stage, &'static [Fault])];

/// What `make torture` does to whole stacks, one at a time.
const STACKS: &Rows = &[
    (System::ClaimCheck, Stage::Apply, &KILLS),
    (System::ClaimCheck, Stage::Update, &KILLS),
    (System::ClaimCheck, Stage::Destroy, &KILLS),
    (System::ClaimCheck, Stage::Apply, &[Fault::Expired]),
    (System::ClaimCheck, Stage::Destroy, &[Fault::Expired]),
    (System::ClaimCheck, Stage::Apply, &Fault::PASSING),
    (System::ClaimCheck, Stage::Update, &Fault::PASSING),
    (System::ClaimCheck, Stage::Destroy, &Fault::PASSING),
    (System::EventProcessor, Stage::Apply, &KILLS),
    (System::EventProcessor, Stage::Update, &KILLS),
    (System::EventProcessor, Stage::Destroy, &KILLS),
    (System::EventPipeline, Stage::Apply, &KILLS),
    (System::EventPipeline, Stage::Update, &KILLS),
    (System::EventPipeline, Stage::Destroy, &KILLS),
    (System::MessageQueues, Stage::Apply, &KILLS),
    (System::MessageQueues, Stage::Update, &KILLS),
    (System::MessageQueues, Stage::Destroy, &KILLS),
];

/// What it does to several stacks in one command.
const SEVERAL: &Rows = &[
    (System::Several, Stage::Apply, &KILLS),
    (System::Several, Stage::Update, &KILLS),
    (System::Several, Stage::Destroy, &KILLS),
];

/// What it does to commands that name parts of a stack.
const PARTS: &Rows = &[
    (System::MessageQueues, Stage::Part(ONE_QUEUE), &KILLS),
    (System::ClaimCheck, Stage::Replace(KEY_QUEUE_AND_TOPIC), &KILLS),
    (System::ClaimCheck, Stage::ReplaceOnce(KEY_QUEUE_AND_TOPIC), &KILLS),
];

/// Runs a stage once for each fault at each of some of its calls.
fn torture(system: System, stage: Stage, faults: &[Fault], most: usize) -> Tally {
    let calls = trial::calls_of(system, stage);
    assert!(calls > 0, "{stage:?} calls nobody");
    let trials = spread(calls, most)
        .into_iter()
        .flat_map(|number| faults.iter().map(move |fault| (number, *fault)))
        .map(|(number, fault)| Trial { system, stage, number, fault });
    let mut tally = Tally::new(system, stage, calls);
    for outcome in at_once(trials.collect()) {
        tally.add(outcome);
    }
    tally
}

/// The outcomes of trials, in no certain order.
fn at_once(trials: VecDeque<Trial>) -> Vec<Outcome> {
    let trials = Mutex::new(trials);
    let next = || trials.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
    let work = || {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_all().build().expect("a runtime");
        std::iter::from_fn(|| next().map(|trial| runtime.block_on(trial.run()))).collect()
    };
    std::thread::scope(|scope| {
        let workers: [_; AT_ONCE] = std::array::from_fn(|_| scope.spawn(work));
        let outcomes = |worker: std::thread::ScopedJoinHandle<'_, Vec<Outcome>>| {
            worker.join().expect("a trial ends")
        };
        workers.into_iter().flat_map(outcomes).collect()
    })
}

/// Some numbers below `count`, the first and the last among them.
fn spread(count: usize, most: usize) -> BTreeSet<usize> {
    if most >= count {
        return (0..count).collect();
    }
    let last = most.saturating_sub(1).max(1);
    (0..most).map(|step| step * (count - 1) / last).collect()
}

/// A sample of a stage.
fn check(system: System, stage: Stage, faults: &[Fault], most: usize) {
    let tally = torture(system, stage, faults, most);
    assert!(tally.is_well(), "{tally}");
}

#[test]
fn a_killed_apply_is_finished_by_the_next() {
    check(System::ClaimCheck, Stage::Apply, &KILLS, SAMPLE);
}

#[test]
fn a_killed_update_is_finished_by_the_next() {
    check(System::ClaimCheck, Stage::Update, &KILLS, SAMPLE);
}

#[test]
fn a_killed_destroy_is_finished_by_the_next() {
    check(System::ClaimCheck, Stage::Destroy, &KILLS, SAMPLE);
}

#[test]
fn a_killed_run_of_the_event_processor_is_finished_by_the_next() {
    for stage in [Stage::Apply, Stage::Update, Stage::Destroy] {
        check(System::EventProcessor, stage, &KILLS, 2);
    }
}

#[test]
fn a_killed_run_of_the_event_pipeline_is_finished_by_the_next() {
    for stage in [Stage::Apply, Stage::Update, Stage::Destroy] {
        check(System::EventPipeline, stage, &KILLS, 2);
    }
}

#[test]
fn a_killed_run_of_the_message_queues_is_finished_by_the_next() {
    for stage in [Stage::Apply, Stage::Update, Stage::Destroy] {
        check(System::MessageQueues, stage, &KILLS, 2);
    }
}

#[test]
fn a_killed_run_of_several_stacks_is_finished_by_the_next() {
    for stage in [Stage::Apply, Stage::Update, Stage::Destroy] {
        check(System::Several, stage, &KILLS, SAMPLE);
    }
}

#[test]
fn a_killed_change_of_a_part_is_finished_by_the_next_and_no_more_is_changed() {
    check(System::MessageQueues, Stage::Part(ONE_QUEUE), &KILLS, SAMPLE);
}

#[test]
fn who_is_killed_while_objects_are_made_anew_has_each_of_them_once() {
    for stage in [Stage::Replace, Stage::ReplaceOnce] {
        check(System::ClaimCheck, stage(KEY_QUEUE_AND_TOPIC), &KILLS, SAMPLE);
    }
}

#[test]
fn a_call_that_fails_once_stops_nobody_for_long() {
    check(System::ClaimCheck, Stage::Apply, &Fault::PASSING, 1);
}

#[test]
fn credentials_that_end_stop_a_run_that_can_go_on() {
    check(System::ClaimCheck, Stage::Apply, &[Fault::Expired], SAMPLE);
}

#[test]
#[ignore = "takes minutes: make torture"]
fn every_fault_at_every_call() {
    check_all(STACKS);
}

#[test]
#[ignore = "takes minutes: make torture"]
fn every_kill_at_every_call_of_several_stacks() {
    check_all(SEVERAL);
}

#[test]
#[ignore = "takes minutes: make torture"]
fn every_kill_at_every_call_that_is_about_parts() {
    check_all(PARTS);
}

#[expect(clippy::print_stdout, reason = "the table is what `make torture` is for")]
fn check_all(rows: &Rows) {
    let mut table = Table::default();
    println!("{}", Table::HEAD);
    for (system, stage, faults) in rows {
        let tally = torture(*system, *stage, faults, usize::MAX);
        print!("{tally}");
        table.add(tally);
    }
    println!("{table}");
    assert!(table.is_well());
}

#[test]
fn the_sample_holds_both_ends() {
    assert_eq!(spread(10, 3), BTreeSet::from([0, 4, 9]));
    assert_eq!(spread(2, 3), BTreeSet::from([0, 1]));
    assert_eq!(spread(10, 1), BTreeSet::from([0]));
}
