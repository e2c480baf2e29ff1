//! What somebody types in the first hour: names that are not there, variables of
//! other stacks, a file that is not named, and more or less talk.

use std::fs;

use serde_json::Value;

use super::Desk;
use crate::support::binary::Ccprov;
use crate::support::emulator;

const STACK: &str = "
stack: claims
region: us-east-1
resources:
  queue: { kind: sqs_queue, name: claims }
  topic: { kind: sns_topic, lifecycle: { prevent_destroy: true } }
";

fn desk() -> Desk {
    Desk::with(emulator::ministack().account(), STACK)
}

#[test]
fn objects_of_a_stack_are_listed_without_its_file() {
    let desk = desk();
    desk.must("apply -y stack.yaml", 0);
    let text = desk.must("list --stack claims --region us-east-1", 0).stdout;
    let topic = text.lines().find(|line| line.starts_with("topic")).unwrap();
    assert!(topic.contains("sns_topic") && topic.ends_with("(protected)"), "{text}");
    assert!(text.contains(":[ACCOUNT]:claims"), "{text}");
    let json = desk.must("list --stack claims --region us-east-1 --json", 0).stdout;
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["format"], "ccprov.objects/1");
    assert_eq!(json["objects"][0]["address"], "queue");
    assert_eq!(json["objects"][1]["protected"], true);
}

#[test]
fn a_stack_that_is_not_there_is_no_success() {
    let desk = desk();
    desk.must("apply -y stack.yaml", 0);
    for line in ["destroy -y --stack claim", "list --stack claim"] {
        let told = desk.must(&format!("{line} --region us-east-1"), 1);
        assert!(told.stderr.contains("did you mean `claims`?"), "{told}");
        assert!(!told.stdout.contains("No changes"), "{told}");
    }
}

#[test]
fn a_removal_is_reviewed_and_carried_out_later() {
    let stack = STACK.replace(", lifecycle: { prevent_destroy: true }", "");
    let desk = Desk::with(emulator::ministack().account(), &stack);
    desk.must("apply -y stack.yaml", 0);
    let planned = desk.must("plan --destroy --out gone.json stack.yaml", 0);
    assert!(planned.stderr.contains("ccprov apply --plan gone.json"), "{planned}");
    // Whoever edits what it is for has another plan.
    let text = fs::read_to_string(desk.path("gone.json")).unwrap();
    desk.write("edited.json", &text.replace("\"purpose\": \"destroy\"", "\"purpose\": \"apply\""));
    desk.must("apply -y --plan edited.json", 1);
    let applied = desk.must("apply -y --plan gone.json", 0);
    assert!(applied.stdout.contains("2 destroyed"), "{applied}");
    desk.must("list --stack claims --region us-east-1", 1);
}

#[test]
fn a_removal_of_what_moved_is_refused() {
    let stack = STACK.replace(", lifecycle: { prevent_destroy: true }", "");
    let desk = Desk::with(emulator::ministack().account(), &stack);
    desk.must("apply -y stack.yaml", 0);
    desk.must("plan --destroy --out gone.json stack.yaml", 0);
    desk.write("stack.yaml", &stack.replace("name: claims", "name: claims, delay_seconds: 7"));
    desk.must("apply -y stack.yaml", 0);
    desk.must("apply -y --plan gone.json", 5);
}

#[test]
fn what_a_removal_needs_is_said_when_it_is_planned() {
    let desk = desk();
    desk.must("apply -y stack.yaml", 0);
    let planned = desk.must("plan --destroy --out gone.json stack.yaml", 0);
    assert!(planned.stderr.contains("An apply refuses this plan"), "{planned}");
    desk.must("apply -y --plan gone.json", 5);
}

#[test]
fn variables_of_other_stacks_are_noted_once() {
    let stack = format!("{STACK}vars: {{ stage: dev }}\n");
    let ccprov = Ccprov::offline().at_home().env("CCPROV_VAR_stag", "x");
    fs::write(ccprov.home().join("stack.yaml"), stack).unwrap();
    let noted = ccprov.run(&["validate"]);
    assert_eq!(noted.code, Some(0), "{noted}");
    assert_eq!(noted.stderr.matches("CCPROV_VAR_stag is set").count(), 1, "{noted}");
    assert!(noted.stderr.contains("did you mean CCPROV_VAR_stage?"), "{noted}");
    let quiet = ccprov.run(&["validate", "-q"]);
    let said = format!("{}{}", quiet.stdout, quiet.stderr);
    assert_eq!((quiet.code, said.as_str()), (Some(0), ""), "{quiet}");
    let refused = ccprov.run(&["validate", "--var", "stag=x"]);
    assert_eq!(refused.code, Some(1), "{refused}");
}

