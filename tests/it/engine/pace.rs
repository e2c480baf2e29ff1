//! Calls keep within the rates that a cloud admits, and are not slower than
//! these: counts and virtual time, on a cloud that refuses what goes too fast.

use std::time::Duration;

use async_trait::async_trait;
use ccprov::engine::pace::{Pacer, RateLimit};
use ccprov::engine::port::{Accepted, Answer, Made, Read, StackSummary, Write};
use ccprov::engine::proof::Proven;
use ccprov::model::{CallRecord, Desired, Emptying, ErrorClass, Facts, FieldDiff, Live, Sought};
use ccprov::sim::{Cloud, Weather, Writer};
use serde_json::{Map, Value, json};

use super::site::{self, Orders, STACK, carried_out_by, planned, settled, stack};

/// As many as a large team has.
const WIDE: usize = 500;

/// What AWS documents of `CreateKey`, here of the creation of things.
const DOCUMENTED: RateLimit = RateLimit::each("thing", 5, &["Create"]);

/// What became of the creations of a run.
#[derive(Debug)]
struct Creations {
    made: usize,
    refused: usize,
    /// From the first call to the last answer.
    took: Duration,
    longest_wait: Duration,
}

impl Creations {
    fn of(cloud: &Cloud<'_>, kind: &str) -> Self {
        let is_one = |call: &CallRecord| call.operation == "Create" && call.service == kind;
        let calls: Vec<CallRecord> = cloud.calls().into_iter().filter(is_one).collect();
        let refused = calls.iter().filter(|call| call.status == Some(429)).count();
        let start = calls.iter().map(|call| call.start).min().unwrap_or_default();
        let end = calls.iter().map(|call| call.end).max().unwrap_or_default();
        Self {
            made: calls.len() - refused,
            refused,
            took: end.saturating_sub(start),
            longest_wait: calls.iter().map(|call| call.queued).max().unwrap_or_default(),
        }
    }

    fn told(&self) -> String {
        let Self { refused, took, longest_wait, .. } = self;
        let (took, wait) = (took.as_secs_f64(), longest_wait.as_secs_f64());
        format!("{refused} refused, {took:.1} s, in line for {wait:.1} s")
    }

    /// Refusals of each 1000 objects that were made.
    fn refused_per_mille(&self) -> usize {
        self.refused * 1000 / self.made
    }
}

/// So many of a kind, whose names begin alike.
fn things(count: usize, kind: &str, name: &str) -> Value {
    let thing = |number| (format!("{name}{number:03}"), json!({ "kind": kind }));
    (0..count).map(thing).collect::<Map<_, _>>().into()
}

fn cloud(limits: &[RateLimit]) -> Cloud<'static> {
    site::cloud(Weather::even(1)).limited_to(limits)
}

/// A wide stack on a cloud that admits so much, at the documented pace. `told` is
/// what docs/PERFORMANCE.md shows of it.
async fn paced(admitted: RateLimit, told: &str) -> Creations {
    wide(&cloud(&[admitted]).paced_by(Pacer::new(&[DOCUMENTED])), told).await
}

async fn wide(cloud: &Cloud<'_>, told: &str) -> Creations {
    settled(cloud, &stack(&things(WIDE, "thing", "a"))).await;
    let creations = Creations::of(cloud, "thing");
    assert_eq!(creations.made, WIDE);
    assert_eq!(creations.told(), told);
    creations
}

/// How long creations take if not a moment is lost.
fn at_best(per_second: u64) -> Duration {
    Duration::from_secs(WIDE as u64 / per_second)
}

#[tokio::test(start_paused = true)]
async fn a_wide_stack_is_as_fast_as_its_limit_and_hardly_refused() {
    for (burst, told) in [
        (5, "10 refused, 100.4 s, in line for 13.8 s"),
        (10, "9 refused, 98.2 s, in line for 13.0 s"),
    ] {
        let creations = paced(DOCUMENTED.with_burst(burst), told).await;
        assert!(creations.refused_per_mille() <= 30, "{creations:?}");
        assert!(creations.took <= at_best(5).mul_f64(1.1), "{creations:?}");
        // 64 steps are in flight, so nobody has more than 63 before him: nobody starves.
        assert!(creations.longest_wait <= Duration::from_secs(64 / 5 + 5), "{creations:?}");
    }
}

