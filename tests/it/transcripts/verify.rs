//! `ccprov verify`: what it says of a sound system and of broken ones, and what
//! it leaves for pipelines.

use std::fs;

use serde_json::Value;

use super::{Desk, check};
use crate::support::aws;
use crate::support::emulator;

/// Small payloads: what travels is not what is tested here.
const VERIFY: &str = "verify stacks/dev.yaml --payload-mib 1";

#[tokio::test]
async fn a_sound_system_passes_and_a_broken_one_does_not() {
    let desk = Desk::at_root(emulator::ministack_enforcing_tls().account());
    desk.must("apply -y stacks/dev.yaml --until verified", 0);
    // Behaviours end in no certain order; the summary has one.
    let sound = |line: &str| {
        let transcript = desk.must(line, 0);
        crate::support::binary::Transcript { stderr: String::new(), ..transcript }
    };
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
            desk.must(&format!("{VERIFY} --only delivery_path,conformance"), 4),
            desk.must(&format!("{VERIFY} --only delivery_path --json"), 4),
            desk.must("apply -y stacks/dev.yaml", 0),
            desk.must(&format!("{VERIFY} --only delivery_path,conformance"), 0),
        ],
    );
    desk.must("destroy -y stacks/dev.yaml", 0);
}

#[test]
fn nothing_was_made_so_nothing_conforms() {
    let desk = Desk::at_root(emulator::ministack().account());
    check(
        "verify_nothing",
        &[
            desk.must(&format!("{VERIFY} --only conformance"), 4),
            desk.run("verify stacks/dev.yaml --only delivery-path,tls_only --skip nothing"),
            desk.run("verify --list"),
            desk.run("apply -y --until verified --plan plan.json"),
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
    let told = desk.must("verify stack.yaml --report-dir reports", 4);
    assert!(told.stderr.contains("::error file=stack.yaml,line=4"), "{told}");
    let summary = fs::read_to_string(&summary).expect("a summary");
    assert!(summary.contains("conformance"), "{summary}");
    let report = |name: &str| fs::read_to_string(desk.path("reports").join(name)).expect(name);
    assert!(report("junit.xml").contains("<failure"));
    assert_eq!(report("summary.md"), summary);
    let sarif: Value = serde_json::from_str(&report("results.sarif")).expect("JSON");
    let place = &sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "stack.yaml");
    let results: Value = serde_json::from_str(&report("results.json")).expect("JSON");
    assert_eq!(results["format"], "ccprov.results/1");
}
