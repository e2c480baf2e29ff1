//! How often a run waits for the network, one call after another: counted
//! through a proxy that holds every answer back, never timed.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use ccprov::model::CallRecord;
use ccprov::report::rounds;
use serde_json::Value;

use crate::support::aws;
use crate::support::binary::Ccprov;
use crate::support::delay_proxy::DelayProxy;
use crate::support::emulator;
use crate::support::light_functions;
use crate::support::trace;

/// Long against what the emulator and ccprov compute between two calls, so
/// that calls which could go out together do.
const DELAY: Duration = Duration::from_millis(200);

#[test]
fn the_claim_check_takes_few_rounds() {
    let account = emulator::ministack().account();
    let proxy = DelayProxy::start(&account.endpoint, DELAY);
    let ccprov = Ccprov::on(&account.through(&proxy.url()));
    // How often it is asked for the end of a wait may vary a little. A bucket that
    // was made in us-east-1 may have been there before: that takes one round.
    let check = |command: &str, most| check(&ccprov, CLAIM_CHECK, command, most);
    check("apply", Bounds { rounds: 9, calls: 85 });
    assert_eq!(proxy.exchanges(), trace_of(&ccprov).len(), "every call is told");
    asked_once(&check("plan", Bounds { rounds: 3, calls: 33 }));
    // Whatever is removed, or changed after something else, is looked at once more, right before
    // that: one round for each of a chain of steps, which is two where a key goes last.
    check(UPDATE, Bounds { rounds: 6, calls: 38 });
    // Without the read that shows it.
    check(UPDATE_AGAIN, Bounds { rounds: 5, calls: 36 });
    // Beside the look, the index is asked who uses the stack, and each role of any.
    check("destroy", Bounds { rounds: 7, calls: 64 });
}

/// Who we are; then a look, the write, and a look that shows it: three rounds, at the one
/// object that differs. Where the machine stands still for seconds after the look, it is made
/// again, and so the best of three counts.
#[test]
fn a_part_of_a_stack_takes_no_more_than_its_own_rounds() {
    let account = emulator::ministack().account();
    let proxy = DelayProxy::start(&account.endpoint, DELAY);
    let ccprov = Ccprov::on(&account.through(&proxy.url())).at_home();
    let path = ccprov.home().join("stack.yaml");
    let stack = |seconds: u32| {
        let text = format!(
            "stack: parts\nregion: us-east-1\nresources:\n  queue: {{ kind: sqs_queue, \
             delay_seconds: {seconds} }}\n  other: {{ kind: sqs_queue, delay_seconds: {seconds} }}\n  \
             topic: {{ kind: sns_topic, kms_master_key_id: alias/aws/sns }}\n"
        );
        fs::write(&path, text).expect("a file of our own");
    };
    stack(1);
    check(&ccprov, "stack.yaml", "apply", Bounds { rounds: 9, calls: 40 });
    let least = |command: &str, seconds: std::ops::Range<u32>| {
        let counted = seconds.map(|seconds| {
            stack(seconds);
            let most = Bounds { rounds: 5, calls: 8 };
            let calls = check(&ccprov, "stack.yaml", command, most);
            assert_eq!(objects(&calls), ["sqs_queue parts-queue"].into(), "{}", told(&calls));
            rounds(&calls)
        });
        counted.min()
    };
    assert_eq!(least("apply --only queue", 2..5), Some(1 + 3));
    assert_eq!(least("apply --only queue --until accepted", 5..8), Some(1 + 2));
}

/// What a part needs is looked at, and nothing else.
#[test]
fn a_part_of_the_claim_check_is_looked_at_with_what_it_needs() {
    let account = emulator::ministack().account();
    let ccprov = Ccprov::on(&account);
    check(&ccprov, CLAIM_CHECK, "apply", Bounds { rounds: 100, calls: 85 });
    let part = "apply --only claimcheck.queue --var max_receives=7";
    let calls = check(&ccprov, CLAIM_CHECK, part, Bounds { rounds: 100, calls: 20 });
    let looked_at = [
        "kms_key alias/claimcheck-dev-kms",
        "sqs_queue claimcheck-dev-sqs",
        "sqs_queue claimcheck-dev-sqs-dlq",
    ];
    assert_eq!(objects(&calls), looked_at.into(), "{}", told(&calls));
}

