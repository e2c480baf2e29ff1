//! What a pipeline shows of a plan and of a run: annotations, a page, a comment,
//! and variables for what comes next.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use ccprov::report::{outputs_dotenv, outputs_github};
use serde_json::{Value, json};

use super::Desk;
use crate::support::emulator;

/// A rule warns of the one queue, and nothing stands in the way of an apply.
const STACK: &str = r#"
stack: claims
region: us-east-1
vars: { token: "not-to-be-read" }
sensitive: [token]
resources:
  topic: { kind: sns_topic }
  queue: { kind: sqs_queue }
  subscription: { kind: sns_subscription, topic_arn: "${topic.arn}", protocol: sqs, endpoint: "${queue.arn}" }
  key: { kind: kms_key }
outputs:
  key: "${key.arn}"
  secret: "a ${var.token} b"
"#;

/// On GitHub Actions, in a folder of a workspace: the page of the job, and the
/// path of the stack file from the workspace's root.
fn on_github(stack: &str) -> (Desk, String, String) {
    let desk = Desk::with(emulator::ministack().account(), stack);
    let folder = desk.path("");
    let root = folder.parent().expect("a folder above");
    let file = desk.path("stack.yaml");
    let file = file.strip_prefix(root).expect("it is in there").display().to_string();
    let (root, page) = (root.display().to_string(), desk.path("page.md").display().to_string());
    let desk = desk.env("GITHUB_ACTIONS", "true").env("GITHUB_STEP_SUMMARY", &page);
    (desk.env("GITHUB_WORKSPACE", &root), page, file)
}

#[test]
fn problems_stand_beside_the_lines_of_a_change() {
    let (desk, _, file) = on_github("stack: claims\nresources:\n  queue: { kind: sqs_quue }\n");
    for line in ["validate stack.yaml", "validate --json stack.yaml", "plan stack.yaml"] {
        let told = desk.must(line, 1);
        assert!(told.stderr.contains(&format!("::error file={file},line=3,")), "{told}");
    }
    let (desk, _, file) = on_github(STACK);
    for line in ["plan stack.yaml", "plan --json stack.yaml", "apply -y stack.yaml"] {
        let told = desk.must(line, 0);
        let warnings = told.stderr.matches(&format!("::warning file={file},line=")).count();
        assert!(warnings > 0, "{told}");
    }
    let elsewhere = desk.without("GITHUB_ACTIONS").must("plan stack.yaml", 0);
    assert!(!elsewhere.stderr.contains("::warning"), "{elsewhere}");
}

#[test]
fn a_plan_is_a_page_of_the_job_and_a_comment() {
    let (desk, page, _) = on_github(STACK);
    desk.must("plan --strict --markdown plan.md stack.yaml", 4);
    let comment = fs::read_to_string(desk.path("plan.md")).expect("a comment");
    let first = "**Plan: 4 to add, 0 to change, 0 to destroy.**\n";
    let mark = format!("<!-- ccprov:plan:claims:{}:us-east-1 -->\n\n", desk.account.id);
    assert!(comment.starts_with(&format!("{mark}{first}")), "{comment}");
    assert!(comment.contains("Warnings\n") && comment.contains("<details>"), "{comment}");
    assert!(!comment.contains("not-to-be-read"), "{comment}");
    assert_eq!(fs::read_to_string(&page).expect("a page"), comment);
    desk.must("apply -y stack.yaml", 0);
    let page = fs::read_to_string(&page).expect("a page");
    assert_eq!(page.matches(first).count(), 2, "{page}");
}

#[test]
fn a_run_as_json_begins_with_its_plan_and_ends_with_outputs() {
    let desk = Desk::with(emulator::ministack().account(), STACK);
    let run = |line: &str| -> Vec<Value> {
        let told = desk.must(line, 0).stdout;
        assert!(!told.contains("not-to-be-read"), "{told}");
        told.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    };
    let events = run("apply -y --json --journal journal stack.yaml");
    let [first, .., last] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!(first["plan"]["format"], "ccprov.plan/1");
    assert_eq!(first["plan"]["totals"]["add"], 4);
    assert_ne!(first["plan"]["warnings"], json!([]));
    assert_eq!(first["plan"]["outputs"]["key"], "(known after apply)");
    assert_eq!(last["warnings"], first["plan"]["warnings"]);
    let key = last["outputs"]["key"].as_str().expect("an ARN");
    assert!(key.starts_with("arn:aws:kms:"), "{key}");
    assert_eq!(last["outputs"]["secret"], "a (sensitive) b");
    // What a journal is read for, months later, are no values.
    let journal = fs::read_to_string(desk.path("journal")).expect("a journal");
    assert!(journal.contains("run_finished") && !journal.contains("\"outputs\""), "{journal}");
    assert!(!journal.contains("\"plan\""), "{journal}");
    let again = run("apply -y --json stack.yaml");
    assert_eq!(again.last().expect("an end")["outputs"], last["outputs"]);
    let events = run("destroy -y --json stack.yaml");
    assert_eq!(events[0]["plan"]["totals"]["destroy"], 4);
    assert_eq!(events.last().expect("an end")["outputs"], json!({}));
}

/// What nobody expects in a value, but shells and parsers obey.
const NASTY: &str = "it's \"quoted\", $HOME `id` \\ back\n  and a second line\nEND_OF_OUTPUT";

#[test]
fn a_shell_takes_every_output_as_it_is() {
    for nasty in [NASTY, "plain", "it's", "say \"x\"", "$(id)", "a\\nb", "!! and \\", "", " a  b "]
    {
        let outputs = BTreeMap::from([("value".to_owned(), json!(nasty))]);
        let text = outputs_dotenv(&outputs).expect("a name that nobody obeys");
        let script = format!("{text}printf %s \"$VALUE\"");
        let shell = Command::new("sh").args(["-c", &script]).output().expect("a shell");
        assert_eq!(String::from_utf8_lossy(&shell.stdout), nasty, "{text}");
    }
}

#[test]
fn github_takes_every_output_as_it_is() {
    let outputs =
        BTreeMap::from([("a".to_owned(), json!(NASTY)), ("b".to_owned(), json!("plain"))]);
    let text = outputs_github(&outputs).expect("names that nobody obeys");
    let (mut read, mut lines) = (BTreeMap::new(), text.lines());
    // As the runner reads the file: to the line that is the delimiter, and nothing else.
    while let Some(line) = lines.next() {
        let (name, value) = match line.split_once("<<") {
            Some((name, end)) => {
                let block: Vec<&str> = lines.by_ref().take_while(|line| *line != end).collect();
                (name, block.join("\n"))
            }
            None => line.split_once('=').map(|(name, text)| (name, text.to_owned())).unwrap(),
        };
        read.insert(name.to_owned(), json!(value));
    }
    assert_eq!(read, outputs);
}
