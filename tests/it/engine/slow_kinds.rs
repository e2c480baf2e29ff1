//! Kinds that take their time: what is asked of them in turns, and what is waited
//! for between.

use std::time::Duration;

use ccprov::engine::Until;
use ccprov::engine::event::{EventKind, Outcome};
use ccprov::model::{ErrorClass, InFlight, Status};
use ccprov::sim::{Cloud, Fault, Operation, Weather};
use serde_json::{Value, json};

use super::site::{
    DATA_MAY_GO, Orders, Run, applied, carried_out, changes, cloud, planned, planned_destroy,
    stack, times,
};

/// Whatever is written takes so many seconds.
fn slow(seconds: u64) -> Cloud<'static> {
    let length = Duration::from_secs(seconds);
    cloud(Weather { settling: length..length, ..Weather::even(1) })
}

fn table(settings: &Value, color: &str) -> Value {
    json!({ "t": { "kind": "table", "settings": settings, "color": color } })
}

async fn ran(cloud: &Cloud<'_>, resources: &Value) -> Run {
    let run = applied(cloud, &stack(resources)).await;
    assert_eq!(cloud.violations(), [""; 0], "{:?}", run.told());
    run
}

fn seconds(run: &Run) -> u64 {
    run.events.last().map(|end| end.elapsed.as_secs()).unwrap_or_default()
}

/// It is made in 10 seconds, and then each setting takes 10 more, and the color.
#[tokio::test(start_paused = true)]
async fn what_only_an_existing_object_takes_follows_its_creation_one_by_one() {
    let cloud = slow(10);
    let wanted = table(&json!({ "a": "1", "b": "1" }), "red");
    let run = ran(&cloud, &wanted).await;
    assert_eq!(run.told(), ["t create: done"]);
    assert_eq!(times(&cloud, "Create", "dev-t"), 1);
    assert_eq!(
        times(&cloud, "Update", "dev-t"),
        2,
        "the settings, of which it has none, and the color"
    );
    assert!((30..45).contains(&seconds(&run)), "{}", seconds(&run));
    assert_eq!(changes(&planned(&cloud, &stack(&wanted)).await), [""; 0]);

    let wanted = table(&json!({ "b": "2", "c": "1" }), "blue");
    let run = ran(&cloud, &wanted).await;
    assert_eq!(run.told(), ["t update: done"]);
    assert_eq!(times(&cloud, "Update", "dev-t"), 2 + 4, "three settings one by one, the color");
    assert_eq!(changes(&planned(&cloud, &stack(&wanted)).await), [""; 0]);
}

/// Who is asked for a yes is told before how often the cloud will be called.
#[tokio::test(start_paused = true)]
async fn a_plan_says_how_many_changes_follow_one_another() {
    let cloud = slow(10);
    ran(&cloud, &table(&json!({ "a": "1", "b": "1" }), "red")).await;
    let check = async |settings: Value, color: &str, expected: &[&str]| {
        let plan = planned(&cloud, &stack(&table(&settings, color))).await;
        assert_eq!(plan.changes[0].notes, expected, "{settings} {color}");
    };
    check(json!({ "a": "1", "b": "1" }), "red", &[]).await;
    check(json!({ "a": "1", "b": "1" }), "blue", &[]).await;
    check(json!({ "a": "2", "b": "1" }), "red", &[]).await;
    check(json!({ "a": "2", "b": "2" }), "red", &["2 changes one after the other"]).await;
    check(json!({ "b": "2", "c": "1" }), "blue", &["4 changes one after the other"]).await;
}

/// No call is made while the cloud is at it: each would be refused.
#[tokio::test(start_paused = true)]
async fn nobody_calls_while_the_cloud_is_at_it() {
    let cloud = slow(45);
    let run = ran(&cloud, &table(&json!({ "a": "1" }), "red")).await;
    let retries = run.picked(|kind| matches!(kind, EventKind::StepRetrying { .. }).then_some(()));
    assert_eq!(retries.len(), 0);
    let told = run.picked(|kind| match kind {
        EventKind::StepWaiting { seen, .. } => Some(seen.clone()),
        _ => None,
    });
    assert!(told.len() >= 8, "{told:?}");
    assert!(told.iter().all(|seen| seen == "coming into service"), "{told:?}");
    // At most one look in five seconds, but for the first ones.
    assert!(times(&cloud, "Find", "dev-t") < 60, "{}", times(&cloud, "Find", "dev-t"));
}

