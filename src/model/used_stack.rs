//! What a stack takes of another that it uses.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Existing, Facts, Owner, Place, Role, Sought};

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
    /// What these pass on of what others own, likewise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub passed_on: Vec<PassedOn>,
}

/// An object of another stack, on which a plan relies.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UsedObject {
    /// Whose it was when somebody looked.
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

/// What belongs to others and a used stack passes on, on which a plan relies.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PassedOn {
    /// The stack that refers to it.
    pub stack: String,
    /// The region to look in.
    pub region: String,
    /// The role to look in, if not as whoever runs ccprov.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// What was found.
    pub existing: Existing,
}

impl UsedStack {
    /// How `ccprov:uses` spells a stack, for one that is here: by its name, with the region and
    /// the account if these are others.
    pub fn mark(stack: &str, place: &Place, here: &Place) -> String {
        let region = (place.region != here.region).then_some(place.region.as_str());
        let account = (place.account != here.account).then_some(place.account.as_str());
        let parts: Vec<&str> = [Some(stack), region, account].into_iter().flatten().collect();
        parts.join("@")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stack_is_spelled_as_it_is_seen_from_elsewhere() {
        let place = |region: &str, account: &str| Place {
            partition: "aws".into(),
            account: account.into(),
            region: region.into(),
            endpoint: None,
        };
        let here = place("eu-west-1", "123456789012");
        let check = |region: &str, account: &str, expected: &str| {
            assert_eq!(UsedStack::mark("platform", &place(region, account), &here), expected);
        };
        check("eu-west-1", "123456789012", "platform");
        check("us-east-1", "123456789012", "platform@us-east-1");
        check("eu-west-1", "210987654321", "platform@210987654321");
        check("us-east-1", "210987654321", "platform@us-east-1@210987654321");
    }
}
