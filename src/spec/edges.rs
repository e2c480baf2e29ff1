//! What must come before what.
//!
//! Only true edges: a value that AWS chooses, a target that AWS insists on
//! seeing, and what the user asked for. A name that is known in advance orders
//! nothing, which is how a key and the topic that it encrypts can name each
//! other.
//!
//! How a name is spelled makes no difference: one that is written out counts
//! like the reference that stands for it ([`spelled_out`]). It refuses nothing,
//! though: objects that name each other may have been made one after the other.

use std::collections::{BTreeMap, BTreeSet};

use super::predict::Known;
use super::source::Mark;
use super::told::MOST;
use super::written::{Mention, Written};
use crate::model::names::is_unmistakable;
use crate::model::{
    Address, Desired, Diagnostic, Edge, KindInfo, Names, Path, Prepared, document, knots,
};

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
    let is_made_without = |mention: &Mention| {
        resource.kind.made_without.iter().any(|field| field == mention.path.top())
    };
    for mention in resource.mentions() {
        let is_known = known.get(&mention.fact).is_some();
        let must_exist =
            resource.kind.must_exist.iter().any(|pattern| mention.path.is_within(pattern));
        if mention.fact.address == resource.address {
            problems.extend(of_itself(&mention, must_exist, is_known, resource.kind));
            continue;
        }
        let edge = match (must_exist, is_known) {
            (true, _) => Some(Edge::Existence),
            (false, false) if is_made_without(&mention) => Some(Edge::Later),
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

/// By which texts the resources of a stack can be named.
pub(super) fn names_of<'a>(
    resources: impl Iterator<Item = (&'a Written<'a>, &'a Prepared)>,
) -> Names<&'a Address> {
    let mut names = Names::default();
    for (resource, prepared) in resources {
        for name in prepared.predicted.values().filter(|name| !document::is_pending(name)) {
            // What is part of another is known by the other's name.
            if resource.kind.tagged || is_unmistakable(name) {
                names.insert(name.clone(), &resource.address);
            }
        }
    }
    names
}

/// Whom a resource names without a reference, and why it would wait for them.
/// Looks at the canonical document, in which a policy is no text any more.
pub(super) fn spelled_out(
    resource: &Written<'_>,
    prepared: &Prepared,
    names: &Names<&Address>,
) -> BTreeMap<Address, Option<Edge>> {
    let referring: BTreeSet<Path> = resource.mentions().into_iter().map(|it| it.path).collect();
    let must_exist =
        |path: &Path| resource.kind.must_exist.iter().any(|pattern| path.is_within(pattern));
    let mut found: BTreeMap<Address, Option<Edge>> = BTreeMap::new();
    document::each_text(&prepared.document, &mut |path, text| {
        // A bare name in a tag is a word, and one that a reference put there is told already.
        let bare = path.top() != "tags" && !is_unmistakable(text) && !referring.contains(path);
        let bare = if bare { names.called(text) } else { &[] };
        let pending = document::pending_facts(&text.into());
        let meant = bare.iter().chain(names.within(text)).copied();
        for address in meant.chain(pending.iter().map(|fact| &fact.address)) {
            if *address != resource.address {
                let edge = must_exist(path).then_some(Edge::Existence);
                let have = found.entry(address.clone()).or_default();
                *have = (*have).max(edge);
            }
        }
    });
    found
}

/// Adds what is spelled out to the edges, except where that would close a circle.
pub(super) fn add_spelled_out(
    desired: &mut BTreeMap<Address, Desired>,
    found: BTreeMap<Address, BTreeMap<Address, Option<Edge>>>,
) {
    let numbers: BTreeMap<Address, usize> = desired.keys().cloned().zip(0..).collect();
    let mut waits: Vec<Vec<usize>> = desired
        .values()
        .map(|want| want.edges.keys().filter_map(|it| numbers.get(it).copied()).collect())
        .collect();
    for (address, spelled) in &found {
        let ordering = spelled.iter().filter(|(_, edge)| edge.is_some());
        let Some(from) = numbers.get(address) else { continue };
        waits[*from].extend(ordering.filter_map(|(other, _)| numbers.get(other)));
    }
    let knots = knots(&waits);
    let together = |one: &Address, other: &Address| match (numbers.get(one), numbers.get(other)) {
        (Some(one), Some(other)) => knots[*one] == knots[*other],
        (Some(_) | None, _) => false,
    };
    for (address, spelled) in found {
        let Some(want) = desired.get_mut(&address) else { continue };
        // What belongs to others waits for nobody here.
        let own = spelled.into_iter().filter(|(other, _)| numbers.contains_key(other));
        for (other, edge) in own {
            if let Some(edge) = edge.filter(|_| !together(&address, &other)) {
                let have = want.edges.entry(other.clone()).or_insert(edge);
                *have = (*have).max(edge);
            }
            want.mentions.insert(other);
        }
    }
}

/// Takes out what waits for a field without which a resource can be made, if it waits in a
/// circle of nothing but values: then all of the circle can be made, and that field written
/// afterwards.
pub(super) fn loosen(all: &mut BTreeMap<&Address, Edges>) {
    let addresses: Vec<&Address> = all.keys().copied().collect();
    let numbers: BTreeMap<&Address, usize> = addresses.iter().copied().zip(0..).collect();
    let waits: Vec<Vec<usize>> = all
        .values()
        .map(|edges| edges.keys().filter_map(|it| numbers.get(it).copied()).collect())
        .collect();
    let knots = knots(&waits);
    let knot = |address: &Address| numbers.get(address).map(|number| knots[*number]);
    let tight: BTreeSet<usize> = all
        .iter()
        .flat_map(|(from, edges)| edges.iter().map(move |(to, (edge, _))| (*from, to, *edge)))
        .filter(|(from, to, edge)| *edge > Edge::Value && knot(from) == knot(to))
        .filter_map(|(from, ..)| knot(from))
        .collect();
    for (from, edges) in all.iter_mut() {
        let own = knot(from);
        edges.retain(|to, (edge, _)| {
            let is_loose = own == knot(to) && own.is_some_and(|knot| !tight.contains(&knot));
            *edge != Edge::Later || !is_loose
        });
    }
}

/// The problem of a resource that mentions a fact of its own, if it is one.
fn of_itself(
    mention: &Mention,
    must_exist: bool,
    is_known: bool,
    kind: &KindInfo,
) -> Option<Diagnostic> {
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
    let by_self = format!("${{self.{}}}", mention.fact.fact);
    let at = mention.at.narrowed_to(&mention.fact.to_string()).narrowed_to(&by_self);
    let problem = Diagnostic::error(summary).at(Some(at.location())).because(because);
    let early = kind.facts.iter().filter(|fact| fact.predicted && !must_exist);
    let early: Vec<String> = early.map(|fact| format!("`${{self.{}}}`", fact.name)).collect();
    Some(match early.as_slice() {
        [] => problem,
        facts => problem.hint(format!("known of it in advance: {}", facts.join(", "))),
    })
}

/// A problem for every circle, spelled out; for as many as will be told, because
/// each costs a walk through all.
pub(super) fn circles<'a>(
    all: &'a BTreeMap<&'a Address, Edges>,
    kinds: &BTreeMap<&Address, &KindInfo>,
) -> Vec<Diagnostic> {
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
        problems.push(ways_out(&circle, all, kinds).into_iter().fold(problem, Diagnostic::hint));
        for address in circle {
            left.remove(address);
        }
    }
}

