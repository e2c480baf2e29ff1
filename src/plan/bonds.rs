//! What ties the objects of a plan to those that go.
//!
//! Edges are drawn between what a stack declares, and an object that goes may
//! be declared no more: an orphan, or the old half of a replacement. Who still
//! uses it is told by what AWS shows of the others; who comes after it, by what
//! both are made of.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value;

use super::change::{DeleteReason, ReplaceOrder};
use super::fate::{Fate, Verdict};
use crate::model::names::is_unmistakable;
use crate::model::{Address, Catalog, Desired, Names, Parent, document};

/// A fate by its position.
pub(super) type Place = usize;

/// The ties, by position of fates.
#[derive(Debug, Default)]
pub(super) struct Bonds {
    /// By which names the objects are known that go when others are done.
    pub(super) going: Names<Place>,
    /// With whom each of them goes: itself, or the one that it is bound to.
    pub(super) heads: BTreeMap<Place, Place>,
    /// Who names each of them.
    pub(super) named_by: BTreeMap<Place, BTreeSet<Place>>,
    /// What is made in the place of each, or of what goes along with it.
    pub(super) successors: BTreeMap<Place, BTreeSet<Place>>,
    /// What lives and dies with each object that is wanted.
    pub(super) children: BTreeMap<Place, BTreeSet<Place>>,
}

