//! What happens on the site, as data. Events flow one way, from the engine to
//! the views; no view can stop the engine.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::model::{Address, CloudError, Diagnostic, Facts};
use crate::plan::{Action, StepId};

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Counts from 0 within a run, without gaps.
    pub index: u64,
    /// Since the run began.
    pub elapsed: Duration,
    /// What.
    pub kind: EventKind,
}

/// Everything that can happen. A run begins with one `RunStarted` and ends
/// with one `RunFinished`; every step ends with exactly one `StepFinished`,
/// whether or not it was started.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum EventKind {
    /// The first event.
    RunStarted {
        /// How many steps there are.
        steps: usize,
    },
    /// The calls of a step begin.
    StepStarted {
        /// Which step.
        step: StepId,
        /// Whose.
        address: Address,
        /// Which kind.
        kind: String,
        /// The verb.
        action: Action,
    },
    /// Something large is on its way: a sign of life.
    StepSending {
        /// Which step.
        step: StepId,
        /// Whose.
        address: Address,
        /// How much of it has arrived, in bytes.
        sent: u64,
        /// All of it, in bytes.
        of: u64,
    },
    /// A call was refused for now and will be made again.
    StepRetrying {
        /// Which step.
        step: StepId,
        /// Whose.
        address: Address,
        /// How often it was tried by now.
        attempt: u32,
        /// What came back.
        error: CloudError,
        /// Until the next try.
        pause: Duration,
    },
    /// Facts became known before the step was done.
    FactsKnown {
        /// Which step.
        step: StepId,
        /// Whose.
        address: Address,
        /// Which facts.
        facts: Facts,
    },
    /// The cloud accepted every call of the step. Dependants start now, unless
    /// the kind blocks them until it is ready.
    StepAccepted {
        /// Which step.
        step: StepId,
        /// Whose.
        address: Address,
    },
    /// Still waiting: a sign of life.
    StepWaiting {
        /// Which step.
        step: StepId,
        /// Whose.
        address: Address,
        /// Since the wait began.
        waited: Duration,
        /// How long the step takes as a rule, where anybody knows.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        usual: Option<Duration>,
        /// How long it may take at most.
        limit: Duration,
        /// The last observation, a phrase.
        seen: String,
    },
    /// The end of a step.
    StepFinished {
        /// Which step.
        step: StepId,
        /// Whose.
        address: Address,
        /// Which kind.
        kind: String,
        /// The verb.
        action: Action,
        /// Since it was started; zero if it never was.
        took: Duration,
        /// How it ended.
        outcome: Outcome,
    },
    /// Someone asked to stop: nothing new starts.
    Interrupted {
        /// How many steps are still in flight.
        in_flight: usize,
        /// Whether waits are given up too (the second request).
        abandon_waits: bool,
    },
    /// The last event.
    RunFinished {
        /// How it went.
        summary: Summary,
    },
}

/// What happens while somebody looks, for whoever wants to know how far it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum LookEvent {
    /// So many more looks will be made.
    Begun {
        /// How many.
        looks: usize,
    },
    /// One of them is over, whatever it came to.
    Ended,
    /// One was not answered, and is made again.
    Again {
        /// How often it was made by now.
        attempt: u32,
        /// What came back.
        error: CloudError,
    },
}

/// How a step ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// As far as was asked with `--until`.
    Done {
        /// What can be referred to from now on.
        facts: Facts,
    },
    /// The cloud has accepted it and is at it, for longer than the run was to wait.
    Begun {
        /// What can be referred to from now on.
        facts: Facts,
        /// The last observation.
        seen: String,
        /// How many calls are to follow when the cloud is done, as far as anybody knows.
        rest: usize,
    },
    /// What was to be deleted had gone already; no call was made.
    Gone,
    /// A call failed for good.
    Failed {
        /// What came back.
        error: CloudError,
        /// How often it was tried.
        attempts: u32,
    },
    /// All calls were accepted, but the deadline passed before a read showed it.
    TimedOut {
        /// Since the wait began.
        waited: Duration,
        /// The last observation.
        seen: String,
    },
    /// The engine refused to touch the object (it turned out not to be ours).
    Refused {
        /// Why, and what to do.
        reason: Diagnostic,
    },
    /// Something that it needs did not come about.
    Skipped {
        /// The step that stands in the way; the first one, not its echoes.
        because: Address,
    },
    /// It needs what the cloud is still at, and is left for the next run.
    Postponed {
        /// The step that is not waited for; the first one, not its echoes.
        because: Address,
    },
    /// The run was interrupted before the step could start.
    NotStarted,
    /// The run was interrupted while the step waited; its calls were accepted.
    Unconfirmed,
}

/// How a run went, in steps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// Create steps done.
    pub added: usize,
    /// Update steps done.
    pub changed: usize,
    /// Delete steps done.
    pub destroyed: usize,
    /// Steps that failed, timed out or were refused.
    pub failed: usize,
    /// Steps skipped because of these.
    pub skipped: usize,
    /// Steps that are not done and did not fail: not started or not confirmed because the
    /// run was interrupted, or left for the next run.
    pub left: usize,
    /// Steps that the cloud was left to. Those of which no call is left are counted as done
    /// besides, the others as left.
    #[serde(default, skip_serializing_if = "is_none_at_all")]
    pub at_work: usize,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_none_at_all(number: &usize) -> bool {
    *number == 0
}

impl Summary {
    /// Both together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            added: self.added + other.added,
            changed: self.changed + other.changed,
            destroyed: self.destroyed + other.destroyed,
            failed: self.failed + other.failed,
            skipped: self.skipped + other.skipped,
            left: self.left + other.left,
            at_work: self.at_work + other.at_work,
        }
    }

    /// Whether everything that was planned is done, or accepted where that was all.
    pub fn is_success(&self) -> bool {
        self.failed + self.skipped + self.left == 0
    }
}
