//! How often the cloud admits calls. What goes beyond it is refused.
//!
//! Not the buckets of `engine::pace`, on purpose: what is judged must not be
//! the judge.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use crate::engine::pace::{Calls, RateLimit};

/// The limits of a cloud, and how far each is used up.
#[derive(Debug, Default)]
pub(super) struct Limits {
    /// The place of the meter of each kind and operation.
    of: BTreeMap<(&'static str, &'static str), usize>,
    meters: Vec<Meter>,
}

impl Limits {
    pub(super) fn new(limits: &[RateLimit]) -> Self {
        let mut this = Self::default();
        for limit in limits {
            for (number, operation) in limit.operations().iter().enumerate() {
                if number == 0 || matches!(limit.calls, Calls::Each(_)) {
                    this.meters.push(Meter::new(limit));
                }
                this.of.insert((limit.service, *operation), this.meters.len() - 1);
            }
        }
        this
    }

    /// Whether a call is admitted; it counts if it is.
    pub(super) fn admit(&mut self, kind: &str, operation: &str, now: Instant) -> bool {
        let meter = self.of.get(&(kind, operation)).copied();
        meter.is_none_or(|meter| self.meters[meter].admit(now))
    }
}

/// One limit: calls that each use it up for an interval, of which as many as a
/// burst may overlap.
#[derive(Debug)]
struct Meter {
    interval: Duration,
    ahead: Duration,
    used_until: Option<Instant>,
}

impl Meter {
    fn new(limit: &RateLimit) -> Self {
        let interval = Duration::from_secs(1) / limit.per_second;
        Self { interval, ahead: interval * (limit.burst - 1), used_until: None }
    }

    fn admit(&mut self, now: Instant) -> bool {
        let begins = self.used_until.map_or(now, |until| until.max(now));
        if begins > now + self.ahead {
            return false;
        }
        self.used_until = Some(begins + self.interval);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: &[RateLimit] = &[
        RateLimit::each("thing", 5, &["Create", "Update"]).with_burst(2),
        RateLimit::together("gate", 5, &["Create", "Update"]).with_burst(2),
    ];

    fn admitted(kind: &str, at_millis: &[u64]) -> Vec<bool> {
        let (mut limits, began) = (Limits::new(LIMITS), Instant::now());
        let operations = ["Create", "Update"].into_iter().cycle();
        let calls = at_millis.iter().zip(operations);
        calls.map(|(at, op)| limits.admit(kind, op, began + Duration::from_millis(*at))).collect()
    }

    #[test]
    fn a_burst_is_admitted_and_then_the_rate() {
        // Each of two operations has its own, so twice as many pass.
        assert_eq!(admitted("thing", &[0, 0, 0, 0, 0, 0]), [true, true, true, true, false, false]);
        assert_eq!(
            admitted("gate", &[0, 0, 0, 199, 200, 201]),
            [true, true, false, false, true, false]
        );
        assert_eq!(admitted("gate", &[0, 0, 9000, 9000, 9000]), [true, true, true, true, false]);
        assert_eq!(admitted("vault", &[0; 9]), [true; 9]);
    }
}
