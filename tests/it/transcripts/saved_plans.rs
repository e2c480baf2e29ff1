//! Plans in files: what was reviewed is what is done, or nothing is.

use std::fs;

use aws_sdk_sqs::types::QueueAttributeName as Name;

use super::{Desk, check};
use crate::support::{aws, emulator};

const STACK: &str = r"
stack: claims
region: us-east-1
resources:
  queue: { kind: sqs_queue, name: claims, visibility_timeout_seconds: 30 }
  topic: { kind: sns_topic }
";

fn desk() -> Desk {
    Desk::with(emulator::ministack().account(), STACK)
}

/// A stack that lives, and a plan that changes its queue.
fn planned() -> Desk {
    let desk = desk();
    desk.must("apply -y stack.yaml", 0);
    desk.write("stack.yaml", &STACK.replace(": 30", ": 60"));
    desk.must("plan stack.yaml --out plan.json", 0);
    desk
}

async fn set(desk: &Desk, name: Name, value: &str) {
    let sqs = aws_sdk_sqs::Client::new(&aws::config(&desk.account));
    let url = format!("{}/{}/claims", desk.account.endpoint, desk.account.id);
    sqs.set_queue_attributes().queue_url(url).attributes(name, value).send().await.unwrap();
}

#[test]
fn a_plan_is_carried_out_as_it_was_reviewed() {
    let desk = desk();
    let planned = desk.run("plan stack.yaml --out plan.json");
    // The file is not looked at again.
    desk.write("stack.yaml", "stack: other\nresources: {}\n");
    let applied = desk.run("apply -y --plan plan.json");
    let again = desk.run("apply -y --plan plan.json");
    desk.write("stack.yaml", STACK);
    check("saved", &[planned, applied, again, desk.run("plan --detailed-exitcode stack.yaml")]);
}

#[tokio::test]
async fn what_moved_in_a_touched_field_makes_a_plan_stale() {
    let desk = planned();
    set(&desk, Name::VisibilityTimeout, "45").await;
    let moved = desk.run("apply -y --plan plan.json");
    set(&desk, Name::VisibilityTimeout, "60").await;
    let done = desk.run("apply -y --plan plan.json");
    let sqs = aws_sdk_sqs::Client::new(&aws::config(&desk.account));
    let url = format!("{}/{}/claims", desk.account.endpoint, desk.account.id);
    sqs.delete_queue().queue_url(url).send().await.unwrap();
    check("stale", &[moved, done, desk.run("apply -y --plan plan.json")]);
}

/// A tag is written with all the others, so that a stranger's would go.
#[tokio::test]
async fn a_field_moves_as_a_whole() {
    let desk = desk();
    desk.must("apply -y stack.yaml", 0);
    desk.write("stack.yaml", &STACK.replace("region:", "tags: { Owner: John Doe }\nregion:"));
    desk.must("plan stack.yaml --out plan.json", 0);
    let sqs = aws_sdk_sqs::Client::new(&aws::config(&desk.account));
    let url = format!("{}/{}/claims", desk.account.endpoint, desk.account.id);
    sqs.tag_queue().queue_url(url).tags("Team", "claims").send().await.unwrap();
    check("moved_beside", &[desk.run("apply -y --plan plan.json")]);
}

#[tokio::test]
async fn what_moved_elsewhere_does_not() {
    let desk = planned();
    set(&desk, Name::DelaySeconds, "7").await;
    let applied = desk.run("apply -y --plan plan.json");
    // Nor is it taken back: the plan did not say so.
    check("moved_elsewhere", &[applied, desk.run("plan --detailed-exitcode stack.yaml")]);
}

#[test]
fn plans_of_others_are_refused() {
    let desk = planned();
    let path = desk.path("plan.json");
    let plan = fs::read_to_string(&path).unwrap();
    let stranger = Desk::with(emulator::ministack().account(), STACK);
    stranger.write("plan.json", &plan);
    let mut session = vec![stranger.run("apply -y --plan plan.json")];
    session.push(desk.run("apply -y --plan plan.json --region eu-west-1"));
    for text in [
        plan.replace("ccprov.saved-plan/1", "ccprov.saved-plan/2"),
        plan.replace("60", "61"),
        plan[..10].to_owned(),
        "{}".to_owned(),
    ] {
        desk.write("plan.json", &text);
        session.push(desk.run("apply -y --plan plan.json"));
    }
    session.push(desk.run("apply -y --plan missing.json"));
    check("plans_of_others", &session);
    desk.write("stack.yaml", STACK);
    desk.must("plan --detailed-exitcode stack.yaml", 0);
}
