//! What a run is given: whom to call, what to do, and how far to go.

use std::collections::BTreeMap;

use super::port::Write;
use super::proof::Seen;
use crate::model::{Address, Catalog, Facts, Until};
use crate::plan::Plan;

/// Everything that a run is given.
#[derive(Clone, Copy)]
pub struct Site<'a> {
    /// Who touches.
    pub writer: &'a dyn Write,
    /// What is known of the kinds.
    pub catalog: &'a dyn Catalog,
    /// What to do.
    pub plan: &'a Plan,
    /// Since when its objects are known; `None` if that is long ago.
    pub seen: Option<Seen>,
    /// Facts of what the stack refers to and does not own, by what stands before them in a
    /// reference.
    pub told: &'a BTreeMap<Address, Facts>,
    /// Whether what this stack comes after was written moments ago, in the same command: not
    /// everywhere may it be seen yet.
    pub is_in_wake: bool,
    /// How far to go.
    pub until: Until,
    /// For the jitter of pauses.
    pub seed: u64,
}
