//! The stack of the demo, made by ccprov and by what its users would run
//! instead: a script, and a playbook of Ansible.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;

use super::delay_proxy::DelayProxy;
use super::emulator::{Account, Emulator};
use super::process::{Finished, ccprov, finished};
use super::spread::{Spread, median, megabytes};

/// Short, so that the more than a hundred calls that Ansible makes one after
/// another fit into the time of a `make bench`; it favours them.
const DELAY: Duration = Duration::from_millis(50);
const TIMES: usize = 7;
/// Each tool makes the stack, and then finds that it is there.
const RUNS: [&str; 2] = ["first apply", "second run, no changes"];

/// What Ansible's modules cannot say, and `kms_data_key_reuse_period_seconds`:
/// `sqs_queue` sets only what AWS answered before, and this MiniStack leaves out.
const LEFT_BY_ANSIBLE: [(&str, &str); 5] = [
    ("claimcheck.dlq", "kms_data_key_reuse_period_seconds"),
    ("claimcheck.dlq", "redrive_allow_policy"),
    ("claimcheck.queue", "kms_data_key_reuse_period_seconds"),
    ("claimcheck.queue", "redrive_allow_policy"),
    ("claimcheck.topic", "kms_master_key_id"),
];

pub(crate) fn measure() {
    let emulator = Emulator::start();
    let proxy = DelayProxy::start(emulator.url(), DELAY);
    let mut measured: [[Vec<Run>; 3]; 2] = Default::default();
    for _ in 0..TIMES {
        for (tool, make) in [by_ccprov, by_script, by_playbook].into_iter().enumerate() {
            let account = emulator.account();
            let bucket = bucket(&account, emulator.url());
            for runs in &mut measured {
                let before = proxy.exchanges();
                let Finished { wall, peak, .. } = make(&account, &proxy.url(), &bucket);
                runs[tool].push(Run { calls: proxy.exchanges() - before, wall, peak });
            }
            assert_made(&account, emulator.url(), if tool == 2 { &LEFT_BY_ANSIBLE } else { &[] });
        }
    }
    println!(
        "\n| stacks/dev.yaml, {} ms a call, {TIMES} of each | ccprov | boto3 | Ansible |",
        DELAY.as_millis()
    );
    println!("|---|---:|---:|---:|");
    for (name, tools) in RUNS.into_iter().zip(&measured) {
        tell(name, tools);
    }
}

/// One run of one tool.
struct Run {
    calls: usize,
    wall: Duration,
    peak: u64,
}

fn tell(name: &str, tools: &[Vec<Run>; 3]) {
    let row =
        |what: &str, cells: [String; 3]| println!("| {name}: {what} | {} |", cells.join(" | "));
    let walls = tools.each_ref().map(|runs| Spread::of(runs.iter().map(|run| run.wall)));
    row("calls", tools.each_ref().map(|runs| median(runs.iter().map(|it| it.calls)).to_string()));
    row("wall", walls.each_ref().map(Spread::to_string));
    let [mine, script, playbook] = &walls;
    row("ccprov is", [String::new(), verdict(mine, script), verdict(mine, playbook)]);
    row(
        "peak memory",
        tools.each_ref().map(|runs| megabytes(median(runs.iter().map(|it| it.peak)))),
    );
}

fn verdict(mine: &Spread, other: &Spread) -> String {
    if mine.is_below(other) {
        format!("{:.1} times as quick", other.median() / mine.median())
    } else {
        "no quicker that these measurements show".to_owned()
    }
}

fn by_ccprov(account: &Account, endpoint: &str, _: &str) -> Finished {
    ccprov(account, endpoint, &["apply", "-y", "stacks/dev.yaml"])
}

/// By its own clock, which starts after Python's imports.
fn by_script(account: &Account, endpoint: &str, bucket: &str) -> Finished {
    let command = [".tools/boto3/bin/python", "scripts/bench/boto3_claim_check.py", bucket];
    let done = finished(&command, account, endpoint);
    let told: Value = serde_json::from_str(&done.said).unwrap();
    Finished { wall: Duration::from_secs_f64(told["seconds"].as_f64().unwrap()), ..done }
}

fn by_playbook(account: &Account, endpoint: &str, bucket: &str) -> Finished {
    let bucket = format!("bucket={bucket}");
    let command = [
        ".tools/ansible/bin/ansible-playbook",
        "scripts/bench/ansible_claim_check.yml",
        "--extra-vars",
        &bucket,
    ];
    finished(&command, account, endpoint)
}

/// What a tool made is what the stack file says, but for what it cannot say.
fn assert_made(account: &Account, endpoint: &str, left: &[(&str, &str)]) {
    let mut found = BTreeSet::new();
    for change in changes(account, endpoint) {
        for field in change["diff"].as_array().unwrap() {
            found.insert(
                [&change["address"], &field["path"]].map(|it| it.as_str().unwrap().to_owned()),
            );
        }
        assert!(["no-op", "update"].contains(&change["action"].as_str().unwrap()), "{change}");
    }
    let left = left.iter().map(|&(address, field)| [address.to_owned(), field.to_owned()]);
    assert_eq!(found, left.collect(), "what is left to change");
}

/// The name that ccprov gives to the bucket, which follows from the account.
fn bucket(account: &Account, endpoint: &str) -> String {
    let changes = changes(account, endpoint);
    let bucket = changes.iter().find(|it| it["kind"] == "s3_bucket").unwrap();
    bucket["identity"].as_str().unwrap().to_owned()
}

fn changes(account: &Account, endpoint: &str) -> Vec<Value> {
    let plan = ccprov(account, endpoint, &["plan", "--json", "stacks/dev.yaml"]);
    let plan: Value = serde_json::from_str(&plan.said).unwrap();
    plan["changes"].as_array().unwrap().clone()
}
