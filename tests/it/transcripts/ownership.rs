//! What the stack no longer declares goes, and what it calls otherwise stays.

use super::{Desk, check};
use crate::support::emulator;

const STACK: &str = r#"
stack: claims
region: us-east-1
resources:
  topic: { kind: sns_topic }
  queue: { kind: sqs_queue, name: claims }
  events: { kind: sns_subscription, topic_arn: "${topic.arn}", protocol: sqs, endpoint: "${queue.arn}" }
checks: { skip: [ { check: delivery_path, reason: nobody publishes here } ] }
"#;

fn desk() -> Desk {
    let desk = Desk::with(emulator::ministack().account(), STACK);
    desk.must("apply -y stack.yaml", 0);
    desk
}

fn without(lines: &[&str]) -> String {
    let kept = STACK.lines().filter(|line| !lines.iter().any(|name| line.contains(name)));
    kept.collect::<Vec<_>>().join("\n")
}

#[test]
fn what_is_no_longer_declared_is_deleted_and_says_why() {
    let desk = desk();
    desk.write("stack.yaml", &without(&["  events:"]));
    let subscription = [desk.run("plan stack.yaml"), desk.must("apply -y stack.yaml", 0)];
    desk.must("plan --detailed-exitcode stack.yaml", 0);
    desk.write("stack.yaml", STACK);
    desk.must("apply -y stack.yaml", 0);
    desk.write("stack.yaml", &without(&["  events:", "  topic:"]));
    let both = [desk.run("apply -y stack.yaml"), desk.run("plan --detailed-exitcode stack.yaml")];
    check("orphans", &[subscription, both].concat());
}

#[test]
fn another_address_for_the_same_object_is_no_replacement() {
    let desk = desk();
    let renamed = STACK.replace("queue: {", "inbox: {").replace("${queue.arn}", "${inbox.arn}");
    desk.write("stack.yaml", &renamed);
    check(
        "renamed",
        &[
            desk.run("plan stack.yaml"),
            desk.run("plan stack.yaml --json"),
            desk.run("apply -y stack.yaml"),
            desk.run("plan --detailed-exitcode stack.yaml"),
        ],
    );
}

/// Everything is found by its owner tag, or by its parent.
#[test]
fn a_stack_goes_without_its_file() {
    let desk = desk();
    check(
        "without_file",
        &[
            // No file states the name that the queue has.
            desk.run("destroy --stack claims --region us-east-1 -y"),
            desk.run("destroy --stack claims --region us-east-1 -y --allow-data-loss"),
            desk.run("destroy --stack claims --region us-east-1 -y"),
            desk.run("list"),
        ],
    );
}

#[test]
fn stacks_are_listed_side_by_side() {
    let desk = desk();
    desk.write(
        "other.yaml",
        "stack: other-stack\nregion: us-east-1\nresources:\n  q: { kind: sqs_queue }\n",
    );
    desk.must("apply -y other.yaml", 0);
    let both = desk.run("list");
    desk.must("destroy -y --stack claims --allow-data-loss", 0);
    check(
        "several_stacks",
        &[both, desk.run("list"), desk.run("plan --detailed-exitcode other.yaml")],
    );
}
