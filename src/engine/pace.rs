//! Keeps calls within the rates that a cloud admits.
//!
//! For each rate limit there is a bucket of tokens; a call takes one, and waits
//! where there is none. Callers go in the order in which they came. How fast a
//! bucket fills is where the limit says at first; from then on the answers
//! decide: it grows by a little with each call that had to wait and was taken,
//! and falls at once when one is refused for going too fast (additive increase,
//! multiplicative decrease). So a limit that was told wrong, was raised, or is
//! shared with others is found by itself.
//!
//! Which cloud it is, and what its limits are, it does not know: they are data.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::wait::elapse;

/// What a second without a refusal adds, as a part of the rate that held last.
/// At this pace a tenfold limit is found within minutes, and one that is met
/// exactly costs about one refusal in fifty calls (`tests/it/engine/pace.rs`).
const INCREASE: f64 = 0.03;
/// What a refusal leaves of the rate: that of CUBIC (RFC 9438, section 4.6) and
/// of the AWS SDKs' adaptive mode. Half, as in older TCP, would leave a quarter
/// of the limit unused.
const DECREASE: f64 = 0.7;
/// No bucket fills more slowly, in calls a second. With 64 callers in line the
/// last one then waits for about two minutes, and AWS accepts a signature for
/// five.
const FLOOR: f64 = 0.5;
/// Nor faster than so many times what its limit says.
const CEILING: f64 = 10.0;
/// A token that lacks less than this is whole: what rounding leaves.
const NEARLY: f64 = 1e-6;

/// How often a cloud admits some calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    /// As the call log names it: `sqs`.
    pub service: &'static str,
    /// Which calls.
    pub calls: Calls,
    /// So many in a second, for as long as it takes.
    pub per_second: u32,
    /// So many at once after a rest.
    pub burst: u32,
}

/// Which calls a limit is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Calls {
    /// Each of these operations by itself.
    Each(&'static [&'static str]),
    /// All of these together.
    Together(&'static [&'static str]),
}

impl RateLimit {
    /// For each operation by itself. The burst is that of one second.
    pub const fn each(
        service: &'static str,
        per_second: u32,
        operations: &'static [&'static str],
    ) -> Self {
        Self { service, calls: Calls::Each(operations), per_second, burst: per_second }
    }

    /// For all operations together. The burst is that of one second.
    pub const fn together(
        service: &'static str,
        per_second: u32,
        operations: &'static [&'static str],
    ) -> Self {
        Self { service, calls: Calls::Together(operations), per_second, burst: per_second }
    }

    /// The same with another burst.
    #[must_use]
    pub const fn with_burst(self, burst: u32) -> Self {
        Self { burst, ..self }
    }

    /// The operations that it is for.
    pub const fn operations(&self) -> &'static [&'static str] {
        match self.calls {
            Calls::Each(operations) | Calls::Together(operations) => operations,
        }
    }
}

/// Lets calls go as fast as their limits admit.
#[derive(Debug, Default)]
pub struct Pacer {
    gates: BTreeMap<(&'static str, &'static str), Arc<Gate>>,
}

impl Pacer {
    /// By these limits. What none of them names goes at once.
    pub fn new<'a>(limits: impl IntoIterator<Item = &'a RateLimit>) -> Self {
        let mut gates = BTreeMap::new();
        for limit in limits {
            let shared = Arc::new(Gate::new(limit));
            for operation in limit.operations() {
                let gate = match limit.calls {
                    Calls::Each(_) => Arc::new(Gate::new(limit)),
                    Calls::Together(_) => Arc::clone(&shared),
                };
                gates.insert((limit.service, *operation), gate);
            }
        }
        Self { gates }
    }

    /// Waits until a call may go out.
    ///
    /// # Guarantees
    /// Callers of one limit are admitted in the order in which they asked, and
    /// those of another limit do not wait for them. A caller that gives up
    /// leaves the line, and takes nothing.
    pub async fn admit(&self, service: &str, operation: &str) -> Pass {
        match self.gates.get(&(service, operation)) {
            Some(gate) => gate.admit().await,
            None => Pass { gate: None, waited: Duration::ZERO, refusals_before: 0 },
        }
    }
}

