//! Looks at an excerpt of a stack, and at nothing else that is the stack's.

use std::collections::BTreeSet;

use super::namesakes::namesakes;
use super::{Look, Onlooker, again, confirmed, declared};
use crate::engine::event::LookEvent;
use crate::engine::port::Read;
use crate::engine::proof::Seen;
use crate::model::{Address, Catalog, CloudError, Sought, Stack};
use crate::plan::World;

/// The world of an excerpt, and since when it is known.
///
/// # Flow
/// Each of its resources is looked up by its identity. For those behind which there is
/// nothing, and which carry tags, an index is asked: they may live under another name.
///
/// # Errors
/// Every look that failed.
pub async fn observe_excerpt(
    reader: &dyn Read,
    stack: &Stack,
    catalog: &dyn Catalog,
    look: Look,
    told: Onlooker<'_>,
) -> Result<(World, Seen), Vec<CloudError>> {
    let (seen, mut errors) = (Seen::now(), Vec::new());
    let mut world = World::default();
    declared(reader, (stack, catalog), look, told, (&mut world, &mut errors)).await;
    if !errors.is_empty() {
        return Err(errors);
    }
    let is_missing = |address: &&Address| !world.found.contains_key(*address);
    let missing = stack.resources.keys().filter(is_missing).cloned().collect();
    seek(reader, (stack, &missing), catalog, &mut world, told).await?;
    let errors = namesakes(reader, (stack, catalog), &mut world, told).await;
    if errors.is_empty() { Ok((world, seen)) } else { Err(errors) }
}

/// Asks an index for further objects of some resources, and looks at these. Nobody is
/// asked for those whose kind carries no tags.
///
/// # Errors
/// Every look that failed.
pub async fn seek(
    reader: &dyn Read,
    (stack, of): (&Stack, &BTreeSet<Address>),
    catalog: &dyn Catalog,
    world: &mut World,
    told: Onlooker<'_>,
) -> Result<(), Vec<CloudError>> {
    let is_tagged = |kind: &str| catalog.kind(kind).is_some_and(|kind| kind.tagged);
    let sought = of.iter().filter_map(|address| stack.resources.get(address));
    let sought: Vec<_> = sought.filter(|want| is_tagged(&want.kind)).collect();
    if sought.is_empty() {
        return Ok(());
    }
    told(LookEvent::Begun { looks: 1 });
    let names = stack.claimant().stacks();
    let candidates = again(|| reader.candidates(&names), told).await;
    told(LookEvent::Ended);
    // Some indexes tell no address: then the kind has to do.
    let is_one = |candidate: &Sought| {
        let mut of_kind = sought.iter().filter(|want| want.kind == candidate.kind);
        of_kind.any(|want| candidate.address.as_ref().is_none_or(|address| want.goes_by(address)))
    };
    let candidates = candidates.map_err(|error| vec![error])?;
    let candidates = candidates.into_iter().filter(is_one).collect();
    let errors = confirmed(reader, candidates, (stack, catalog), world, told).await;
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}
