//! What must come before what.
//!
//! Only true edges: a value that AWS chooses, a target that AWS insists on
//! seeing, and what the user asked for. A name that is known in advance orders
//! nothing, which is how a key and the topic that it encrypts can name each
//! other.

use std::collections::{BTreeMap, BTreeSet};

use super::predict::Known;
use super::source::Mark;
use super::told::MOST;
use super::written::{Mention, Written};
use crate::model::{Address, Diagnostic, Edge};

/// What one resource waits for, why, and where that is written.
pub(super) type Edges = BTreeMap<Address, (Edge, Mark)>;

/// What one resource waits for, and whom it mentions at all. A resource that
/// waits for a fact of its own is told.
pub(super) fn edges_of(
    resource: &Written<'_>,
    known: &Known,
    problems: &mut Vec<Diagnostic>,
) -> (Edges, BTreeSet<Address>) {
    let mut edges: Edges = resource
        .after
        .iter()
        .map(|(address, at)| (address.clone(), (Edge::Completion, at.clone())))
        .collect();
    let mut mentions = BTreeSet::new();
    for mention in resource.mentions() {
        let is_known = known.get(&mention.fact).is_some();
        let must_exist =
            resource.kind.must_exist.iter().any(|pattern| mention.path.is_within(pattern));
        if mention.fact.address == resource.address {
            problems.extend(of_itself(&mention, must_exist, is_known));
            continue;
        }
        let edge = match (must_exist, is_known) {
            (true, _) => Some(Edge::Existence),
            (false, false) => Some(Edge::Value),
            (false, true) => None,
        };
        if let Some(edge) = edge {
            let at = mention.at.narrowed_to(&mention.fact.to_string());
            let have = edges.entry(mention.fact.address.clone()).or_insert((edge, at));
            have.0 = have.0.max(edge);
        }
        mentions.insert(mention.fact.address);
    }
    (edges, mentions)
}

/// The problem of a resource that mentions a fact of its own, if it is one.
fn of_itself(mention: &Mention, must_exist: bool, is_known: bool) -> Option<Diagnostic> {
    let (summary, because) = match (must_exist, is_known) {
        (true, _) => (
            format!("`{}` would have to exist before itself", mention.fact.address),
            "AWS takes this field only if what it names exists",
        ),
        (false, false) => (
            format!("{} is not known when it is needed", mention.fact),
            "AWS chooses it when it creates the resource, which needs this field",
        ),
        (false, true) => return None,
    };
    let at = mention.at.narrowed_to(&mention.fact.to_string());
    Some(Diagnostic::error(summary).at(Some(at.location())).because(because))
}

/// A problem for every circle, spelled out; for as many as will be told, because
/// each costs a walk through all.
pub(super) fn circles<'a>(all: &'a BTreeMap<&'a Address, Edges>) -> Vec<Diagnostic> {
    let mut left: BTreeSet<&Address> = all.keys().copied().collect();
    let mut problems = Vec::new();
    loop {
        drop_free(&mut left, all);
        let Some(circle) = one_circle(&left, all).filter(|_| problems.len() <= MOST) else {
            return problems;
        };
        let mut spelled: Vec<&str> = circle.iter().map(|address| address.as_str()).collect();
        spelled.push(circle[0].as_str());
        let at = all.get(circle[0]).and_then(|edges| edges.get(circle[1 % circle.len()]));
        let problem = Diagnostic::error(format!("a circle: {}", spelled.join(" -> ")))
            .at(at.map(|(_, at)| at.location()))
            .because("each waits for the next one, and so for itself");
        problems.push(problem);
        for address in circle {
            left.remove(address);
        }
    }
}

/// Drops every resource that waits for none of the others, until all that are
/// left lie on a circle or wait for one.
fn drop_free<'a>(left: &mut BTreeSet<&'a Address>, all: &BTreeMap<&'a Address, Edges>) {
    // Counts instead of repeated sweeps keep a chain of thousands linear.
    let mut waits: BTreeMap<&Address, usize> = BTreeMap::new();
    let mut waited_for: BTreeMap<&Address, Vec<&'a Address>> = BTreeMap::new();
    for address in left.iter().copied() {
        let others = || all[address].keys().filter(|other| left.contains(other));
        waits.insert(address, others().count());
        for other in others() {
            waited_for.entry(other).or_default().push(address);
        }
    }
    let mut free: Vec<&'a Address> = left.iter().copied().filter(|a| waits[a] == 0).collect();
    while let Some(address) = free.pop() {
        left.remove(address);
        for waiting in waited_for.remove(address).unwrap_or_default() {
            if let Some(count) = waits.get_mut(waiting) {
                *count -= 1;
                if *count == 0 {
                    free.push(waiting);
                }
            }
        }
    }
}

/// Walks from the first resource that is left, always to the first that it
/// waits for, until the walk meets itself.
fn one_circle<'a>(
    left: &BTreeSet<&'a Address>,
    all: &'a BTreeMap<&'a Address, Edges>,
) -> Option<Vec<&'a Address>> {
    let mut walk: Vec<&Address> = vec![left.first()?];
    let mut position = BTreeMap::from([(walk[0], 0)]);
    loop {
        let last = walk[walk.len() - 1];
        let next = all[last].keys().find(|other| left.contains(other))?;
        if let Some(start) = position.insert(next, walk.len()) {
            return Some(walk.split_off(start));
        }
        walk.push(next);
    }
}
