//! A look counts as the one right before a write for a moment, and for what nobody else of
//! the run has changed.

use std::time::Duration;

use ccprov::engine::proof::FRESH;
use ccprov::model::{ErrorClass, Owner};
use ccprov::sim::{Cloud, Fault, Operation, Weather};
use serde_json::{Value, json};

use super::site::{
    Orders, Run, carried_out, changes, cloud, planned, seen_and_planned, settled, stack, times,
};

/// `b` relies on `a`.
fn two(size: u32) -> Value {
    json!({
        "a": { "kind": "thing", "size": size },
        "b": { "kind": "thing", "size": size, "uses": ["${a.id}"] },
    })
}

/// Changes both, so long after the looks.
async fn changed(cloud: &Cloud<'_>, later: Duration, meanwhile: impl FnOnce(&Cloud<'_>)) -> Run {
    settled(cloud, &stack(&two(1))).await;
    let (plan, seen) = seen_and_planned(cloud, &stack(&two(2))).await;
    assert_eq!(changes(&plan), ["~ a size", "~ b size"]);
    tokio::time::advance(later).await;
    meanwhile(cloud);
    carried_out(cloud, plan, Orders { seen: Some(seen), ..Orders::new() }).await.expect("a run")
}

/// How often each is looked at: for the two plans and the two confirmations, and once more
/// where the plan's look does not do.
async fn check(later: Duration, a: usize, b: usize) {
    let cloud = cloud(Weather::even(1));
    let run = changed(&cloud, later, |_| {}).await;
    assert!(run.report.summary.is_success(), "{:?}", run.told());
    assert_eq!([times(&cloud, "Find", "dev-a"), times(&cloud, "Find", "dev-b")], [a, b]);
    assert_eq!(changes(&planned(&cloud, &stack(&two(2))).await), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn the_plan_is_the_last_look_before_the_first_write() {
    check(Duration::ZERO, 4, 4).await;
}

#[tokio::test(start_paused = true)]
async fn what_was_seen_long_ago_is_looked_at_again() {
    check(FRESH * 2, 5, 5).await;
}

fn retag(cloud: &Cloud<'_>) {
    let mut live = cloud.object("thing", "dev-a").expect("it is there");
    let owner = live.owner.expect("it is ours");
    live.owner = Some(Owner { stack: "others".into(), ..owner });
    cloud.put(live);
}

#[tokio::test(start_paused = true)]
async fn what_changed_hands_since_is_refused() {
    let cloud = cloud(Weather::even(1));
    let run = changed(&cloud, FRESH * 2, retag).await;
    assert!(run.told()[0].contains("refused"), "{:?}", run.told());
    assert_eq!(cloud.violations(), [""; 0]);
}

/// Whoever writes once more has looked once more.
#[tokio::test(start_paused = true)]
async fn a_second_try_looks_again() {
    let cloud = cloud(Weather::even(1));
    let befall = |cloud: &Cloud<'_>| {
        let fault = Fault::Refused(ErrorClass::Transient);
        cloud.befall(Operation::Update, "dev-a", 2, fault);
    };
    let run = changed(&cloud, Duration::ZERO, befall).await;
    assert!(run.report.summary.is_success(), "{:?}", run.told());
    assert_eq!(times(&cloud, "Find", "dev-a"), 6);
}
