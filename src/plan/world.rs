//! What was seen: the other half of what a plan is drawn from.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::model::{Address, KeptName, Live};

/// The objects that concern one stack.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct World {
    /// The object behind each declared resource that has one, whoever owns it.
    pub found: BTreeMap<Address, Live>,
    /// Objects that the stack owns and no longer declares; and those that lie
    /// where only its own do, and whose tags do not say that they are.
    pub orphans: Vec<Live>,
    /// Resources behind which an object was found under the name that an earlier
    /// ccprov gave it by default, or the stack when it was called otherwise. It keeps that.
    #[serde(default)]
    pub kept_names: BTreeMap<Address, KeptName>,
}
