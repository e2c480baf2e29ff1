//! Waiting: the only sleep in the house, and the rules for trying again.
//!
//! Readiness is probed at once, then with growing pauses; a refusal that may
//! pass is tried again within a budget. Both end by a deadline.

use std::time::Duration;

use tokio::time::Instant;

use super::stop::{Stop, Urgency};
use crate::model::{CloudError, ErrorClass, InFlight, Limit};

/// First pause between two probes or tries.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
/// Longest pause; propagation is measured in seconds, so looking less often
/// would cost more than it saves.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// Of what was waited for so long, a part of it more does not matter: a look comes later
/// than it could by no more than this part.
const LATER: u32 = 20;
/// But nobody is kept in the dark for longer by a pause that has grown.
const GROWN: Duration = Duration::from_mins(1);
/// A wait gives a sign of life so often, as long as it is young: long enough not to flood a
/// log, short enough to tell that the run is alive.
const HEARTBEAT: Duration = Duration::from_secs(10);
/// Until then a wait is young.
const YOUNG: Duration = Duration::from_mins(2);
/// And so often later: forty minutes are fifty lines of a log.
const LATE_HEARTBEAT: Duration = Duration::from_mins(1);
/// How often to ask whether a name has cooled down (SQS: 60 s).
const COOLDOWN_PAUSE: Duration = Duration::from_secs(3);
/// A fresh principal or policy takes effect within single-digit seconds; a
/// minute is beyond every observation that we know of.
const DEPENDENCY_BUDGET: Duration = Duration::from_mins(1);
/// SQS refuses a deleted name for 60 s.
const COOLDOWN_BUDGET: Duration = Duration::from_mins(2);
/// Throttling and faults of the other side.
const FAULT_BUDGET: Duration = Duration::from_mins(2);

/// Sleeps, unless the run is abandoned meanwhile; tells whether it slept.
pub async fn pause(length: Duration, stop: &mut Stop) -> bool {
    tokio::select! {
        // In order, so that a run is the same every time.
        biased;
        () = stop.at_least(Urgency::Abandon) => false,
        () = elapse(length) => true,
    }
}

/// Lets time pass, and nobody can cut it short: how long a simulated cloud
/// takes to answer.
#[expect(clippy::disallowed_methods, reason = "the one sleep in the house")]
pub async fn elapse(length: Duration) {
    tokio::time::sleep(length).await;
}

/// How long a wait may be silent that has lasted so long.
pub fn heartbeat(waited: Duration) -> Duration {
    if waited < YOUNG { HEARTBEAT } else { LATE_HEARTBEAT }
}

/// Makes a call that nobody knows how to undo, and that may not be made twice: again only
/// if it was refused before anything came of it, because its object is not ready yet or
/// others are in line, and within the usual budget. `told` hears of each refusal.
///
/// # Errors
/// The first failure of another sort, or the last refusal.
pub async fn at_most_once<T, F>(
    attempt: impl Fn() -> F,
    told: impl Fn(u32, &CloudError),
) -> Result<T, CloudError>
where
    F: Future<Output = Result<T, CloudError>>,
{
    let mut persistence = Persistence::new(0, false);
    loop {
        persistence.attempt();
        let error = match attempt().await {
            Ok(answer) => return Ok(answer),
            Err(error) => error,
        };
        let is_refusal =
            matches!(error.class, ErrorClass::Throttled | ErrorClass::NotYet(InFlight::Busy));
        match persistence.pause_after(&error).filter(|_| is_refusal) {
            Some(length) => {
                told(persistence.attempts(), &error);
                elapse(length).await;
            }
            None => return Err(error),
        }
    }
}

/// Growing pauses with seeded jitter: equal seeds, equal pauses.
#[derive(Debug)]
pub struct Backoff {
    next: Duration,
    longest: Duration,
    random: fastrand::Rng,
}

impl Backoff {
    /// From the shortest pause on.
    pub fn new(seed: u64) -> Self {
        Self::up_to(LONGEST_PAUSE, seed)
    }

    /// The same, up to another pause.
    pub fn up_to(longest: Duration, seed: u64) -> Self {
        Self { next: FIRST_PAUSE, longest, random: fastrand::Rng::with_seed(seed) }
    }

    /// The next pause of a wait that has lasted so long: the longer, the more of a pause
    /// it can afford.
    pub fn after(&mut self, waited: Duration) -> Duration {
        self.longest = self.longest.max((waited / LATER).min(GROWN));
        self.pause()
    }

    /// The next pause: between half of and the whole of a doubling length.
    pub fn pause(&mut self) -> Duration {
        let length = self.next;
        self.next = (length * 2).min(self.longest);
        length.mul_f64(0.5 + self.random.f64() / 2.0)
    }
}

/// Decides whether a failed call is worth another try, and when.
#[derive(Debug)]
pub struct Persistence {
    began: Instant,
    backoff: Backoff,
    /// Whether something that this step relies on was written in this run.
    dependencies_in_flight: bool,
    /// How long the object itself may be busy, and when to ask again whether it is.
    busy: Duration,
    while_busy: Backoff,
    attempts: u32,
}

impl Persistence {
    /// For a step that begins now.
    pub fn new(seed: u64, dependencies_in_flight: bool) -> Self {
        Self {
            began: Instant::now(),
            backoff: Backoff::new(seed),
            dependencies_in_flight,
            busy: FAULT_BUDGET,
            while_busy: Backoff::new(seed),
            attempts: 0,
        }
    }

