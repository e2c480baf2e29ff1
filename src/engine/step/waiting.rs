//! How a step waits for the cloud: looking again and again, within a limit, with
//! a sign of life now and then.

use std::time::Duration;

use tokio::time::Instant;

use super::{HEARTBEAT, Signal, StepRun, Trouble};
use crate::engine::stop::Urgency;
use crate::engine::wait::{Backoff, pause};
use crate::model::Limit;

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
        let Limit { deadline, every } = limit;
        Self { began, deadline, backoff: Backoff::up_to(every, seed), told: began }
    }
}

impl StepRun<'_> {
    /// Lets some time pass before the next look; `seen` is what the last one
    /// showed. The wait is over when its limit is, or nobody waits any more.
    pub(super) async fn wait(&mut self, clock: &mut Clock, seen: String) -> Result<(), Trouble> {
        let (waited, length) = (clock.began.elapsed(), clock.backoff.pause());
        if waited + length > clock.deadline {
            return Err(Trouble::TimedOut { waited, seen });
        }
        if clock.told.elapsed() >= HEARTBEAT {
            clock.told = Instant::now();
            self.tell(Signal::Waiting { waited, limit: clock.deadline, seen });
        }
        if self.stop.urgency() == Urgency::Abandon || !pause(length, &mut self.stop).await {
            return Err(Trouble::Abandoned);
        }
        Ok(())
    }
}
