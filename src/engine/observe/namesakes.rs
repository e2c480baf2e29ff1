//! Finds what a stack left in places that it had by other names.
//!
//! What an index tells by its place alone is not found by its tags, and its place stays when its
//! stack is renamed. Where a stack does not say all the names that it had, what is missing from
//! its own place may stand in another.

use std::collections::{BTreeMap, BTreeSet};

use super::{Onlooker, again, confirmed, find_all};
use crate::engine::port::Read;
use crate::model::{
    Catalog, CloudError, Desired, ErrorClass, Identity, KindInfo, Live, Sought, Stack,
};
use crate::plan::World;

/// Looks at what would be a missing resource's, if the stack had another name. One look tells
/// of a place whether it was the stack's; a stack that is made for the first time has none.
///
/// # Errors
/// Every look that failed. Who may not look at what others have is no worse off than before.
pub(super) async fn namesakes(
    reader: &dyn Read,
    (stack, catalog): (&Stack, &dyn Catalog),
    world: &mut World,
    told: Onlooker<'_>,
) -> Vec<CloudError> {
    let missing: Vec<&Desired> = stack
        .resources
        .values()
        .filter(|want| !world.found.contains_key(&want.address))
        .filter(|want| catalog.kind(&want.kind).is_some_and(stands_in_a_place))
        .collect();
    if missing.is_empty() || !may_have_been(stack, world, catalog) {
        return Vec::new();
    }
    let names = stack.claimant().stacks();
    let places = match again(|| reader.elsewhere(&names), told).await {
        Ok(places) => places,
        Err(error) => return vec![error],
    };
    let mut same: BTreeMap<String, Vec<Sought>> = BTreeMap::new();
    for (name, sought) in places {
        let is_it = |want: &&Desired| {
            want.kind == sought.kind && identity_in(&name, want, stack, catalog) == sought.identity
        };
        if missing.iter().any(is_it) {
            same.entry(name).or_default().push(sought);
        }
    }
    let first = |found: &Vec<Sought>| {
        let sought = found.first()?.clone();
        Some(Sought { fields: Some(BTreeSet::new()), holdings: false, ..sought })
    };
    let looks: Vec<Sought> = same.values().filter_map(first).collect();
    if looks.is_empty() {
        return Vec::new();
    }
    let (mut ours, mut errors) = (Vec::new(), Vec::new());
    for ((_, answer), found) in find_all(reader, looks, told).await.into_iter().zip(same.values()) {
        match answer {
            Ok(Some(live)) if stack.claimant().owns(&live, catalog) => {
                ours.extend(found.iter().cloned());
            }
            Ok(_) => {}
            Err(error) if error.class == ErrorClass::Denied => {}
            Err(error) => errors.push(error),
        }
    }
    errors.extend(confirmed(reader, ours, (stack, catalog), world, told).await);
    errors
}

/// Whether an index tells objects of a kind by where they stand: as of those that are the same
/// in all regions.
fn stands_in_a_place(kind: &KindInfo) -> bool {
    kind.tagged && kind.global
}

/// Whether the stack may have had another name: it has objects, or would have none that an
/// index tells by their tags.
fn may_have_been(stack: &Stack, world: &World, catalog: &dyn Catalog) -> bool {
    let is_told = |kind: &KindInfo| kind.tagged && !kind.global;
    let mut kinds = stack.resources.values().filter_map(|want| catalog.kind(&want.kind));
    let mut objects = world.found.values().chain(&world.orphans);
    let is_ours = |live: &Live| live.owner.is_some() && stack.claimant().owns(live, catalog);
    !kinds.any(is_told) || objects.any(is_ours)
}

/// What a resource would be in a stack of another name.
pub(super) fn identity_in(
    name: &str,
    want: &Desired,
    stack: &Stack,
    catalog: &dyn Catalog,
) -> Identity {
    let mut unnamed = want.document.clone();
    let named_by = catalog.kind(&want.kind).and_then(|kind| kind.named_by.as_ref());
    unnamed.retain(|field, _| named_by != Some(field) || want.stated.contains(field));
    let naming = stack.claimant().naming_in(name, want.named_after().clone());
    match catalog.prepare(&want.kind, &naming, &unnamed) {
        Some(Ok(prepared)) => prepared.identity,
        Some(Err(_)) | None => want.identity.clone(),
    }
}
