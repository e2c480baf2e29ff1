//! Maps to which the cloud adds entries of its own. It has `theirs` in each, and
//! `a` has a default.

use ccprov::sim::{Cloud, Weather};
use serde_json::{Value, json};

use super::site::{changes, cloud, planned, settled, stack};

fn with(kind: &str, settings: &Value) -> Value {
    json!({ "x": { "kind": kind, "settings": settings } })
}

fn settings(cloud: &Cloud<'_>, kind: &str) -> Value {
    cloud.object(kind, "dev-x").map(|it| it.document["settings"].clone()).unwrap_or_default()
}

async fn check(kind: &str, left: &Value, note: &str) {
    let cloud = cloud(Weather::even(1));
    let all = stack(&with(kind, &json!({ "a": "1", "b": "1" })));
    settled(&cloud, &all).await;
    assert_eq!(settings(&cloud, kind), json!({ "a": "1", "b": "1", "theirs": "1" }));
    assert_eq!(changes(&planned(&cloud, &all).await), [""; 0], "what is beside is no drift");

    let fewer = |b: &str| stack(&with(kind, &json!({ "b": b })));
    assert_eq!(changes(&planned(&cloud, &fewer("1")).await), [""; 0], "nobody knows of a");
    let plan = planned(&cloud, &fewer("2")).await;
    assert_eq!(changes(&plan), ["~ x settings.b"]);
    assert_eq!(plan.changes[0].notes, [note]);
    settled(&cloud, &fewer("2")).await;
    assert_eq!(settings(&cloud, kind), *left);
    assert_eq!(changes(&planned(&cloud, &fewer("2")).await), [""; 0]);

    cloud.alter(kind, "dev-x", |it| it["settings"]["b"] = "drifted".into());
    assert_eq!(changes(&planned(&cloud, &fewer("2")).await), ["~ x settings.b"]);
    assert_eq!(cloud.violations(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn entries_that_are_not_stated_stay() {
    let left = json!({ "a": "1", "b": "2", "theirs": "1" });
    check("broker", &left, "2 entries of settings that are not stated stay as they are").await;
}

#[tokio::test(start_paused = true)]
async fn entries_that_are_not_stated_get_their_defaults_again() {
    let left = json!({ "a": "default", "b": "2", "theirs": "1" });
    let note = "2 entries of settings that are not stated get their defaults again";
    check("topic", &left, note).await;
}
