//! Several stacks in one command.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Desk, check};
use crate::support::aws;
use crate::support::binary::Ccprov;
use crate::support::emulator;

const ORDERS: &str = r#"
stack: orders
region: us-east-1
resources: { inbox: { kind: sqs_queue } }
outputs: { inbox: "${inbox.arn}" }
"#;
const ALARMS: &str = r"
stack: alarms
region: eu-west-1
resources: { topic: { kind: sns_topic } }
";

fn desk() -> Desk {
    let desk = Desk::with(emulator::ministack().account(), ORDERS);
    desk.write("alarms.yaml", ALARMS);
    desk
}

#[tokio::test]
async fn several_stacks_are_approved_by_one_answer() {
    let desk = desk();
    let applied = desk.answered("apply stack.yaml alarms.yaml", "", "yes\n").await;
    assert_eq!(applied.code, Some(0), "{applied}");
    let said = applied.to_string();
    assert_eq!(said.matches("Apply these plans? Type yes to go on").count(), 1, "{said}");
    desk.must("plan --detailed-exitcode stack.yaml alarms.yaml", 0);
}

/// While somebody thinks about the question, an object of each changes hands.
#[tokio::test]
async fn what_moved_while_the_question_stood_open_is_told_of_each_stack() {
    let desk = desk();
    for name in ["news", "alerts"] {
        let text = format!("stack: {name}\nresources: {{ topic: {{ kind: sns_topic }} }}\n");
        desk.write(&format!("{name}.yaml"), &text);
    }
    desk.must("apply -y news.yaml alerts.yaml", 0);
    let sns = aws_sdk_sns::Client::new(&aws::config(&desk.account));
    let tag = aws_sdk_sns::types::Tag::builder().key("ccprov:stack").value("theirs");
    let tag = tag.build().unwrap();
    let meanwhile = async || {
        for name in ["news", "alerts"] {
            let arn = format!("arn:aws:sns:us-east-1:{}:{name}-topic", desk.account.id);
            sns.tag_resource().resource_arn(arn).tags(tag.clone()).send().await.unwrap();
        }
    };
    let told = desk.asked("destroy news.yaml alerts.yaml", meanwhile).await;
    assert_eq!(told.code, Some(5), "{told}");
    for name in ["news", "alerts"] {
        let expected = format!(
            "stack {name}: the plan is stale: sns_topic {name}-topic belonged to stack {name}"
        );
        assert!(told.stdout.contains(&expected), "{expected}\n{told}");
    }
}

#[test]
fn several_stacks_are_planned_and_done_together() {
    let desk = desk();
    let both = |command: &str| format!("{command} stack.yaml alarms.yaml");
    let session = vec![
        desk.run(&both("plan --detailed-exitcode")),
        desk.run(&both("apply -y")),
        desk.run(&both("plan --detailed-exitcode")),
        desk.run("plan --detailed-exitcode alarms.yaml"),
        desk.run(&both("verify --only conformance")),
        desk.run(&both("destroy -y")),
    ];
    check("stacks_together", &session);
}

#[test]
fn what_is_wrong_with_any_of_them_is_told_before_anything_is_done() {
    let desk = desk();
    desk.write("bad.yaml", "stack: bad\nresources: { q: { kind: sqs_queue, delay_seconds: 901 } }");
    desk.write("worse.yaml", "stack: worse\nresources: { q: { kind: sqs_que } }");
    desk.write("again.yaml", ORDERS);
    let session = [
        desk.run("apply -y stack.yaml bad.yaml worse.yaml"),
        desk.run("apply -y stack.yaml again.yaml"),
        desk.run("apply -y stack.yaml ./stack.yaml"),
    ];
    check("stacks_together_that_are_wrong", &session);
}

const PLATFORM: &str = r#"
stack: platform
region: us-east-1
account: "111122223333"
vars: { stage: dev, size: 1 }
resources: { topic: { kind: sns_topic, name: "news-${var.stage}" } }
outputs: { topic: "${topic.arn}" }
"#;
const APP: &str = r#"
stack: app
region: us-east-1
account: "111122223333"
vars: { stage: dev }
uses: { platform: platform.yaml }
resources: { queue: { kind: sqs_queue, tags: { hears: "${platform.topic}" } } }
outputs: { queue: "${queue.url}", stage: "${var.stage}" }
"#;
const OTHER: &str = r#"
stack: other
region: us-east-1
account: "111122223333"
resources: { key: { kind: kms_key } }
"#;
const ALL: [&str; 3] = ["app.yaml", "platform.yaml", "other.yaml"];

/// A folder of stacks, where nobody is to be called.
fn offline() -> Ccprov {
    let ccprov = Ccprov::offline().at_home();
    for (name, text) in ALL.into_iter().zip([APP, PLATFORM, OTHER]) {
        std::fs::write(ccprov.home().join(name), text).unwrap();
    }
    ccprov
}