/// A look that lags behind is no reason to call again.
#[tokio::test(start_paused = true)]
async fn what_was_called_for_is_waited_for() {
    let lag = Duration::from_secs(8);
    let cloud = cloud(Weather { find_lag: lag..lag, ..Weather::even(1) });
    ran(&cloud, &table(&json!({}), "red")).await;
    cloud.calm().await;
    let before = times(&cloud, "Update", "dev-t");
    let run = ran(&cloud, &table(&json!({}), "blue")).await;
    assert_eq!(run.told(), ["t update: done"]);
    assert_eq!(times(&cloud, "Update", "dev-t"), before + 1);
}

/// Somebody else is at it: it passes, and takes no longer than the kind may.
#[tokio::test(start_paused = true)]
async fn what_is_busy_is_tried_again_within_the_patience_of_its_kind() {
    let busy = Fault::Refused(ErrorClass::NotYet(InFlight::Busy));
    let cloud = slow(0);
    ran(&cloud, &table(&json!({}), "red")).await;
    cloud.befall(Operation::Update, "dev-t", 50, busy.clone());
    let run = ran(&cloud, &table(&json!({}), "blue")).await;
    assert_eq!(run.told(), ["t update: done"]);
    assert!((150..300).contains(&seconds(&run)), "{}", seconds(&run));
    cloud.befall(Operation::Update, "dev-t", 10_000, busy);
    let run = ran(&cloud, &table(&json!({}), "green")).await;
    let Outcome::Failed { error, .. } = run.outcome("t") else { panic!("{:?}", run.told()) };
    assert_eq!(error.class, ErrorClass::NotYet(InFlight::Busy));
    assert!((19 * 60..=20 * 60).contains(&seconds(&run)), "{}", seconds(&run));
}

#[tokio::test(start_paused = true)]
async fn patience_is_the_stack_files_if_it_has_any() {
    let cloud = slow(11 * 60);
    let patient = |create: &str| json!({ "t": { "kind": "table", "lifecycle": { "patience": { "create": create } } } });
    let run = ran(&cloud, &patient("5m")).await;
    assert_eq!(run.told(), ["t create: timed out, coming into service"]);
    assert!((4 * 60..=5 * 60).contains(&seconds(&run)), "{}", seconds(&run));
    let cloud = slow(11 * 60);
    assert_eq!(ran(&cloud, &patient("12m")).await.told(), ["t create: done"]);
}

#[tokio::test(start_paused = true)]
async fn a_deletion_is_over_when_nothing_is_seen() {
    let cloud = slow(0);
    let wanted = stack(&table(&json!({}), "red"));
    applied(&cloud, &wanted).await;
    let cloud_now = slow(30);
    cloud_now.put(cloud.object("table", "dev-t").expect("it was made"));
    let plan = planned_destroy(&cloud_now, &wanted, DATA_MAY_GO).await.expect("it is seen");
    let run = carried_out(&cloud_now, plan, Orders::new()).await.expect("nobody dies");
    assert_eq!(run.told(), ["t delete: done"]);
    assert!((30..40).contains(&seconds(&run)), "{}", seconds(&run));
    assert_eq!(cloud_now.object("table", "dev-t"), None);
}

/// What is replaced under its name, or comes back, waits until the old one is gone.
#[tokio::test(start_paused = true)]
async fn a_name_is_free_when_its_holder_is_gone() {
    let cloud = slow(20);
    ran(&cloud, &table(&json!({}), "red")).await;
    let square = json!({ "t": { "kind": "table", "settings": {}, "shape": "square" } });
    let run = ran(&cloud, &square).await;
    assert_eq!(run.told(), ["t create: done", "t delete: done"]);

    // Somebody has it go, and we do not wait for them.
    let plan = planned_destroy(&cloud, &stack(&square), DATA_MAY_GO).await.expect("it is seen");
    let accepted = Orders { until: Until::Accepted, ..Orders::new() };
    let run = carried_out(&cloud, plan, accepted).await.expect("nobody dies");
    assert_eq!((run.told(), seconds(&run)), (vec!["t delete: done".to_owned()], 0));
    let run = ran(&cloud, &square).await;
    assert_eq!(run.told(), ["t create: done"]);
    assert!((40..70).contains(&seconds(&run)), "{}", seconds(&run));
}

