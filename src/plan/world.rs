//! What was seen: the other half of what a plan is drawn from.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::model::{Address, Live};

/// The objects that concern one stack.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct World {
    /// The object behind each declared resource that has one, whoever owns it.
    pub found: BTreeMap<Address, Live>,
    /// Objects that the stack owns and no longer declares.
    pub orphans: Vec<Live>,
}
