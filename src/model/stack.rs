//! A whole stack, checked: what one file wants of one account in one region.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    Address, Claimant, Desired, FormerNames, Lock, Moved, Place, Probe, Role, Skip, UsedStack,
};

/// What the planner is given. Holds no positions, no patterns and no variables:
/// all of these were resolved by the spec room.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stack {
    /// The owner tag's value.
    pub name: String,
    /// The names that it had before: what its default names are made from, and what the
    /// tags of its objects may still say.
    // Left out where there are none: plan files without them keep their digest.
    #[serde(default, skip_serializing_if = "FormerNames::is_empty")]
    pub was: FormerNames,
    /// Account, partition and region.
    pub place: Place,
    /// Whom calls for it are made as, if not as whoever runs ccprov.
    // Left out where there is none: plan files without it keep their digest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// Every resource, patterns expanded.
    pub resources: BTreeMap<Address, Desired>,
    /// What of it had another address before, also of what it declares no more.
    // Likewise.
    #[serde(default, skip_serializing_if = "Moved::is_empty")]
    pub moved: Moved,
    /// What to tell after an apply. May hold pending facts.
    pub outputs: BTreeMap<String, Value>,
    /// The checks that it leaves out.
    #[serde(default)]
    pub skips: Vec<Skip>,
    /// Where the lease lies that keeps two runs apart; without it nothing does.
    // Left out where there is none: plan files without it keep their digest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lock: Option<Lock>,
    /// What is tried of it, by name.
    // Likewise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub probes: Vec<Probe>,
    /// The stacks that it uses, by the names that it has for them.
    // Likewise.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub uses: BTreeMap<String, UsedStack>,
}

impl Stack {
    /// Whose everything in it is to be.
    pub fn claimant(&self) -> Claimant<'_> {
        Claimant { stack: &self.name, was: &self.was, place: &self.place }
    }

    /// The resource that goes by an address, or did.
    pub fn declaring(&self, address: &Address) -> Option<&Desired> {
        let former = || self.resources.values().find(|want| want.formerly.contains(address));
        self.resources.get(address).or_else(former)
    }

    /// The same, relying on what is others' on which it relied when it was last checked.
    pub fn relies_on_as(&mut self, before: &Self) {
        for (alias, used) in &mut self.uses {
            if let Some(known) = before.uses.get(alias) {
                used.objects.clone_from(&known.objects);
                used.passed_on.clone_from(&known.passed_on);
            }
        }
    }

    /// A stack that wants nothing: planning it is planning a destroy.
    pub fn empty(name: impl Into<String>, place: Place) -> Self {
        Self {
            name: name.into(),
            was: FormerNames::default(),
            place,
            role: None,
            resources: BTreeMap::new(),
            moved: Moved::default(),
            outputs: BTreeMap::new(),
            skips: Vec::new(),
            lock: None,
            probes: Vec::new(),
            uses: BTreeMap::new(),
        }
    }
}