/// A run that ended too early leaves something that is still being made: the next
/// one sees it through, and whoever needs it waits.
#[tokio::test(start_paused = true)]
async fn what_is_still_being_made_is_waited_for_by_the_next_run() {
    let cloud = slow(45);
    let resources = json!({ "t": { "kind": "table" } });
    cloud.crash_at(3);
    let plan = planned(&cloud, &stack(&resources)).await;
    assert!(carried_out(&cloud, plan, Orders::new()).await.is_none(), "it died");
    cloud.crash_never();
    let both = json!({
        "t": { "kind": "table" },
        "h": { "kind": "holder", "holds": ["${t.arn}"] },
    });
    let plan = planned(&cloud, &stack(&both)).await;
    assert_eq!(changes(&plan), ["+ h", "~ t status"]);
    let run = carried_out(&cloud, plan, Orders::new()).await.expect("nobody dies");
    assert_eq!(run.told(), ["h create: done", "t update: done"]);
    assert_eq!(times(&cloud, "Update", "dev-t"), 0);
    assert_eq!(times(&cloud, "Create", "dev-h"), 1, "it was not refused");
}

#[tokio::test(start_paused = true)]
async fn what_has_failed_is_said_aloud_and_may_be_mended_by_a_change() {
    let cloud = slow(0);
    ran(&cloud, &table(&json!({}), "red")).await;
    cloud.ail("table", "dev-t", Status::Failed("no room left".into()));
    let plan = planned(&cloud, &stack(&table(&json!({}), "red"))).await;
    assert_eq!(changes(&plan), ["~ t status"]);
    assert_eq!(plan.changes[0].notes, ["AWS says that it failed: no room left"]);
    let run = carried_out(&cloud, plan, Orders::new()).await.expect("nobody dies");
    let Outcome::Failed { error, .. } = run.outcome("t") else { panic!("{:?}", run.told()) };
    assert_eq!(error.message, "no room left");

    // The call that broke it is not repeated.
    cloud.ail("table", "dev-t", Status::Current);
    cloud.befall(Operation::Update, "dev-t", 1, Fault::Broken("no such color".into()));
    let before = times(&cloud, "Update", "dev-t");
    let run = ran(&cloud, &table(&json!({ "a": "1" }), "blue")).await;
    let Outcome::Failed { error, .. } = run.outcome("t") else { panic!("{:?}", run.told()) };
    assert_eq!(error.message, "no such color");
    assert_eq!(times(&cloud, "Update", "dev-t"), before + 1);
}

/// Whoever refers to what a change makes of an object gets what it is then.
#[tokio::test(start_paused = true)]
async fn a_fact_that_moves_is_known_when_it_has_moved() {
    let cloud = slow(10);
    let resources = |color: &str| {
        json!({
            "t": { "kind": "table", "color": color },
            "u": { "kind": "thing", "uses": ["${t.revision}"] },
        })
    };
    let revision = || cloud.object("table", "dev-t").map(|it| it.facts["revision"].clone());
    let used = || cloud.object("thing", "dev-u").map(|it| it.document["uses"][0].clone());
    ran(&cloud, &resources("red")).await;
    let first = revision();
    assert_eq!(used(), first.clone().map(Value::from));
    let plan = planned(&cloud, &stack(&resources("blue"))).await;
    assert_eq!(changes(&plan), ["~ t color", "~ u uses"]);
    ran(&cloud, &resources("blue")).await;
    assert_ne!(revision(), first);
    assert_eq!(used(), revision().map(Value::from));
    assert_eq!(changes(&planned(&cloud, &stack(&resources("blue"))).await), [""; 0]);
}
