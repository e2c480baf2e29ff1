//! `ccprov verify`: what it says of a sound system and of broken ones, and what
//! it leaves for pipelines.

use std::fs;

use serde_json::Value;

use super::{Desk, check};
use crate::support::aws;
use crate::support::binary::Transcript;
use crate::support::emulator;

/// Small payloads: what travels is not what is tested here.
const VERIFY: &str = "verify stacks/dev.yaml --payload-mib 1";

#[tokio::test]
async fn a_sound_system_passes_and_a_broken_one_does_not() {
    let desk = Desk::at_root(emulator::ministack_enforcing_tls().account());
    desk.must("apply -y stacks/dev.yaml --until verified", 0);
    let told = |line: &str, code| timeless(desk.must(line, code));
    // Behaviours end in no certain order; the summary has one.
    let sound = |line: &str| Transcript { stderr: String::new(), ..told(line, 0) };
    check(
        "verify_sound",
        &[
            sound(VERIFY),
            sound(&format!(
                "{VERIFY} --exclusive --only claim_roundtrip,dead_letter --severity error"
            )),
        ],
    );
    let kms = aws_sdk_kms::Client::new(&aws::config(&desk.account));
    let key = kms.describe_key().key_id("alias/claimcheck-dev-kms").send().await.unwrap();
    let key = key.key_metadata().unwrap().key_id().to_owned();
    let policy = kms.get_key_policy().key_id(&key).send().await.unwrap();
    let mut policy: Value = serde_json::from_str(policy.policy().unwrap()).unwrap();
    let statements = policy["Statement"].as_array_mut().unwrap();
    statements.retain(|it| it["Principal"]["Service"] != "sns.amazonaws.com");
    kms.put_key_policy().key_id(&key).policy(policy.to_string()).send().await.unwrap();
    check(
        "verify_broken",
        &[
            told(&format!("{VERIFY} --only delivery_path,conformance"), 4),
            desk.must("apply -y stacks/dev.yaml", 0),
            told(&format!("{VERIFY} --only delivery_path,conformance"), 0),
        ],
    );
    desk.must("destroy -y stacks/dev.yaml", 0);
}

/// The same, with a summary that does not say how long anything took.
fn timeless(transcript: Transcript) -> Transcript {
    let stdout = transcript.stdout.lines().map(untimed).collect::<Vec<_>>().join("\n");
    Transcript { stdout, ..transcript }
}

/// A line of the summary without how long it took, which may be anything.
fn untimed(line: &str) -> String {
    if let Some((totals, _)) = line.split_once(" in ").filter(|_| line.starts_with("Verify:")) {
        return format!("{totals} in [TIME].");
    }
    match line.rsplit_once("  ") {
        Some((told, took)) if took.ends_with('s') && took.chars().all(is_of_time) => {
            format!("{told}  [TIME]")
        }
        Some(_) | None => line.to_owned(),
    }
}

/// As in `57ms`, `1.4s`, `1m 34s`.
fn is_of_time(char: char) -> bool {
    char.is_ascii_digit() || ". hms".contains(char)
}

#[test]
fn nothing_was_made_so_nothing_conforms() {
    let desk = Desk::at_root(emulator::ministack().account());
    check(
        "verify_nothing",
        &[
            timeless(desk.must(&format!("{VERIFY} --only conformance"), 4)),
            desk.run("verify stacks/dev.yaml --only delivery-path,tls_only --skip nothing"),
            desk.run("verify --list"),
            desk.run("apply -y --until verified --plan plan.json"),
        ],
    );
}

/// What would be exercised is known before anything is there.
#[test]
fn what_would_be_exercised_is_listed() {
    let desk = Desk::at_root(emulator::ministack().account());
    let list = "verify --list stacks/dev.yaml --skip undeclared";
    let shy = desk.must(list, 0).stdout;
    let (checks, exercised) = shy.split_once("Of this stack, behaviours exercise").expect(&shy);
    assert!(checks.contains("undeclared"), "every check is listed: {shy}");
    assert!(exercised.contains("  claimcheck.bucket -> "), "{shy}");
    assert!(exercised.contains("dead_letters_empty "), "{shy}");
    assert!(!exercised.contains("dead_letter ") && !exercised.contains("undeclared"), "{shy}");
    let exclusive = desk.must(&format!("{list} --exclusive"), 0).stdout;
    let (_, exercised) = exclusive.split_once("Of this stack, behaviours exercise").unwrap();
    assert!(exercised.contains("dead_letter "), "{exclusive}");
    let told = desk.must(&format!("{list} --json"), 0).stdout;
    let told: serde_json::Value = serde_json::from_str(&told).expect("JSON");
    assert_eq!(told["exercised"][0]["check"], "claim_roundtrip", "{told:#}");
}

