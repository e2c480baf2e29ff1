//! What fails, what that takes along, and what is tried again.

use ccprov::engine::event::{EventKind, Outcome};
use ccprov::model::{ErrorClass, InFlight};
use ccprov::sim::{Cloud, Fault, Operation, Weather};
use serde_json::{Value, json};

use super::site::{
    DATA_MAY_GO, Orders, applied, carried_out, changes, cloud, planned, planned_destroy, settled,
    stack, times,
};

/// `b` and `c` rely on `a` and `b`, `e` on `d`.
fn two_chains() -> Value {
    json!({
        "a": { "kind": "thing" },
        "b": { "kind": "thing", "uses": ["${a.id}"] },
        "c": { "kind": "thing", "uses": ["${b.id}"] },
        "d": { "kind": "thing" },
        "e": { "kind": "thing", "uses": ["${d.id}"] },
    })
}

async fn check(befall: impl Fn(&Cloud<'_>), resources: Value, expected: &[&str]) {
    let (cloud, stack) = (cloud(Weather::even(1)), stack(&resources));
    befall(&cloud);
    let run = applied(&cloud, &stack).await;
    assert_eq!(run.told(), expected);
    assert_eq!(cloud.violations(), [""; 0]);
    let count = |word: &str| expected.iter().filter(|told| told.contains(word)).count();
    let summary = run.report.summary;
    assert_eq!((summary.added, summary.skipped), (count(": done"), count(": skipped")));
    assert_eq!(summary.is_success(), count(": done") == expected.len());
    // Every step ends once, and the run with it.
    let ends = run.picked(|kind| match kind {
        EventKind::StepFinished { step, .. } => Some(*step),
        _ => None,
    });
    assert_eq!(ends.len(), expected.len());
    assert!(matches!(run.events.last().map(|e| &e.kind), Some(EventKind::RunFinished { .. })));
}

fn on_create(class: ErrorClass, times: u32) -> impl Fn(&Cloud<'_>) {
    move |cloud| cloud.befall(Operation::Create, "dev-a", times, Fault::Refused(class))
}

#[tokio::test(start_paused = true)]
async fn a_failed_step_takes_along_what_depends_on_it_and_nothing_else() {
    let expected = [
        "a create: failed, Denied x1",
        "b create: skipped for a",
        "c create: skipped for a",
        "d create: done",
        "e create: done",
    ];
    check(on_create(ErrorClass::Denied, 1), two_chains(), &expected).await;
}

#[tokio::test(start_paused = true)]
async fn what_may_pass_is_tried_again_and_what_cannot_is_not() {
    let one = || json!({ "a": { "kind": "thing" } });
    for class in
        [ErrorClass::Throttled, ErrorClass::Transient, ErrorClass::NotYet(InFlight::Cooldown)]
    {
        check(on_create(class, 4), one(), &["a create: done"]).await;
    }
    for class in [
        ErrorClass::Denied,
        ErrorClass::Quota,
        ErrorClass::Invalid,
        ErrorClass::Credentials,
        ErrorClass::Unexpected,
        // Nothing that it relies on is written in this run.
        ErrorClass::NotYet(InFlight::Dependency),
    ] {
        let failed = format!("a create: failed, {class:?} x1");
        check(on_create(class, 1), one(), &[&failed]).await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_never_passes_fails_in_the_end() {
    let (cloud, stack) = (cloud(Weather::even(1)), stack(&json!({ "a": { "kind": "thing" } })));
    on_create(ErrorClass::Throttled, u32::MAX)(&cloud);
    let run = applied(&cloud, &stack).await;
    let Outcome::Failed { error, attempts } = run.outcome("a") else { panic!("{:?}", run.told()) };
    assert_eq!(error.class, ErrorClass::Throttled);
    assert_eq!(times(&cloud, "Create", "dev-a"), *attempts as usize);
    let tries = run.picked(|kind| match kind {
        EventKind::StepRetrying { attempt, .. } => Some(*attempt),
        _ => None,
    });
    assert_eq!(tries, (1..*attempts).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn a_creation_whose_answer_was_lost_is_taken_up() {
    let lose = |cloud: &Cloud<'_>| {
        for identity in ["dev-a", "dev-k"] {
            cloud.befall(Operation::Create, identity, 1, Fault::AnswerLost);
        }
        cloud.befall(Operation::Finish, "dev-k", 1, Fault::AnswerLost);
    };
    let resources = json!({
        "a": { "kind": "thing" },
        "b": { "kind": "thing", "uses": ["${a.id}", "${k.id}"] },
        "k": { "kind": "key" },
    });
    check(lose, resources, &["a create: done", "b create: done", "k create: done"]).await;
}

/// The object is there, and for a while no look shows it.
#[tokio::test(start_paused = true)]
async fn what_is_taken_up_is_waited_for() {
    let seconds = std::time::Duration::from_secs;
    let cloud = cloud(Weather { find_lag: seconds(8)..seconds(8), ..Weather::even(1) });
    cloud.befall(Operation::Create, "dev-a", 1, Fault::AnswerLost);
    let run = applied(&cloud, &stack(&json!({ "a": { "kind": "thing" } }))).await;
    assert_eq!(run.told(), ["a create: done"]);
}

#[tokio::test(start_paused = true)]
async fn what_appears_meanwhile_is_taken_up_if_it_is_ours() {
    let resources = json!({ "a": { "kind": "thing", "color": "red", "settings": { "x": "1" } } });
    for (whose, expected) in [
        ("dev", "a create: done"),
        ("other", "a create: refused, thing dev-a appeared while we worked"),
    ] {
        let (cloud, stack) = (cloud(Weather::even(1)), stack(&resources));
        let plan = planned(&cloud, &stack).await;
        settled(&cloud, &stack).await;
        let mut live = cloud.object("thing", "dev-a").expect("it was made");
        live.document["color"] = "blue".into();
        live.owner.as_mut().expect("an owner").stack = whose.to_owned();
        cloud.put(live);
        let run = carried_out(&cloud, plan, Orders::new()).await.expect("nobody dies");
        assert_eq!(run.told(), [expected]);
        let color = cloud.object("thing", "dev-a").expect("it stays").document["color"].clone();
        assert_eq!(color, if whose == "dev" { "red" } else { "blue" });
        assert_eq!(cloud.violations(), [""; 0]);
    }
}

/// What the run just made is not there for everybody yet, nor gone for everybody.
#[tokio::test(start_paused = true)]
async fn a_refusal_that_this_run_caused_is_waited_out() {
    let seconds = std::time::Duration::from_secs;
    let lag = || seconds(8)..seconds(8);
    let cloud = cloud(Weather { find_lag: lag(), propagation: lag(), ..Weather::even(1) });
    let resources = json!({
        "a": { "kind": "thing" },
        "h": { "kind": "holder", "holds": ["${a.arn}"] },
    });
    let stack = stack(&resources);
    settled(&cloud, &stack).await;
    assert!(times(&cloud, "Create", "dev-h") > 1, "it was refused at first");
    let plan = planned_destroy(&cloud, &stack, DATA_MAY_GO).await.expect("a plan");
    let run = carried_out(&cloud, plan, Orders::new()).await.expect("nobody dies");
    assert_eq!(run.told(), ["a delete: done", "h delete: done"]);
    assert!(times(&cloud, "Delete", "dev-a") > 1, "it was refused at first");
    assert_eq!(cloud.violations(), [""; 0]);
}

/// The same command, run again, takes up where the run ended.
#[tokio::test(start_paused = true)]
async fn a_second_run_does_what_the_first_one_did_not() {
    let (cloud, stack) = (cloud(Weather::even(1)), stack(&two_chains()));
    on_create(ErrorClass::Denied, 1)(&cloud);
    applied(&cloud, &stack).await;
    assert_eq!(changes(&planned(&cloud, &stack).await), ["+ a", "+ b", "+ c"]);
    settled(&cloud, &stack).await;
    assert_eq!(changes(&planned(&cloud, &stack).await), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn who_cannot_look_does_not_plan() {
    let (cloud, stack) = (cloud(Weather::even(1)), stack(&two_chains()));
    cloud.befall(Operation::Find, "dev-a", 1, Fault::Refused(ErrorClass::Denied));
    cloud.befall(Operation::Candidates, "dev", 1, Fault::Refused(ErrorClass::Denied));
    let errors = planned_destroy(&cloud, &stack, DATA_MAY_GO).await.expect_err("two refusals");
    let operations: Vec<&str> = errors.iter().map(|error| error.operation.as_str()).collect();
    assert_eq!(operations, ["sim:Find", "sim:Candidates"]);
}
