//! Asking a run to stop, once and twice.

use std::time::Duration;

use ccprov::engine::event::EventKind;
use ccprov::engine::stop::Stopper;
use ccprov::engine::wait::elapse;
use ccprov::model::ErrorClass;
use ccprov::sim::{Cloud, Fault, Operation, Weather};
use serde_json::json;

use super::site::{
    Orders, Run, carried_out, changes, cloud, planned, settled, stack, times, writes,
};

/// A chain of three, on calls of 100 ms; asked to stop at these times.
async fn stopped(cloud: &Cloud<'_>, millis: &[u64]) -> Run {
    let stack = stack(&json!({
        "a": { "kind": "thing" },
        "b": { "kind": "thing", "uses": ["${a.id}"] },
        "c": { "kind": "thing", "uses": ["${b.id}"] },
    }));
    let plan = planned(cloud, &stack).await;
    let (stopper, stop) = Stopper::new();
    let asking = async {
        let mut now = 0;
        for at in millis {
            if *at > now {
                elapse(Duration::from_millis(at - now)).await;
            }
            now = *at;
            stopper.ask();
        }
        std::future::pending::<()>().await;
    };
    tokio::select! {
        biased;
        () = asking => unreachable!("it never ends"),
        run = carried_out(cloud, plan, Orders { stop, ..Orders::new() }) => run.expect("nobody dies"),
    }
}

fn interruptions(run: &Run) -> Vec<(usize, bool)> {
    run.picked(|kind| match kind {
        EventKind::Interrupted { in_flight, abandon_waits } => Some((*in_flight, *abandon_waits)),
        _ => None,
    })
}

#[tokio::test(start_paused = true)]
async fn nothing_new_starts_and_calls_in_flight_finish() {
    let cloud = cloud(Weather::even(1));
    let run = stopped(&cloud, &[50]).await;
    assert_eq!(run.told(), ["a create: done", "b create: not started", "c create: not started"]);
    assert_eq!(interruptions(&run), [(1, false)]);
    assert_eq!(writes(&cloud), ["Create dev-a"]);
    assert_eq!(run.report.summary.left, 2);
}

#[tokio::test(start_paused = true)]
async fn a_stop_before_the_start_starts_nothing() {
    let cloud = cloud(Weather::even(1));
    let run = stopped(&cloud, &[0]).await;
    assert_eq!(run.report.summary.left, 3);
    assert_eq!(interruptions(&run), [(0, false)]);
    assert_eq!(writes(&cloud), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn the_first_stop_waits_and_the_second_does_not() {
    let slow = || {
        let settling = Duration::from_secs(20)..Duration::from_secs(20);
        cloud(Weather { settling, ..Weather::even(1) })
    };
    let run = stopped(&slow(), &[50]).await;
    assert_eq!(run.told()[0], "a create: done");
    let run = stopped(&slow(), &[50, 5_000]).await;
    assert_eq!(run.told()[0], "a create: unconfirmed");
    assert_eq!(interruptions(&run), [(1, false), (1, true)]);
    assert!(run.events.last().is_some_and(|end| end.elapsed < Duration::from_secs(6)));
}

#[tokio::test(start_paused = true)]
async fn the_second_stop_ends_pauses_but_no_call() {
    let cloud = cloud(Weather::even(1));
    let throttled = Fault::Refused(ErrorClass::Throttled);
    cloud.befall(Operation::Create, "dev-a", u32::MAX, throttled);
    let run = stopped(&cloud, &[10_000, 10_010]).await;
    assert!(run.told()[0].starts_with("a create: failed, Throttled"), "{:?}", run.told());
    assert!(run.events.last().is_some_and(|end| end.elapsed < Duration::from_millis(10_200)));

    let cloud = super::site::cloud(Weather::even(1));
    stopped(&cloud, &[20, 30]).await;
    assert_eq!(times(&cloud, "Create", "dev-a"), 1);
    assert!(cloud.calls().iter().all(|call| call.status == Some(200)), "{:?}", cloud.calls());
    assert!(cloud.object("thing", "dev-a").is_some());
}

#[tokio::test(start_paused = true)]
async fn the_next_run_goes_on_from_there() {
    let cloud = cloud(Weather::even(1));
    let run = stopped(&cloud, &[150]).await;
    assert_eq!(run.report.summary.left, 1);
    let plan = planned(&cloud, &stack(&json!({ "a": { "kind": "thing" } }))).await;
    assert_eq!(changes(&plan), ["- b"]);
    settled(&cloud, &stack(&json!({}))).await;
    assert_eq!(cloud.objects(), []);
}
