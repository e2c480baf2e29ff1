//! Plans of a part of a stack, and objects that are made anew because somebody asks.

use super::{Desk, check};
use crate::support::emulator;

const STACK: &str = r#"
stack: claims
region: us-east-1
resources:
  dlq: { kind: sqs_queue, message_retention_seconds: 1209600 }
  queue:
    kind: sqs_queue
    visibility_timeout_seconds: 30
    redrive_policy: { dead_letter_queue: "${dlq.arn}", max_receive_count: 5 }
  topic: { kind: sns_topic }
outputs: { queue: "${queue.url}", topic: "${topic.arn}" }
"#;

/// A verification is of all that is declared, of which a part was applied.
#[test]
fn what_is_verified_is_the_whole_stack() {
    let desk = desk();
    let told = desk.must("apply -y --only dlq --until verified stack.yaml", 4);
    assert!(told.stderr.contains("What is verified is the whole stack"), "{told}");
    assert!(told.stdout.contains("topic"), "{told}");
}

fn desk() -> Desk {
    Desk::with(emulator::ministack().account(), STACK)
}

#[test]
fn a_part_of_a_stack_is_planned_applied_and_destroyed() {
    let desk = desk();
    let made = desk.must("apply -y --only queue stack.yaml", 0);
    let settled = desk.must("plan --detailed-exitcode --only queue stack.yaml", 0);
    desk.must("plan --detailed-exitcode stack.yaml", 2);
    desk.must("apply -y stack.yaml", 0);
    let renamed = STACK.replace("topic: {", "news: {").replace("topic.arn", "news.arn");
    desk.write("stack.yaml", &renamed.replace(": 30", ": 60"));
    let planned = "plan --detailed-exitcode --only queue --out plan.json stack.yaml";
    let planned = desk.must(planned, 2);
    let applied = desk.must("apply -y --plan plan.json", 0);
    // What is not declared any more is still there, and what is new is not made yet.
    let rest = desk.must("plan --detailed-exitcode stack.yaml", 2);
    let destroyed = desk.must("destroy -y --only dlq stack.yaml", 0);
    check("excerpt", &[made, settled, planned, applied, rest, destroyed]);
}

#[test]
fn what_is_asked_to_be_made_anew_is_made_anew() {
    let desk = desk();
    desk.must("apply -y stack.yaml", 0);
    let planned = desk.must("plan --replace topic stack.yaml", 0);
    let applied = desk.must("apply -y --only topic --replace topic stack.yaml", 0);
    desk.must("plan --detailed-exitcode stack.yaml", 0);
    check("made_anew", &[planned, applied]);
}

#[test]
fn what_cannot_be_asked_for_is_refused() {
    let desk = desk();
    let refused = [
        "plan --only queu,topik stack.yaml",
        "plan --only topic --replace queue stack.yaml",
        "plan --destroy --replace queue stack.yaml",
        "apply --plan plan.json --only queue",
        "apply --plan plan.json --replace queue",
        "destroy --stack claims --only queue",
        "plan -target=queue stack.yaml",
        "taint queue",
    ];
    check("excerpt_refused", &refused.map(|line| desk.run(line)));
}