/// Of what others have, a part looks at what it holds of it.
#[test]
fn a_part_of_a_stack_looks_at_what_it_needs_of_others() {
    let account = emulator::ministack().account();
    let ccprov = Ccprov::on(&account).at_home();
    let write = |name: &str, text: &str| {
        fs::write(ccprov.home().join(name), text).expect("a file of our own");
    };
    write(
        "lender.yaml",
        r#"stack: lender
region: us-east-1
resources:
  queue: { kind: sqs_queue, for_each: [near, far, lent, other] }
outputs: { lent: "${queue.lent.arn}", other: "${queue.other.arn}" }
"#,
    );
    let borrower = |seconds: u32| {
        let text = r#"stack: parts
region: us-east-1
uses: { lender: lender.yaml }
existing:
  near: { kind: sqs_queue, name: lender-queue-near }
  by_near: { kind: sqs_queue, arn: "arn:aws:sqs:us-east-1:${account}:${existing.near.name}" }
  far: { kind: sqs_queue, name: lender-queue-far }
resources:
  queue: { kind: sqs_queue, delay_seconds: 1, tags: { of: "${existing.by_near.arn}", lent: "${lender.lent}" } }
  other: { kind: sqs_queue, delay_seconds: 1, tags: { of: "${existing.far.arn}", lent: "${lender.other}" } }
outputs: { queue: "${queue.url}", far: "${existing.far.url}", other: "${lender.other}" }
"#;
        write("stack.yaml", &text.replace(": 1,", &format!(": {seconds},")));
    };
    let most = Bounds { rounds: 100, calls: 60 };
    check(&ccprov, "lender.yaml", "apply", most);
    borrower(1);
    check(&ccprov, "stack.yaml", "apply", most);
    borrower(2);
    let calls = check(&ccprov, "stack.yaml", "apply --only queue", most);
    let looked_at =
        ["sqs_queue lender-queue-lent", "sqs_queue lender-queue-near", "sqs_queue parts-queue"];
    assert_eq!(objects(&calls), looked_at.into(), "{}", told(&calls));
    let planned = ccprov.run(&["plan", "--json", "--only", "queue", "stack.yaml"]);
    let plan: Value = serde_json::from_str(&planned.stdout).expect("JSON");
    let names = |value: &Value| -> Vec<String> {
        value.as_object().expect("a map").keys().cloned().collect()
    };
    assert_eq!(plan["existing"].as_array().map(Vec::len), Some(2), "{planned}");
    assert_eq!(names(&plan["uses"]["lender"]["outputs"]), ["lent"], "{planned}");
    assert_eq!(names(&plan["outputs"]), ["queue"], "{planned}");
    // All of the stack looks at all of it.
    let calls = check(&ccprov, "stack.yaml", "plan", most);
    assert_eq!(objects(&calls).len(), 6, "{}", told(&calls));
}

/// Most rounds are looks at a table or a function that is at work, which is looked at
/// more often the longer the emulator takes: so the bounds are wide.
#[test]
fn the_event_processor_takes_few_rounds() {
    let account = emulator::ministack().account();
    let proxy = DelayProxy::start(&account.endpoint, DELAY);
    let ccprov = Ccprov::on(&account.through(&proxy.url()));
    let check =
        |command: &str, most| check(&ccprov, light_functions::event_processor(), command, most);
    check("apply", Bounds { rounds: 25, calls: 160 });
    check("plan", Bounds { rounds: 4, calls: 48 });
    check("apply --var events_ttl_days=30", Bounds { rounds: 18, calls: 70 });
    check("destroy --allow-data-loss", Bounds { rounds: 16, calls: 112 });
}

/// Functions, table, queues and images at once, whatever refers to what: names are known
/// before anything exists. Here, too, most rounds are looks at what is at work.
#[test]
fn the_event_pipeline_takes_few_rounds() {
    let account = emulator::ministack().account();
    let proxy = DelayProxy::start(&account.endpoint, DELAY);
    let ccprov = Ccprov::on(&account.through(&proxy.url()));
    let check =
        |command: &str, most| check(&ccprov, light_functions::event_pipeline(), command, most);
    check("apply", Bounds { rounds: 32, calls: 310 });
    check("plan", Bounds { rounds: 4, calls: 96 });
    check("apply --var keep_days=30", Bounds { rounds: 20, calls: 130 });
    check("destroy --allow-data-loss", Bounds { rounds: 17, calls: 232 });
}

