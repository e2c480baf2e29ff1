//! Of what the outputs of a stack speak, and what its resources hold of others.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Borrowed, Checked};
use crate::model::{Address, EXISTING, document};
use crate::spec::existing::{self, Referred};
use crate::spec::lent::{self, Lent};
use crate::spec::tree::Node;
use crate::spec::written::Written;

/// What some outputs speak of, with that without which it is not found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spoken {
    /// Resources of the stack.
    pub resources: BTreeSet<Address>,
    /// What is others'.
    pub others: OfOthers,
}

/// What of others something holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OfOthers {
    /// Outputs of stacks that are used.
    pub outputs: Borrowed,
    /// Entries under `existing`.
    pub existing: BTreeSet<Address>,
}

impl OfOthers {
    /// What stands in a value, and the stack's own resources whose facts do.
    fn within(value: &Value, is_used: impl Fn(&str) -> bool) -> (Self, BTreeSet<Address>) {
        let (mut others, mut own) = (Self::default(), BTreeSet::new());
        for fact in document::pending_facts(value) {
            if let Some(entry) = existing::entry_of(&fact) {
                others.existing.insert(Address::new(EXISTING).join(entry));
            } else if is_used(fact.address.as_str()) {
                let output = lent::output_of(&fact).to_owned();
                others.outputs.insert((fact.address.to_string(), output));
            } else {
                own.insert(fact.address);
            }
        }
        (others, own)
    }

    fn join(&mut self, other: &Self) {
        self.outputs.extend(other.outputs.iter().cloned());
        self.existing.extend(other.existing.iter().cloned());
    }

    fn is_within(&self, all: &Self) -> bool {
        self.outputs.is_subset(&all.outputs) && self.existing.is_subset(&all.existing)
    }
}

/// The resources whose facts each output holds, and what each passes on of others.
pub(super) fn of(
    outputs: &BTreeMap<String, Node>,
    lent: &Lent,
) -> (BTreeMap<String, BTreeSet<Address>>, BTreeMap<String, OfOthers>) {
    let (mut told_of, mut passed_on) = (BTreeMap::new(), BTreeMap::new());
    for (name, node) in outputs {
        let (others, own) =
            OfOthers::within(&node.to_json(), |name| lent.stacks.contains_key(name));
        passed_on.insert(name.clone(), others);
        told_of.insert(name.clone(), own);
    }
    (told_of, passed_on)
}

/// What each resource holds of others, and each entry of `existing`.
pub(super) fn held(
    resources: &[Written<'_>],
    existing: &BTreeMap<Address, Referred>,
    lent: &Lent,
) -> BTreeMap<Address, OfOthers> {
    if existing.is_empty() && lent.stacks.is_empty() {
        return BTreeMap::new();
    }
    let resources = resources.iter().map(|it| (&it.address, it.fields.to_json()));
    let entries = existing.iter().map(|(address, it)| (address, Value::Object(it.said.clone())));
    let values = resources.chain(entries);
    let is_used = |name: &str| lent.stacks.contains_key(name);
    values.map(|(address, value)| (address.clone(), OfOthers::within(&value, is_used).0)).collect()
}

impl Checked {
    /// Leaves of others what its resources hold, and that without which this is not found; and no
    /// output that speaks of more. Tells the names of those that do.
    pub fn leave_others_out(&mut self) -> BTreeSet<String> {
        let held = self.held_by_resources();
        let passes_on_more = |name: &&String| {
            self.passed_on.get(*name).is_some_and(|passed_on| !passed_on.is_within(&held))
        };
        let left_out: BTreeSet<String> =
            self.stack.outputs.keys().filter(passes_on_more).cloned().collect();
        let is_held = |alias: &str, output: &str| {
            held.outputs.contains(&(alias.to_owned(), output.to_owned()))
        };
        self.stack.outputs.retain(|name, _| !left_out.contains(name));
        self.existing.retain(|address, _| held.existing.contains(address));
        self.lenders.retain(|alias, lender| {
            lender.outputs.retain(|output| is_held(alias, output));
            !lender.outputs.is_empty()
        });
        self.stack.uses.retain(|alias, used| {
            used.outputs.retain(|output, _| is_held(alias, output));
            !used.outputs.is_empty()
        });
        left_out
    }

    /// What some outputs speak of, and what the names and the lookups of that wait for.
    pub fn spoken_of(&self, outputs: &BTreeSet<String>) -> Spoken {
        let mut spoken = Spoken::default();
        for passed_on in outputs.iter().filter_map(|output| self.passed_on.get(output)) {
            spoken.others.join(passed_on);
        }
        let told_of = outputs.iter().filter_map(|output| self.told_of.get(output)).flatten();
        let mut next: Vec<Address> = told_of.cloned().collect();
        while let Some(address) = next.pop() {
            let Some(want) = self.stack.resources.get(&address) else { continue };
            if spoken.resources.insert(address) {
                let name = Value::from(want.identity.as_str());
                let is_used = |alias: &str| self.lenders.contains_key(alias);
                let (others, own) = OfOthers::within(&name, is_used);
                spoken.others.join(&others);
                next.extend(own);
            }
        }
        spoken.others = self.with_lookups(spoken.others);
        spoken
    }

    fn held_by_resources(&self) -> OfOthers {
        let mut held = OfOthers::default();
        for own in self.stack.resources.keys().filter_map(|address| self.holds.get(address)) {
            held.join(own);
        }
        self.with_lookups(held)
    }

    /// The same with what the lookups of its entries wait for.
    fn with_lookups(&self, mut held: OfOthers) -> OfOthers {
        let mut next: Vec<Address> = held.existing.iter().cloned().collect();
        while let Some(entry) = next.pop() {
            let Some(own) = self.holds.get(&entry) else { continue };
            held.outputs.extend(own.outputs.iter().cloned());
            let is_new = |entry: &&Address| held.existing.insert((*entry).clone());
            next.extend(own.existing.iter().filter(is_new).cloned());
        }
        held
    }
}
