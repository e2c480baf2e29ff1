//! What cannot be done together, or written to one place.

use std::fs;

use super::{Desk, check};
use crate::support::emulator;

fn stack(name: &str, resources: &str) -> String {
    format!("stack: {name}\nregion: us-east-1\nresources:\n{resources}")
}

fn desk(files: &[(&str, &str)]) -> Desk {
    let desk = Desk::with(emulator::ministack().account(), "");
    for (name, text) in files {
        desk.write(name, text);
    }
    desk
}

/// Names that come out alike, and a name that AWS admits once in an account.
#[test]
fn an_object_is_of_one_stack() {
    const TRUST: &str = "{ Statement: [{ Effect: Allow, Action: \"sts:AssumeRole\", \
                         Principal: { Service: lambda.amazonaws.com } }] }";
    let role =
        format!("  worker: {{ kind: iam_role, name: worker, assume_role_policy: {TRUST} }}\n");
    let desk = desk(&[
        ("one.yaml", &stack("na-b", &format!("  c: {{ kind: sqs_queue }}\n{role}"))),
        ("two.yaml", &stack("na", "  b-c: { kind: sqs_queue }\n")),
        ("three.yaml", &stack("nb", &role).replace("us-east-1", "eu-west-1")),
        (
            "four.yaml",
            &stack("na-b", "  c: { kind: sqs_queue }\n").replace("us-east-1", "eu-west-1"),
        ),
    ]);
    let session = [
        desk.run("validate one.yaml two.yaml three.yaml"),
        desk.run("plan two.yaml one.yaml"),
        desk.run("validate one.yaml four.yaml"),
    ];
    check("objects_of_two_stacks", &session);
}

const LENDER: &str = "stack: lender\nregion: us-east-1\nvars: { stage: dev }\n\
                      resources: { topic: { kind: sns_topic, name: \"news-${var.stage}\" } }\n\
                      outputs: { topic: \"${topic.name}\" }\n";
const USER: &str = "stack: user\nregion: us-west-2\n\
                    uses: { lender: { file: lender.yaml, vars: { stage: prod } } }\n\
                    resources: { queue: { kind: sqs_queue, tags: { topic: \"${lender.topic}\" } } }\n";

/// Alone, the user has a topic of production, and beside its lender it would have another.
#[test]
fn who_is_used_is_the_same_for_all() {
    let desk = desk(&[("lender.yaml", LENDER), ("user.yaml", USER)]);
    let mut session = vec![
        desk.run("validate user.yaml lender.yaml"),
        desk.run("validate user.yaml lender.yaml --var stage=prod"),
    ];
    desk.write("lender.yaml", &LENDER.replace("region: us-east-1\n", ""));
    desk.write("user.yaml", &USER.replace("stage: prod", "stage: dev"));
    session.push(desk.run("verify user.yaml lender.yaml"));
    session.push(desk.run("render user.yaml lender.yaml"));
    check("used_otherwise_and_elsewhere", &session);
}

/// `plan --out *.yaml` means the first of the files, and `--out` wants one of its own.
#[test]
fn what_people_wrote_is_not_written_over() {
    let text = stack("one", "  queue: { kind: sqs_queue }\n");
    let desk = desk(&[("one.yaml", &text), ("two.yaml", &text.replace("one", "two"))]);
    let session = [
        desk.run("plan --out one.yaml two.yaml"),
        desk.run("plan two.yaml --markdown one.yaml"),
        desk.run("plan two.yaml --trace one.yaml"),
        desk.run("plan two.yaml --journal one.yaml"),
        desk.run("plan two.yaml --out plan --markdown ./plan"),
    ];
    check("what_people_wrote", &session);
    assert_eq!(fs::read_to_string(desk.path("one.yaml")).expect("a file"), text);
    assert!(!desk.path("plan").exists());
    desk.must("plan two.yaml --out /dev/null --markdown /dev/null", 0);
}
