//! What must come before what: the order of decisions, and the steps with
//! their needs.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::change::{DeleteReason, Need, ReplaceOrder, Step, StepId, StepNode};
use super::planner::{Fate, Permissions, Verdict};
use crate::model::document::pending_facts;
use crate::model::{Address, Catalog, Diagnostic, Document, Edge, Emptying, Identity, Stack};

/// The stack's addresses, each after everything that it has an edge to, and by
/// name where the edges leave the choice. A cycle of edges is an error; the
/// spec room reports it with positions before it can get here.
pub(super) fn ordered(stack: &Stack) -> Result<Vec<Address>, Vec<Diagnostic>> {
    let mut waits_for: BTreeMap<&Address, BTreeSet<&Address>> = stack
        .resources
        .iter()
        .map(|(address, want)| {
            let targets = want.edges.keys().filter(|target| stack.resources.contains_key(*target));
            (address, targets.collect())
        })
        .collect();
    let mut dependants: BTreeMap<&Address, Vec<&Address>> = BTreeMap::new();
    for (address, targets) in &waits_for {
        for target in targets {
            dependants.entry(target).or_default().push(address);
        }
    }
    let mut ready: BTreeSet<&Address> =
        waits_for.iter().filter(|(_, targets)| targets.is_empty()).map(|(next, _)| *next).collect();
    let mut order = Vec::with_capacity(waits_for.len());
    while let Some(next) = ready.pop_first() {
        order.push(next.clone());
        waits_for.remove(next);
        for dependant in dependants.remove(next).unwrap_or_default() {
            if let Some(targets) = waits_for.get_mut(dependant) {
                targets.remove(next);
                if targets.is_empty() {
                    ready.insert(dependant);
                }
            }
        }
    }
    if waits_for.is_empty() {
        return Ok(order);
    }
    let names: Vec<&str> = waits_for.keys().map(|address| address.as_str()).collect();
    Err(vec![Diagnostic::error(format!(
        "these resources wait for one another: {}",
        names.join(", ")
    ))])
}

/// Whether a document permits to empty the object before it is deleted.
pub(super) fn may_empty(document: &Document) -> bool {
    document.get("force_destroy").and_then(Value::as_bool) == Some(true)
}

