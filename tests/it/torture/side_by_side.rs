//! Two runs of one stack at the same time, with no lease to keep them apart:
//! either may fail, but a run after them converges, and nothing is there twice.
//! Both may make a key. One gets the alias; the other takes its own back, and
//! writes again what it wrote with it.

use super::census::{Census, Deviation};
use crate::support::binary::{Ccprov, Transcript};
use crate::support::emulator::{self, Account};

const APPLY: &[&str] = &["apply", "-y", "stacks/dev.yaml"];
const PLAN: &[&str] = &["plan", "--detailed-exitcode", "stacks/dev.yaml"];
const DESTROY: &[&str] = &["destroy", "-y", "stacks/dev.yaml"];

/// The same command twice at once.
fn twice(account: &Account, command: &[&str]) -> [Transcript; 2] {
    std::thread::scope(|scope| {
        let run = || Ccprov::on(account).run(command);
        let other = scope.spawn(run);
        [run(), other.join().expect("it ends")]
    })
}

fn must(account: &Account, command: &[&str], before: &[Transcript]) {
    let transcript = Ccprov::on(account).run(command);
    assert_eq!(transcript.code, Some(0), "{transcript}\nafter {}\n{}", before[0], before[1]);
}

#[tokio::test]
async fn two_runs_at_once_leave_nothing_twice() {
    for _ in 0..3 {
        let account = emulator::ministack().account();
        let before = Census::of(&account).await;
        let runs = twice(&account, APPLY);
        for run in &runs {
            assert!(matches!(run.code, Some(0 | 6)), "{run}");
        }
        must(&account, APPLY, &runs);
        must(&account, PLAN, &runs);
        let deviation = before.with_stack(&Census::of(&account).await);
        assert_eq!(deviation, Deviation::NONE, "{}\n{}", runs[0], runs[1]);
        let removals = twice(&account, DESTROY);
        must(&account, DESTROY, &removals);
        let rest = before.without_stack(&Census::of(&account).await);
        assert_eq!(rest, Deviation::NONE, "{}\n{}", removals[0], removals[1]);
    }
}
