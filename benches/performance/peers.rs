//! Stacks made by ccprov and by what its users would run instead: a script, and for
//! that of the demo a playbook of Ansible.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
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
const LEFT_BY_ANSIBLE: &[(&str, &str)] = &[
    ("claimcheck.dlq", "kms_data_key_reuse_period_seconds"),
    ("claimcheck.dlq", "redrive_allow_policy"),
    ("claimcheck.queue", "kms_data_key_reuse_period_seconds"),
    ("claimcheck.queue", "redrive_allow_policy"),
    ("claimcheck.topic", "kms_master_key_id"),
];

/// Another zip file of the same folder has another hash. And the emulator tells URLs of queues with a port
/// of its own, where the script and ccprov were both sent to the proxy's.
const LEFT_BY_SCRIPT: &[(&str, &str)] =
    &[("processor", "code"), ("seeder", "code"), ("seeder", "environment.QUEUE_URL")];

/// Likewise of this stack, and another manifest of the same files is another image.
const LEFT_OF_PIPELINE: &[(&str, &str)] = &[
    ("enricher", "code"),
    ("enricher_image", ""),
    ("processor", "code"),
    ("processor_image", ""),
    ("trigger", "code"),
    ("trigger_image", ""),
    ("validator", "code"),
    ("validator_image", ""),
];

/// A stack, and who makes it.
struct Comparison {
    /// The file, and what it is told, with blanks between.
    stack: &'static str,
    /// The first is ccprov.
    tools: &'static [Tool],
}

/// Who makes a stack.
struct Tool {
    name: &'static str,
    make: fn(&Account, &Emulator, &str, &str) -> Finished,
    /// What it leaves to change; without a field, to make.
    left: &'static [(&'static str, &'static str)],
}

const CCPROV: Tool = Tool { name: "ccprov", make: by_ccprov, left: &[] };

const COMPARISONS: [Comparison; 4] = [
    Comparison {
        stack: "stacks/dev.yaml",
        tools: &[
            CCPROV,
            Tool { name: "boto3", make: claim_check_by_script, left: &[] },
            Tool { name: "Ansible", make: claim_check_by_playbook, left: LEFT_BY_ANSIBLE },
        ],
    },
    Comparison {
        stack: "stacks/event_processor.yaml",
        tools: &[
            CCPROV,
            Tool { name: "boto3", make: event_processor_by_script, left: LEFT_BY_SCRIPT },
        ],
    },
    Comparison {
        stack: "stacks/event_pipeline.yaml",
        tools: &[
            CCPROV,
            Tool { name: "boto3", make: event_pipeline_by_script, left: LEFT_OF_PIPELINE },
        ],
    },
    // No emulator has the registry of schemas.
    Comparison {
        stack: "stacks/message_queues.yaml --var schema_registry=false",
        tools: &[CCPROV, Tool { name: "boto3", make: message_queues_by_script, left: &[] }],
    },
];

pub(crate) fn measure() {
    for comparison in COMPARISONS {
        comparison.measure();
    }
}

impl Comparison {
    fn measure(&self) {
        let emulator = Emulator::start();
        let proxy = DelayProxy::start(emulator.url(), DELAY);
        // MiniStack loads what a service is made of when that is first called.
        by_ccprov(&emulator.account(), &emulator, emulator.url(), self.stack);
        let mut measured: [Vec<Vec<Run>>; 2] =
            RUNS.map(|_| self.tools.iter().map(|_| Vec::new()).collect());
        for _ in 0..TIMES {
            for (tool, Tool { make, left, .. }) in self.tools.iter().enumerate() {
                let account = emulator.account();
                for runs in &mut measured {
                    let before = proxy.exchanges();
                    let Finished { wall, peak, .. } =
                        make(&account, &emulator, &proxy.url(), self.stack);
                    runs[tool].push(Run { calls: proxy.exchanges() - before, wall, peak });
                }
                // ccprov predicts URLs of queues by where it is sent: to the proxy, now as before.
                assert_made(&account, &proxy.url(), self.stack, left);
            }
        }
        let names: Vec<&str> = self.tools.iter().map(|tool| tool.name).collect();
        println!(
            "\n| {}, {} ms a call, {TIMES} of each | {} |",
            self.stack,
            DELAY.as_millis(),
            names.join(" | "),
        );
        println!("|---|{}", "---:|".repeat(names.len()));
        for (name, tools) in RUNS.into_iter().zip(&measured) {
            tell(name, tools);
        }
    }
}

/// One run of one tool.
struct Run {
    calls: usize,
    wall: Duration,
    peak: u64,
}