    /// The same, where the object may be busy for so long, and is asked so often.
    #[must_use]
    pub fn busy_for(self, limit: Limit, seed: u64) -> Self {
        let while_busy = Backoff::up_to(limit.every.max(LONGEST_PAUSE), seed);
        Self { busy: limit.deadline.max(FAULT_BUDGET), while_busy, ..self }
    }

    /// How often it was tried.
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// Counts a try.
    pub fn attempt(&mut self) {
        self.attempts += 1;
    }

    /// The pause before the next try, or `None` if the failure is final.
    pub fn pause_after(&mut self, error: &CloudError) -> Option<Duration> {
        let (budget, pause) = match error.class {
            ErrorClass::Throttled | ErrorClass::Transient => (FAULT_BUDGET, self.backoff.pause()),
            ErrorClass::NotYet(InFlight::Cooldown) => (COOLDOWN_BUDGET, COOLDOWN_PAUSE),
            ErrorClass::NotYet(InFlight::Busy) => {
                (self.busy, self.while_busy.after(self.began.elapsed()))
            }
            // What this run made may be absent for those who look elsewhere.
            ErrorClass::NotYet(InFlight::Dependency) | ErrorClass::Absent
                if self.dependencies_in_flight =>
            {
                (DEPENDENCY_BUDGET, self.backoff.pause())
            }
            ErrorClass::NotYet(InFlight::Dependency)
            | ErrorClass::Absent
            | ErrorClass::Exists
            | ErrorClass::Denied
            | ErrorClass::Quota
            | ErrorClass::Invalid
            | ErrorClass::Credentials
            | ErrorClass::Unexpected => return None,
        };
        (self.began.elapsed() + pause < budget).then_some(pause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(class: ErrorClass) -> CloudError {
        CloudError {
            attempted: "try".into(),
            operation: "sim:Try".into(),
            class,
            code: "Code".into(),
            message: String::new(),
            request_id: None,
            hint: None,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_missing_dependency_is_waited_for_only_if_it_is_in_flight() {
        for class in [ErrorClass::NotYet(InFlight::Dependency), ErrorClass::Absent] {
            assert_eq!(Persistence::new(1, false).pause_after(&error(class)), None);
            assert!(Persistence::new(1, true).pause_after(&error(class)).is_some());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn every_budget_ends() {
        for class in [
            ErrorClass::Throttled,
            ErrorClass::Transient,
            ErrorClass::NotYet(InFlight::Busy),
            ErrorClass::NotYet(InFlight::Cooldown),
            ErrorClass::NotYet(InFlight::Dependency),
        ] {
            let (_stopper, mut stop) = crate::engine::stop::Stopper::new();
            let began = Instant::now();
            let mut persistence = Persistence::new(7, true);
            while let Some(length) = persistence.pause_after(&error(class)) {
                assert!(pause(length, &mut stop).await);
            }
            assert!(began.elapsed() <= Duration::from_mins(2), "{class:?}");
            assert!(began.elapsed() >= Duration::from_secs(50), "{class:?}");
        }
    }

    /// How often something is tried that is refused so often before it succeeds.
    async fn tries(class: ErrorClass, refused: u32) -> (u32, bool) {
        let tries = std::cell::Cell::new(0);
        let attempt = async || {
            tries.set(tries.get() + 1);
            if tries.get() > refused { Ok(()) } else { Err(error(class)) }
        };
        let is_done = at_most_once(attempt, |_, _| {}).await.is_ok();
        (tries.get(), is_done)
    }

    #[tokio::test(start_paused = true)]
    async fn what_may_have_been_done_is_not_tried_again() {
        for class in [ErrorClass::Throttled, ErrorClass::NotYet(InFlight::Busy)] {
            assert_eq!(tries(class, 3).await, (4, true), "{class:?}");
            assert!(!tries(class, u32::MAX).await.1, "{class:?}");
        }
        for class in [
            ErrorClass::Transient,
            ErrorClass::Unexpected,
            ErrorClass::NotYet(InFlight::Cooldown),
            ErrorClass::NotYet(InFlight::Dependency),
            ErrorClass::Absent,
            ErrorClass::Denied,
            ErrorClass::Credentials,
            ErrorClass::Invalid,
            ErrorClass::Exists,
            ErrorClass::Quota,
        ] {
            assert_eq!(tries(class, 1).await, (1, false), "{class:?}");
        }
    }

    /// How often is looked in a wait of so many minutes.
    fn looks(every: u64, minutes: u64) -> usize {
        let mut backoff = Backoff::up_to(Duration::from_secs(every), 1);
        let (mut waited, mut looks) = (Duration::ZERO, 0);
        while waited < Duration::from_mins(minutes) {
            waited += backoff.after(waited);
            looks += 1;
        }
        looks
    }

    #[test]
    fn a_long_wait_costs_no_hundreds_of_looks() {
        assert!(looks(2, 1) > 30, "{}", looks(2, 1));
        assert!(looks(2, 40) < 160, "{}", looks(2, 40));
        assert!(looks(30, 40) < 90, "{}", looks(30, 40));
        assert!(looks(30, 240) < 400, "{}", looks(30, 240));
    }

    #[test]
    fn equal_seeds_pause_alike() {
        let pauses = |seed| {
            let mut backoff = Backoff::new(seed);
            (0..8).map(|_| backoff.pause()).collect::<Vec<_>>()
        };
        assert_eq!(pauses(3), pauses(3));
        assert_ne!(pauses(3), pauses(4));
    }
}
