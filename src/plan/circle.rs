//! Resources that wait for each other in a circle, and can be made all the same: each
//! first without the field that names another, which an update then writes. Two
//! security groups whose rules name each other.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::document::pending_facts;
use crate::model::{Address, Desired, Edge, FieldDiff, KindInfo, Live, Path, Stack, Status, knots};

/// Who waits for whom in a circle, by nothing but a field without which it can be made.
#[derive(Debug, Default)]
pub(super) struct Circles(BTreeMap<Address, BTreeSet<Address>>);

impl Circles {
    pub(super) fn of(stack: &Stack) -> Self {
        let numbers: BTreeMap<&Address, usize> = stack.resources.keys().zip(0..).collect();
        let known = |address: &Address| numbers.get(address).copied();
        let waits: Vec<Vec<usize>> = stack
            .resources
            .values()
            .map(|want| want.edges.keys().filter_map(known).collect())
            .collect();
        let knots = knots(&waits);
        let knot = |address: &Address| known(address).map(|number| knots[number]);
        let mut circles = Self::default();
        for (address, want) in &stack.resources {
            let later = want.edges.iter().filter(|(_, edge)| **edge == Edge::Later);
            let around = later.filter(|(other, _)| knot(other) == knot(address));
            let others: BTreeSet<Address> = around.map(|(other, _)| other.clone()).collect();
            if !others.is_empty() {
                circles.0.insert(address.clone(), others);
            }
        }
        circles
    }

    /// Those who wait so.
    pub(super) fn members(&self) -> impl Iterator<Item = &Address> {
        self.0.keys()
    }

    /// Whether the one waits so for the other.
    pub(super) fn hold(&self, address: &Address, other: &Address) -> bool {
        self.0.get(address).is_some_and(|others| others.contains(other))
    }

    /// A resource that is to be made, without the fields that name somebody who waits for
    /// it; `None` if there are none.
    pub(super) fn broken(&self, want: &Desired, kind: &KindInfo) -> Option<Broken> {
        let others = self.0.get(&want.address)?;
        let waits = |field: &&String| {
            let value = want.document.get(*field);
            let facts = value.map(pending_facts).unwrap_or_default();
            facts.iter().any(|fact| others.contains(&fact.address))
        };
        let fields: Vec<&String> = kind.made_without.iter().filter(waits).collect();
        if fields.is_empty() {
            return None;
        }
        let mut first = want.clone();
        first.document.retain(|field, _| !fields.contains(&field));
        let later = fields.into_iter().map(|field| {
            FieldDiff::new(Path::field(field), None, want.document.get(field).cloned())
        });
        let later = later.collect();
        Some(Broken { made: as_made(&first), first, later })
    }
}

/// A creation in two.
#[derive(Debug)]
pub(super) struct Broken {
    /// What is made.
    pub(super) first: Desired,
    /// What there is then.
    pub(super) made: Live,
    /// What is written then.
    pub(super) later: Vec<FieldDiff>,
}

/// An object as a creation leaves it.
fn as_made(want: &Desired) -> Live {
    Live {
        kind: want.kind.clone(),
        identity: want.identity.clone(),
        document: want.document.clone(),
        facts: want.predicted.clone(),
        owner: None,
        status: Status::Current,
        holdings: None,
        parent: None,
        held: None,
        remark: None,
    }
}