fn tell(name: &str, tools: &[Vec<Run>]) {
    let row =
        |what: &str, cells: Vec<String>| println!("| {name}: {what} | {} |", cells.join(" | "));
    let each = |tell: fn(&Vec<Run>) -> String| tools.iter().map(tell).collect();
    let walls: Vec<Spread> =
        tools.iter().map(|runs| Spread::of(runs.iter().map(|run| run.wall))).collect();
    row("calls", each(|runs| median(runs.iter().map(|it| it.calls)).to_string()));
    row("wall", walls.iter().map(Spread::to_string).collect());
    let Some((mine, others)) = walls.split_first() else { return };
    let verdicts = others.iter().map(|other| verdict(mine, other));
    row("ccprov is", std::iter::once(String::new()).chain(verdicts).collect());
    row("peak memory", each(|runs| megabytes(median(runs.iter().map(|it| it.peak)))));
}

fn verdict(mine: &Spread, other: &Spread) -> String {
    if mine.is_below(other) {
        format!("{:.1} times as quick", other.median() / mine.median())
    } else {
        "no quicker that these measurements show".to_owned()
    }
}

/// ccprov on a stack, with what that is told.
fn on(account: &Account, endpoint: &str, command: &[&str], stack: &str) -> Finished {
    let words: Vec<&str> = command.iter().copied().chain(stack.split(' ')).collect();
    ccprov(account, endpoint, &words)
}

fn by_ccprov(account: &Account, _: &Emulator, endpoint: &str, stack: &str) -> Finished {
    on(account, endpoint, &["apply", "-y"], stack)
}

fn claim_check_by_script(
    account: &Account,
    emulator: &Emulator,
    endpoint: &str,
    stack: &str,
) -> Finished {
    let bucket = bucket(account, emulator.url(), stack);
    by_script(account, endpoint, &["scripts/bench/boto3_claim_check.py", &bucket])
}

fn event_processor_by_script(account: &Account, _: &Emulator, endpoint: &str, _: &str) -> Finished {
    by_script(account, endpoint, &["scripts/bench/boto3_event_processor.py", "target/functions"])
}

/// Which has the workflow's definition as a file, as people have it who write one by hand.
fn event_pipeline_by_script(
    account: &Account,
    emulator: &Emulator,
    endpoint: &str,
    stack: &str,
) -> Finished {
    let changes = changes(account, emulator.url(), stack);
    let workflow = changes.iter().find(|it| it["kind"] == "sfn_state_machine").unwrap();
    let definition = ["after", "before"].map(|side| &workflow[side]["definition"]);
    let definition = definition.into_iter().find(|it| it.is_object());
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("event_pipeline.asl.json");
    if let Some(definition) = definition {
        fs::write(&file, definition.to_string()).unwrap();
    }
    let file = file.display().to_string();
    let script = ["scripts/bench/boto3_event_pipeline.py", "target/functions", &file];
    by_script(account, endpoint, &script)
}

fn message_queues_by_script(account: &Account, _: &Emulator, endpoint: &str, _: &str) -> Finished {
    by_script(account, endpoint, &["scripts/bench/boto3_message_queues.py"])
}

/// By its own clock, which starts after Python's imports.
fn by_script(account: &Account, endpoint: &str, script: &[&str]) -> Finished {
    let command = [&[".tools/boto3/bin/python"], script].concat();
    let done = finished(&command, account, endpoint);
    let told: Value = serde_json::from_str(&done.said).unwrap();
    Finished { wall: Duration::from_secs_f64(told["seconds"].as_f64().unwrap()), ..done }
}

fn claim_check_by_playbook(
    account: &Account,
    emulator: &Emulator,
    endpoint: &str,
    stack: &str,
) -> Finished {
    let bucket = format!("bucket={}", bucket(account, emulator.url(), stack));
    let command = [
        ".tools/ansible/bin/ansible-playbook",
        "scripts/bench/ansible_claim_check.yml",
        "--extra-vars",
        &bucket,
    ];
    finished(&command, account, endpoint)
}

/// What a tool made is what the stack file says, but for what it cannot say.
fn assert_made(account: &Account, endpoint: &str, stack: &str, left: &[(&str, &str)]) {
    let mut found = BTreeSet::new();
    for change in changes(account, endpoint, stack) {
        if change["action"] == "create" {
            found.insert([change["address"].as_str().unwrap().to_owned(), String::new()]);
            continue;
        }
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
fn bucket(account: &Account, endpoint: &str, stack: &str) -> String {
    let changes = changes(account, endpoint, stack);
    let bucket = changes.iter().find(|it| it["kind"] == "s3_bucket").unwrap();
    bucket["identity"].as_str().unwrap().to_owned()
}

fn changes(account: &Account, endpoint: &str, stack: &str) -> Vec<Value> {
    let plan = on(account, endpoint, &["plan", "--json"], stack);
    let plan: Value = serde_json::from_str(&plan.said).unwrap();
    plan["changes"].as_array().unwrap().clone()
}
