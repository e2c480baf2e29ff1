//! What programs read: JSON of every kind, traces, schemas, and text without
//! codes for terminals.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use super::{Desk, check};
use crate::support::binary::Ccprov;
use crate::support::emulator::{self, root};

const STACK: &str = r#"
stack: claims
region: us-east-1
resources:
  dlq: { kind: sqs_queue, message_retention_seconds: 1209600 }
  queue: { kind: sqs_queue, redrive_policy: { dead_letter_queue: "${dlq.arn}", max_receive_count: 3 } }
outputs: { url: "${queue.url}" }
"#;

fn desk() -> Desk {
    Desk::with(emulator::ministack().account(), STACK)
}

/// The names in the first column of the table of `docs/JSON.md` that is headed
/// by `title`.
fn documented(title: &str) -> BTreeSet<String> {
    let page = fs::read_to_string(root().join("docs/JSON.md")).unwrap();
    let (_, table) = page.split_once(&format!("| `{title}` |")).unwrap();
    let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    rows.map(|row| row.split('`').nth(1).unwrap().to_owned()).collect()
}

#[test]
fn every_line_of_a_run_is_an_event_of_the_documentation() {
    let desk = desk();
    let run = desk.must("apply -y --json stack.yaml", 0);
    let events: Vec<Value> =
        run.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let text = |event: &Value, key: &str| event[key].as_str().unwrap_or_default().to_owned();
    let known = documented("event");
    for (index, event) in events.iter().enumerate() {
        assert_eq!(event["format"], "ccprov.event/1");
        assert_eq!(event["index"], index);
        assert!(known.contains(&text(event, "event")), "{event}");
    }
    assert_eq!(text(&events[0], "event"), "run_started");
    let last = events.last().unwrap();
    assert_eq!(
        (text(last, "event").as_str(), &last["success"]),
        ("run_finished", &Value::Bool(true))
    );
    let finished = events.iter().filter(|event| event["event"] == "step_finished");
    let mut finished: Vec<String> = finished.map(|event| text(event, "address")).collect();
    finished.sort();
    assert_eq!(finished, ["dlq", "queue"]);
    let outcomes = documented("outcome");
    for event in events.iter().filter(|event| event["outcome"].is_string()) {
        assert!(outcomes.contains(&text(event, "outcome")), "{event}");
    }
    // People still read how it went.
    assert!(run.stderr.starts_with("Apply complete!"), "{run}");
}

#[test]
fn a_plan_as_json_has_the_documented_form() {
    let desk = desk();
    let plan = desk.must("plan --json --detailed-exitcode stack.yaml", 2);
    let read: Value = serde_json::from_str(&plan.stdout).unwrap();
    assert_eq!(read["format"], "ccprov.plan/1");
    assert_eq!(read["changes"][0]["action"], "create");
    check("plan_json", &[plan]);
}

#[test]
fn a_trace_holds_steps_and_calls() {
    let desk = desk();
    desk.must("apply -y --trace trace.json stack.yaml", 0);
    let trace = fs::read_to_string(desk.path("trace.json")).unwrap();
    let trace: Value = serde_json::from_str(&trace).unwrap();
    let names = |process: i64| -> BTreeSet<&str> {
        let events = trace["traceEvents"].as_array().unwrap().iter();
        let of = events.filter(|event| event["pid"] == process && event["ph"] == "X");
        of.map(|event| event["name"].as_str().unwrap()).collect()
    };
    assert!(names(2).contains("sqs:CreateQueue"), "{:?}", names(2));
    assert!(names(1).iter().any(|step| step.contains("queue")), "{:?}", names(1));
}

#[test]
fn timings_come_last_and_beside_json() {
    let desk = desk();
    let applied = desk.must("apply -y --timings stack.yaml", 0).stdout;
    let (_, told) = applied.split_once("\nSteps\n").expect("the steps");
    assert!(told.contains("|#"), "{told}");
    assert!(told.contains("\nCritical path\n"), "{told}");
    let rounds = told.split_once("\nRounds\n").expect("the rounds").1;
    assert!(rounds.contains("calls, in ") && rounds.contains("order forces "), "{rounds}");
    let destroyed = desk.must("destroy -y --json --timings stack.yaml", 0);
    assert!(destroyed.stderr.contains("\nCritical path\n"), "{destroyed}");
    assert!(destroyed.stdout.lines().all(|line| line.starts_with('{')), "{destroyed}");
}

/// Pipes are no terminals, and who says `NO_COLOR` means it.
#[test]
fn nothing_but_text_goes_to_files_and_pipes() {
    let plain = desk();
    let quiet = desk().env("NO_COLOR", "1").env("CLICOLOR_FORCE", "1");
    for desk in [&plain, &quiet] {
        for line in [
            "plan stack.yaml",
            "apply -y stack.yaml",
            "apply -y stack.yaml --var nothing=1",
            "destroy stack.yaml",
            "destroy -y stack.yaml",
            "kinds sqs_queue",
            "--help",
            "plan --nonsense",
        ] {
            let told = desk.run(line);
            assert!(!told.stdout.contains('\u{1b}'), "{told:?}");
            assert!(!told.stderr.contains('\u{1b}'), "{told:?}");
        }
    }
    let loud = desk().env("CLICOLOR_FORCE", "1");
    assert!(loud.run("plan stack.yaml").stdout.contains('\u{1b}'), "colours can be asked for");
}

fn schema() -> Value {
    let told = Ccprov::offline().run(&["schema"]);
    assert_eq!((told.code, told.stderr.as_str()), (Some(0), ""));
    serde_json::from_str(&told.stdout).unwrap()
}

#[test]
fn the_schema_admits_the_stacks_of_the_repository() {
    let schema = schema();
    jsonschema::meta::validate(&schema).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let read = |text: &str| -> Value { serde_saphyr::from_str(text).unwrap() };
    for name in ["base", "dev", "prod"] {
        let text = fs::read_to_string(root().join(format!("stacks/{name}.yaml"))).unwrap();
        let problems: Vec<String> =
            validator.iter_errors(&read(&text)).map(|error| error.to_string()).collect();
        assert_eq!(problems, [""; 0], "stacks/{name}.yaml");
    }
    for wrong in [
        "stack: a\nresources: { q: { kind: sqs_que } }",
        "stack: a\nresources: { q: { kind: sqs_queue, delay: 3 } }",
        "stack: a\nresources: { q: { kind: sqs_queue, delay_seconds: 901 } }",
        "stack: a\nresources: {}\nregions: []",
    ] {
        assert!(!validator.is_valid(&read(wrong)), "{wrong}");
    }
}
