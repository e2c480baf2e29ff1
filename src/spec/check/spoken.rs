//! Of what the outputs of a stack speak.

use std::collections::{BTreeMap, BTreeSet};

use super::Borrowed;
use crate::model::{Address, FactRef, document};
use crate::spec::existing;
use crate::spec::lent::{self, Lent};
use crate::spec::tree::Node;

/// The resources whose facts each output holds, and the outputs of other stacks.
pub(super) fn of(
    outputs: &BTreeMap<String, Node>,
    lent: &Lent,
) -> (BTreeMap<String, BTreeSet<Address>>, BTreeMap<String, Borrowed>) {
    let (mut told_of, mut passed_on) = (BTreeMap::new(), BTreeMap::new());
    for (name, node) in outputs {
        let facts = document::pending_facts(&node.to_json());
        let (others, own): (BTreeSet<_>, BTreeSet<_>) =
            facts.into_iter().partition(|fact| lent.stacks.contains_key(fact.address.as_str()));
        let other = |fact: &FactRef| (fact.address.to_string(), lent::output_of(fact).to_owned());
        passed_on.insert(name.clone(), others.iter().map(other).collect());
        let own = own.into_iter().filter(|fact| existing::entry_of(fact).is_none());
        told_of.insert(name.clone(), own.map(|fact| fact.address).collect());
    }
    (told_of, passed_on)
}