/// An object of others in the place of a resource is a finding like any other;
/// what is well beside it is told as well, and what is not ours is left alone.
#[tokio::test]
async fn an_object_of_others_is_a_finding() {
    let stack = "stack: claims\nregion: us-east-1\nresources:\n  mine: { kind: sqs_queue }\n  theirs: { kind: sqs_queue, name: orders }\n";
    let desk = Desk::with(emulator::ministack().account(), stack);
    desk.write("other.yaml", "stack: other\nregion: us-east-1\nresources:\n  orders: { kind: sqs_queue, name: orders }\n");
    desk.must("apply -y other.yaml", 0);
    let told = desk.must("verify stack.yaml --only conformance --report-dir reports", 4);
    assert!(told.stdout.contains("sqs_queue orders belongs to stack other"), "{told}");
    let results = fs::read_to_string(desk.path("reports/results.json")).expect("results");
    assert!(results.contains("belongs to stack other"), "{results}");
}

/// A note fails nothing, unless it is asked to; nor has passed what was not looked at.
#[test]
fn levels_fail_as_was_asked_and_nothing_checked_is_not_passed() {
    let stack = "stack: claims\nregion: us-east-1\nresources:\n  queue: { kind: sqs_queue }\n";
    let desk = Desk::with(emulator::ministack().account(), stack);
    desk.must("apply -y stack.yaml --until verified", 0);
    let noted = timeless(desk.must("verify stack.yaml --report-dir reports", 0));
    let junit = fs::read_to_string(desk.path("reports/junit.xml")).expect("a report");
    assert!(!junit.contains("<failure") && junit.contains("failures=\"0\""), "{junit}");
    check(
        "verify_levels",
        &[
            noted,
            timeless(desk.must("verify stack.yaml --fail-on note --only dead_letter_queue", 4)),
            timeless(desk.must("verify stack.yaml --severity warning --fail-on error", 0)),
            timeless(desk.must("verify stack.yaml --only claim_roundtrip", 1)),
            timeless(desk.must("verify stack.yaml --only dead_letter --skip dead_letter", 1)),
        ],
    );
}

/// Not to have seen is not to have passed.
#[test]
fn who_cannot_look_has_not_passed() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("its address"));
    drop(listener);
    let desk = Desk::at_root(emulator::ministack().account().through(&url));
    desk.must(VERIFY, 1);
}

#[test]
fn pipelines_get_files_annotations_and_a_summary() {
    let stack = "stack: claims\nregion: us-east-1\nresources:\n  queue: { kind: sqs_queue }\n";
    let desk = Desk::with(emulator::ministack().account(), stack);
    let summary = desk.path("summary.md").display().to_string();
    let desk = desk.env("GITHUB_ACTIONS", "true").env("GITHUB_STEP_SUMMARY", &summary);
    let lines = desk.must("verify stack.yaml --json", 4).stdout;
    let lines: Vec<Value> =
        lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert!(lines.iter().all(|line| line["format"] == "ccprov.verify/1"), "{lines:?}");
    assert_eq!(lines.last().expect("an end")["success"], false);
    let told = desk.must("verify stack.yaml --report-dir reports", 4);
    assert!(told.stderr.contains("::error file=stack.yaml,line=4"), "{told}");
    let summary = fs::read_to_string(&summary).expect("a summary");
    assert!(summary.contains("conformance"), "{summary}");
    let report = |name: &str| fs::read_to_string(desk.path("reports").join(name)).expect(name);
    assert!(report("junit.xml").contains("<failure"));
    assert!(summary.ends_with(&report("summary.md")), "{summary}");
    let sarif: Value = serde_json::from_str(&report("results.sarif")).expect("JSON");
    let place = &sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "stack.yaml");
    let results: Value = serde_json::from_str(&report("results.json")).expect("JSON");
    assert_eq!(results["format"], "ccprov.results/1");
}
