//! How long a kind may take to become what was asked.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What the engine's wait needs to know of a kind.
///
/// A kind states this as data; only the engine waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Patience {
    /// Longest time from the accepted call until a read shows what was asked.
    pub deadline: Duration,
    /// How many reads in a row must agree. More than 1 only where AWS is known
    /// to serve old and new values in turn.
    pub steady: u32,
    /// Whether dependants must wait until this resource is ready, rather than
    /// only accepted.
    pub blocks: bool,
}

impl Patience {
    /// For kinds that are usable as soon as AWS accepts the call; the deadline
    /// bounds the confirming read.
    pub const PROMPT: Self = Self { deadline: Duration::from_mins(1), steady: 1, blocks: false };
}

impl Default for Patience {
    fn default() -> Self {
        Self::PROMPT
    }
}
