//! What was renamed in the file looks like one that goes and one that comes.

use std::collections::{BTreeMap, BTreeSet};

use super::change::{Change, DeleteReason, Plan, Step};
use super::differences::differences;
use super::fate::{Fate, Verdict};
use crate::model::{Address, Catalog, Desired, Document, Live, Prepared, Stack};

/// What may have been renamed: of a kind, the only one that is not declared any more and the
/// only one that comes. It would stay, if the stack file said so under `moved`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rename {
    /// The address that it has; or that of the use of a pattern, or of the `for_each`, that
    /// all of it is in.
    pub old: Address,
    /// The one that it would have.
    pub new: Address,
}

/// Every rename that a plan may have mistaken.
pub fn renames(plan: &Plan, stack: &Stack, catalog: &dyn Catalog) -> Vec<Rename> {
    let mut kinds: BTreeMap<&str, Traffic<'_>> = BTreeMap::new();
    let is_undeclared = |address: &Address| {
        plan.changes.iter().any(|planned| {
            let why = DeleteReason::NotDeclared;
            planned.address == *address
                && matches!(planned.change, Change::Delete { why: it, .. } if it == why)
        })
    };
    for node in &plan.steps {
        let traffic = kinds.entry(node.step.kind()).or_default();
        match &node.step {
            Step::Create { want } => traffic.new.push(want),
            Step::Delete { have, .. } if is_undeclared(&node.address) => {
                traffic.gone.push((&node.address, have));
            }
            Step::Update { .. } | Step::Delete { .. } => {}
        }
    }
    let ways = Ways { stack, catalog };
    let renames = kinds.into_values().filter_map(|traffic| {
        let (want, gone, live) = traffic.only()?;
        ways.rename(want, gone, live)
    });
    let renames: BTreeSet<Rename> = renames.collect();
    renames.into_iter().collect()
}

/// What comes and goes of one kind.
#[derive(Default)]
struct Traffic<'a> {
    gone: Vec<(&'a Address, &'a Live)>,
    new: Vec<&'a Desired>,
}

impl<'a> Traffic<'a> {
    /// The only one that comes, and the only one that goes.
    fn only(&self) -> Option<(&'a Desired, &'a Address, &'a Live)> {
        let ([(gone, live)], [want]) = (self.gone.as_slice(), self.new.as_slice()) else {
            return None;
        };
        Some((want, gone, live))
    }
}

/// Notes at the only new resource of a kind, of which only one is not declared any
/// more, how that one stays. Of what holds something the guard speaks instead.
pub(super) fn note(fates: &mut [Fate<'_>], stack: &Stack, catalog: &dyn Catalog) {
    let mut kinds: BTreeMap<&str, Traffic<'_>> = BTreeMap::new();
    for fate in &*fates {
        match &fate.verdict {
            Verdict::Create { want } => kinds.entry(&want.kind).or_default().new.push(want),
            Verdict::Delete { live, why: DeleteReason::NotDeclared, .. } => {
                kinds.entry(&live.kind).or_default().gone.push((&fate.address, live));
            }
            Verdict::Delete { .. }
            | Verdict::Keep { .. }
            | Verdict::Update { .. }
            | Verdict::Replace { .. } => {}
        }
    }
    let ways = Ways { stack, catalog };
    let notes = kinds.into_values().filter_map(|traffic| {
        let (want, gone, live) = traffic.only().filter(|(_, _, live)| live.holdings.is_none())?;
        let way = ways.to_keep(want, gone, live, "here")?;
        Some((
            want.address.clone(),
            format!("if it is {gone} by another name, {way}, and it stays"),
        ))
    });
    let notes: BTreeMap<Address, String> = notes.collect();
    for fate in fates {
        fate.notes.extend(notes.get(&fate.address).cloned());
    }
}

/// How what goes is kept, as what comes.
#[derive(Clone, Copy)]
pub(super) struct Ways<'a> {
    pub(super) stack: &'a Stack,
    pub(super) catalog: &'a dyn Catalog,
}

impl Ways<'_> {
    /// What to write so that the object of a resource that is not declared any more is
    /// that of another. `place` is where that one's entry is, as seen by who reads it.
    pub(super) fn to_keep(
        self,
        want: &Desired,
        gone: &Address,
        live: &Live,
        place: &str,
    ) -> Option<String> {
        if let Some(Rename { old, new }) = self.rename(want, gone, live) {
            return Some(format!("write `moved: {{ {old}: {new} }}` at the top of the stack file"));
        }
        let field = self.catalog.kind(&want.kind)?.named_by.as_ref()?;
        let name = live.document.get(field)?.as_str()?;
        Some(format!("state `{field}: {name}` {place}"))
    }

    /// The move by which the object would stay, unless it would be made anew all the same.
    fn rename(self, want: &Desired, gone: &Address, live: &Live) -> Option<Rename> {
        let kind = self.catalog.kind(&want.kind)?;
        let is_its = live.owner.as_ref().is_some_and(|owner| owner.address == *gone);
        if !is_its || !want.formerly.is_empty() {
            return None;
        }
        let is_named = |field: &String| kind.named_by.as_ref() == Some(field);
        let given = |field: &String| !is_named(field) || want.stated.contains(field);
        let mut unnamed: Document = want.document.clone();
        unnamed.retain(|field, _| given(field));
        let naming = self.stack.claimant().naming(gone.clone());
        let prepared = self.catalog.prepare(&want.kind, &naming, &unnamed)?.ok()?;
        let Prepared { identity, document, predicted } = prepared;
        let moved = Desired { identity, document, predicted, ..want.clone() };
        let stays = moved.identity == live.identity
            && !differences(kind, &moved, live).iter().any(|diff| diff.forces_replace);
        stays.then(|| self.whole(gone, &want.address))
    }

    /// The same of all that the two addresses are in, if that went and came as a whole.
    fn whole(self, gone: &Address, came: &Address) -> Rename {
        let (mut old, mut new) = (gone.as_str(), came.as_str());
        let is_declared = |around: &str| {
            self.stack.resources.keys().any(|address| is_within(address.as_str(), around))
        };
        while let (Some((old_around, old_own)), Some((new_around, new_own))) =
            (old.rsplit_once('.'), new.rsplit_once('.'))
        {
            if old_own != new_own || is_declared(old_around) {
                break;
            }
            (old, new) = (old_around, new_around);
        }
        Rename { old: Address::new(old), new: Address::new(new) }
    }
}

fn is_within(address: &str, around: &str) -> bool {
    address.strip_prefix(around).is_some_and(|rest| rest.starts_with('.'))
}