/// What to refer to instead, so that one of a circle waits no more.
fn ways_out(
    circle: &[&Address],
    all: &BTreeMap<&Address, Edges>,
    kinds: &BTreeMap<&Address, &KindInfo>,
) -> Vec<String> {
    let mut ways = Vec::new();
    let mut only_asked_for = true;
    for (position, address) in circle.iter().copied().enumerate() {
        let other = circle[(position + 1) % circle.len()];
        let edge = all.get(address).and_then(|edges| edges.get(other));
        only_asked_for &= edge.is_some_and(|(edge, _)| *edge == Edge::Completion);
        let early = kinds.get(other).into_iter().flat_map(|kind| &kind.facts);
        let early: Vec<String> = early
            .filter(|fact| fact.predicted)
            .map(|fact| format!("`${{{other}.{}}}`", fact.name))
            .collect();
        if edge.is_some_and(|(edge, _)| *edge <= Edge::Value) && !early.is_empty() {
            let early = early.join(", ");
            ways.push(format!(
                "known before `{other}` exists, and so waited for by nobody: {early}"
            ));
        }
    }
    if only_asked_for {
        ways.push("take one of the `depends_on` out".to_owned());
    } else if ways.is_empty() {
        let way =
            "if all of them exist already, write one of the ARNs out, as text: it orders nothing";
        ways.push(way.to_owned());
    }
    ways
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