/// The steps of all fates, with their needs.
pub(super) fn steps(
    fates: &[Fate<'_>],
    catalog: &dyn Catalog,
    permissions: Permissions,
) -> Vec<StepNode> {
    let mut draft = Draft::default();
    for fate in fates {
        draft.add(fate, permissions);
    }
    draft.count_along(fates);
    draft.order_makings(fates, catalog);
    draft.order_replacements(fates);
    draft.order_deletions(catalog);
    draft.nodes
}

/// Whether a resource still waits for a fact of another one.
fn waits_for(fate: &Fate<'_>, target: &Address) -> bool {
    let values = fate.verdict.want().into_iter().flat_map(|want| want.document.values());
    values.flat_map(pending_facts).any(|fact| fact.address == *target)
}

/// A step's own: the plan outlives what it was drawn from.
fn boxed<T: Clone>(drawn_from: &T) -> Box<T> {
    Box::new(drawn_from.clone())
}

/// The steps so far, and where to find those of an address.
#[derive(Default)]
struct Draft {
    nodes: Vec<StepNode>,
    /// The create or update step of an address.
    making: BTreeMap<Address, StepId>,
    /// The delete step of an address.
    unmaking: BTreeMap<Address, StepId>,
    /// Deletions that make room for a successor of the same name.
    clearing: BTreeSet<StepId>,
}

impl Draft {
    fn add(&mut self, fate: &Fate<'_>, permissions: Permissions) {
        let emptying = |force: bool| {
            if force || permissions.allow_data_loss { Emptying::Empty } else { Emptying::Keep }
        };
        match &fate.verdict {
            Verdict::Keep { .. } | Verdict::Delete { why: DeleteReason::WithParent, .. } => {}
            Verdict::Create { want } | Verdict::Replace { want, goes_along: true, .. } => {
                self.make(fate, Step::Create { want: boxed(want) });
            }
            Verdict::Update { want, live, diff } => {
                let diff = diff.clone();
                self.make(fate, Step::Update { want: boxed(want), have: boxed(live), diff });
            }
            Verdict::Replace { want, live, order, .. } => {
                self.make(fate, Step::Create { want: boxed(want) });
                let emptying = emptying(may_empty(&want.document));
                let id = self.unmake(fate, Step::Delete { have: boxed(live), emptying, along: 0 });
                if *order == ReplaceOrder::DeleteFirst {
                    self.clearing.insert(id);
                }
            }
            Verdict::Delete { live, force, .. } => {
                let emptying = emptying(*force);
                self.unmake(fate, Step::Delete { have: boxed(live), emptying, along: 0 });
            }
        }
    }

    fn make(&mut self, fate: &Fate<'_>, step: Step) {
        let id = self.push(fate, step);
        self.making.insert(fate.address.clone(), id);
    }

    fn unmake(&mut self, fate: &Fate<'_>, step: Step) -> StepId {
        let id = self.push(fate, step);
        self.unmaking.insert(fate.address.clone(), id);
        id
    }

    fn push(&mut self, fate: &Fate<'_>, step: Step) -> StepId {
        let id = StepId(self.nodes.len());
        let address = fate.address.clone();
        self.nodes.push(StepNode { id, address, step, needs: BTreeMap::new() });
        id
    }

    /// What goes with its parent is counted there.
    fn count_along(&mut self, fates: &[Fate<'_>]) {
        let parents = fates.iter().filter_map(|fate| match &fate.verdict {
            Verdict::Delete { live, why: DeleteReason::WithParent, .. }
            | Verdict::Replace { live, goes_along: true, .. } => live.parent.as_ref(),
            Verdict::Delete { .. }
            | Verdict::Replace { .. }
            | Verdict::Keep { .. }
            | Verdict::Create { .. }
            | Verdict::Update { .. } => None,
        });
        let mut children: BTreeMap<(&str, &Identity), usize> = BTreeMap::new();
        for parent in parents {
            *children.entry((&parent.kind, &parent.identity)).or_default() += 1;
        }
        for node in &mut self.nodes {
            if let Step::Delete { have, along, .. } = &mut node.step {
                *along = children.get(&(&have.kind, &have.identity)).copied().unwrap_or_default();
            }
        }
    }

    /// Creations and updates follow the edges.
    fn order_makings(&mut self, fates: &[Fate<'_>], catalog: &dyn Catalog) {
        let exists_early = |kind: &str| catalog.kind(kind).is_some_and(|kind| kind.exists_early);
        for fate in fates {
            let Some(&id) = self.making.get(&fate.address) else { continue };
            for (target, edge) in fate.verdict.want().into_iter().flat_map(|want| &want.edges) {
                let Some(&needed) = self.making.get(target) else { continue };
                let need = match (edge, &self.nodes[needed.0].step) {
                    (Edge::Existence, Step::Create { want }) if exists_early(&want.kind) => {
                        Need::Facts
                    }
                    (Edge::Existence | Edge::Completion, _) => Need::End,
                    (Edge::Value, Step::Create { .. }) => Need::Facts,
                    // The object may lack the value until it is changed.
                    (Edge::Value, Step::Update { .. }) if waits_for(fate, target) => Need::End,
                    // The value is known already, or the step would be a creation.
                    (Edge::Value, Step::Update { .. } | Step::Delete { .. }) => continue,
                };
                self.nodes[id.0].needs.insert(needed, need);
            }
        }
    }

    /// The two halves of a replacement: the old object goes before its
    /// successor takes the name, or after everybody has turned to the new one.
    fn order_replacements(&mut self, fates: &[Fate<'_>]) {
        for fate in fates {
            let (Some(&new), Some(&old)) =
                (self.making.get(&fate.address), self.unmaking.get(&fate.address))
            else {
                continue;
            };
            if self.clearing.contains(&old) {
                self.nodes[new.0].needs.insert(old, Need::End);
                continue;
            }
            self.nodes[old.0].needs.insert(new, Need::End);
            let users = fates.iter().filter(|user| {
                let want = user.verdict.want();
                want.is_some_and(|want| want.mentions.contains(&fate.address))
            });
            for user in users {
                if let Some(&step) = self.making.get(&user.address) {
                    self.nodes[old.0].needs.insert(step, Need::End);
                }
            }
        }
    }

    /// Deletions follow the kinds' word: a key goes last, a policy after the
    /// roles that have it attached.
    fn order_deletions(&mut self, catalog: &dyn Catalog) {
        let after: Vec<&[String]> = self
            .nodes
            .iter()
            .map(|node| catalog.kind(node.step.kind()))
            .map(|kind| kind.map_or(&[][..], |kind| &kind.delete_after))
            .collect();
        let covers = |kinds: &[String], kind: &str| kinds.iter().any(|name| name == kind);
        for &id in self.unmaking.values() {
            if self.clearing.contains(&id) || after[id.0].is_empty() {
                continue;
            }
            let kind = self.nodes[id.0].step.kind().to_owned();
            let needed: Vec<StepId> = self
                .nodes
                .iter()
                .filter(|other| other.id != id && covers(after[id.0], other.step.kind()))
                // Two deletions that would wait for each other do not wait.
                .filter(|other| {
                    let also_deletes = matches!(other.step, Step::Delete { .. });
                    !(also_deletes && covers(after[other.id.0], &kind))
                })
                .map(|other| other.id)
                .collect();
            for other in needed {
                self.nodes[id.0].needs.insert(other, Need::End);
            }
        }
    }
}