impl Bonds {
    pub(super) fn of(fates: &[Fate<'_>], catalog: &dyn Catalog) -> Self {
        let heads = heads(fates);
        let mut bonds = Self { children: children(fates, catalog), ..Self::default() };
        for (&place, &head) in &heads {
            let successor = fates[place].verdict.want();
            let passes_on = |name: &String| {
                successor.is_some_and(|want| want.predicted.values().any(|text| text == name))
            };
            let live = fates[place].verdict.live();
            let names = live.into_iter().flat_map(|live| live.facts.values());
            for name in names.filter(|name| !passes_on(name)) {
                bonds.going.insert(name.clone(), head);
            }
        }
        if !bonds.going.is_empty() {
            bonds.named_by = named_by(fates, &heads, &bonds.going);
        }
        bonds.successors = successors(fates, &heads, catalog);
        bonds.heads = heads;
        bonds
    }

    /// Whatever of it goes that a value names.
    pub(super) fn going_in(&self, value: &Value) -> BTreeSet<Place> {
        let mut found = BTreeSet::new();
        let document = [(String::new(), value.clone())].into_iter().collect();
        document::each_text(&document, &mut |_, text| {
            found.extend(self.going.within(text));
        });
        found
    }
}

/// What goes when others are done, each with whom it goes: itself, or the one
/// that it is bound to. Where all is destroyed, nothing is kept for anybody;
/// what makes room for its successor goes before that comes.
fn heads(fates: &[Fate<'_>]) -> BTreeMap<Place, Place> {
    let mut heads = BTreeMap::new();
    let mut parents: BTreeMap<Parent, Place> = BTreeMap::new();
    for (place, fate) in fates.iter().enumerate() {
        let goes = match &fate.verdict {
            Verdict::Replace { order, goes_along, .. } => {
                *order == ReplaceOrder::CreateFirst && !goes_along
            }
            Verdict::Delete { why, .. } => match why {
                DeleteReason::NotDeclared | DeleteReason::Replaced => true,
                DeleteReason::Destroy | DeleteReason::WithParent => false,
            },
            Verdict::Keep { .. } | Verdict::Create { .. } | Verdict::Update { .. } => false,
        };
        if let Some(live) = fate.verdict.live().filter(|_| goes) {
            heads.insert(place, place);
            parents.insert(live.as_parent(), place);
        }
    }
    for (place, fate) in fates.iter().enumerate() {
        if let Verdict::Delete { live, why: DeleteReason::WithParent, .. } = &fate.verdict
            && let Some(head) = live.parent.as_ref().and_then(|parent| parents.get(parent))
        {
            heads.insert(place, *head);
        }
    }
    heads
}

fn named_by(
    fates: &[Fate<'_>],
    heads: &BTreeMap<Place, Place>,
    going: &Names<Place>,
) -> BTreeMap<Place, BTreeSet<Place>> {
    let mut named_by: BTreeMap<Place, BTreeSet<Place>> = BTreeMap::new();
    for (place, fate) in fates.iter().enumerate() {
        let Some(live) = fate.verdict.live() else { continue };
        document::each_text(&live.document, &mut |path, text| {
            // A bare name in a tag is a word, and to have a name is not to mention another.
            let is_bare = path.top() != "tags" && !is_unmistakable(text);
            let is_own = || live.facts.values().any(|fact| fact == text);
            let bare = if is_bare && !is_own() { going.called(text) } else { &[] };
            for head in bare.iter().chain(going.within(text)) {
                if heads.get(&place) != Some(head) {
                    named_by.entry(*head).or_default().insert(place);
                }
            }
        });
    }
    named_by
}

/// What carries no tags is not known again under another name. What is made of
/// the same kind, and agrees with it in what makes up its name, comes in its place.
fn successors(
    fates: &[Fate<'_>],
    heads: &BTreeMap<Place, Place>,
    catalog: &dyn Catalog,
) -> BTreeMap<Place, BTreeSet<Place>> {
    let untagged = |name: &str| catalog.kind(name).filter(|kind| !kind.tagged);
    let mut made: HashMap<(&str, &str, &str), Vec<Place>> = HashMap::new();
    for (place, fate) in fates.iter().enumerate() {
        if let Verdict::Create { want } = &fate.verdict
            && let Some(kind) = untagged(&want.kind)
        {
            for field in &kind.fixed {
                if let Some(text) = want.document.get(field).and_then(Value::as_str) {
                    made.entry((&kind.name, field, text)).or_default().push(place);
                }
            }
        }
    }
    let mut successors: BTreeMap<Place, BTreeSet<Place>> = BTreeMap::new();
    for (place, head) in heads {
        let Verdict::Delete { live, .. } = &fates[*place].verdict else { continue };
        let Some(kind) = untagged(&live.kind) else { continue };
        // Who has the same end takes its place, or else who has the same beginning.
        let bound_to = kind.succession.bound_to.as_ref();
        let (begins, ends): (Vec<_>, Vec<_>) =
            kind.fixed.iter().partition(|field| Some(*field) == bound_to);
        let by = |fields: &[&String]| -> BTreeSet<Place> {
            let texts = fields.iter().filter_map(|field| {
                let text = live.document.get(*field).and_then(Value::as_str)?;
                is_unmistakable(text).then(|| made.get(&(&*kind.name, field.as_str(), text)))?
            });
            texts.flatten().copied().collect()
        };
        let found = Some(by(&ends)).filter(|found| !found.is_empty());
        let found = found.unwrap_or_else(|| by(&begins));
        successors.entry(*head).or_default().extend(found);
    }
    successors
}

/// What is wanted and lives and dies with another that is wanted.
fn children(fates: &[Fate<'_>], catalog: &dyn Catalog) -> BTreeMap<Place, BTreeSet<Place>> {
    let mut names = Names::default();
    let mut places: BTreeMap<&Address, Place> = BTreeMap::new();
    for (place, want) in wanted(fates) {
        places.insert(&want.address, place);
        if catalog.kind(&want.kind).is_some_and(|kind| kind.tagged) {
            for name in want.predicted.values() {
                names.insert(name.clone(), place);
            }
        }
    }
    let mut children: BTreeMap<Place, BTreeSet<Place>> = BTreeMap::new();
    for (place, want) in wanted(fates) {
        let bound_to = catalog.kind(&want.kind).and_then(|kind| kind.succession.bound_to.as_ref());
        let Some(value) = bound_to.and_then(|field| want.document.get(field)) else { continue };
        let text = value.get(0).unwrap_or(value).as_str().unwrap_or_default();
        let pending = document::pending_facts(&text.into());
        let pending = pending.iter().filter_map(|fact| places.get(&fact.address));
        for parent in names.called(text).iter().chain(pending) {
            children.entry(*parent).or_default().insert(place);
        }
    }
    children
}

fn wanted<'a>(fates: &'a [Fate<'_>]) -> impl Iterator<Item = (Place, &'a Desired)> {
    fates.iter().enumerate().filter_map(|(place, fate)| Some((place, fate.verdict.want()?)))
}
