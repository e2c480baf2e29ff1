//! What takes the cloud long: told before, seen through, or left to it and taken up again.
//! A cluster is made in forty minutes, and each of its changes takes fifteen.

use std::time::Duration;

use ccprov::engine::Until;
use ccprov::engine::event::EventKind;
use ccprov::model::Stack;
use ccprov::plan::{Forecast, Plan, forecast};
use ccprov::sim::{Cloud, Operation, Weather};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::site::{
    DATA_MAY_GO, Orders, Run, applied, carried_out, catalog, changes, cloud, planned,
    planned_destroy, settled, stack, times,
};

const fn minutes(minutes: u64) -> Duration {
    Duration::from_mins(minutes)
}

fn slow() -> Cloud<'static> {
    cloud(Weather::even(1))
        .taking("cluster", Operation::Create, minutes(40))
        .taking("cluster", Operation::Update, minutes(15))
        .taking("cluster", Operation::Delete, minutes(10))
}

/// A cluster, and what needs it more and less.
fn system(cluster: &Value) -> Stack {
    stack(&json!({
        "cluster": cluster,
        "topic": { "kind": "holder", "holds": ["${cluster.arn}"] },
        "client": { "kind": "thing", "uses": ["${cluster.endpoint}"] },
        "policy": { "kind": "thing", "uses": ["${cluster.id}"] },
        "queue": { "kind": "thing" },
    }))
}

fn small() -> Stack {
    system(&json!({ "kind": "cluster" }))
}

/// The same, three operations later.
fn large() -> Stack {
    system(
        &json!({ "kind": "cluster", "size": 6, "settings": { "retention": "7d" }, "color": "v2" }),
    )
}

async fn run(cloud: &Cloud<'_>, stack: &Stack, until: Until) -> Option<Run> {
    let plan = planned(cloud, stack).await;
    carried_out(cloud, plan, Orders { until, ..Orders::new() }).await
}

/// Plans and carries out, for no longer than the cloud's word, and nobody dies.
async fn accepted(cloud: &Cloud<'_>, stack: &Stack) -> Run {
    run(cloud, stack, Until::Accepted).await.expect("nobody dies")
}

fn took(run: &Run) -> Duration {
    run.events.last().map(|end| end.elapsed).unwrap_or_default()
}

/// Everything is there once, nothing else is, and nobody broke a rule.
async fn is_done(cloud: &Cloud<'_>, stack: &Stack, title: &str) {
    assert_eq!(cloud.violations(), [""; 0], "{title}");
    assert_eq!(changes(&planned(cloud, stack).await), [""; 0], "{title}");
    assert_eq!(cloud.objects().len(), 5, "{title}");
    assert!(cloud.births().values().all(|births| *births == 1), "{title}: {:?}", cloud.births());
}

fn told(Forecast { whole, path, left, postponed }: &Forecast) -> (u64, String) {
    let legs = |legs: &[ccprov::plan::Leg]| {
        let legs = legs.iter().map(|leg| format!("{} {}m", leg.address, leg.usual.as_secs() / 60));
        legs.collect::<Vec<String>>().join(" ")
    };
    let postponed: Vec<&str> = postponed.iter().map(ccprov::model::Address::as_str).collect();
    let text = format!("{} | {} | {}", legs(path), legs(left), postponed.join(" "));
    (whole.as_secs() / 60, text)
}

