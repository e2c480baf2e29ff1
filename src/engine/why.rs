//! What keeps a run, or the rest of one, from beginning.

use super::event::{Outcome, Summary};
use crate::model::Address;
use crate::plan::Plan;

/// Why a run does not begin, or does not go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// Another stack, which it waits for, was not done; the first step that stood in the way, as
    /// it is told.
    Failed(Address),
    /// Another stack, which it waits for, waits for the cloud; likewise.
    AtWork(Address),
    /// Somebody asked to stop.
    Stopped,
}

impl Why {
    /// What becomes of its steps.
    pub(super) fn outcome(&self) -> Outcome {
        match self {
            Self::Failed(because) => Outcome::Skipped { because: because.clone() },
            Self::AtWork(because) => Outcome::Postponed { because: because.clone() },
            Self::Stopped => Outcome::NotStarted,
        }
    }

    /// The same in numbers.
    pub(super) fn summary(&self, plan: &Plan) -> Summary {
        let count = plan.steps.len();
        match self {
            Self::Failed(_) => Summary { skipped: count, ..Summary::default() },
            Self::AtWork(_) | Self::Stopped => Summary { left: count, ..Summary::default() },
        }
    }
}
