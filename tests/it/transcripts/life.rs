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

/// What moto can read back: it forgets `redrive_allow_policy`, and answers reads
/// of buckets in a form that the SDK does not know.
const ON_MOTO: &str = r#"
stack: life-on-moto
region: us-east-1
tags: { Environment: dev }
resources:
  key: { kind: kms_key }
  dlq: { kind: sqs_queue, kms_master_key_id: "${key.arn}" }
  queue:
    kind: sqs_queue
    kms_master_key_id: "${key.arn}"
    redrive_policy: { dead_letter_queue: "${dlq.arn}", max_receive_count: 3 }
  topic: { kind: sns_topic, kms_master_key_id: "${key.arn}" }
  subscription: { kind: sns_subscription, topic_arn: "${topic.arn}", protocol: sqs, endpoint: "${queue.arn}" }
  consumers:
    kind: iam_policy
    policy: { Statement: { Effect: Allow, Action: "sqs:ReceiveMessage", Resource: "${queue.arn}" } }
  consumer:
    kind: iam_role
    assume_role_policy: { Statement: { Effect: Allow, Action: "sts:AssumeRole", Principal: { Service: ec2.amazonaws.com } } }
    managed_policy_arns: ["${consumers.arn}"]
"#;

/// A second opinion. It has one account, so that others live in it too.
#[test]
fn a_stack_lives_on_moto() {
    let desk = Desk::with(emulator::moto().account(), ON_MOTO);
    let is_listed = || desk.must("list", 0).stdout.contains("life-on-moto ");
    desk.must("apply --auto-approve stack.yaml", 0);
    desk.must("plan --detailed-exitcode stack.yaml", 0);
    assert!(is_listed());
    desk.must("destroy --auto-approve stack.yaml", 0);
    assert!(!is_listed());
}