fn expect(plan: &Plan, until: Until, whole: u64, text: &str) {
    assert_eq!(told(&forecast(plan, catalog(), until)), (whole, text.to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_plan_tells_how_long_it_takes_and_along_which_steps() {
    let cloud = slow();
    let plan = planned(&cloud, &small()).await;
    expect(&plan, Until::Ready, 40, "cluster 40m |  | ");
    expect(&plan, Until::Accepted, 0, " | cluster 40m | client topic");
    settled(&cloud, &small()).await;
    expect(&planned(&cloud, &small()).await, Until::Ready, 0, " |  | ");
    let plan = planned(&cloud, &large()).await;
    expect(&plan, Until::Ready, 60, "cluster 60m |  | ");
    let change = plan.changes.iter().find(|change| change.address.as_str() == "cluster");
    let stages = change.expect("it changes").stages.iter();
    let stages: Vec<_> =
        stages.map(|it| (it.paths[0].to_string(), it.usual.map(|it| it.as_secs() / 60))).collect();
    let expected = [("size", 30), ("settings", 15), ("color", 15)];
    assert_eq!(stages, expected.map(|(path, usual)| (path.to_owned(), Some(usual))));
    // What goes is waited for by who comes after it: the cluster is last, and by nobody.
    let plan = planned_destroy(&cloud, &small(), DATA_MAY_GO).await.expect("it is seen");
    expect(&plan, Until::Accepted, 0, " |  | ");
    expect(&plan, Until::Ready, 10, "cluster 10m |  | ");
}

/// Two clusters, of which one comes after the other.
#[tokio::test(start_paused = true)]
async fn what_comes_after_one_another_adds_up() {
    let cloud = slow();
    let both = stack(&json!({
        "first": { "kind": "cluster" },
        "second": { "kind": "cluster", "uses": ["${first.endpoint}"] },
        "third": { "kind": "cluster", "uses": ["${first.id}"] },
    }));
    let plan = planned(&cloud, &both).await;
    expect(&plan, Until::Ready, 80, "first 40m second 40m |  | ");
    expect(&plan, Until::Accepted, 0, " | first 40m second 40m third 40m | second");
}

/// Nobody has to look a thousand times, and nobody reads a thousand lines.
#[tokio::test(start_paused = true)]
async fn forty_minutes_cost_few_looks_and_few_words() {
    let cloud = slow();
    let run = settled(&cloud, &small()).await;
    assert!((minutes(40)..minutes(42)).contains(&took(&run)), "{:?}", took(&run));
    let looks = times(&cloud, "Find", "dev-cluster");
    assert!((60..100).contains(&looks), "{looks}");
    let waits = run.picked(|kind| match kind {
        EventKind::StepWaiting { waited, usual, limit, .. } => Some((*waited, *usual, *limit)),
        _ => None,
    });
    assert!((45..55).contains(&waits.len()), "{}", waits.len());
    assert!(waits.iter().all(|(_, usual, _)| *usual == Some(minutes(40))), "{waits:?}");
    assert!(waits.iter().all(|(.., limit)| *limit == minutes(120)), "{waits:?}");
    let gaps = waits.windows(2).map(|pair| pair[1].0.saturating_sub(pair[0].0));
    let longest = gaps.max().unwrap_or_default();
    assert!(longest <= Duration::from_secs(61), "{longest:?}");
}

/// What the cloud tells of a cluster when it is in service comes to who needs it in the
/// same run.
#[tokio::test(start_paused = true)]
async fn who_refers_to_what_is_known_late_waits_for_it() {
    let cloud = slow();
    let run = settled(&cloud, &small()).await;
    let started = |address: &str| {
        let is_it = |kind: &EventKind| matches!(kind, EventKind::StepStarted { address: it, .. } if it.as_str() == address);
        run.events.iter().find(|event| is_it(&event.kind)).map(|event| event.elapsed)
    };
    assert!(started("policy") < Some(minutes(1)), "{:?}", started("policy"));
    assert!(started("client") > Some(minutes(39)), "{:?}", started("client"));
    let endpoint = cloud.object("cluster", "dev-cluster").map(|it| it.facts["endpoint"].clone());
    let used = cloud.object("thing", "dev-client").map(|it| it.document["uses"][0].clone());
    assert_eq!(used, endpoint.map(Value::from));
}

#[tokio::test(start_paused = true)]
async fn what_takes_long_is_left_to_the_cloud_and_taken_up_again() {
    let (cloud, stack) = (slow(), small());
    let run = accepted(&cloud, &stack).await;
    let expected = [
        "client create: postponed for cluster",
        "cluster create: begun",
        "policy create: done",
        "queue create: done",
        "topic create: postponed for cluster",
    ];
    assert_eq!(run.told(), expected);
    assert!(took(&run) < Duration::from_secs(5), "{:?}", took(&run));
    let summary = run.report.summary;
    assert_eq!((summary.added, summary.at_work, summary.left, summary.failed), (3, 1, 2, 0));
    assert!(!summary.is_success(), "something is left for the next run");

    // It is told, and nothing is called for again.
    let plan = planned(&cloud, &stack).await;
    assert_eq!(changes(&plan), ["+ client", "~ cluster status", "+ topic"]);
    let notes = plan.changes.iter().find(|change| change.address.as_str() == "cluster");
    let notes = &notes.expect("it is there").notes;
    assert_eq!(*notes, ["it is not ready yet: coming into service"]);
    expect(&plan, Until::Ready, 40, "cluster 40m |  | ");
    let run = accepted(&cloud, &stack).await;
    let expected = [
        "client create: postponed for cluster",
        "cluster update: begun",
        "topic create: postponed for cluster",
    ];
    assert_eq!(run.told(), expected);
    assert_eq!(times(&cloud, "Update", "dev-cluster"), 0);

    tokio::time::advance(minutes(41)).await;
    let run = accepted(&cloud, &stack).await;
    assert_eq!(run.told(), ["client create: done", "topic create: done"]);
    assert!(run.report.summary.is_success());
    is_done(&cloud, &stack, "left to the cloud").await;
}

/// Nobody waits for it: all was accepted, and that was what was asked for.
#[tokio::test(start_paused = true)]
async fn to_leave_what_nobody_needs_is_a_success() {
    let cloud = slow();
    let alone = stack(&json!({ "cluster": { "kind": "cluster" } }));
    let run = accepted(&cloud, &alone).await;
    assert_eq!(run.told(), ["cluster create: begun"]);
    assert!(run.report.summary.is_success());
}

/// What takes a moment is seen through where somebody needs it, as ever.
#[tokio::test(start_paused = true)]
async fn what_takes_no_long_time_is_not_left() {
    let cloud = cloud(Weather::even(1)).taking("table", Operation::Create, Duration::from_secs(20));
    let stack = stack(&json!({
        "table": { "kind": "table" },
        "holder": { "kind": "holder", "holds": ["${table.arn}"] },
    }));
    assert_eq!(
        accepted(&cloud, &stack).await.told(),
        ["holder create: done", "table create: done"]
    );
}

/// One operation a run, in the cloud's order: what is to follow is told.
#[tokio::test(start_paused = true)]
async fn a_rolling_update_is_left_operation_by_operation() {
    let cloud = slow();
    settled(&cloud, &small()).await;
    let mut all = Vec::new();
    for _ in 0..4 {
        all.extend(accepted(&cloud, &large()).await.told());
        tokio::time::advance(minutes(16)).await;
    }
    let expected = [
        "cluster update: begun, 2 to follow",
        "cluster update: begun, 1 to follow",
        "cluster update: begun",
    ];
    assert_eq!(all, expected);
    assert_eq!(times(&cloud, "Update", "dev-cluster"), 3);
    is_done(&cloud, &large(), "operation by operation").await;
}

/// A run that is killed at its nth call, and then the same command until nothing is left:
/// how often the cluster was looked at, and how long all of it took. `None` if the run made
/// fewer calls.
async fn killed_at(
    nth: u64,
    (from, to): (Option<&Stack>, &Stack),
    until: Until,
) -> Option<(usize, Duration)> {
    let cloud = slow();
    if let Some(from) = from {
        settled(&cloud, from).await;
    }
    let (looked, began) = (times(&cloud, "Find", "dev-cluster"), Instant::now());
    let plan = planned(&cloud, to).await;
    cloud.crash_at(nth);
    let first = carried_out(&cloud, plan, Orders { until, ..Orders::new() }).await;
    cloud.crash_never();
    let title = format!("killed at call {nth}, {until:?}");
    for _ in 0..12 {
        let next = run(&cloud, to, until).await.expect("nobody dies");
        assert_eq!(next.report.summary.failed, 0, "{title}: {:?}", next.told());
        if next.plan.is_empty() {
            break;
        }
        if until == Until::Accepted {
            tokio::time::advance(minutes(8)).await;
        }
    }
    let took = began.elapsed();
    is_done(&cloud, to, &title).await;
    let looks = times(&cloud, "Find", "dev-cluster") - looked;
    first.is_none().then_some((looks, took))
}

/// The same at every call of the run.
async fn killed_anywhere(way: (Option<&Stack>, &Stack), until: Until, least: u64, most: Duration) {
    for nth in 1.. {
        let Some((looks, took)) = killed_at(nth, way, until).await else {
            assert!(nth > least, "only {nth} calls");
            return;
        };
        // What one run needs, and what a second looks more often while its pauses are short yet.
        assert!(looks < 160, "killed at call {nth}: {looks} looks");
        assert!(took < most, "killed at call {nth}: {took:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_long_creation_that_is_killed_anywhere_is_taken_up() {
    let small = small();
    killed_anywhere((None, &small), Until::Ready, 60, minutes(42)).await;
    killed_anywhere((None, &small), Until::Accepted, 2, minutes(60)).await;
}

#[tokio::test(start_paused = true)]
async fn a_rolling_update_that_is_killed_anywhere_is_taken_up() {
    let (small, large) = (small(), large());
    killed_anywhere((Some(&small), &large), Until::Ready, 60, minutes(49)).await;
    killed_anywhere((Some(&small), &large), Until::Accepted, 3, minutes(80)).await;
}

#[tokio::test(start_paused = true)]
async fn a_destroy_waits_until_what_is_being_made_can_go() {
    let (cloud, stack) = (slow(), small());
    accepted(&cloud, &stack).await;
    let before = cloud.calls().len();
    let plan = planned_destroy(&cloud, &stack, DATA_MAY_GO).await.expect("it is seen");
    let orders = Orders { until: Until::Accepted, ..Orders::new() };
    let run = carried_out(&cloud, plan, orders).await.expect("nobody dies");
    assert!(run.report.summary.is_success(), "{:?}", run.told());
    assert!((minutes(39)..minutes(42)).contains(&took(&run)), "{:?}", took(&run));
    let calls = cloud.calls().len() - before;
    assert!(calls < 250, "{calls}");
    tokio::time::advance(minutes(11)).await;
    assert_eq!(changes(&applied(&cloud, &stack).await.plan).len(), 5, "nothing was left");
}
