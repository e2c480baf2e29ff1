//! Stacks of 10 to 5000 resources on the simulated cloud, where every call
//! takes 100 ms of a clock that stands still while anybody computes.

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use ccprov::engine::stop::Stopper;
use ccprov::engine::{Look, Site, Until, execute, observe};
use ccprov::model::{CallRecord, Mask, Place, Stack};
use ccprov::plan::{Permissions, Plan, plan};
use ccprov::sim::{Cloud, SimCatalog, Weather, rounds};
use ccprov::spec::{Inputs, check, load};
use serde_json::{Map, Value, json};
use tokio::runtime::Builder;
use tokio::sync::mpsc;

use super::spread::{Spread, megabytes};

const SIZES: [usize; 4] = [10, 100, 1000, 5000];
const TIMES: usize = 7;

pub(crate) fn measure() {
    println!(
        "\n| resources | read and check | plan, all new | plan, no change | apply: calls | rounds | virtual time | processor time | peak memory |"
    );
    println!("|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
    for size in SIZES {
        forget_peak();
        let Measured { reading, planning, replanning, apply } = at(size);
        let Apply { calls, took, computing } = apply;
        println!(
            "| {size} | {} | {} | {} | {} | {} | {:.1} s | {:.2} s | {} |",
            in_millis(&reading),
            in_millis(&planning),
            in_millis(&replanning),
            calls.len(),
            rounds(&calls),
            took.as_secs_f64(),
            computing.as_secs_f64(),
            megabytes(peak()),
        );
    }
}

struct Measured {
    reading: Spread,
    planning: Spread,
    replanning: Spread,
    apply: Apply,
}

/// An apply without the look that its plan needs.
struct Apply {
    calls: Vec<CallRecord>,
    took: Duration,
    computing: Duration,
}

fn at(size: usize) -> Measured {
    let catalog = SimCatalog::new();
    let text = json!({ "stack": "scale", "resources": resources(size) }).to_string();
    let (stack, reading) = repeated(|| read(&text, &catalog));
    assert_eq!(stack.resources.len(), size);
    let cloud = Cloud::new(&catalog, place(), Weather::even(1)).in_two_calls("key", "name");
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let (planned, planning) = drawn(&runtime.block_on(looked(&cloud, &stack, &catalog)), &stack);
    assert_eq!(planned.steps.len(), size);
    let before = cloud.calls().len();
    let ((), computing) = computed(|| runtime.block_on(carry_out(&cloud, &planned, &catalog)));
    let calls = cloud.calls().split_off(before);
    let start = calls.iter().map(|call| call.start).min().unwrap_or_default();
    let end = calls.iter().map(|call| call.end).max().unwrap_or_default();
    let apply = Apply { calls, took: end.saturating_sub(start), computing };
    let (again, replanning) = drawn(&runtime.block_on(looked(&cloud, &stack, &catalog)), &stack);
    assert!(again.is_empty(), "a second apply has nothing to do");
    Measured { reading, planning, replanning, apply }
}

/// Groups of ten: a key, seven things that wait for its ARN, which the cloud
/// chooses, and two holders that wait for things. However many groups, nothing
/// is deeper than three steps.
fn resources(count: usize) -> Value {
    let resource = |number: usize| {
        let (group, place) = (number / 10, number % 10);
        let key = format!("${{g{group}_0.arn}}");
        let things = [format!("${{g{group}_{}.arn}}", place.saturating_sub(2))];
        let written = match place {
            0 => json!({ "kind": "key" }),
            1..=7 => json!({ "kind": "thing", "uses": [key], "color": "red", "size": place }),
            _ => json!({ "kind": "holder", "holds": things, "settings": { "a": "1", "b": "2" } }),
        };
        (format!("g{group}_{place}"), written)
    };
    (0..count).map(resource).collect::<Map<_, _>>().into()
}

/// As the command line does it: from the file to a checked stack.
fn read(text: &str, catalog: &SimCatalog) -> Stack {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("scale.yaml");
    fs::write(&path, text).unwrap(); // JSON is YAML.
    let inputs = Inputs {
        vars: BTreeMap::new(),
        ambient: BTreeMap::new(),
        files: &[],
        env: &|_| Ok(None),
        checks: &[],
        mask: &Mask::default(),
    };
    let file = load(&path, &inputs).unwrap();
    check(&file, &place(), catalog, &inputs).unwrap().stack
}

fn place() -> Place {
    Place {
        partition: "aws".into(),
        account: "123456789012".into(),
        region: "eu-central-1".into(),
        endpoint: None,
    }
}

async fn looked(cloud: &Cloud<'_>, stack: &Stack, catalog: &SimCatalog) -> ccprov::plan::World {
    observe(cloud, stack, catalog, Look::ToPlan).await.unwrap()
}

fn drawn(world: &ccprov::plan::World, stack: &Stack) -> (Plan, Spread) {
    let catalog = SimCatalog::new();
    let permissions = Permissions { allow_data_loss: false };
    repeated(|| plan(stack, world, &catalog, permissions).unwrap())
}

async fn carry_out(cloud: &Cloud<'_>, plan: &Plan, catalog: &SimCatalog) {
    let (events, mut told) = mpsc::unbounded_channel();
    let writer = cloud.writer("scale");
    let site = Site {
        writer: &writer,
        catalog,
        plan,
        seen: None,
        told: const { &BTreeMap::new() },
        is_in_wake: false,
        until: Until::Ready,
        seed: 1,
    };
    let report = execute(site, Stopper::new().1, events).await;
    assert!(report.summary.is_success(), "{:?}", report.summary);
    while told.try_recv().is_ok() {}
}

/// The last result, and the processor time of each.
fn repeated<T>(work: impl Fn() -> T) -> (T, Spread) {
    let mut done = computed(&work);
    let mut times = vec![done.1];
    for _ in 1..TIMES {
        done = computed(&work);
        times.push(done.1);
    }
    (done.0, Spread::of(times))
}

/// What some work takes of the processor, however busy the machine is.
fn computed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let began = on_processor();
    let done = work();
    (done, on_processor().saturating_sub(began))
}

/// The processor time of this thread, as Linux counts it: in nanoseconds,
/// before how long it waited and how often it ran.
fn on_processor() -> Duration {
    let counted = fs::read_to_string("/proc/thread-self/schedstat").expect("Linux");
    let nanos = counted.split_whitespace().next().and_then(|it| it.parse().ok());
    Duration::from_nanos(nanos.expect("a number"))
}

/// From here on Linux looks anew for the most memory that this process had.
fn forget_peak() {
    fs::write("/proc/self/clear_refs", "5").expect("Linux");
}

/// The most memory since then, the simulated cloud included, in bytes.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a peak");
    let kib = line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number");
    kib * 1024
}

/// Linux may count in steps of 4 ms.
fn in_millis(spread: &Spread) -> String {
    let millis = spread.median() * 1e3;
    if millis < 4.0 { "below 4 ms".to_owned() } else { format!("{millis:.0} ms") }
}
