//! What a run is given: whom to call, what to do, and how far to go.

use super::port::Write;
use crate::model::Catalog;
use crate::plan::Plan;

/// What "done" means. What makes others wait until it is ready is seen through
/// in any case, if somebody waits for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Until {
    /// AWS accepted every call.
    Accepted,
    /// A read shows what was asked.
    Configured,
    /// And the object is in service.
    #[default]
    Ready,
}

/// Everything that a run is given.
#[derive(Clone, Copy)]
pub struct Site<'a> {
    /// Who touches.
    pub writer: &'a dyn Write,
    /// What is known of the kinds.
    pub catalog: &'a dyn Catalog,
    /// What to do.
    pub plan: &'a Plan,
    /// How far to go.
    pub until: Until,
    /// For the jitter of pauses.
    pub seed: u64,
}