/// The admission of one call. Whoever holds it tells what came of the call.
#[derive(Clone)]
pub struct Pass {
    gate: Option<Arc<Gate>>,
    waited: Duration,
    refusals_before: u64,
}

impl Pass {
    /// How long the call waited for it. Nothing if there was no need to.
    pub fn waited(&self) -> Duration {
        self.waited
    }

    /// The call was not refused for going too fast.
    pub fn taken(&self) {
        // Who did not have to wait tells nothing about the limit.
        if let Some(gate) = self.gate.as_ref().filter(|_| !self.waited.is_zero()) {
            gate.bucket().grow();
        }
    }

    /// It was.
    pub fn refused(&self) {
        if let Some(gate) = &self.gate {
            gate.bucket().shrink(self.refusals_before);
        }
    }
}

impl fmt::Debug for Pass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pass").field("waited", &self.waited).finish_non_exhaustive()
    }
}

/// Where the callers of one limit stand in line.
#[derive(Debug)]
struct Gate {
    /// Held by the first in line; tokio's lock is given in the order of asking.
    line: tokio::sync::Mutex<()>,
    bucket: Mutex<Bucket>,
}

impl Gate {
    fn new(limit: &RateLimit) -> Self {
        Self { line: tokio::sync::Mutex::default(), bucket: Mutex::new(Bucket::new(limit)) }
    }

    fn bucket(&self) -> MutexGuard<'_, Bucket> {
        self.bucket.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn admit(self: &Arc<Self>) -> Pass {
        let asked = Instant::now();
        let mut has_waited = false;
        let _first = if let Ok(first) = self.line.try_lock() {
            first
        } else {
            has_waited = true;
            self.line.lock().await
        };
        loop {
            // The rate may change while the first in line waits, so it asks again.
            let taken = self.bucket().take(Instant::now());
            match taken {
                Ok(refusals_before) => {
                    let waited = if has_waited { asked.elapsed() } else { Duration::ZERO };
                    return Pass { gate: Some(Arc::clone(self)), waited, refusals_before };
                }
                Err(missing) => elapse(missing).await,
            }
            has_waited = true;
        }
    }
}

/// Tokens, and what is known of the limit behind them. Pure: it is told the time.
#[derive(Debug)]
struct Bucket {
    tokens: f64,
    burst: f64,
    /// When `tokens` was right; nothing before the first call.
    as_of: Option<Instant>,
    /// Tokens a second.
    rate: f64,
    /// The rate that held last: the limit's own, or that of the last refusal.
    held: f64,
    ceiling: f64,
    floor: f64,
    /// How often the rate fell.
    refusals: u64,
}

impl Bucket {
    fn new(limit: &RateLimit) -> Self {
        let (rate, burst) = (f64::from(limit.per_second), f64::from(limit.burst.max(1)));
        Self {
            tokens: burst,
            burst,
            as_of: None,
            rate,
            held: rate,
            ceiling: rate * CEILING,
            floor: FLOOR.min(rate),
            refusals: 0,
        }
    }

    /// Takes a token and tells how often the rate has fallen so far, or how
    /// long it takes until there is one.
    fn take(&mut self, now: Instant) -> Result<u64, Duration> {
        let passed = self.as_of.map_or(Duration::ZERO, |then| now.duration_since(then));
        self.as_of = Some(now);
        self.tokens = (self.tokens + passed.as_secs_f64() * self.rate).min(self.burst);
        if self.tokens < 1.0 - NEARLY {
            return Err(Duration::from_secs_f64((1.0 - self.tokens) / self.rate));
        }
        self.tokens -= 1.0;
        Ok(self.refusals)
    }

    /// `rate` calls a second come here, each with its part of what a second adds.
    fn grow(&mut self) {
        self.rate = (self.rate + INCREASE * self.held / self.rate).min(self.ceiling);
    }

    /// A refusal of what went out before the last fall is of the same burst,
    /// and no news.
    fn shrink(&mut self, refusals_before: u64) {
        if refusals_before < self.refusals {
            return;
        }
        self.refusals += 1;
        self.held = self.rate;
        self.rate = (self.rate * DECREASE).max(self.floor);
        // What was saved up is what went too fast.
        self.tokens = self.tokens.min(0.0);
    }
}

