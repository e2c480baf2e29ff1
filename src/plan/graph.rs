//! What must come before what: the order of decisions, and what each step needs.
//!
//! Some needs are the cloud's, and hard: a value, an object that must exist, a
//! name that must be free. The others are for the sake of whoever uses the
//! objects meanwhile; they give way where they would close a circle.

use std::collections::{BTreeMap, BTreeSet};

use super::bonds::{Bonds, Place};
use super::change::{Need, Step, StepId, StepNode};
use super::circle::Circles;
use super::draft::Draft;
use super::fate::{Fate, Verdict};
use super::permissions::Permissions;
use super::turns::Turn;
use crate::model::document::pending_facts;
use crate::model::{Address, Catalog, Diagnostic, Edge, FactRef, Stack, knots};

/// The stack's addresses, each after everything that it has an edge to, and by
/// name where the edges leave the choice. A cycle of edges is an error; the
/// spec room reports it with positions before it can get here.
/// Who waits in a circle that can be broken is not waited for.
pub(super) fn ordered(stack: &Stack, circles: &Circles) -> Result<Vec<Address>, Vec<Diagnostic>> {
    let mut waits_for: BTreeMap<&Address, BTreeSet<&Address>> = stack
        .resources
        .iter()
        .map(|(address, want)| {
            let targets = want.edges.keys().filter(|target| {
                stack.resources.contains_key(*target) && !circles.hold(address, target)
            });
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

/// What orders the fates beyond the edges.
#[derive(Clone, Copy)]
pub(super) struct Constraints<'a> {
    pub(super) bonds: &'a Bonds,
    pub(super) turns: &'a BTreeMap<Place, Turn>,
    pub(super) circles: &'a Circles,
}

/// The steps of all fates, with their needs.
pub(super) fn steps(
    fates: &[Fate<'_>],
    constraints: Constraints<'_>,
    catalog: &dyn Catalog,
    permissions: Permissions,
) -> Vec<StepNode> {
    let draft = Draft::of(fates, (constraints.turns, constraints.circles), catalog, permissions);
    let mut order = Order { fates, constraints, catalog, draft, soft: Vec::new() };
    order.makings();
    order.rooms();
    order.replacements();
    order.deletions();
    order.departures();
    order.turning();
    order.narrowings();
    order.into_steps()
}

/// Whether a resource still waits for a fact of another one.
fn waits_for(fate: &Fate<'_>, target: &Address) -> bool {
    let values = fate.verdict.want().into_iter().flat_map(|want| want.document.values());
    values.flat_map(pending_facts).any(|fact| fact.address == *target)
}

/// Whether that is one which nobody knows before the other is in service.
fn waits_for_late(fate: &Fate<'_>, target: &Address, catalog: &dyn Catalog, kind: &str) -> bool {
    let late = |fact: &FactRef| catalog.kind(kind).is_some_and(|kind| kind.is_late(&fact.fact));
    let values = fate.verdict.want().into_iter().flat_map(|want| want.document.values());
    values.flat_map(pending_facts).any(|fact| fact.address == *target && late(&fact))
}

/// The steps, and what they need so far.
struct Order<'a, 'b> {
    fates: &'a [Fate<'b>],
    constraints: Constraints<'a>,
    catalog: &'a dyn Catalog,
    draft: Draft<'a>,
    /// Who needs whom, unless that closes a circle.
    soft: Vec<(StepId, StepId, Need)>,
}

impl Order<'_, '_> {
    fn need(&mut self, step: StepId, needed: StepId, need: Need) {
        let have = self.draft.nodes[step.0].needs.entry(needed).or_insert(need);
        *have = (*have).max(need);
    }

    /// Creations and updates follow the edges.
    fn makings(&mut self) {
        let exists_early =
            |kind: &str| self.catalog.kind(kind).is_some_and(|kind| kind.exists_early);
        for fate in self.fates {
            let Some(&making) = self.draft.making.get(&fate.address) else { continue };
            for (target, edge) in fate.verdict.want().into_iter().flat_map(|want| &want.edges) {
                let Some(&made) = self.draft.making.get(target) else { continue };
                let founded = |address, or| *self.draft.founding.get(address).unwrap_or(&or);
                let is_loose = self.constraints.circles.hold(&fate.address, target);
                let id = if is_loose { making } else { founded(&fate.address, making) };
                let needed = match edge {
                    Edge::Later | Edge::Value => founded(target, made),
                    Edge::Existence | Edge::Completion => made,
                };
                let need = match (edge, &self.draft.nodes[needed.0].step) {
                    (_, step) if waits_for_late(fate, target, self.catalog, step.kind()) => {
                        Need::End
                    }
                    (Edge::Existence, Step::Create { want }) if exists_early(&want.kind) => {
                        Need::Facts
                    }
                    (Edge::Existence | Edge::Completion, _) => Need::End,
                    (Edge::Later | Edge::Value, Step::Create { .. }) => Need::Facts,
                    // The object may lack the value until it is changed.
                    (Edge::Later | Edge::Value, Step::Update { .. }) if waits_for(fate, target) => {
                        Need::End
                    }
                    // The value is known already, or the step would be a creation.
                    (Edge::Later | Edge::Value, Step::Update { .. } | Step::Delete { .. }) => {
                        continue;
                    }
                };
                self.need(id, needed, need);
            }
        }
    }

    /// What makes room for its successor goes when nobody holds it, and before
    /// that comes.
    fn rooms(&mut self) {
        for (place, turn) in self.constraints.turns {
            let fate = &self.fates[*place];
            let lets_go = turn.lets_go.iter().flat_map(|lets_go| &lets_go.of);
            for of in lets_go {
                if let (Some(&id), Some(&step)) = (
                    self.draft.unmaking.get(&self.fates[*of].address),
                    self.draft.letting_go.get(place),
                ) {
                    self.need(id, step, Need::End);
                }
            }
            let (making, unmaking) =
                (self.draft.making.get(&fate.address), self.draft.unmaking.get(&fate.address));
            // An old half holds until it is gone itself.
            let freeing = unmaking.or(making).copied();
            for of in &turn.frees {
                if let (Some(&id), Some(step)) =
                    (self.draft.unmaking.get(&self.fates[*of].address), freeing)
                {
                    self.soft.push((id, step, Need::End));
                }
            }
        }
        for fate in self.fates {
            if let (Some(&new), Some(&old)) =
                (self.draft.making.get(&fate.address), self.draft.unmaking.get(&fate.address))
                && self.draft.clearing.contains(&old)
            {
                self.need(new, old, Need::End);
            }
        }
    }

    /// Where both halves of a replacement are there for a while, the old object
    /// goes when everybody is seen to have turned to the new one.
    fn replacements(&mut self) {
        let mut users: BTreeMap<&Address, Vec<StepId>> = BTreeMap::new();
        for fate in self.fates {
            let Some(&step) = self.draft.making.get(&fate.address) else { continue };
            for mentioned in fate.verdict.want().into_iter().flat_map(|want| &want.mentions) {
                users.entry(mentioned).or_default().push(step);
            }
        }
        for fate in self.fates {
            let (Some(&new), Some(&old)) =
                (self.draft.making.get(&fate.address), self.draft.unmaking.get(&fate.address))
            else {
                continue;
            };
            if self.draft.clearing.contains(&old) {
                continue;
            }
            self.need(old, new, Need::Seen);
            for step in users.get(&fate.address).into_iter().flatten() {
                self.need(old, *step, Need::Seen);
            }
        }
    }

    /// Deletions follow the kinds' word: a key goes last, a policy after the
    /// roles that have it attached.
    fn deletions(&mut self) {
        let nodes = &self.draft.nodes;
        let after: Vec<&[String]> = nodes
            .iter()
            .map(|node| self.catalog.kind(node.step.kind()))
            .map(|kind| kind.map_or(&[][..], |kind| &kind.delete_after))
            .collect();
        let covers = |kinds: &[String], kind: &str| kinds.iter().any(|name| name == kind);
        let mut needed: Vec<(StepId, StepId)> = Vec::new();
        for &id in self.draft.unmaking.values() {
            if self.draft.clearing.contains(&id) || after[id.0].is_empty() {
                continue;
            }
            let kind = nodes[id.0].step.kind();
            let others = nodes
                .iter()
                .filter(|other| other.id != id && covers(after[id.0], other.step.kind()))
                // What waits for deletions itself takes nothing away that is in their way.
                .filter(|other| !self.draft.narrowing.contains_key(&other.id))
                // Two deletions that would wait for each other do not wait.
                .filter(|other| {
                    let also_deletes = matches!(other.step, Step::Delete { .. });
                    !(also_deletes && covers(after[other.id.0], kind))
                });
            needed.extend(others.map(|other| (id, other.id)));
        }
        for (id, other) in needed {
            self.need(id, other, Need::End);
        }
    }

    /// An object goes after whatever names it has turned away or is gone, and
    /// after its successor serves.
    fn departures(&mut self) {
        let bonds = self.constraints.bonds;
        for (head, users) in &bonds.named_by {
            for user in users {
                self.goes_after_making(*head, *user);
                self.goes_after_going(*head, *bonds.heads.get(user).unwrap_or(user));
            }
        }
        for (head, successors) in &bonds.successors {
            for successor in successors {
                self.goes_after_serving(*head, *successor);
            }
        }
        for (place, children) in &bonds.children {
            for child in children {
                self.goes_after_serving(*place, *child);
            }
        }
    }

    fn goes_after_making(&mut self, head: Place, other: Place) {
        let (head, other) = (&self.fates[head].address, &self.fates[other].address);
        if let (Some(&id), Some(&step)) =
            (self.draft.unmaking.get(head), self.draft.making.get(other))
        {
            self.soft.push((id, step, Need::Seen));
        }
    }

    fn goes_after_going(&mut self, head: Place, other: Place) {
        let (head, other) = (&self.fates[head].address, &self.fates[other].address);
        if let (Some(&id), Some(&step)) =
            (self.draft.unmaking.get(head), self.draft.unmaking.get(other))
            && id != step
        {
            self.soft.push((id, step, Need::End));
        }
    }

    /// A subscription serves when it is there, and the queue that it delivers to
    /// admits it.
    fn goes_after_serving(&mut self, head: Place, other: Place) {
        let Some(&id) = self.draft.unmaking.get(&self.fates[head].address) else { return };
        if !self.draft.clearing.contains(&id) {
            let serving = self.serving(other);
            self.soft.extend(serving.into_iter().map(|step| (id, step, Need::Seen)));
        }
    }

    /// The steps after which a resource serves: its own, and those of whom it
    /// mentions.
    fn serving(&self, place: Place) -> BTreeSet<StepId> {
        let fate = &self.fates[place];
        let mentions = fate.verdict.want().into_iter().flat_map(|want| &want.mentions);
        let all = mentions.chain([&fate.address]);
        all.filter_map(|address| self.draft.making.get(address)).copied().collect()
    }

    /// Who sends to what is new turns to it when what hangs on that is there: a
    /// message that comes to a topic before its subscription is lost.
    fn turning(&mut self) {
        let places: BTreeMap<&Address, Place> =
            self.fates.iter().zip(0..).map(|(fate, place)| (&fate.address, place)).collect();
        for fate in self.fates {
            let Verdict::Update { want, .. } = &fate.verdict else { continue };
            let Some(&turning) = self.draft.making.get(&fate.address) else { continue };
            // Who sends to another needs it to be there. A mention alone sends nothing.
            let sends = want.edges.iter().filter(|(_, edge)| **edge >= Edge::Existence);
            for target in sends.filter_map(|(target, _)| places.get(target)) {
                let Some(children) = self.constraints.bonds.children.get(target) else { continue };
                let is_new = matches!(
                    self.fates[*target].verdict,
                    Verdict::Create { .. } | Verdict::Replace { .. }
                );
                // Who is delivered to does not send.
                let receives = |child: &Place| {
                    let want = self.fates[*child].verdict.want();
                    self.fates[*child].address == fate.address
                        || want.is_some_and(|want| want.mentions.contains(&fate.address))
                };
                if !is_new || children.iter().any(receives) {
                    continue;
                }
                let serving = children.iter().flat_map(|child| self.serving(*child));
                let serving: Vec<StepId> = serving.filter(|step| *step != turning).collect();
                self.soft.extend(serving.into_iter().map(|step| (turning, step, Need::Seen)));
            }
        }
    }

    /// What was admitted for the sake of an old object is, until that is gone.
    fn narrowings(&mut self) {
        for (id, until) in self.draft.narrowing.clone() {
            for place in until {
                if let Some(&gone) = self.draft.unmaking.get(&self.fates[place].address) {
                    self.need(id, gone, Need::End);
                }
            }
        }
    }

    /// The steps, when all that is soft has found its place.
    fn into_steps(mut self) -> Vec<StepNode> {
        let mut waits: Vec<Vec<usize>> = self
            .draft
            .nodes
            .iter()
            .map(|node| node.needs.keys().map(|needed| needed.0).collect())
            .collect();
        for (id, needed, _) in &self.soft {
            waits[id.0].push(needed.0);
        }
        let knots = knots(&waits);
        let (fits, gives_way): (Vec<_>, Vec<_>) = std::mem::take(&mut self.soft)
            .into_iter()
            .partition(|(id, needed, _)| knots[id.0] != knots[needed.0]);
        for (id, needed, need) in fits {
            self.need(id, needed, need);
        }
        // Of two that go, the one must outlive the other by the kinds' word, and names it. Then it
        // is enough that nobody uses it any more.
        let is_deletion =
            |nodes: &[StepNode], id: StepId| matches!(nodes[id.0].step, Step::Delete { .. });
        for (id, user, _) in gives_way {
            let nodes = &self.draft.nodes;
            if !(is_deletion(nodes, id) && is_deletion(nodes, user)) {
                continue;
            }
            let turned = nodes[user.0].needs.iter().filter(|(it, _)| !is_deletion(nodes, **it));
            for (needed, need) in turned.map(|(it, need)| (*it, *need)).collect::<Vec<_>>() {
                if !self.draft.narrowing.contains_key(&needed) {
                    self.need(id, needed, need);
                }
            }
        }
        self.draft.nodes
    }
}