fn words<'a>(line: &'a str, files: &[&'a str]) -> Vec<&'a str> {
    line.split_whitespace().chain(files.iter().copied()).collect()
}

#[test]
fn a_variable_is_of_the_stacks_that_declare_it() {
    let ccprov = offline().env("CCPROV_VAR_sise", "2");
    std::fs::write(ccprov.home().join("sizes.yaml"), "size: 2\ncolour: red\n").unwrap();
    let run = |line: &str, files: &[&str]| ccprov.run(&words(line, files));
    check(
        "variables_of_several",
        &[
            run("validate --var stage=prod", &ALL),
            run("validate --var stag=prod --var-file sizes.yaml", &ALL),
            run("validate --var stage=prod", &["other.yaml"]),
            // A stack that is used has what the command line says if it is named, too.
            run("render --var stage=prod", &ALL),
            run("render --var stage=prod", &["app.yaml"]),
        ],
    );
}

#[test]
fn all_that_is_wrong_with_any_of_them_is_told_at_once() {
    let ccprov = offline();
    for (name, text) in [
        ("bad.yaml", "stack: bad\nresources: { q: { kind: sqs_queue, delay_seconds: 901 } }"),
        ("worse.yaml", "stack: Worse\nresources: {}"),
        ("broken.yaml", "stack: [\n"),
        ("again.yaml", OTHER),
        ("one.yaml", "stack: one\nuses: { two: two.yaml }\nresources: {}"),
        ("two.yaml", "stack: two\nuses: { one: one.yaml }\nresources: {}"),
    ] {
        std::fs::write(ccprov.home().join(name), text).unwrap();
    }
    let run = |line: &str, files: &[&str]| ccprov.run(&words(line, files));
    check(
        "several_that_are_wrong",
        &[
            run("validate", &["app.yaml", "bad.yaml", "worse.yaml", "broken.yaml"]),
            run("validate", &["other.yaml", "again.yaml", "bad.yaml"]),
            run("validate", &["one.yaml", "two.yaml"]),
            run("validate --json", &["worse.yaml", "bad.yaml"]),
            run("validate --json --rules", &["platform.yaml", "bad.yaml"]),
        ],
    );
}

#[test]
fn rules_judge_all_of_them() {
    let ccprov = offline();
    let told = ccprov.run(&words("validate --rules --fail-on note", &ALL));
    assert_eq!(told.code, Some(4), "{told}");
    assert_eq!(told.stdout.matches("Rules:").count(), 3, "{told}");
    let told = ccprov.run(&words("validate --rules --json", &ALL));
    let told: Value = serde_json::from_str(&told.stdout).unwrap();
    assert_eq!(told["format"], "ccprov.several/1");
    let stacks: Vec<&Value> = (0..3).map(|at| &told["stacks"][at]["stack"]).collect();
    assert_eq!(stacks, ["app", "platform", "other"]);
}

#[test]
fn each_of_a_stream_of_stacks_loads_again() {
    let ccprov = offline();
    let told = ccprov.run(&words("render", &ALL));
    let parts: Vec<&str> = told.stdout.split("---\n").collect();
    assert_eq!(parts.len(), 3, "{told}");
    for part in parts {
        std::fs::write(ccprov.home().join("again.yaml"), part).unwrap();
        let again = ccprov.run(&["render", "again.yaml"]);
        assert_eq!(again.code, Some(0), "{again}");
        // Where it came from is another file by now.
        let lines = |text: &str| {
            let lines = text.lines().map(|line| line.split("  # ").next().map(str::to_owned));
            lines.collect::<Vec<_>>()
        };
        assert_eq!(lines(&again.stdout), lines(part));
    }
    let told = ccprov.run(&words("render --json", &ALL));
    let told: Value = serde_json::from_str(&told.stdout).unwrap();
    assert_eq!(told["stacks"][2]["stack"], "other");
}

#[test]
fn one_policy_is_for_all_stacks_of_one_identity() {
    let ccprov = offline();
    let policy = |files: &[&str]| -> Value {
        let told = ccprov.run(&words("iam --for apply", files));
        assert_eq!(told.code, Some(0), "{told}");
        serde_json::from_str(&told.stdout).unwrap()
    };
    let rights = |policy: &Value| policy["Statement"].as_array().unwrap().clone();
    let whole = rights(&policy(&["platform.yaml", "other.yaml"]));
    let sids: BTreeSet<&str> = whole.iter().filter_map(|it| it["Sid"].as_str()).collect();
    assert_eq!(sids.len(), whole.len(), "{whole:?}");
    let list = |it: &Value| it.as_array().cloned().unwrap_or_default();
    for one in ["platform.yaml", "other.yaml"] {
        for right in rights(&policy(&[one])) {
            let is_within = |it: &Value, key: &str| {
                list(&right[key]).iter().all(|wanted| list(&it[key]).contains(wanted))
            };
            let is_kept = |it: &Value| {
                it["Condition"] == right["Condition"]
                    && is_within(it, "Action")
                    && is_within(it, "Resource")
            };
            assert!(whole.iter().any(is_kept), "{right}");
        }
    }
    std::fs::write(
        ccprov.home().join("theirs.yaml"),
        "stack: theirs\nregion: us-east-1\nrole: arn:aws:iam::111111111111:role/deployer\nresources: {}",
    )
    .unwrap();
    let told =
        ccprov.run(&words("iam --for apply", &["other.yaml", "platform.yaml", "theirs.yaml"]));
    check("a_policy_of_two_identities", &[told]);
}

#[test]
fn outputs_of_several_are_told_by_stack() {
    let desk = desk();
    let both = |command: &str| format!("{command} stack.yaml alarms.yaml");
    desk.write("there.yaml", &ORDERS.replace("us-east-1", "eu-west-1"));
    let session = [
        desk.run(&both("output")),
        desk.run(&both("apply -y")),
        desk.run(&both("output")),
        desk.run("apply -y stack.yaml there.yaml"),
        desk.run("output --json stack.yaml there.yaml"),
        desk.run("output --format dotenv stack.yaml there.yaml"),
        desk.run(&both("output --name inbox")),
        // As other tools have it.
        desk.run("output stack.yaml inbox"),
    ];
    check("outputs_of_several", &session);
}
