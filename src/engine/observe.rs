//! Looks at everything that concerns a stack, concurrently.

use std::collections::BTreeSet;

use futures::stream::{self, StreamExt};

use super::port::{Answer, Read};
use super::stop::Stopper;
use super::wait::{self, Persistence};
use crate::model::{Address, Catalog, CloudError, Live, Sought, Stack};
use crate::plan::World;

/// How many looks at a time. Wide enough for any stack that a person wrote;
/// AWS's read limits are far above it.
const LOOKS_AT_A_TIME: usize = 64;

/// What to find out beyond what exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// What a plan needs.
    ToPlan,
    /// Also what a deletion would lose.
    ToDestroy,
    /// Also the fields that the stack does not state.
    ToVerify,
}

/// The world of a stack.
///
/// # Flow
/// Each declared resource is looked up by its identity, while an index is asked
/// for everything that carries the stack's owner tag. What the index knows and
/// the stack does not declare is then confirmed object by object.
///
/// # Guarantees
/// An object gets into the world only by its own service's word; the index is a
/// hint. No object is looked up twice.
///
/// # Errors
/// Every look that failed: "could not look" is never taken for "not there".
pub async fn observe(
    reader: &dyn Read,
    stack: &Stack,
    catalog: &dyn Catalog,
    look: Look,
) -> Result<World, Vec<CloudError>> {
    let mut errors = Vec::new();
    let mut world = World::default();
    let declared = stack.resources.values().map(|want| {
        let mut sought = want.sought();
        sought.holdings = look == Look::ToDestroy;
        if look == Look::ToVerify {
            sought.fields = None;
        }
        sought
    });
    let finds = find_all(reader, declared);
    let candidates = again(|| reader.candidates(&stack.name));
    let (finds, candidates) = futures::join!(finds, candidates);
    for (sought, answer) in finds {
        match (sought.address, answer) {
            (Some(address), Ok(Some(live))) => {
                world.found.insert(address, live);
            }
            (_, Ok(_)) => {}
            (_, Err(error)) => errors.push(error),
        }
    }
    let candidates = candidates.unwrap_or_else(|error| {
        errors.push(error);
        Vec::new()
    });
    let unknown = unknown(candidates, stack, &world);
    for (_, answer) in find_all(reader, unknown).await {
        match answer {
            Ok(Some(live)) => place(live, stack, catalog, &mut world),
            Ok(None) => {}
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() { Ok(world) } else { Err(errors) }
}

async fn find_all(
    reader: &dyn Read,
    sought: impl IntoIterator<Item = Sought>,
) -> Vec<(Sought, Answer<Option<Live>>)> {
    let looks = sought.into_iter().map(|sought| async move {
        let answer = again(|| reader.find(&sought)).await;
        (sought, answer)
    });
    // Ordered, so that errors and worlds are the same on every run.
    stream::iter(looks).buffered(LOOKS_AT_A_TIME).collect().await
}

/// Asks until the answer is one: reads are free to repeat.
async fn again<T, F>(ask: impl Fn() -> F) -> Answer<T>
where
    F: Future<Output = Answer<T>>,
{
    let (_stopper, mut stop) = Stopper::new();
    let mut persistence = Persistence::new(0, false);
    loop {
        match ask().await {
            Ok(answer) => return Ok(answer),
            Err(error) => match persistence.pause_after(&error) {
                Some(length) => wait::pause(length, &mut stop).await,
                None => return Err(error),
            },
        };
    }
}

/// Candidates that no declared resource accounts for.
fn unknown(candidates: Vec<Sought>, stack: &Stack, world: &World) -> Vec<Sought> {
    let mut names = BTreeSet::new();
    let mut arns = BTreeSet::new();
    for want in stack.resources.values() {
        names.insert((want.kind.as_str(), want.identity.as_str()));
        arns.extend(want.predicted.get("arn").map(String::as_str));
    }
    arns.extend(world.found.values().filter_map(Live::arn));
    let is_known = |candidate: &Sought| {
        names.contains(&(candidate.kind.as_str(), candidate.identity.as_str()))
            || candidate.arn.as_deref().is_some_and(|arn| arns.contains(arn))
    };
    candidates.into_iter().filter(|candidate| !is_known(candidate)).collect()
}

/// An object that the stack owns is either the one behind a declared resource
/// (whose name changed, or whose alias was never made), or an orphan.
fn place(live: Live, stack: &Stack, catalog: &dyn Catalog, world: &mut World) {
    if !stack.claimant().owns(&live, catalog) {
        return; // The index was stale: it is somebody else's by now.
    }
    let address: Option<Address> = live.owner.clone().map(|owner| owner.address);
    match address {
        Some(address)
            if stack.resources.get(&address).is_some_and(|want| want.kind == live.kind)
                && !world.found.contains_key(&address) =>
        {
            world.found.insert(address, live);
        }
        Some(_) | None => world.orphans.push(live),
    }
}
