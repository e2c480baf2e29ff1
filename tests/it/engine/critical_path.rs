//! How many calls must come one after another: as many as the stack is deep,
//! and not one more.

use ccprov::model::CallRecord;
use ccprov::sim::{Cloud, Weather, rounds};
use serde_json::{Map, Value, json};

use super::site::{cloud, planned, settled, stack, writes};

fn writing(cloud: &Cloud<'_>) -> usize {
    rounds(&of(cloud, |operation| !["Find", "Candidates"].contains(&operation)))
}

fn of(cloud: &Cloud<'_>, which: impl Fn(&str) -> bool) -> Vec<CallRecord> {
    cloud.calls().into_iter().filter(|call| which(&call.operation)).collect()
}

async fn check(resources: Value, expected: usize) {
    let cloud = cloud(Weather::even(1));
    settled(&cloud, &stack(&resources)).await;
    assert_eq!(writing(&cloud), expected, "{resources}");
    assert_eq!(cloud.violations(), [""; 0]);
}

fn things(count: usize, uses: impl Fn(usize) -> Vec<String>) -> Value {
    let thing = |number| (format!("r{number}"), json!({ "kind": "thing", "uses": uses(number) }));
    (0..count).map(thing).collect::<Map<_, _>>().into()
}

#[tokio::test(start_paused = true)]
async fn a_stack_takes_as_many_rounds_as_it_is_deep() {
    check(things(60, |_| vec![]), 1).await;
    check(things(9, |n| (0..n).map(|m| format!("${{r{m}.id}}")).collect()), 9).await;
    check(
        things(31, |n| if n == 0 { vec![] } else { vec![format!("${{r{}.id}}", (n - 1) / 2)] }),
        5,
    )
    .await;
}

/// What can be predicted is waited for by nobody.
#[tokio::test(start_paused = true)]
async fn names_and_predicted_facts_order_nothing() {
    check(things(30, |n| vec![format!("${{r{}.arn}}", (n + 1) % 30)]), 1).await;
}

#[tokio::test(start_paused = true)]
async fn random_stacks_take_as_many_rounds_as_they_are_deep() {
    for seed in 0..40 {
        let mut random = fastrand::Rng::with_seed(seed);
        let count = random.usize(10..=40);
        let edges: Vec<Vec<usize>> = (0..count)
            .map(|number| (0..number).filter(|_| random.u32(0..8) == 0).collect())
            .collect();
        let mut depth = vec![1; count];
        for (number, edges) in edges.iter().enumerate() {
            depth[number] = 1 + edges.iter().map(|edge| depth[*edge]).max().unwrap_or(0);
        }
        let uses = |number: usize| edges[number].iter().map(|e| format!("${{r{e}.id}}")).collect();
        check(things(count, uses), depth.into_iter().max().unwrap_or(0)).await;
    }
}

/// A key tells its ARN after the first of its two calls.
#[tokio::test(start_paused = true)]
async fn early_facts_start_who_needs_them() {
    let resources = json!({
        "a": { "kind": "thing", "uses": ["${k.arn}"] },
        "b": { "kind": "thing", "uses": ["${a.id}"] },
        "k": { "kind": "key" },
    });
    let cloud = cloud(Weather::even(1));
    settled(&cloud, &stack(&resources)).await;
    let mut calls = writes(&cloud);
    calls[1..3].sort();
    assert_eq!(calls, ["Create dev-k", "Create dev-a", "Finish dev-k", "Create dev-b"]);
    assert_eq!(writing(&cloud), 3);
    // Who insists on the whole of it waits for the whole of it.
    check(json!({ "h": { "kind": "holder", "holds": ["${k.arn}"] }, "k": { "kind": "key" } }), 3)
        .await;
}

/// One look at each resource, beside one question to the index; then one look
/// at each object that nobody declares.
#[tokio::test(start_paused = true)]
async fn looking_takes_one_round_and_orphans_one_more() {
    let cloud = cloud(Weather::even(1));
    let looked = |cloud: &Cloud<'_>| of(cloud, |name| ["Find", "Candidates"].contains(&name));
    planned(&cloud, &stack(&things(50, |_| vec![]))).await;
    assert_eq!((rounds(&looked(&cloud)), looked(&cloud).len()), (1, 51));
    settled(&cloud, &stack(&things(50, |_| vec![]))).await;
    let before = looked(&cloud).len();
    planned(&cloud, &stack(&things(40, |_| vec![]))).await;
    let looked = &looked(&cloud)[before..];
    assert_eq!((rounds(looked), looked.len()), (2, 51));
}

/// Plan, make, confirm: three calls for a resource, and one for the stack.
#[tokio::test(start_paused = true)]
async fn no_call_is_made_in_vain() {
    let cloud = cloud(Weather::even(1));
    settled(&cloud, &stack(&things(10, |_| vec![]))).await;
    assert_eq!(cloud.calls().len(), 31);
    settled(&cloud, &stack(&things(10, |_| vec![]))).await;
    assert_eq!(cloud.calls().len(), 42);
}

/// However wide the stack, no more than 64 steps are in flight.
#[tokio::test(start_paused = true)]
async fn width_has_a_bound() {
    let cloud = cloud(Weather::even(1));
    settled(&cloud, &stack(&things(200, |_| vec![]))).await;
    let created = of(&cloud, |operation| operation == "Create");
    let most = created
        .iter()
        .map(|call| created.iter().filter(|o| o.start <= call.start && call.start < o.end).count())
        .max();
    assert_eq!(most, Some(64));
    assert_eq!(cloud.most_in_flight(), 65);
}
