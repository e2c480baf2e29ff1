//! The stack of the demo on an emulator that seems far away: how often each
//! command waits for the network, beside a script that makes the same objects.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use ccprov::report::rounds;
use serde_json::Value;

use super::delay_proxy::DelayProxy;
use super::spread::{Spread, timed};
use super::trace::calls;
use super::{binary, root};

/// As in `tests/it/rounds.rs`: long against what is computed between calls.
const DELAY: Duration = Duration::from_millis(200);
const PAIRS: usize = 7;
/// What the stack declares.
const RESOURCES: usize = 9;

/// The life of a stack: what it is called here, and the command.
const LIFE: [(&str, &str); 4] = [
    ("first apply", "apply -y"),
    ("plan without changes", "plan --detailed-exitcode"),
    ("update of one field", "apply -y --var max_receives=7"),
    ("destroy", "destroy -y"),
];

pub(crate) fn measure() {
    let emulator = Emulator::start();
    let proxy = DelayProxy::start(emulator.url(), DELAY);
    let mut ours: BTreeMap<&str, Vec<Run>> = BTreeMap::new();
    let mut theirs: [Vec<Run>; 2] = Default::default();
    for _ in 0..PAIRS {
        let account = emulator.account();
        for (name, command) in LIFE {
            ours.entry(name).or_default().push(run(&account, &proxy, command));
        }
        let account = emulator.account();
        let bucket = bucket(&account, emulator.url());
        for runs in &mut theirs {
            runs.push(by_hand(&account, &proxy, &bucket));
        }
        // What the script made is what the stack file says: nothing is left to change.
        let plan = ccprov(&account, emulator.url(), &["plan", "--detailed-exitcode"]);
        assert!(plan.status.success(), "{}", String::from_utf8_lossy(&plan.stdout));
    }
    println!(
        "\n| stacks/dev.yaml, {} ms a call | rounds | calls | calls a resource | wall | wall / (rounds x delay) |",
        DELAY.as_millis()
    );
    println!("|---|---:|---:|---:|---:|---:|");
    for (name, _) in LIFE {
        println!("| {name} | {}", row(&ours[name]));
    }
    println!("\n| against boto3, {PAIRS} pairs | ccprov | boto3, one call after another | |");
    println!("|---|---:|---:|---|");
    for (name, script) in ["first apply", "plan without changes"].into_iter().zip(&theirs) {
        let (mine, other) = (&ours[name], script);
        println!(
            "| {name}: calls | {} | {} | |",
            median(mine, |run| run.calls),
            median(other, |run| run.calls)
        );
        let (mine, other) = (wall(mine), wall(other));
        let verdict = if mine.is_below(&other) {
            format!("{:.1} times as quick", other.median() / mine.median())
        } else {
            "no difference that these measurements show".to_owned()
        };
        println!("| {name}: wall | {mine} | {other} | {verdict} |");
    }
}

/// One command that succeeded.
struct Run {
    calls: usize,
    rounds: usize,
    wall: Duration,
}

fn row(runs: &[Run]) -> String {
    let (rounds, calls) = (median(runs, |run| run.rounds), median(runs, |run| run.calls));
    let wall = wall(runs);
    let each = tenths(calls, RESOURCES);
    let least = DELAY.as_secs_f64() * f64::from(u32::try_from(rounds).unwrap());
    format!("{rounds} | {calls} | {each} | {wall} | {:.2} |", wall.median() / least)
}

fn tenths(calls: usize, resources: usize) -> String {
    let tenths = (calls * 10 + resources / 2) / resources;
    format!("{}.{}", tenths / 10, tenths % 10)
}

fn median(runs: &[Run], count: impl Fn(&Run) -> usize) -> usize {
    let mut counts: Vec<usize> = runs.iter().map(count).collect();
    counts.sort_unstable();
    counts[counts.len() / 2]
}

fn wall(runs: &[Run]) -> Spread {
    Spread::of(runs.iter().map(|run| run.wall))
}

fn run(account: &Account, proxy: &DelayProxy, command: &str) -> Run {
    let file = root().join(".tools/bench-trace.json");
    let mut arguments: Vec<&str> = command.split(' ').collect();
    let path = file.display().to_string();
    arguments.extend(["--trace", &path]);
    let (output, wall) = timed(|| ccprov(account, &proxy.url(), &arguments));
    assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
    let calls = calls(&fs::read_to_string(&file).unwrap());
    Run { calls: calls.len(), rounds: rounds(&calls), wall }
}

fn ccprov(account: &Account, endpoint: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(binary());
    command.args(arguments).arg("stacks/dev.yaml").envs(account.env(endpoint));
    command.current_dir(root()).output().expect("cargo build --release")
}

/// The name that ccprov gives to the bucket, which follows from the account.
fn bucket(account: &Account, endpoint: &str) -> String {
    let plan = ccprov(account, endpoint, &["plan", "--json"]);
    let plan: Value = serde_json::from_slice(&plan.stdout).unwrap();
    let changes = plan["changes"].as_array().unwrap();
    let bucket = changes.iter().find(|it| it["kind"] == "s3_bucket").unwrap();
    bucket["identity"].as_str().unwrap().to_owned()
}

/// The script, by its own clock, which starts after Python's imports.
fn by_hand(account: &Account, proxy: &DelayProxy, bucket: &str) -> Run {
    let mut command = Command::new(root().join(".tools/boto3/bin/python"));
    command.arg("scripts/bench/boto3_claim_check.py").arg(bucket);
    command.envs(account.env(&proxy.url())).current_dir(root());
    let output = command.output().expect("scripts/tools.sh boto3");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    let calls = usize::try_from(told["calls"].as_u64().unwrap()).unwrap();
    let wall = Duration::from_secs_f64(told["seconds"].as_f64().unwrap());
    Run { calls, rounds: calls, wall }
}

/// An emulator of AWS that ends with this.
#[derive(Debug)]
pub(crate) struct Emulator {
    url: String,
    child: Child,
}

impl Emulator {
    pub(crate) fn start() -> Self {
        let mut command = Command::new("bash");
        command.arg(root().join("scripts/emulator.sh")).arg("ministack");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("bash runs scripts/emulator.sh");
        let mut url = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut url).unwrap();
        assert!(!url.is_empty(), "no emulator; run: scripts/tools.sh ministack");
        Self { url: url.trim().to_owned(), child }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// One that nobody used before.
    #[expect(clippy::unused_self, reason = "accounts are those of an emulator")]
    pub(crate) fn account(&self) -> Account {
        static GIVEN: AtomicU64 = AtomicU64::new(100_000_000_001);
        Account(GIVEN.fetch_add(1, Ordering::Relaxed).to_string())
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        // Reaps it. An error would mean that it is gone already.
        let _gone = self.child.wait();
    }
}

/// An account of MiniStack, which takes an access key of twelve digits for one.
#[derive(Debug)]
pub(crate) struct Account(String);

impl Account {
    pub(crate) fn env(&self, endpoint: &str) -> BTreeMap<&'static str, String> {
        BTreeMap::from([
            ("AWS_ACCESS_KEY_ID", self.0.clone()),
            ("AWS_CONFIG_FILE", "/dev/null".to_owned()),
            ("AWS_DEFAULT_REGION", "us-east-1".to_owned()),
            ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
            ("AWS_ENDPOINT_URL", endpoint.to_owned()),
            ("AWS_REGION", "us-east-1".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "test".to_owned()),
            ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null".to_owned()),
        ])
    }
}
