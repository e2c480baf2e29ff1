//! What a stack takes of another that it uses.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Facts, Owner, Place, Role, Sought};

/// Another stack, as one uses it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UsedStack {
    /// Its name.
    pub stack: String,
    /// Its file, as people know it.
    pub file: String,
    /// Where it is.
    pub place: Place,
    /// Its outputs that are referred to; may hold pending facts.
    pub outputs: BTreeMap<String, Value>,
    /// The objects that these speak of, as they were when somebody looked: also those of
    /// the stacks that it uses in turn.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub objects: Vec<UsedObject>,
}

/// An object of another stack, on which a plan relies.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UsedObject {
    /// Whose it is.
    pub owner: Owner,
    /// The region to look in.
    pub region: String,
    /// The role to look in, if not as whoever runs ccprov.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// How to look for it.
    pub sought: Sought,
    /// What it said of itself.
    pub facts: Facts,
}

impl UsedStack {
    /// How `ccprov:uses` spells a stack, for one that is here: by its name, with the region if
    /// that is another.
    pub fn mark(stack: &str, place: &Place, here: &Place) -> String {
        if place.region == here.region {
            stack.to_owned()
        } else {
            format!("{stack}@{}", place.region)
        }
    }
}
