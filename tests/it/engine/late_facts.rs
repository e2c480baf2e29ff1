//! Facts that the cloud chooses, put into documents that were made before.

use std::time::Duration;

use async_trait::async_trait;
use ccprov::engine::Until;
use ccprov::engine::port::{Accepted, Answer, Lacks, Made, Read, StackSummary, Write};
use ccprov::engine::proof::Proven;
use ccprov::model::{Desired, Emptying, Facts, FieldDiff, Live, Sought};
use ccprov::sim::{Cloud, Weather, Writer};
use serde_json::{Value, json};

use super::site::{
    DATA_MAY_GO, Orders, Run, STACK, applied, carried_out, carried_out_by, changes, cloud, planned,
    planned_destroy, planned_or_refused, settled, stack, times, writes,
};

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
    // More reads would mean that it was waited for an order.
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

/// One thing that was made, and lacks a fact; another that needs it.
async fn without_id(color: &str) -> (Cloud<'static>, Run) {
    let cloud = cloud(Weather::even(1));
    settled(&cloud, &stack(&json!({ "a": { "kind": "thing", "color": "red" } }))).await;
    let mut live = cloud.object("thing", "dev-a").expect("it is there");
    live.facts.remove("id");
    cloud.put(live);
    let both = json!({
        "a": { "kind": "thing", "color": color },
        "b": { "kind": "thing", "uses": ["${a.id}"] },
    });
    let run = applied(&cloud, &stack(&both)).await;
    assert_eq!(cloud.violations(), [""; 0]);
    (cloud, run)
}

#[tokio::test(start_paused = true)]
async fn a_fact_that_nobody_tells_is_not_sent() {
    let (_, run) = without_id("red").await;
    assert_eq!(run.told(), ["b create: refused, b needs ${a.id}, and it is not known"]);
}

#[tokio::test(start_paused = true)]
async fn a_fact_that_an_update_brings_is_waited_for() {
    let (cloud, run) = without_id("blue").await;
    assert_eq!(run.told(), ["a update: done", "b create: done"]);
    assert_eq!(writes(&cloud), ["Create dev-a", "Update dev-a", "Create dev-b"]);
}

/// Tells every fact of a creation in the same breath as that it failed.
struct Breathless<'a>(Writer<'a>);

#[async_trait]
impl Read for Breathless<'_> {
    async fn find(&self, sought: &Sought) -> Answer<Option<Live>> {
        self.0.find(sought).await
    }

    async fn candidates(&self, stacks: &[&str]) -> Answer<Vec<Sought>> {
        self.0.candidates(stacks).await
    }

    async fn stacks(&self) -> Answer<Vec<StackSummary>> {
        self.0.stacks().await
    }
}

#[async_trait]
impl Write for Breathless<'_> {
    async fn create(&self, want: &Desired) -> Answer<Made> {
        let made = self.0.create(want).await?;
        let is_whole = want.address.as_str() != "a";
        let lacks = if is_whole { Lacks::Nothing } else { Lacks::Completion };
        Ok(Made { lacks, ..made })
    }

    async fn complete(&self, want: &Desired, _made: Proven) -> Answer<Facts> {
        // Any final refusal will do: this one looks for what is not there.
        let nobody = Desired { kind: "nothing".into(), ..want.clone() };
        self.0.create(&nobody).await.map(|made| made.facts)
    }

    async fn update(&self, want: &Desired, have: Proven, diff: &[FieldDiff]) -> Answer<Accepted> {
        self.0.update(want, have, diff).await
    }

    async fn delete(&self, have: Proven, emptying: Emptying) -> Answer<()> {
        self.0.delete(have, emptying).await
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_told_counts_though_it_fails_in_the_same_breath() {
    let cloud = cloud(Weather::even(1));
    let resources = json!({
        "a": { "kind": "thing" },
        "b": { "kind": "thing", "uses": ["${a.id}"] },
    });
    let plan = planned(&cloud, &stack(&resources)).await;
    let writer = Breathless(cloud.writer(STACK));
    let run = carried_out_by(&writer, &cloud, plan, Orders::new()).await.expect("nobody dies");
    assert_eq!(run.told(), ["a create: failed, Invalid x1", "b create: done"]);
}

/// What carries no tags has its name alone to be found by, and that may hold what the cloud
/// chose for another, and so on down a chain.
#[tokio::test(start_paused = true)]
async fn a_name_that_is_known_late_is_looked_for_when_it_is_known() {
    let resources = |color: &str| {
        json!({
            "a": { "kind": "link", "name": "of-${b.id}", "color": color },
            "b": { "kind": "link", "name": "of-${z.id}" },
            "z": { "kind": "thing" },
        })
    };
    let cloud = cloud(Weather::even(1));
    let created = changes(&planned(&cloud, &stack(&resources("red"))).await);
    assert_eq!(created, ["+ a", "+ b", "+ z"]);
    settled(&cloud, &stack(&resources("red"))).await;
    assert_eq!(changes(&planned(&cloud, &stack(&resources("red"))).await), [""; 0]);
    assert_eq!(changes(&planned(&cloud, &stack(&resources("blue"))).await), ["~ a color"]);
    let destroy = planned_destroy(&cloud, &stack(&resources("red")), DATA_MAY_GO).await;
    assert_eq!(changes(&destroy.expect("answers")).len(), 3);
}

/// Another run was faster with these, and with the key's name: this run's own key
/// goes again, and what was made with it meanwhile is written once more, though
/// looks lag behind.
async fn faster(others: Value, until: Until, lag: Duration) {
    let cloud = cloud(Weather { find_lag: lag..lag, ..Weather::even(1) });
    let all = stack(&keyed());
    let plan = planned(&cloud, &all).await;
    settled(&cloud, &stack(&others)).await;
    cloud.calm().await;
    let run = carried_out(&cloud, plan, Orders { until, ..Orders::new() }).await;
    let run = run.expect("nobody dies");
    assert_eq!(run.told(), ["a create: done", "b create: done", "k create: done"]);
    let winner = cloud.object("key", "dev-k").expect("a key").facts["arn"].clone();
    let a = cloud.object("thing", "dev-a").expect("a thing").document;
    assert_eq!(a["uses"], json!([winner]), "{others}, {until:?}, {lag:?}");
    cloud.calm().await;
    assert_eq!(changes(&planned(&cloud, &all).await), [""; 0]);
    assert_eq!(cloud.violations(), [""; 0]);
}

fn keyed() -> Value {
    json!({
        "a": { "kind": "thing", "uses": ["${k.arn}"] },
        "b": { "kind": "thing", "uses": ["${a.id}"] },
        "k": { "kind": "key" },
    })
}

#[tokio::test(start_paused = true)]
async fn what_was_written_with_facts_that_moved_is_written_again() {
    for until in [Until::Accepted, Until::Configured, Until::Ready] {
        for lag in [0, 8].map(Duration::from_secs) {
            faster(json!({ "k": { "kind": "key" } }), until, lag).await;
            faster(keyed(), until, lag).await;
        }
    }
}
