//! Plans of a part of a stack: what is looked at, what is done, and what stays as it is.

use std::collections::{BTreeMap, BTreeSet};

use ccprov::engine::{Look, observe_excerpt, seek};
use ccprov::model::{Address, CallRecord, ErrorClass, Stack};
use ccprov::plan::{Asked, AskedFor, Permissions, Plan, Purpose, guard, plan_asked};
use ccprov::plan::{plan, plan_destroy_asked};
use ccprov::sim::{Cloud, Fault, Operation, Weather, rounds};
use serde_json::{Value, json};

use super::site::{
    DATA_MAY_GO, Orders, carried_out, catalog, changes, cloud, planned, settled, stack, writes,
};

/// What is left of a stack, and what is asked of it.
pub(crate) fn asked(stack: &Stack, only: &[&str], replace: &[&str]) -> (Stack, Asked) {
    asked_to(Purpose::Apply, stack, only, replace)
}

fn asked_to(purpose: Purpose, stack: &Stack, only: &[&str], replace: &[&str]) -> (Stack, Asked) {
    let written = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    let asked_for = AskedFor { only: written(only), replace: written(replace), purpose };
    let mut stack = stack.clone();
    let asked = asked_for.of(&mut stack, &BTreeMap::new()).expect("addresses of the stack");
    (stack, asked)
}

/// What an apply of an excerpt would do.
pub(crate) async fn planned_excerpt(cloud: &Cloud<'_>, stack: &Stack, asked: &Asked) -> Plan {
    let look = observe_excerpt(cloud, stack, catalog(), Look::ToPlan, &|_| {});
    let (world, _) = look.await.expect("answers");
    plan_asked(stack, &world, catalog(), DATA_MAY_GO, asked).expect("a plan")
}

/// Applies an excerpt of a stack; the calls that it took.
async fn applied(cloud: &Cloud<'_>, whole: &Stack, only: &[&str]) -> Vec<CallRecord> {
    let before = cloud.calls().len();
    let (part, asked) = asked(whole, only, &[]);
    let plan = planned_excerpt(cloud, &part, &asked).await;
    let run = carried_out(cloud, plan, Orders::new()).await.expect("it lives");
    assert!(run.report.summary.is_success(), "{:?}", run.told());
    cloud.calls().split_off(before)
}

fn told(calls: &[CallRecord]) -> Vec<String> {
    let told = |call: &CallRecord| {
        format!("{} {}", call.operation, call.object.as_deref().unwrap_or_default())
    };
    let mut told: Vec<String> = calls.iter().map(told).collect();
    told.sort();
    told
}

/// `c` needs `b`, and `b` needs `a`; `m` is mentioned, and `d` needs `c`.
fn chain(color: &str) -> Value {
    json!({
        "a": { "kind": "thing", "color": color },
        "b": { "kind": "thing", "uses": ["${a.id}"] },
        "c": { "kind": "thing", "uses": ["${b.id}", "${m.arn}"], "color": color },
        "d": { "kind": "thing", "uses": ["${c.id}"], "color": color },
        "m": { "kind": "thing", "color": color },
    })
}

#[tokio::test(start_paused = true)]
async fn what_is_needed_comes_along_and_nothing_else() {
    let cloud = cloud(Weather::even(1));
    settled(&cloud, &stack(&chain("red"))).await;
    let calls = applied(&cloud, &stack(&chain("blue")), &["c"]).await;
    let objects: BTreeSet<&str> = calls.iter().filter_map(|call| call.object.as_deref()).collect();
    assert_eq!(objects, ["dev-a", "dev-b", "dev-c"].into());
    assert_eq!(changes(&planned(&cloud, &stack(&chain("blue"))).await), ["~ d color", "~ m color"]);
    assert_eq!(cloud.violations(), [""; 0]);
}

