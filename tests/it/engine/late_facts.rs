//! Facts that the cloud chooses, put into documents that were made before.

use ccprov::sim::Weather;
use serde_json::json;

use super::site::{applied, changes, cloud, planned, planned_or_refused, settled, stack, times};

/// A pending fact sorts before everything else; the fact itself does not.
#[tokio::test(start_paused = true)]
async fn a_list_without_an_order_never_differs_by_it() {
    let resources = |color: &str| {
        json!({
            "a": { "kind": "thing" },
            "b": { "kind": "thing", "color": color, "members": ["zz", "${a.id}", "aa", "x${a.id}"] },
        })
    };
    let cloud = cloud(Weather::even(1));
    settled(&cloud, &stack(&resources("red"))).await;
    let members = |document: &ccprov::model::Document| document["members"].clone();
    let b = cloud.object("thing", "dev-b").expect("it is there");
    assert_eq!(members(&b.document), json!(["aa", "chosen-id-0001", "xchosen-id-0001", "zz"]));
    assert_eq!(changes(&planned(&cloud, &stack(&resources("red"))).await), [""; 0]);
    assert_eq!(changes(&planned(&cloud, &stack(&resources("blue"))).await), ["~ b color"]);
    settled(&cloud, &stack(&resources("blue"))).await;
    // Twice as many reads would mean that it was waited for an order.
    assert_eq!(times(&cloud, "Find", "dev-b"), 6);
}

/// A kind looks at a document again when it holds what was not known before.
#[tokio::test(start_paused = true)]
async fn a_fact_that_its_kind_refuses_is_not_sent() {
    let resources = json!({
        "b": { "kind": "thing", "members": ["${k.arn}"] },
        "c": { "kind": "thing", "uses": ["${b.id}"] },
        "k": { "kind": "key" },
    });
    let cloud = cloud(Weather::even(1));
    let run = applied(&cloud, &stack(&resources)).await;
    let refused = "b create: refused, b: members a key cannot be a member";
    assert_eq!(run.told(), [refused, "c create: skipped for b", "k create: done"]);
    assert_eq!(times(&cloud, "Create", "dev-b"), 0);
    let found = planned_or_refused(&cloud, &stack(&resources)).await.expect_err("it is known now");
    assert_eq!(found[0].summary, "b: members a key cannot be a member");
}

#[tokio::test(start_paused = true)]
async fn a_fact_that_nobody_tells_is_not_sent() {
    let alone = json!({ "a": { "kind": "thing" } });
    let cloud = cloud(Weather::even(1));
    settled(&cloud, &stack(&alone)).await;
    let mut live = cloud.object("thing", "dev-a").expect("it is there");
    live.facts.remove("id");
    cloud.put(live);
    let both = json!({
        "a": { "kind": "thing" },
        "b": { "kind": "thing", "uses": ["${a.id}"] },
    });
    let run = applied(&cloud, &stack(&both)).await;
    assert_eq!(run.told(), ["b create: refused, b needs ${a.id}, and it is not known"]);
    assert_eq!(cloud.violations(), [""; 0]);
}
