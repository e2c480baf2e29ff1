//! Whatever happens, the same command run again brings a stack to where it was
//! to go: random stacks, foul weather, and death at any call.

use ccprov::model::{Stack, Status};
use ccprov::sim::{Cloud, Weather};
use serde_json::{Map, Value, json};

use super::site::{
    DATA_MAY_GO, Orders, carried_out, changes, cloud, planned, planned_destroy, stack,
};

const SEEDS: std::ops::Range<u64> = 0..60;
/// More deaths than any stack of these tests needs to come about.
const RUNS_AT_MOST: u32 = 30;
/// 64 looks and the question to the index.
const CALLS_AT_A_TIME: usize = 65;

#[tokio::test(start_paused = true)]
async fn one_run_is_enough_where_nobody_dies() {
    for seed in SEEDS {
        let stack = stack(&random_resources(seed));
        let cloud = cloud(Weather::foul(seed));
        let run = carried_out(&cloud, planned(&cloud, &stack).await, orders(seed)).await;
        let run = run.expect("nobody dies");
        assert!(run.report.summary.is_success(), "seed {seed}: {:#?}", run.told());
        cloud.calm().await;
        assert_is(seed, &cloud, &stack).await;
    }
}

#[tokio::test(start_paused = true)]
async fn runs_that_die_anywhere_converge() {
    for seed in SEEDS {
        let mut random = fastrand::Rng::with_seed(seed);
        let cloud = cloud(Weather::foul(seed));
        let first = random_resources(seed);
        for resources in [first.clone(), changed(&first, &mut random)] {
            let stack = stack(&resources);
            converge(seed, &cloud, &stack, &mut random, false).await;
            cloud.calm().await;
            assert_is(seed, &cloud, &stack).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn destroying_leaves_nothing() {
    for seed in SEEDS {
        let mut random = fastrand::Rng::with_seed(seed);
        let cloud = cloud(Weather::foul(seed));
        let stack = stack(&random_resources(seed));
        converge(seed, &cloud, &stack, &mut random, false).await;
        converge(seed, &cloud, &stack, &mut random, true).await;
        cloud.calm().await;
        let left: Vec<String> = (cloud.objects().iter())
            .filter(|live| !matches!(live.status, Status::Deleting(_)))
            .map(|live| live.identity.to_string())
            .collect();
        assert!(left.is_empty(), "seed {seed}: {left:?}");
        assert_eq!(cloud.violations(), [""; 0], "seed {seed}");
    }
}

/// Runs until one succeeds. Most of them die.
async fn converge(
    seed: u64,
    cloud: &Cloud<'_>,
    stack: &Stack,
    random: &mut fastrand::Rng,
    destroy: bool,
) {
    let mut last = Vec::new();
    for _ in 0..RUNS_AT_MOST {
        let plan = if destroy {
            planned_destroy(cloud, stack, DATA_MAY_GO).await.expect("every fault passes")
        } else {
            planned(cloud, stack).await
        };
        cloud.crash_at(random.u64(1..200));
        let run = carried_out(cloud, plan, orders(seed)).await;
        cloud.crash_never();
        match run {
            Some(run) if run.report.summary.is_success() => return,
            Some(run) => last = run.told(),
            None => {}
        }
    }
    panic!("seed {seed} does not converge: {last:#?}");
}

fn orders(seed: u64) -> Orders {
    Orders { seed, ..Orders::new() }
}

/// The world is what the stack states, and nothing went wrong on the way.
async fn assert_is(seed: u64, cloud: &Cloud<'_>, stack: &Stack) {
    assert_eq!(cloud.violations(), [""; 0], "seed {seed}");
    assert_eq!(changes(&planned(cloud, stack).await), [""; 0], "seed {seed}");
    let there = cloud.objects().iter().filter(|l| l.status == Status::Current).count();
    assert_eq!(there, stack.resources.len(), "seed {seed}");
    let twice: Vec<_> = cloud.births().into_iter().filter(|(_, times)| *times > 1).collect();
    assert!(twice.is_empty(), "seed {seed}: {twice:?}");
    assert!(cloud.most_in_flight() <= CALLS_AT_A_TIME, "seed {seed}");
}

/// From 10 to 40 resources, each of which may refer to those before it.
fn random_resources(seed: u64) -> Value {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut resources: Vec<(String, &str, Map<String, Value>)> = Vec::new();
    for number in 0..random.usize(10..=40) {
        let kind = ["gate", "thing", "thing", "vault", "key", "holder", "link"][random.usize(0..7)];
        let mut fields = Map::new();
        fields.insert("kind".into(), kind.into());
        fields.insert("size".into(), random.u32(0..100).into());
        let (mut uses, mut holds) = (Vec::new(), Vec::new());
        for (name, of, _) in &resources {
            if random.u32(0..10) > 0 {
                continue;
            }
            let fact = ["arn", "id", "name"][random.usize(0..3)];
            // Keys go last, so that none can wait for another one.
            if (kind, *of) != ("key", "key") {
                uses.push(format!("${{{name}.{fact}}}"));
            }
            let can_hold = match kind {
                "holder" => matches!(*of, "gate" | "thing" | "key"),
                "link" => matches!(*of, "gate" | "thing" | "key" | "holder"),
                _ => false,
            };
            if can_hold {
                holds.push(format!("${{{name}.arn}}"));
            }
        }
        fields.insert("uses".into(), uses.into());
        fields.insert("holds".into(), holds.into());
        resources.push((format!("r{number}"), kind, fields));
    }
    resources
        .into_iter()
        .map(|(name, _, fields)| (name, Value::Object(fields)))
        .collect::<Map<_, _>>()
        .into()
}

/// The same with some fields changed, and without some of the resources.
fn changed(resources: &Value, random: &mut fastrand::Rng) -> Value {
    let text = resources.to_string();
    let mut changed = resources.as_object().cloned().unwrap_or_default();
    changed.retain(|name, fields| {
        if random.bool() {
            fields["color"] = json!(["red", "green", "blue"][random.usize(0..3)]);
        }
        // What others refer to stays; what carries no tags would, undeclared.
        random.bool() || fields["kind"] == "link" || text.contains(&format!("{{{name}."))
    });
    changed.into()
}
