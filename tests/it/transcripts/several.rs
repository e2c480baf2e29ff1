//! Several stacks in one command.

use super::{Desk, check};
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
        desk.run("plan --out plan.json stack.yaml alarms.yaml"),
    ];
    check("stacks_together_that_are_wrong", &session);
}
