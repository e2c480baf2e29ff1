//! A plan of another day: what of it still holds, and what makes it stale.

use ccprov::engine::revisit;
use ccprov::model::{Address, Live, Owner};
use ccprov::plan::held;
use ccprov::sim::{Cloud, Weather};
use serde_json::{Value, json};

use super::properties::of_nobody;
use super::site::{
    Orders, carried_out, catalog, changes, cloud, planned, planned_destroy, settled, stack,
};

/// What a plan comes to that is drawn, and then something happens: what it does, and
/// what it tells has gone; or what is stale.
async fn aged(before: &Value, after: &Value, happens: impl FnOnce(&Cloud<'_>)) -> Vec<String> {
    let cloud = cloud(Weather::even(1)).bound("link", "holds");
    settled(&cloud, &stack(before)).await;
    let plan = planned(&cloud, &stack(after)).await;
    happens(&cloud);
    let (today, _) = revisit(&cloud, &plan, &|_| {}).await.expect("answers");
    match held(&plan, &today, catalog()) {
        Ok(held) => {
            let told = [changes(&held.plan), held.gone].concat();
            let run = carried_out(&cloud, held.plan, Orders::new()).await.expect("nobody dies");
            assert!(run.report.summary.is_success(), "{:?}", run.told());
            assert_eq!(cloud.violations(), [""; 0]);
            told
        }
        Err(stale) => {
            let prefix = "the plan is stale: ";
            stale.iter().map(|it| it.summary.trim_start_matches(prefix).to_owned()).collect()
        }
    }
}

fn others(cloud: &Cloud<'_>, identity: &str) {
    let live = cloud.object("thing", identity).expect("it is there");
    let owner = Owner::new("other", Address::new("x"));
    cloud.put(Live { owner: Some(owner), ..live });
}

#[tokio::test(start_paused = true)]
async fn what_is_to_go_is_as_it_was_shown_or_the_plan_is_stale() {
    let (one, none) = (json!({ "a": { "kind": "thing", "color": "red" } }), json!({}));
    assert_eq!(aged(&one, &none, |_| {}).await, ["- a"]);
    let gone = aged(&one, &none, |cloud| cloud.remove("thing", "dev-a")).await;
    assert_eq!(gone, ["thing dev-a is gone already"]);
    let full = aged(&one, &none, |cloud| cloud.fill("thing", "dev-a", 2)).await;
    assert_eq!(full, ["thing dev-a was empty, and holds 2 parts by now"]);
    let blue = |cloud: &Cloud<'_>| {
        cloud.alter("thing", "dev-a", |document| document["color"] = "blue".into());
    };
    assert_eq!(aged(&one, &none, blue).await, ["thing dev-a color \"red\" -> \"blue\""]);
    let taken = aged(&one, &none, |cloud| others(cloud, "dev-a")).await;
    let belongs = "belonged to stack dev (a), and belongs to stack other (x) by now";
    assert_eq!(taken, [format!("thing dev-a {belongs}")]);
}

#[tokio::test(start_paused = true)]
async fn what_is_to_change_is_ours_and_as_it_was() {
    let thing = |color: &str| json!({ "a": { "kind": "thing", "color": color, "size": 1 } });
    let (red, blue) = (thing("red"), thing("blue"));
    let size = |cloud: &Cloud<'_>| {
        cloud.alter("thing", "dev-a", |document| document["size"] = 9.into());
    };
    assert_eq!(aged(&red, &blue, size).await, ["~ a color"]);
    assert_eq!(aged(&red, &blue, |cloud| cloud.remove("thing", "dev-a")).await, ["a is gone"]);
    let taken = aged(&red, &blue, |cloud| others(cloud, "dev-a")).await;
    assert_eq!(taken, ["a belonged to stack dev (a), and belongs to stack other (x) by now"]);
    let new = aged(&json!({}), &red, |cloud| {
        cloud.put(of_nobody("thing", "dev-a"));
    })
    .await;
    assert_eq!(new, ["a exists by now, and belongs to nobody"]);
}

/// Either half, and what comes with it.
#[tokio::test(start_paused = true)]
async fn a_replacement_is_held_to_both_of_its_halves() {
    let thing = |shape: &str| json!({ "a": { "kind": "thing", "shape": shape }, "l": { "kind": "link", "holds": ["${a.arn}"] } });
    let (round, square) = (thing("round"), thing("square"));
    assert_eq!(aged(&round, &square, |_| {}).await, ["± a shape", "± l parent"]);
    let gone = aged(&round, &square, |cloud| cloud.remove("thing", "dev-a")).await;
    assert_eq!(gone, ["+ a", "± l parent", "thing dev-a is gone already"]);
    let taken = aged(&round, &square, |cloud| others(cloud, "dev-a")).await;
    let belongs = "belonged to stack dev (a), and belongs to stack other (x) by now";
    assert_eq!(taken, [format!("thing dev-a {belongs}")]);
    let named = |name: &str| json!({ "a": { "kind": "thing", "name": name } });
    let exists = aged(&named("old"), &named("new"), |cloud| {
        cloud.put(of_nobody("thing", "new"));
    })
    .await;
    assert_eq!(exists, ["a exists by now, and belongs to nobody"]);
}

/// What goes with its parent is not shown any more when that has gone.
#[tokio::test(start_paused = true)]
async fn what_goes_along_has_gone_along() {
    let cloud = cloud(Weather::even(1)).bound("link", "holds");
    let both = stack(&json!({
        "a": { "kind": "thing" }, "l": { "kind": "link", "holds": ["${a.arn}"] },
    }));
    settled(&cloud, &both).await;
    let plan = planned_destroy(&cloud, &both, super::site::DATA_MAY_GO).await.expect("a plan");
    assert_eq!(changes(&plan), ["- a", "- l"]);
    cloud.remove("thing", "dev-a");
    cloud.remove("link", "dev-l");
    let (today, _) = revisit(&cloud, &plan, &|_| {}).await.expect("answers");
    let held = held(&plan, &today, catalog()).expect("it holds");
    assert!(held.plan.is_empty() && held.plan.steps.is_empty(), "{:?}", changes(&held.plan));
    assert_eq!(held.gone, ["thing dev-a is gone already"]);
}
