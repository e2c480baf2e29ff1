//! What a user reads who wrote something wrong: all of it at once, each with
//! its place and what to try. Nobody is called, for there are no credentials.

use std::fs;
use std::process::Command;

use super::check;
use crate::support::binary::{Ccprov, Transcript};

fn with(files: &[(&str, &str)]) -> Ccprov {
    let ccprov = Ccprov::offline().at_home();
    for (path, text) in files {
        let path = ccprov.home().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    ccprov
}

fn validate(stack: &str) -> Transcript {
    with(&[("stack.yaml", stack)]).run(&["validate", "stack.yaml"])
}

const MANY_MISTAKES: &str = r#"stack: dev
region: us-east-1
vars: { delay: 5 }
tags: { CostCenter: 42 }
resources:
  queue:
    kind: sqs_queue
    visibility_timeout: 30
    delay_seconds: 901
    fifo_queue: "yes"
    kms_master_key_id: "${kye.arn}"
    redrive_policy: { dead_letter_queue: "${dlq.anr}", max_receive_count: "${var.delays}" }
  dlq: { kind: sqs_que }
  topic:
    kind: sns_topic
    policy: { Statement: [ { Effect: allow, Action: "sns:Publish", Resource: "*", Principal: "*" } ] }
  alarm:
    kind: sqs_queue
    content_based_deduplication: true
    lifecycle: { prevent_destory: true }
    depends_on: [quue]
outputs: { url: "${queue.ulr}" }
"#;

#[test]
fn every_mistake_is_told_at_once() {
    let ccprov = with(&[("stack.yaml", MANY_MISTAKES)]);
    let told = ccprov.run(&["validate", "stack.yaml"]);
    // Whoever plans reads the same as who validates.
    let planned = ccprov.run(&["plan", "--json", "stack.yaml"]);
    check("many_mistakes", &[told, planned]);
}

#[test]
fn mistakes_of_structure() {
    check(
        "structure",
        &[
            validate(""),
            validate("stack: dev\nresources:\n  a: [\n"),
            validate("stack: dev\nstack: prod\nresources: {}\n"),
            validate("stack: Dev_1\naccount: 123456789012\nregion: nowhere\nresource: {}\n"),
            validate(
                "stack: dev\nresources:\n  a: { kind: sqs_queue }\n  a: { kind: sns_topic }\n",
            ),
        ],
    );
}

#[test]
fn circles_are_told_with_their_members() {
    let stack = r#"stack: dev
resources:
  a:
    kind: sqs_queue
    redrive_policy: { dead_letter_queue: "${b.arn}", max_receive_count: 3 }
  b:
    kind: sqs_queue
    depends_on: [c]
  c:
    kind: sqs_queue
    redrive_policy: { dead_letter_queue: "${a.arn}", max_receive_count: 3 }
"#;
    check("circle", &[validate(stack)]);
}

#[test]
fn a_problem_points_into_the_file_that_it_comes_from() {
    let ccprov = with(&[
        (
            "stacks/dev.yaml",
            "stack: dev\nextends: base.yaml\nresources: { box: { with: { size: 0 } } }\n",
        ),
        (
            "stacks/base.yaml",
            "resources:\n  box: { pattern: ./box.yaml, with: { colour: red } }\n  a: { kind: sqs_queue, delay: 3 }\n",
        ),
        (
            "stacks/box.yaml",
            "parameters:\n  size: { type: integer, minimum: 1 }\n  name: { type: string }\nresources:\n  q: { kind: sqs_queue, delay_seconds: \"${param.size}\" }\n",
        ),
    ]);
    check("files", &[ccprov.run(&["validate", "stacks/dev.yaml"])]);
}

#[test]
fn the_stack_file_is_found_or_asked_for() {
    let plain = "stack: a\nresources: {}\n";
    let none = with(&[]);
    let one = with(&[("stacks/a.yaml", plain), ("stacks/base.yaml", "resources: {}\n")]);
    let two = with(&[("stacks/a.yaml", plain), ("stacks/b.yml", plain)]);
    let named = with(&[("stacks/a.yaml", plain), ("elsewhere/b.yaml", plain)])
        .env("CCPROV_STACK", "elsewhere/b.yaml");
    check(
        "which_file",
        &[
            none.run(&["validate"]),
            none.run(&["validate", "stack.yaml"]),
            none.run(&["validate", "."]),
            one.run(&["validate"]),
            two.run(&["validate"]),
            two.run(&["validate", "--json"]),
            named.run(&["validate"]),
            named.run(&["validate", "stacks/a.yaml"]),
        ],
    );
}

#[test]
fn variables_come_from_the_command_line_before_the_environment() {
    let stack = "stack: \"${var.name}\"\nvars: { name: default, count: 3 }\nresources: {}\n";
    let ccprov = with(&[("stack.yaml", stack)]).env("CCPROV_VAR_name", "environment");
    check(
        "variables",
        &[
            ccprov.run(&["validate", "stack.yaml"]),
            ccprov.run(&["validate", "stack.yaml", "--var", "name=line"]),
            ccprov.run(&["validate", "stack.yaml", "--var", "name=line", "--var", "count=many"]),
            ccprov.run(&["validate", "stack.yaml", "--var", "nmae=line"]),
        ],
    );
}

/// A file as deep as one may be, in a shell that leaves next to no stack.
#[test]
fn a_small_stack_is_enough() {
    let (open, close) = ("[".repeat(30), "]".repeat(30));
    let vars = format!("vars: {{ deep: {open}{close} }}");
    let stack = format!("stack: dev\nregion: us-east-1\n{vars}\nresources: {{}}\n");
    let ccprov = with(&[("stack.yaml", &stack)]);
    let program = env!("CARGO_BIN_EXE_ccprov");
    let line = format!("ulimit -s 128; exec '{program}' validate stack.yaml");
    let shell = Command::new("bash").args(["-c", &line]).current_dir(ccprov.home()).output();
    let shell = shell.unwrap();
    assert!(shell.status.success(), "{shell:?}");
}
