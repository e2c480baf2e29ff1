//! Some resources of a stack, with what they need: what somebody who asks for a plan of
//! these alone gets to see of it.
//!
//! What others predict of a resource is text already, so that whoever only mentions one
//! does not need it. An edge says who does.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::purpose::Purpose;
use crate::model::{Address, Stack};

/// What of a stack a plan is about, where that is not all of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Excerpt {
    /// What was asked for, as it was written.
    pub only: Vec<String>,
    /// What the plan is for: with them stands what they need, or to destroy them what
    /// needs them.
    pub purpose: Purpose,
    /// The resources that the plan does not speak of.
    pub left_out: BTreeSet<Address>,
    /// The outputs that speak of these, and are not told.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub outputs_left_out: BTreeSet<String>,
    /// Who of these mentions a resource that the plan does speak of.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub mentioned_by: BTreeMap<Address, BTreeSet<Address>>,
}

impl Excerpt {
    /// Leaves of a stack these resources and what they need; to destroy them, what needs
    /// them. `told_of` says of which resources an output speaks.
    pub fn of(
        stack: &mut Stack,
        (only, asked): (Vec<String>, &BTreeSet<Address>),
        told_of: &BTreeMap<String, BTreeSet<Address>>,
        purpose: Purpose,
    ) -> Self {
        let kept = match purpose {
            Purpose::Apply => closure(asked, &needed(stack)),
            Purpose::Destroy => closure(asked, &needing(stack)),
        };
        let mut mentioned_by: BTreeMap<Address, BTreeSet<Address>> = BTreeMap::new();
        for (address, want) in stack.resources.iter().filter(|(it, _)| !kept.contains(it)) {
            for mentioned in want.mentions.iter().chain(want.edges.keys()) {
                if kept.contains(mentioned) {
                    mentioned_by.entry(mentioned.clone()).or_default().insert(address.clone());
                }
            }
        }
        let is_kept = |address: &Address| kept.contains(address);
        let left_out = stack.resources.keys().filter(|it| !is_kept(it)).cloned().collect();
        let speaks_of_others =
            |name: &str| told_of.get(name).is_some_and(|spoken_of| !spoken_of.iter().all(is_kept));
        let names = stack.outputs.keys().filter(|name| speaks_of_others(name));
        let outputs_left_out: BTreeSet<String> = names.cloned().collect();
        stack.resources.retain(|address, _| is_kept(address));
        stack.outputs.retain(|name, _| !outputs_left_out.contains(name));
        Self { only, purpose, left_out, outputs_left_out, mentioned_by }
    }

    /// Who is left out and mentions this one.
    pub(super) fn users(&self, address: &Address) -> impl Iterator<Item = &Address> {
        self.mentioned_by.get(address).into_iter().flatten()
    }
}

type Edges<'a> = BTreeMap<&'a Address, BTreeSet<&'a Address>>;

fn needed(stack: &Stack) -> Edges<'_> {
    stack.resources.iter().map(|(address, want)| (address, want.edges.keys().collect())).collect()
}

fn needing(stack: &Stack) -> Edges<'_> {
    let mut needing = Edges::new();
    for (address, want) in &stack.resources {
        for needed in want.edges.keys() {
            needing.entry(needed).or_default().insert(address);
        }
    }
    needing
}

/// These, and all that the edges lead to from there.
fn closure(from: &BTreeSet<Address>, edges: &Edges<'_>) -> BTreeSet<Address> {
    let mut reached: BTreeSet<&Address> = BTreeSet::new();
    let mut next: Vec<&Address> = from.iter().collect();
    while let Some(address) = next.pop() {
        if reached.insert(address) {
            next.extend(edges.get(address).into_iter().flatten());
        }
    }
    reached.into_iter().cloned().collect()
}
