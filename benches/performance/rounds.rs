//! The stack of the demo on an emulator that seems far away: how often each
//! command waits for the network, and how close it comes to waiting alone.

use std::fs;
use std::time::Duration;

use ccprov::report::rounds;

use super::delay_proxy::DelayProxy;
use super::emulator::{Account, Emulator};
use super::process::ccprov;
use super::spread::{Spread, each, median};
use super::trace::calls;

/// As in `tests/it/rounds.rs`: long against what is computed between calls.
const DELAY: Duration = Duration::from_millis(200);
const TIMES: usize = 7;
/// What the stack declares.
const RESOURCES: usize = 9;

/// The life of a stack: what it is called here, the command, and the rounds
/// that it should take.
const LIFE: [(&str, &str, &str); 4] = [
    ("first apply", "apply -y --timings", "8"),
    ("plan without changes", "plan --detailed-exitcode", "2 to 3"),
    ("update of one field", "apply -y --timings --var max_receives=7", ""),
    ("destroy", "destroy -y --timings", "4"),
];

pub(crate) fn measure() {
    let emulator = Emulator::start();
    let proxy = DelayProxy::start(emulator.url(), DELAY);
    let mut lives: Vec<[Run; LIFE.len()]> = Vec::new();
    for _ in 0..TIMES {
        let account = emulator.account();
        lives.push(LIFE.map(|(_, command, _)| run(&account, &proxy, command)));
    }
    println!(
        "\n| stacks/dev.yaml, {} ms a call | rounds | goal | calls | calls a resource | wall | wall / (rounds x delay) | forced rounds | wall / limit (goal 1.15) |",
        DELAY.as_millis()
    );
    println!("|---|---:|---:|---:|---:|---:|---:|---:|---:|");
    for (number, (name, _, goal)) in LIFE.into_iter().enumerate() {
        let runs: Vec<&Run> = lives.iter().map(|life| &life[number]).collect();
        println!("| {name} | {}", row(&runs, goal));
    }
}

/// One command that succeeded.
struct Run {
    /// Those that ended: calls that are given up are in no trace.
    calls: usize,
    rounds: usize,
    /// Below which no order of calls that the plan permits could be.
    forced: usize,
    wall: Duration,
}

fn row(runs: &[&Run], goal: &str) -> String {
    let middle = |count: fn(&Run) -> usize| median(runs.iter().map(|run| count(run)));
    let (rounds, calls) = (middle(|run| run.rounds), middle(|run| run.calls));
    let forced = middle(|run| run.forced);
    let wall = Spread::of(runs.iter().map(|run| run.wall));
    let against = |rounds| wall.median() / waiting(rounds);
    format!(
        "{rounds} | {goal} | {calls} | {} | {wall} | {:.2} | {forced} | {:.2} |",
        each(calls, RESOURCES),
        against(rounds),
        against(forced),
    )
}

/// What so many rounds take if nothing else takes any time.
fn waiting(rounds: usize) -> f64 {
    DELAY.as_secs_f64() * f64::from(u32::try_from(rounds).unwrap())
}

fn run(account: &Account, proxy: &DelayProxy, command: &str) -> Run {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("trace.json");
    let path = file.display().to_string();
    let mut arguments: Vec<&str> = command.split(' ').collect();
    arguments.extend(["stacks/dev.yaml", "--trace", &path]);
    let done = ccprov(account, &proxy.url(), &arguments);
    let calls = calls(&fs::read_to_string(&file).unwrap());
    let rounds = rounds(&calls);
    Run {
        calls: calls.len(),
        rounds,
        forced: forced(&done.said).unwrap_or(rounds),
        wall: done.wall,
    }
}

/// What `--timings` says of the plan's order. A plan tells none: it has no
/// steps, so what it looks at is all that there is.
fn forced(said: &str) -> Option<usize> {
    let (_, rest) = said.split_once("the plan's order forces ")?;
    let (count, _) = rest.split_once(':')?;
    Some(count.parse().expect("a number of rounds"))
}
