//! A stack's whole life: nothing, made, unchanged, told, gone.

use super::{Desk, check};
use crate::support::emulator;

/// On an emulator that refuses what AWS would refuse, over TLS.
#[test]
fn the_stack_of_the_repository_lives_on_ministack() {
    let desk = Desk::at_root(emulator::ministack_enforcing_tls().account());
    check(
        "life",
        &[
            desk.run("list"),
            desk.run("apply --auto-approve stacks/dev.yaml"),
            desk.run("plan --detailed-exitcode stacks/dev.yaml"),
            desk.run("apply --auto-approve stacks/dev.yaml"),
            desk.run("list"),
            desk.run("list --json"),
            desk.run("destroy --auto-approve stacks/dev.yaml"),
            desk.run("plan --detailed-exitcode --destroy stacks/dev.yaml"),
            desk.run("list"),
            desk.run("list --json"),
        ],
    );
}

const QUEUES: &str = r#"
stack: claims
region: us-east-1
resources:
  dlq: { kind: sqs_queue }
  queue:
    kind: sqs_queue
    redrive_policy: { dead_letter_queue: "${dlq.arn}", max_receive_count: 3 }
outputs:
  url: "${queue.url}"
  both: { queue: "${queue.name}", dead: "${dlq.name}" }
"#;

#[test]
fn outputs_are_told_in_every_form() {
    let desk = Desk::with(emulator::ministack_enforcing_tls().account(), QUEUES);
    desk.must("apply -y stack.yaml", 0);
    check(
        "outputs",
        &[
            desk.run("output stack.yaml"),
            desk.run("output stack.yaml --format json"),
            desk.run("output stack.yaml --format dotenv"),
            desk.run("output stack.yaml --format github"),
            desk.run("output stack.yaml --name url"),
            desk.run("output stack.yaml --name url --format raw"),
            desk.run("output stack.yaml --name both --format raw"),
            desk.run("output stack.yaml --format raw"),
            desk.run("output stack.yaml --name ulr"),
            desk.run("output stack.yaml --name ulr --format json"),
        ],
    );
}

/// A second opinion. It has one account, so that others live in it too.
#[test]
fn the_claim_check_lives_on_moto() {
    let desk = Desk::at_root(emulator::moto().account());
    let is_listed = || desk.must("list", 0).stdout.contains("claimcheck-dev ");
    desk.must("apply --auto-approve stacks/dev.yaml", 0);
    desk.must("plan --detailed-exitcode stacks/dev.yaml", 0);
    assert!(is_listed());
    desk.must("destroy --auto-approve stacks/dev.yaml", 0);
    assert!(!is_listed());
}
