//! What a plan is for.

use serde::{Deserialize, Serialize};

/// What a run is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// To make the world what the stack states.
    #[default]
    Apply,
    /// To remove everything: deleting is the point, but not what is in it.
    Destroy,
}
