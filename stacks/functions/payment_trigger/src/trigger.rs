//! From what Lambda was given to what was started.

use events::{Level, Line, Moment};
use lambda_runtime::Diagnostic;
use serde_json::Value;

use crate::machine::{Machine, NotStarted, Started};
use crate::notification::{Notification, Poison};

/// What it takes to start executions.
pub(crate) struct Trigger<M> {
    pub(crate) machine: M,
    pub(crate) clock: fn() -> Moment,
    pub(crate) log: fn(&Line<'_>),
}

/// Why not all was started. Lambda tries the event again, and in the end keeps it
/// among the dead letters.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Failure {
    /// It never will be.
    #[error(transparent)]
    Poison(#[from] Poison),
    /// It was not this time.
    #[error(transparent)]
    NotStarted(#[from] NotStarted),
}

/// Lambda tells a type beside the words, for programs.
impl From<Failure> for Diagnostic {
    fn from(failure: Failure) -> Self {
        let error_type = match &failure {
            Failure::Poison(_) => "NoEvent",
            Failure::NotStarted(_) => "NotStarted",
        };
        Self { error_type: error_type.to_owned(), error_message: failure.to_string() }
    }
}

impl<M: Machine> Trigger<M> {
    /// Starts an execution for each message. One that fails holds up none of the
    /// others; the first failure is told.
    pub(crate) async fn start_all(&self, event: &Value) -> Result<(), Failure> {
        let notifications = match Notification::of(event) {
            Ok(notifications) => notifications,
            Err(poison) => {
                let line = Line::new((self.clock)(), Level::Error, "not started");
                (self.log)(&line.because(&poison.to_string()));
                return Err(poison.into());
            }
        };
        let mut outcome = Ok(());
        for notification in &notifications {
            outcome = outcome.and(self.start(notification).await);
        }
        outcome
    }

    /// Starts one, and logs what came of it.
    async fn start(&self, notification: &Notification<'_>) -> Result<(), Failure> {
        let now = (self.clock)();
        let line = |level, what| Line::new(now, level, what).of_message(notification.message_id);
        let start = match notification.start(now) {
            Ok(start) => start,
            Err(poison) => {
                (self.log)(&line(Level::Error, "no event").because(&poison.to_string()));
                return Err(poison.into());
            }
        };
        let started = self.machine.start(&start).await;
        let (level, what) = match &started {
            Ok(Started::Now) => (Level::Info, "started"),
            Ok(Started::Before) => (Level::Info, "started before"),
            Err(_) => (Level::Error, "not started"),
        };
        let reason = started.as_ref().err().map(NotStarted::to_string);
        let line = line(level, what).about(start.event_id.id());
        (self.log)(&reason.iter().fold(line, |line, reason| line.because(reason)));
        started.map(|_| ()).map_err(Failure::from)
    }
}

#[cfg(test)]
mod tests;
