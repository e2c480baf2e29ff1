//! What a pipeline goes on with: values of what is there, and no words in place
//! of values.

use super::{Desk, check};
use crate::support::emulator;

const STACK: &str = r#"
stack: claims
region: us-east-1
vars: { token: "not-to-be-read" }
sensitive: [token]
resources:
  queue: { kind: sqs_queue, tags: { token: "${var.token}" } }
  topic: { kind: sns_topic }
outputs:
  url: "${queue.url}"
  topic: "${topic.arn}"
  greeting: hello
  secret: "a ${var.token} b"
"#;

#[test]
fn what_is_not_there_is_told_by_nobody() {
    let desk = Desk::with(emulator::ministack().account(), STACK);
    let session = [
        desk.must("output stack.yaml", 1),
        desk.must("output stack.yaml --name url --format raw", 1),
        desk.must("output stack.yaml --name greeting --format raw", 0),
        desk.must("output stack.yaml --name url --format raw --predicted", 0),
    ];
    check("outputs_of_nothing", &session);
    desk.must("apply -y stack.yaml", 0);
    desk.must("output stack.yaml --name url --format raw", 0);
}

#[test]
fn a_sensitive_value_is_told_whole_or_not_at_all() {
    let desk = Desk::with(emulator::ministack().account(), STACK);
    desk.must("apply -y stack.yaml", 0);
    for form in ["json", "dotenv", "github", "raw --name secret"] {
        let told = desk.must(&format!("output stack.yaml --format {form}"), 1);
        let kept = !told.stdout.contains("not-to-be-read") && !told.stdout.contains("(sensitive)");
        assert!(kept, "{told}");
        let told = desk.must(&format!("output stack.yaml --reveal --format {form}"), 0);
        assert!(told.stdout.contains("a not-to-be-read b"), "{told}");
    }
    let session = [
        desk.must("output stack.yaml", 0),
        desk.must("output stack.yaml --json", 1),
        desk.must("output stack.yaml --json --name url", 0),
    ];
    check("outputs_that_are_sensitive", &session);
}
