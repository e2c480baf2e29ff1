//! A stack among others of one command: what it comes after has just been written, and those
//! that use it have yet to turn.

use std::collections::BTreeMap;
use std::future::pending;

use ccprov::engine::stop::{Stop, Stopper};
use ccprov::engine::{Report, Site, Until, Why, execute_among};
use ccprov::model::{Address, ErrorClass, Facts, InFlight, Stack};
use ccprov::plan::Plan;
use ccprov::sim::{Cloud, Fault, Operation, Weather};
use serde_json::json;
use tokio::sync::mpsc;

use super::site::{
    DATA_MAY_GO, Orders, Run, carried_out, catalog, changes, cloud, planned, planned_destroy,
    settled, stack, writes,
};

const NOT_YET: Fault = Fault::Refused(ErrorClass::NotYet(InFlight::Dependency));

/// A role that a stack of the same command has just made is not known everywhere yet; one that
/// was there long ago is.
#[tokio::test(start_paused = true)]
async fn what_another_has_just_made_is_waited_for() {
    for (is_in_wake, expected) in
        [(true, "a create: done"), (false, "a create: failed, NotYet(Dependency) x1")]
    {
        let cloud = cloud(Weather::even(1));
        cloud.befall(Operation::Create, "dev-a", 3, NOT_YET);
        let plan = planned(&cloud, &stack(&json!({ "a": { "kind": "thing" } }))).await;
        let orders = Orders { is_in_wake, ..Orders::new() };
        let run = carried_out(&cloud, plan, orders).await.unwrap();
        assert_eq!(run.told(), [expected]);
    }
}

/// Who held it has gone moments ago, with the stack that used this one.
#[tokio::test(start_paused = true)]
async fn what_another_has_just_let_go_is_deleted() {
    for (is_in_wake, expected) in
        [(true, "a delete: done"), (false, "a delete: failed, NotYet(Dependency) x1")]
    {
        let cloud = cloud(Weather::even(1));
        let stack = stack(&json!({ "a": { "kind": "thing" } }));
        settled(&cloud, &stack).await;
        cloud.befall(Operation::Delete, "dev-a", 3, NOT_YET);
        let plan = planned_destroy(&cloud, &stack, DATA_MAY_GO).await.unwrap();
        let orders = Orders { is_in_wake, ..Orders::new() };
        let run = carried_out(&cloud, plan, orders).await.unwrap();
        assert_eq!(run.told(), [expected]);
    }
}

fn named(name: &str) -> Stack {
    stack(&json!({
        "a": { "kind": "thing", "name": name },
        "b": { "kind": "thing", "uses": ["${a.id}"] },
    }))
}

/// A cloud in which `a` is `one`, and the plan that makes it `two`.
async fn turning() -> (Cloud<'static>, Plan) {
    let cloud = cloud(Weather::even(1));
    settled(&cloud, &named("one")).await;
    let plan = planned(&cloud, &named("two")).await;
    (cloud, plan)
}

/// Carries it out as the plan of a stack that others use.
async fn among(
    cloud: &Cloud<'_>,
    plan: Plan,
    stop: Stop,
    users: &impl AsyncFn(Report) -> Result<(), Why>,
) -> Run {
    let writer = cloud.writer(&plan.stack);
    let site = Site {
        writer: &writer,
        catalog: catalog(),
        plan: &plan,
        seen: None,
        told: const { &BTreeMap::new() },
        is_in_wake: false,
        until: Until::Ready,
        seed: 1,
    };
    let (events, _nobody_listens) = mpsc::unbounded_channel();
    let report = execute_among(site, stop, events, users).await;
    Run { plan, report, events: Vec::new() }
}

fn never() -> Stop {
    Stopper::new().1
}

#[tokio::test(start_paused = true)]
async fn the_old_object_goes_when_those_have_turned_that_use_the_stack() {
    let (cloud, plan) = turning().await;
    let before = writes(&cloud).len();
    let users = async |so_far: Report| {
        assert_eq!(writes(&cloud)[before..], ["Create two", "Update dev-b"]);
        let facts: &Facts = &so_far.facts[&Address::new("a")];
        assert_eq!(facts["id"], cloud.object("thing", "two").unwrap().facts["id"]);
        assert!(so_far.summary.is_success(), "{:?}", so_far.summary);
        Ok(())
    };
    let run = among(&cloud, plan, never(), &users).await;
    assert_eq!(run.told(), ["a create: done", "a delete: done", "b update: done"]);
    assert_eq!(writes(&cloud)[before..], ["Create two", "Update dev-b", "Delete one"]);
}

#[tokio::test(start_paused = true)]
async fn the_old_object_stays_while_one_that_uses_the_stack_has_not_turned() {
    let (cloud, plan) = turning().await;
    let users = async |_| Err(Why::Failed(Address::new("app/queue")));
    let run = among(&cloud, plan, never(), &users).await;
    let expected = ["a create: done", "a delete: skipped for app/queue", "b update: done"];
    assert_eq!(run.told(), expected);
    assert!(cloud.object("thing", "one").is_some());
    // The next run takes it up.
    assert_eq!(changes(&planned(&cloud, &named("two")).await), ["- thing(one)"]);
}

#[tokio::test(start_paused = true)]
async fn whoever_is_asked_to_stop_waits_for_nobody() {
    let (cloud, plan) = turning().await;
    let (stopper, stop) = Stopper::new();
    let users = async |_| {
        stopper.ask();
        pending().await
    };
    let run = among(&cloud, plan, stop, &users).await;
    assert_eq!(run.told(), ["a create: done", "a delete: not started", "b update: done"]);
}

/// What must go first is not held back: its successor has its name.
#[tokio::test(start_paused = true)]
async fn what_makes_room_goes_first() {
    let shape = |shape: &str| stack(&json!({ "a": { "kind": "thing", "shape": shape } }));
    let cloud = cloud(Weather::even(1));
    settled(&cloud, &shape("round")).await;
    let plan = planned(&cloud, &shape("square")).await;
    let users = async |_| unreachable!("nothing is held back");
    let run = among(&cloud, plan, never(), &users).await;
    assert_eq!(run.told(), ["a create: done", "a delete: done"]);
}

/// A failure of its own: those that use the stack hear of it.
#[tokio::test(start_paused = true)]
async fn a_failure_is_told_before_the_old_object_goes() {
    let (cloud, plan) = turning().await;
    cloud.befall(Operation::Update, "dev-b", 1, Fault::Refused(ErrorClass::Denied));
    let users = async |_| unreachable!("what waits for a failure is skipped");
    let run = among(&cloud, plan, never(), &users).await;
    let expected = ["a create: done", "a delete: skipped for b", "b update: failed, Denied x1"];
    assert_eq!(run.told(), expected);
}
