//! Whatever befalls a run, the same command run again converges: nothing is
//! left over, nothing is there twice, and what belongs to others stays as it
//! was.
//!
//! A sample runs with all other tests. `make torture` runs every call of every
//! command against every fault, and prints what `docs/RELIABILITY.md` tells.

mod census;
mod rules;
mod side_by_side;
mod trial;

use std::collections::BTreeSet;

use self::trial::{Stage, Tally, Trial};
use crate::support::fault_proxy::Fault;

/// So many calls of each command, evenly spread, in the sample.
const SAMPLE: usize = 3;

const KILLS: [Fault; 2] = [Fault::KillBefore, Fault::KillAfter];

/// Runs a stage once for each fault at each of some of its calls.
async fn check(stage: Stage, faults: &[Fault], most: usize) {
    let calls = trial::calls_of(stage);
    assert!(calls > 0, "{stage:?} calls nobody");
    let mut tally = Tally::new(stage, calls);
    for number in spread(calls, most) {
        for fault in faults {
            tally.add(Trial { stage, number, fault: *fault }.run().await);
        }
    }
    tell(&tally);
    assert!(tally.is_well(), "{tally}");
}

/// Some numbers below `count`, the first and the last among them.
fn spread(count: usize, most: usize) -> BTreeSet<usize> {
    if most >= count {
        return (0..count).collect();
    }
    let last = most.saturating_sub(1).max(1);
    (0..most).map(|step| step * (count - 1) / last).collect()
}

#[expect(clippy::print_stdout, reason = "the table is what `make torture` is for")]
fn tell(tally: &Tally) {
    println!("{tally}");
}

#[tokio::test]
async fn a_killed_apply_is_finished_by_the_next() {
    check(Stage::Apply, &KILLS, SAMPLE).await;
}

#[tokio::test]
async fn a_killed_update_is_finished_by_the_next() {
    check(Stage::Update, &KILLS, SAMPLE).await;
}

#[tokio::test]
async fn a_killed_destroy_is_finished_by_the_next() {
    check(Stage::Destroy, &KILLS, SAMPLE).await;
}

#[tokio::test]
async fn a_call_that_fails_once_stops_nobody_for_long() {
    check(Stage::Apply, &Fault::PASSING, 1).await;
}

#[tokio::test]
async fn credentials_that_end_stop_a_run_that_can_go_on() {
    check(Stage::Apply, &[Fault::Expired], SAMPLE).await;
}

macro_rules! whole {
    ($name:ident, $stage:expr, $faults:expr) => {
        #[tokio::test]
        #[ignore = "takes minutes: make torture"]
        async fn $name() {
            check($stage, $faults, usize::MAX).await;
        }
    };
}

whole!(every_kill_of_apply, Stage::Apply, &KILLS);
whole!(every_kill_of_update, Stage::Update, &KILLS);
whole!(every_kill_of_destroy, Stage::Destroy, &KILLS);
whole!(every_fault_of_apply, Stage::Apply, &Fault::PASSING);
whole!(every_fault_of_update, Stage::Update, &Fault::PASSING);
whole!(every_fault_of_destroy, Stage::Destroy, &Fault::PASSING);
whole!(every_end_of_credentials_of_apply, Stage::Apply, &[Fault::Expired]);
whole!(every_end_of_credentials_of_destroy, Stage::Destroy, &[Fault::Expired]);

#[test]
fn the_sample_holds_both_ends() {
    assert_eq!(spread(10, 3), BTreeSet::from([0, 4, 9]));
    assert_eq!(spread(2, 3), BTreeSet::from([0, 1]));
    assert_eq!(spread(10, 1), BTreeSet::from([0]));
}
