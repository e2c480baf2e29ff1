//! Probes from the command line: chosen by name, told in every form, and shown by
//! `render`.

use std::fs;

use serde_json::Value;

use super::Desk;
use crate::support::emulator;

const STACK: &str = r#"
stack: claims
region: us-east-1
resources:
  dead: { kind: sqs_queue }
  queue: { kind: sqs_queue, redrive_policy: { dead_letter_queue: "${dead.arn}", max_receive_count: 5 } }
probes:
  it_arrives:
    send: { queue: "${dead.url}", body: { id: "${nonce}", cost: 1 } }
    expect: { queue: "${dead.url}", body: { cost: 1 }, count: 1 }
  it_costs_two:
    send: { queue: "${dead.url}", body: { id: "${nonce}", cost: 1 } }
    expect: { queue: "${dead.url}", body: { cost: 2 } }
    within: 2s
    level: warning
"#;

#[test]
fn are_chosen_by_name_and_told_in_every_form() {
    let desk = Desk::with(emulator::ministack().account(), STACK);
    desk.must("apply -y stack.yaml", 0);
    let told = desk.must("verify stack.yaml --only it_arrives", 0);
    assert!(told.stdout.contains("it_arrives") && !told.stdout.contains("it_costs"), "{told}");
    let told = desk.must("verify stack.yaml --only probe --skip it_costs_two", 0);
    assert!(told.stdout.contains("1 passed"), "{told}");
    desk.must("verify stack.yaml --only probe --fail-on error", 0);
    let told = desk.must("verify stack.yaml --only probe --report-dir reports", 4);
    for part in [
        "one of the messages of ours in dead differs at `body.cost`",
        "expected  2",
        "actual    1",
        "probe it_costs_two (stack.yaml:11)",
        "sent message ",
    ] {
        assert!(told.stdout.contains(part), "{part}: {told}");
    }
    let report = |name: &str| fs::read_to_string(desk.path("reports").join(name)).expect(name);
    assert!(report("junit.xml").contains("it_costs_two"), "{}", report("junit.xml"));
    assert!(report("summary.md").contains("it_costs_two"));
    let sarif: Value = serde_json::from_str(&report("results.sarif")).expect("JSON");
    let result = &sarif["runs"][0]["results"][0];
    assert_eq!(result["level"], "warning", "{result:#}");
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["region"]["startLine"], 11, "{result:#}");
    let results: Value = serde_json::from_str(&report("results.json")).expect("JSON");
    let told = results.to_string();
    assert!(told.contains("\"subject\":\"it_costs_two\""), "{results:#}");
    let told = desk.must("verify stack.yaml --only it_arives", 1);
    assert!(told.stderr.contains("did you mean `it_arrives`?"), "{told}");
    let told = desk.must("verify --list stack.yaml --only probe", 0);
    assert!(
        told.stdout.contains("probe  it_arrives") || told.stdout.contains("it_arrives"),
        "{told}"
    );
}

#[test]
fn are_rendered_as_a_stack_file_has_them() {
    let desk = Desk::with(emulator::ministack().account(), STACK);
    let rendered = desk.must("render stack.yaml", 0).stdout;
    assert!(rendered.contains("${nonce}"), "{rendered}");
    desk.write("again.yaml", &rendered);
    let again = desk.must("render again.yaml", 0).stdout;
    let plain = |text: &str| -> Vec<String> {
        let lines = text.lines().map(|line| line.split(" #").next().unwrap_or_default().trim_end());
        lines.filter(|line| !line.trim_start().starts_with('#')).map(str::to_owned).collect()
    };
    assert_eq!(plain(&again), plain(&rendered));
}