/// Of what is made or changed an object is looked at once, and once more right before
/// it is written to. Nobody else is called.
#[tokio::test(start_paused = true)]
async fn one_change_takes_a_look_a_write_and_a_look() {
    let cloud = cloud(Weather::even(1));
    let many = |color: &str| {
        let thing = |n: u32| (format!("r{n}"), json!({ "kind": "thing", "color": color }));
        stack(&(0..40).map(thing).collect::<serde_json::Map<_, _>>().into())
    };
    settled(&cloud, &many("red")).await;
    let calls = applied(&cloud, &many("blue"), &["r7"]).await;
    assert_eq!(told(&calls), ["Find dev-r7", "Find dev-r7", "Find dev-r7", "Update dev-r7"]);
    assert_eq!(rounds(&calls), 4);
    let calls = applied(&cloud, &many("blue"), &["r7"]).await;
    assert_eq!(told(&calls), ["Find dev-r7"]);
}

/// What is not found by its name may live under another one: that is found out where
/// something would be made, and of nothing else.
#[tokio::test(start_paused = true)]
async fn what_has_another_name_is_not_made_twice() {
    let named = |a: &str, b: &str| {
        stack(&json!({ "a": { "kind": "thing", "name": a }, "b": { "kind": "thing", "name": b } }))
    };
    let cloud = cloud(Weather::even(1));
    settled(&cloud, &named("one", "two")).await;
    let (part, asked) = asked(&named("new", "other"), &["a"], &[]);
    let before = cloud.calls().len();
    let plan = planned_excerpt(&cloud, &part, &asked).await;
    assert_eq!(changes(&plan), ["± a name"]);
    let calls = told(&cloud.calls()[before..]);
    assert_eq!(calls, ["Candidates dev", "Find new", "Find one"]);
    let run = carried_out(&cloud, plan, Orders::new()).await.expect("it lives");
    assert!(run.report.summary.is_success(), "{:?}", run.told());
    assert_eq!(changes(&planned(&cloud, &named("new", "two")).await), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn what_is_not_declared_any_more_stays() {
    let cloud = cloud(Weather::even(1));
    settled(&cloud, &stack(&chain("red"))).await;
    let less =
        stack(&json!({ "a": { "kind": "thing", "color": "red" }, "n": { "kind": "thing" } }));
    applied(&cloud, &less, &["a", "n"]).await;
    assert_eq!(changes(&planned(&cloud, &less).await), ["- b", "- c", "- d", "- m"]);
}

/// An earlier run has made a new key, and did not come to give it the name: it is gone
/// on with, though its own name is not known from the stack.
#[tokio::test(start_paused = true)]
async fn what_is_half_made_is_gone_on_with() {
    let cloud = cloud(Weather::even(1));
    let key = |shape: &str| stack(&json!({ "k": { "kind": "key", "shape": shape } }));
    settled(&cloud, &key("round")).await;
    cloud.befall(Operation::Finish, "dev-k", 1, Fault::Refused(ErrorClass::Denied));
    let run = super::site::applied(&cloud, &key("square")).await;
    assert!(!run.report.summary.is_success());
    let (part, asked) = asked(&key("square"), &["k"], &[]);
    let look = observe_excerpt(&cloud, &part, catalog(), Look::ToPlan, &|_| {});
    let (mut world, _) = look.await.expect("answers");
    let of = [Address::new("k")].into();
    seek(&cloud, (&part, &of), catalog(), &mut world, &|_| {}).await.expect("answers");
    let plan = plan_asked(&part, &world, catalog(), DATA_MAY_GO, &asked).expect("a plan");
    let whole = planned(&cloud, &part).await;
    assert_eq!(plan.steps, whole.steps);
    assert!(plan.changes[0].notes.iter().any(|note| note.contains("earlier run")), "{plan:?}");
}

#[tokio::test(start_paused = true)]
async fn what_is_asked_to_be_made_anew_is_and_who_needs_it_follows() {
    let cloud = cloud(Weather::even(1)).bound("link", "holds");
    let whole = stack(&json!({
        "a": { "kind": "thing" },
        "b": { "kind": "thing", "uses": ["${a.id}"] },
        "c": { "kind": "thing", "uses": ["${a.arn}"] },
        "l": { "kind": "link", "holds": ["${a.arn}"] },
    }));
    settled(&cloud, &whole).await;
    let earlier = writes(&cloud).len();
    let (part, asked) = asked(&whole, &[], &["a"]);
    let world = ccprov::engine::observe(&cloud, &part, catalog(), Look::ToPlan).await;
    let world = world.expect("answers");
    let plan = plan_asked(&part, &world, catalog(), DATA_MAY_GO, &asked).expect("a plan");
    assert_eq!(changes(&plan), ["± a ", "~ b uses", "± l parent"]);
    let run = carried_out(&cloud, plan, Orders::new()).await.expect("it lives");
    assert!(run.report.summary.is_success(), "{:?}", run.told());
    let calls = &writes(&cloud)[earlier..];
    assert_eq!(calls[..2], ["Delete dev-a", "Create dev-a"]);
    assert_eq!(changes(&planned(&cloud, &whole).await), [""; 0]);
    assert_eq!(cloud.violations(), [""; 0]);
}

/// Data is guarded, whoever asks.
#[tokio::test(start_paused = true)]
async fn what_holds_data_is_not_made_anew_because_somebody_asks() {
    let cloud = cloud(Weather::even(1));
    let whole = stack(&json!({ "v": { "kind": "vault" } }));
    settled(&cloud, &whole).await;
    cloud.fill("vault", "dev-v", 3);
    let (part, asked) = asked(&whole, &["v"], &["v"]);
    let look = observe_excerpt(&cloud, &part, catalog(), Look::ToDestroy, &|_| {});
    let (world, _) = look.await.expect("answers");
    let careful = Permissions::default();
    let plan = plan_asked(&part, &world, catalog(), careful, &asked).expect("a plan");
    let refusals = guard(&plan, &part, catalog(), Purpose::Apply, careful);
    assert_eq!(refusals.len(), 1, "{refusals:?}");
    assert_eq!(refusals[0].detail.as_deref(), Some("--replace asks for another"));
    assert_eq!(guard(&plan, &part, catalog(), Purpose::Apply, DATA_MAY_GO), []);
}

#[tokio::test(start_paused = true)]
async fn what_needs_a_part_goes_with_it() {
    let cloud = cloud(Weather::even(1));
    let whole = stack(&chain("red"));
    settled(&cloud, &whole).await;
    let (part, asked) = asked_to(Purpose::Destroy, &whole, &["b"], &[]);
    let look = observe_excerpt(&cloud, &part, catalog(), Look::ToDestroy, &|_| {});
    let (world, _) = look.await.expect("answers");
    let plan = plan_destroy_asked(&part, &world, catalog(), DATA_MAY_GO, &asked);
    assert_eq!(changes(&plan), ["- b", "- c", "- d"]);
    let run = carried_out(&cloud, plan, Orders::new()).await.expect("it lives");
    assert!(run.report.summary.is_success(), "{:?}", run.told());
    assert_eq!(changes(&planned(&cloud, &whole).await), ["+ b", "+ c", "+ d"]);
}

/// Nothing is asked for: the plan is what it always was.
#[tokio::test(start_paused = true)]
async fn whoever_asks_for_nothing_gets_the_whole_stack() {
    let cloud = cloud(Weather::even(1));
    let whole = stack(&chain("red"));
    let (part, asked) = asked(&whole, &[], &[]);
    assert_eq!((&part, &asked), (&whole, &Asked::default()));
    let look = ccprov::engine::observe(&cloud, &whole, catalog(), Look::ToPlan).await;
    let world = look.expect("answers");
    let of_all = plan(&whole, &world, catalog(), DATA_MAY_GO).expect("a plan");
    let of_part = plan_asked(&part, &world, catalog(), DATA_MAY_GO, &asked).expect("a plan");
    assert_eq!(of_all, of_part);
}
