//! What the binary tells of itself, with nobody to call.

use ccprov::aws::AwsCatalog;
use ccprov::model::{Catalog as _, KindInfo};
use serde_json::Value;

use super::check;
use crate::support::binary::{Ccprov, Transcript};

const COMMANDS: [&str; 17] = [
    "validate",
    "fmt",
    "render",
    "eval",
    "plan",
    "apply",
    "verify",
    "destroy",
    "output",
    "list",
    "show",
    "unlock",
    "iam",
    "kinds",
    "schema",
    "completions",
    "environment",
];

fn run(arguments: &[&str]) -> Transcript {
    Ccprov::offline().run(arguments)
}

#[test]
fn every_command_has_its_help() {
    let mut session = vec![run(&["--help"])];
    session.extend(COMMANDS.iter().map(|command| run(&[command, "--help"])));
    check("help", &session);
}

#[test]
fn mistyped_command_lines_are_told_apart_from_changes() {
    check(
        "usage",
        &[
            run(&["pln"]),
            run(&["init"]),
            run(&["apply", "-target=queue", "stack.yaml"]),
            run(&["plan", "--detailed-exit-code"]),
            run(&["plan", "--format", "json", "stack.yaml"]),
            run(&["output", "stack.yaml", "queue_url"]),
            run(&["apply", "--var", "novalue"]),
            run(&["apply", "stack.yaml", "--plan", "saved.json"]),
            run(&["destroy", "stack.yaml", "--stack", "dev"]),
            run(&["kinds", "sqs_que"]),
            run(&["kinds", "sqs_que", "--json"]),
        ],
    );
}

#[test]
fn kinds_tell_what_may_be_stated() {
    check("kinds", &[run(&["kinds", "sqs_queue"])]);
    let list = run(&["kinds"]);
    for KindInfo { name, summary, .. } in AwsCatalog::new().kinds() {
        let is_it = |line: &str| {
            line.strip_prefix(name.as_str()).is_some_and(|rest| rest.trim_start() == summary)
        };
        assert_eq!(list.stdout.lines().filter(|line| is_it(line)).count(), 1, "{name}: {list}");
    }
    let all = run(&["kinds", "--json"]);
    let all: Value = serde_json::from_str(&all.stdout).expect("JSON");
    let one = run(&["kinds", "sqs_queue", "--json"]);
    let one: Value = serde_json::from_str(&one.stdout).expect("JSON");
    let kinds = |told: &Value| told["kinds"].as_array().expect("a list").clone();
    assert_eq!((&all["format"], kinds(&one).len()), (&"ccprov.kinds/1".into(), 1));
    assert!(kinds(&all).contains(&kinds(&one)[0]));
}

#[test]
fn completions_know_the_commands_of_every_shell() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = run(&["completions", shell]);
        assert_eq!((script.code, script.stderr.as_str()), (Some(0), ""), "{shell}");
        for command in COMMANDS {
            assert!(script.stdout.contains(command), "{shell} does not complete {command}");
        }
        assert!(script.stdout.contains("detailed-exitcode"), "{shell} completes no options");
        // The scripts of the others complete no values of arguments without a dash.
        let knows_values = ["bash", "zsh"].contains(&shell);
        for word in ["s3_bucket_notification", "dead_letter_queue"].iter().filter(|_| knows_values)
        {
            assert!(script.stdout.contains(word), "{shell} does not complete {word}");
        }
    }
}
