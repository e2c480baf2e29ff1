//! How long is waited, for what, and what is told meanwhile.

use std::time::Duration;

use ccprov::engine::Until;
use ccprov::engine::event::{EventKind, Outcome};
use ccprov::sim::{Fault, Operation, Weather};
use serde_json::{Value, json};

use super::site::{Orders, Run, applied, carried_out, changes, cloud, planned, stack, times};

fn settling(seconds: u64) -> Weather {
    let length = Duration::from_secs(seconds);
    Weather { settling: length..length, ..Weather::even(1) }
}

fn lagging(seconds: u64) -> Weather {
    let length = Duration::from_secs(seconds);
    Weather { find_lag: length..length, ..Weather::even(1) }
}

async fn one(kind: &str, weather: Weather, until: Until) -> Run {
    let cloud = cloud(weather);
    let plan = planned(&cloud, &stack(&json!({ "a": { "kind": kind } }))).await;
    carried_out(&cloud, plan, Orders { until, ..Orders::new() }).await.expect("nobody dies")
}

fn took(run: &Run) -> u64 {
    run.events.last().map(|end| end.elapsed.as_secs()).unwrap_or_default()
}

/// Signs of life, in seconds of waiting, with what was seen.
fn heartbeats(run: &Run) -> Vec<(u64, String)> {
    run.picked(|kind| match kind {
        EventKind::StepWaiting { waited, seen, .. } => Some((waited.as_secs() / 10, seen.clone())),
        _ => None,
    })
}

#[tokio::test(start_paused = true)]
async fn waiting_is_told_every_ten_seconds_and_ends_when_it_is_ready() {
    let run = one("thing", settling(35), Until::Ready).await;
    assert_eq!(run.told(), ["a create: done"]);
    let seen = "coming into service".to_owned();
    assert_eq!(heartbeats(&run), [(1, seen.clone()), (2, seen.clone()), (3, seen)]);
    assert!((35..38).contains(&took(&run)), "{}", took(&run));
}

#[tokio::test(start_paused = true)]
async fn patience_ends_and_says_what_was_seen_last() {
    // A thing has a minute, a key has five.
    let run = one("thing", settling(70), Until::Ready).await;
    assert_eq!(run.told(), ["a create: timed out, coming into service"]);
    assert!((57..=60).contains(&took(&run)), "{}", took(&run));
    let run = one("thing", lagging(70), Until::Configured).await;
    assert_eq!(run.told(), ["a create: timed out, not visible yet"]);
    let run = one("key", settling(70), Until::Ready).await;
    assert_eq!(run.told(), ["a create: done"]);
}

#[tokio::test(start_paused = true)]
async fn some_kinds_are_looked_at_twice() {
    for (kind, looks) in [("thing", 1), ("key", 2)] {
        let cloud = cloud(Weather::even(1));
        applied(&cloud, &stack(&json!({ "a": { "kind": kind } }))).await;
        // Once before the plan.
        assert_eq!(times(&cloud, "Find", "dev-a"), 1 + looks, "{kind}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_fails_to_come_into_service_is_not_waited_for() {
    let cloud = cloud(Weather::even(1));
    cloud.befall(Operation::Create, "dev-a", 1, Fault::Broken("no room left".into()));
    let run = applied(&cloud, &stack(&json!({ "a": { "kind": "thing" } }))).await;
    let Outcome::Failed { error, .. } = run.outcome("a") else { panic!("{:?}", run.told()) };
    assert_eq!(error.message, "no room left");
    assert_eq!(took(&run), 0);
}

#[tokio::test(start_paused = true)]
async fn done_means_what_was_asked_for() {
    let both = Weather { settling: settling(40).settling, ..lagging(20) };
    for (until, expected) in [(Until::Accepted, 0), (Until::Configured, 20), (Until::Ready, 40)] {
        let run = one("thing", both.clone(), until).await;
        assert_eq!(run.told(), ["a create: done"]);
        let took = took(&run);
        assert!((expected..expected + 3).contains(&took), "{until:?} took {took} s");
    }
}

/// Until then no more can be seen of it than that it is there.
#[tokio::test(start_paused = true)]
async fn what_somebody_outside_has_to_confirm_is_not_waited_for() {
    let cloud = cloud(Weather::even(1)).confirmed_outside("invite");
    let stack = stack(&json!({ "a": { "kind": "invite", "color": "red" } }));
    let run = applied(&cloud, &stack).await;
    assert_eq!((run.told(), took(&run)), (vec!["a create: done".to_owned()], 0));
    cloud.alter("invite", "dev-a", |document| document["color"] = "blue".into());
    assert_eq!(changes(&planned(&cloud, &stack).await), [""; 0]);
    cloud.confirm("invite", "dev-a");
    assert_eq!(changes(&planned(&cloud, &stack).await), ["~ a color"]);
}

/// Waiting is nobody else's business, unless the kind says so.
#[tokio::test(start_paused = true)]
async fn others_wait_for_a_gate_and_for_nothing_else() {
    let resources = |kind: &str| {
        json!({
            "a": { "kind": kind },
            "h": { "kind": "holder", "holds": ["${a.arn}"] },
        })
    };
    for until in [Until::Accepted, Until::Configured, Until::Ready] {
        for (kind, expected) in [("thing", 0), ("gate", 30)] {
            let cloud = cloud(settling(30));
            let plan = planned(&cloud, &stack(&resources(kind))).await;
            let orders = Orders { until, ..Orders::new() };
            let run = carried_out(&cloud, plan, orders).await.expect("nobody dies");
            assert_eq!(run.told(), ["a create: done", "h create: done"]);
            let started = run.events.iter().find(|event| {
                matches!(&event.kind, EventKind::StepStarted { address, .. } if address.as_str() == "h")
            });
            let started = started.map(|event| event.elapsed.as_secs()).unwrap_or_default();
            assert!((expected..expected + 3).contains(&started), "{kind} {until:?}: {started} s");
            assert_eq!(times(&cloud, "Create", "dev-h"), 1, "it was not refused");
        }
    }
}

/// Equal seeds, equal runs: every event at its time.
#[tokio::test(start_paused = true)]
async fn a_run_is_the_same_every_time() {
    let resources: Value = (0..20)
        .map(|number| {
            let uses = if number > 0 { vec![format!("${{r{}.id}}", number / 2)] } else { vec![] };
            let kind = ["thing", "key", "gate"][number % 3];
            let uses = if kind == "key" { vec![] } else { uses };
            (format!("r{number}"), json!({ "kind": kind, "uses": uses }))
        })
        .collect::<serde_json::Map<_, _>>()
        .into();
    let events = async || {
        let cloud = cloud(Weather::foul(7));
        applied(&cloud, &stack(&resources)).await.events
    };
    let first = events().await;
    for _ in 0..5 {
        assert_eq!(events().await, first);
    }
}