/// Queues, rules and alarms at once, whichever name which.
#[test]
fn the_message_queues_take_few_rounds() {
    let account = emulator::ministack().account();
    let proxy = DelayProxy::start(&account.endpoint, DELAY);
    let ccprov = Ccprov::on(&account.through(&proxy.url()));
    let check = |command: &str, most| {
        let command = format!("{command} --var schema_registry=false");
        check(&ccprov, "stacks/message_queues.yaml", &command, most)
    };
    // CloudWatch takes three alarms a second, so that ten of them spread over many rounds.
    check("apply", Bounds { rounds: 30, calls: 200 });
    check("plan", Bounds { rounds: 6, calls: 90 });
    check("apply --var archive_retention_days=7", Bounds { rounds: 12, calls: 110 });
    check("destroy --allow-data-loss", Bounds { rounds: 30, calls: 180 });
}

/// What counts exchanges counts calls.
#[tokio::test]
async fn the_proxy_counts_calls() {
    let account = emulator::ministack().account();
    let proxy = DelayProxy::start(&account.endpoint, Duration::ZERO);
    let sqs = aws_sdk_sqs::Client::new(&aws::config(&account.through(&proxy.url())));
    for _ in 0..3 {
        sqs.list_queues().send().await.expect("a list");
    }
    assert_eq!(proxy.exchanges(), 3);
    assert_eq!(proxy.connections(), 1);
}

/// At most so many.
#[derive(Clone, Copy)]
struct Bounds {
    rounds: usize,
    calls: usize,
}

/// Another value in one field of one queue.
const UPDATE: &str = "apply --var max_receives=7";
const UPDATE_AGAIN: &str = "apply --var max_receives=8 --until accepted";

const CLAIM_CHECK: &str = "stacks/dev.yaml";

/// Runs a command on a stack, within its bounds.
fn check(ccprov: &Ccprov, stack: &str, command: &str, most: Bounds) -> Vec<CallRecord> {
    let path = trace_file(ccprov).display().to_string();
    let mut arguments: Vec<&str> = command.split(' ').collect();
    arguments.extend([stack, "--trace", &path]);
    if !command.starts_with("plan") {
        arguments.push("-y");
    }
    let transcript = ccprov.run(&arguments);
    assert_eq!(transcript.code, Some(0), "{transcript}");
    let calls = trace_of(ccprov);
    let counted = rounds(&calls);
    assert!(counted > 0, "the trace tells no calls");
    let found = calls.len();
    let Bounds { rounds, calls: most } = most;
    assert!(counted <= rounds, "{command}: {counted} rounds, not {rounds}\n{}", told(&calls));
    assert!(found <= most, "{command}: {found} calls, not {most}\n{}", told(&calls));
    calls
}

fn trace_file(ccprov: &Ccprov) -> PathBuf {
    ccprov.home().join("trace.json")
}

/// The calls of the last command.
fn trace_of(ccprov: &Ccprov) -> Vec<CallRecord> {
    trace::calls(&fs::read_to_string(trace_file(ccprov)).expect("a trace"))
}

/// Nothing is called twice about one object, nor about the account.
fn asked_once(calls: &[CallRecord]) {
    let mut seen = BTreeSet::new();
    for CallRecord { service, operation, object, .. } in calls {
        assert!(
            seen.insert((service, operation, object)),
            "{service}:{operation} of {object:?} is called twice\n{}",
            told(calls)
        );
    }
}

/// Whatever was called about.
fn objects(calls: &[CallRecord]) -> BTreeSet<&str> {
    calls.iter().filter_map(|call| call.object.as_deref()).collect()
}

fn told(calls: &[CallRecord]) -> String {
    let mut calls: Vec<&CallRecord> = calls.iter().collect();
    calls.sort_by_key(|call| (call.start, call.end));
    let line = |call: &&CallRecord| {
        let CallRecord { service, operation, object, start, end, .. } = call;
        let (start, end) = (start.as_millis(), end.as_millis());
        format!("{start:>6} {end:>6}  {service}:{operation} {}\n", object.as_deref().unwrap_or(""))
    };
    calls.iter().map(line).collect()
}