#[test]
fn a_stack_file_beside_you_need_not_be_named() {
    let ccprov = Ccprov::offline().at_home();
    let write = |name: &str| fs::write(ccprov.home().join(name), STACK).unwrap();
    fs::create_dir(ccprov.home().join("stacks")).unwrap();
    write("orders.yaml");
    assert!(ccprov.run(&["validate"]).stdout.starts_with("orders.yaml is valid"));
    write("stacks/dev.yaml");
    let several = ccprov.run(&["validate"]);
    assert_eq!(several.code, Some(1), "{several}");
    assert!(several.stderr.contains("orders.yaml, stacks/dev.yaml"), "{several}");
    write("stack.yaml");
    assert!(ccprov.run(&["validate"]).stdout.starts_with("stack.yaml is valid"));
}

#[test]
fn more_and_less_is_said_on_request() {
    let desk = desk();
    let quiet = desk.must("apply -y -q stack.yaml", 0);
    assert_eq!(quiet.stderr, "", "{quiet}");
    assert!(quiet.stdout.contains("2 added"), "{quiet}");
    let verbose = desk.must("plan -v stack.yaml", 0);
    assert!(verbose.stderr.contains("sqs:GetQueueAttributes"), "{verbose}");
    let coloured = desk.must("plan --color always stack.yaml --all", 0);
    assert!(coloured.stdout.contains('\u{1b}'), "{coloured}");
    let desk = desk.env("CLICOLOR_FORCE", "1");
    let plain = desk.must("plan --no-color stack.yaml --all", 0);
    assert!(!plain.stdout.contains('\u{1b}'), "{plain}");
}

/// `-q` keeps what was asked for, what is wrong, and why a command failed.
#[test]
fn whoever_wants_silence_hears_what_failed() {
    let loud = "  bare: { kind: sqs_queue, redrive_policy: { dead_letter_queue: \"${queue.arn}\", max_receive_count: 3 } }\n";
    let desk = Desk::with(emulator::ministack().account(), &format!("{STACK}{loud}"));
    desk.write(
        "stack.yaml",
        &format!("{STACK}{loud}")
            .replace("name: claims", "name: claims, message_retention_seconds: 60"),
    );
    let strict = desk.must("plan -q --strict stack.yaml", 4);
    assert!(strict.stderr.contains("(dead_letter_retention)"), "{strict}");
    assert!(strict.stderr.contains("--strict: "), "{strict}");
    assert!(strict.stdout.contains("Plan: 3 to add"), "{strict}");
    let rules = desk.must("validate -q --rules stack.yaml", 4);
    assert!(rules.to_string().contains("dead_letter_retention"), "{rules}");
    let verified = desk.must("verify -q stack.yaml", 4);
    assert!(verified.stdout.contains("✗ conformance"), "{verified}");
    desk.write("stack.yaml", "stack: claims\nresources: { a: { kind: nope } }\n");
    let invalid = desk.must("validate -q stack.yaml", 1);
    assert!(invalid.stderr.contains("there is no kind `nope`"), "{invalid}");
}

#[test]
fn what_is_wrong_with_access_is_named() {
    let desk = desk();
    desk.write(".aws/config", "[profile deploy]\nregion = us-east-1\n");
    let told = desk.must("plan stack.yaml --profile deplo", 7);
    assert!(told.stderr.contains("did you mean `deploy`?"), "{told}");
    let told = desk.must("plan stack.yaml --endpoint-url http://127.0.0.1:9", 1);
    assert!(told.stderr.contains("http://127.0.0.1:9, by --endpoint-url"), "{told}");
    let desk = desk.through("127.0.0.1:5104");
    let told = desk.must("plan stack.yaml", 1);
    assert!(told.stderr.contains("AWS_ENDPOINT_URL") && !told.stderr.contains("SdkBody"), "{told}");
}

/// Nothing but `yes` is a yes, and what was typed before the question is no answer.
#[tokio::test]
async fn only_yes_is_a_yes() {
    let desk = desk();
    for answer in ["y", "Y", "YES", "yes please"] {
        let told = desk.answered("apply stack.yaml", "", answer).await;
        assert_eq!(told.code, Some(1), "{told}");
        assert!(told.stdout.contains("Only `yes` is a yes"), "{told}");
    }
    let early = desk.answered("apply stack.yaml", "yes\n", "").await;
    assert_eq!(early.code, Some(1), "{early}");
    let done = desk.answered("apply stack.yaml", "", "yes").await;
    assert_eq!(done.code, Some(0), "{done}");
}
