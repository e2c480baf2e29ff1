//! How a step waits for the cloud: looking again and again, within a limit, with
//! a sign of life now and then.

use std::time::Duration;

use tokio::time::Instant;

use super::{Signal, StepRun, Trouble};
use crate::engine::stop::Urgency;
use crate::engine::wait::{Backoff, heartbeat, pause};
use crate::model::Limit;
use crate::plan::forecast::usual;

/// One wait, from its beginning to its deadline.
pub(super) struct Clock {
    began: Instant,
    deadline: Duration,
    backoff: Backoff,
    told: Instant,
}

impl Clock {
    pub(super) fn new(limit: Limit, seed: u64) -> Self {
        let began = Instant::now();
        let Limit { deadline, every, usual: _ } = limit;
        Self { began, deadline, backoff: Backoff::up_to(every, seed), told: began }
    }

    /// Until the next sign of life is due.
    fn until_heartbeat(&self) -> Duration {
        heartbeat(self.began.elapsed()).saturating_sub(self.told.elapsed())
    }
}

impl StepRun<'_> {
    /// Lets some time pass before the next look; `seen` is what the last one
    /// showed. The wait is over when its limit is, or nobody waits any more.
    pub(super) async fn wait(&mut self, clock: &mut Clock, seen: String) -> Result<(), Trouble> {
        let waited = clock.began.elapsed();
        let mut left = clock.backoff.after(waited);
        if waited + left > clock.deadline {
            return Err(Trouble::TimedOut { waited, seen });
        }
        while !left.is_zero() {
            if clock.until_heartbeat().is_zero() {
                clock.told = Instant::now();
                self.tell_waiting(clock, seen.clone());
            }
            let part = left.min(clock.until_heartbeat());
            if self.stop.urgency() == Urgency::Abandon || !pause(part, &mut self.stop).await {
                return Err(Trouble::Abandoned);
            }
            left = left.saturating_sub(part);
        }
        Ok(())
    }

    fn tell_waiting(&self, clock: &Clock, seen: String) {
        self.tell(Signal::Waiting {
            waited: clock.began.elapsed(),
            usual: usual(&self.node.step, self.site.catalog),
            limit: clock.deadline,
            seen,
        });
    }
}