#[cfg(test)]
mod tests {
    use futures::future::join_all;

    use super::*;

    const LIMITS: &[RateLimit] = &[
        RateLimit::each("key", 1, &["Create", "Delete"]),
        RateLimit::together("topic", 1, &["Tag", "Untag"]),
    ];

    /// When each of some calls goes out that are all made at once, in seconds.
    async fn departures(calls: &[(&str, &str)]) -> Vec<u64> {
        let (pacer, began) = (Pacer::new(LIMITS), Instant::now());
        let departure = async |(service, operation)| {
            pacer.admit(service, operation).await;
            began.elapsed().as_secs()
        };
        join_all(calls.iter().copied().map(departure)).await
    }

    #[tokio::test(start_paused = true)]
    async fn callers_of_one_limit_go_in_the_order_in_which_they_came() {
        assert_eq!(departures(&[("key", "Create"); 20]).await, (0..20).collect::<Vec<_>>());
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_waits_for_those_of_another_limit() {
        let calls = [("key", "Create"), ("key", "Create"), ("key", "Delete"), ("key", "Delete")];
        assert_eq!(departures(&calls).await, [0, 1, 0, 1]);
        assert_eq!(departures(&[("topic", "Tag"), ("topic", "Untag")]).await, [0, 1]);
        assert_eq!(departures(&[("key", "Find"); 3]).await, [0, 0, 0]);
    }

    #[tokio::test(start_paused = true)]
    async fn who_leaves_the_line_takes_nothing() {
        let (pacer, began) = (Pacer::new(LIMITS), Instant::now());
        let admit = || pacer.admit("key", "Create");
        admit().await;
        tokio::select! {
            biased;
            _ = join_all([admit(), admit(), admit()]) => panic!("three in half a second"),
            () = elapse(Duration::from_millis(500)) => {}
        }
        admit().await;
        assert_eq!(began.elapsed().as_secs(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_rest_saves_up_a_burst_and_no_more() {
        let limit = RateLimit::each("key", 2, &["Create"]).with_burst(3);
        let (pacer, began) = (Pacer::new(&[limit]), Instant::now());
        let calls = || join_all((0..5).map(|_| pacer.admit("key", "Create")));
        calls().await;
        assert_eq!(began.elapsed().as_secs(), 1);
        elapse(Duration::from_mins(1)).await;
        calls().await;
        assert_eq!(began.elapsed().as_secs(), 62);
    }

    fn bucket(per_second: u32) -> Bucket {
        Bucket::new(&RateLimit::each("key", per_second, &["Create"]))
    }

    /// In hundredths of a call a second.
    fn check(bucket: &Bucket, expected: u32) {
        let found = bucket.rate * 100.0;
        assert!((found - f64::from(expected)).abs() < 1.0, "{found}, not {expected}");
    }

    #[test]
    fn a_second_of_answers_adds_a_little_and_a_refusal_takes_much() {
        let mut bucket = bucket(100);
        (0..100).for_each(|_| bucket.grow());
        check(&bucket, 10_296);
        bucket.shrink(0);
        check(&bucket, 7_207);
    }

    #[test]
    fn a_burst_of_refusals_counts_once() {
        let mut bucket = bucket(10);
        (0..10).for_each(|_| bucket.shrink(0));
        check(&bucket, 700);
        bucket.shrink(1);
        check(&bucket, 490);
    }

    #[test]
    fn a_rate_has_a_floor_and_a_ceiling() {
        let mut bucket = bucket(10);
        (0..100).for_each(|refusals| bucket.shrink(refusals));
        check(&bucket, 50);
        (0..1_000_000).for_each(|_| bucket.grow());
        check(&bucket, 10_000);
    }

    /// It is not known whether the limit would have admitted more.
    #[tokio::test(start_paused = true)]
    async fn who_did_not_wait_proves_nothing() {
        let pacer = Pacer::new(LIMITS);
        let rate = || pacer.gates[&("key", "Create")].bucket().rate;
        pacer.admit("key", "Create").await.taken();
        assert!(rate() <= 1.0);
        pacer.admit("key", "Create").await.taken();
        assert!(rate() > 1.0);
    }
}