/// What the pace is for.
#[tokio::test(start_paused = true)]
async fn without_a_pace_most_calls_are_refused() {
    let creations = wide(&cloud(&[DOCUMENTED]), "4011 refused, 99.2 s, in line for 0.0 s").await;
    assert!(creations.refused > 5 * creations.made, "{creations:?}");
}

/// What AWS gives some accounts, or leaves to us while others call.
#[tokio::test(start_paused = true)]
async fn a_lower_limit_is_found() {
    let creations =
        paced(RateLimit::each("thing", 2, &["Create"]), "29 refused, 259.4 s, in line for 31.8 s")
            .await;
    assert!(creations.refused_per_mille() <= 100, "{creations:?}");
    assert!(creations.took <= at_best(2).mul_f64(1.3), "{creations:?}");
}

#[tokio::test(start_paused = true)]
async fn a_higher_limit_is_found() {
    let creations =
        paced(RateLimit::each("thing", 20, &["Create"]), "0 refused, 54.6 s, in line for 10.8 s")
            .await;
    assert!(creations.refused_per_mille() <= 10, "{creations:?}");
    assert!(creations.took <= at_best(5).mul_f64(0.65), "{creations:?}");
}

#[tokio::test(start_paused = true)]
async fn a_slow_limit_holds_up_nobody_else() {
    let limits = [RateLimit::each("thing", 1, &["Create"])];
    let cloud = cloud(&limits).paced_by(Pacer::new(&limits));
    let mut resources = things(30, "thing", "a");
    for (name, gate) in things(30, "gate", "b").as_object().into_iter().flatten() {
        resources[name] = gate.clone();
    }
    settled(&cloud, &stack(&resources)).await;
    assert!(Creations::of(&cloud, "thing").took > Duration::from_secs(25));
    assert!(Creations::of(&cloud, "gate").took < Duration::from_secs(1));
}

/// Two runs in one account know nothing of each other.
#[tokio::test(start_paused = true)]
async fn two_runs_share_a_limit() {
    let cloud = cloud(&[DOCUMENTED]);
    let run = async |name: &str| {
        let plan = planned(&cloud, &stack(&things(WIDE / 2, "thing", name))).await;
        let writer = Paced { writer: cloud.writer(STACK), pacer: Pacer::new(&[DOCUMENTED]) };
        let run = carried_out_by(&writer, &cloud, plan, Orders::new()).await;
        let run = run.expect("nobody dies");
        assert!(run.report.summary.is_success(), "{:?}", run.told());
        run.events.last().map(|event| event.elapsed).unwrap_or_default()
    };
    let (one, other) = tokio::join!(run("one"), run("other"));
    let creations = Creations::of(&cloud, "thing");
    assert!(creations.refused_per_mille() <= 100, "{creations:?}");
    assert!(creations.took <= at_best(5).mul_f64(1.25), "{creations:?}");
    assert!(one.min(other) >= one.max(other).mul_f64(0.6), "one {one:?}, the other {other:?}");
}

/// A writer with a pacer of its own.
struct Paced<'a> {
    writer: Writer<'a>,
    pacer: Pacer,
}

#[async_trait]
impl Read for Paced<'_> {
    async fn find(&self, sought: &Sought) -> Answer<Option<Live>> {
        self.writer.find(sought).await
    }

    async fn candidates(&self, stacks: &[&str]) -> Answer<Vec<Sought>> {
        self.writer.candidates(stacks).await
    }

    async fn stacks(&self) -> Answer<Vec<StackSummary>> {
        self.writer.stacks().await
    }
}

#[async_trait]
impl Write for Paced<'_> {
    async fn create(&self, want: &Desired) -> Answer<Made> {
        let pass = self.pacer.admit(&want.kind, "Create").await;
        let made = self.writer.create(want).await;
        match &made {
            Err(error) if error.class == ErrorClass::Throttled => pass.refused(),
            Ok(_) | Err(_) => pass.taken(),
        }
        made
    }

    async fn complete(&self, want: &Desired, made: Proven) -> Answer<Facts> {
        self.writer.complete(want, made).await
    }

    async fn update(&self, want: &Desired, have: Proven, diff: &[FieldDiff]) -> Answer<Accepted> {
        self.writer.update(want, have, diff).await
    }

    async fn delete(&self, have: Proven, emptying: Emptying) -> Answer<()> {
        self.writer.delete(have, emptying).await
    }
}
