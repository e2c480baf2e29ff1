//! Looks at everything that concerns a stack, concurrently.

mod excerpt;
mod namesakes;

pub use excerpt::{observe_excerpt, seek};

use std::collections::BTreeSet;

use futures::future::join_all;
use futures::stream::{self, StreamExt};

use super::event::LookEvent;
use super::port::{Answer, Read};
use super::proof::Seen;
use super::stop::Stopper;
use super::wait::{self, Persistence};
use crate::model::{
    Address, Catalog, CloudError, Desired, Examined, FactRef, Identity, KeptName, KindInfo, Live,
    Lookup, NameOrigin, Sought, Stack, Whose, document,
};
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

/// Whoever hears of looks while they are made.
pub type Onlooker<'a> = &'a (dyn Fn(LookEvent) + Send + Sync);

/// [`observe_told`] with nobody to tell, for who acts on it another time.
///
/// # Errors
/// The same.
pub async fn observe(
    reader: &dyn Read,
    stack: &Stack,
    catalog: &dyn Catalog,
    look: Look,
) -> Result<World, Vec<CloudError>> {
    let (world, _) = observe_told(reader, stack, catalog, look, &|_| {}).await?;
    Ok(world)
}

/// The world of a stack, and since when it is known.
///
/// # Flow
/// Each declared resource is looked up by its identity, while an index is asked
/// for everything that carries the stack's owner tag. Whose identity holds what the
/// cloud chose for another, and whose kind does not find it by its owner, is looked up when
/// that other has told it. What the index knows and the stack does not declare is then
/// confirmed object by object.
///
/// # Guarantees
/// An object gets into the world only by its own service's word; the index is a
/// hint. No object is looked up twice, but one that stands where another stack's would. A look
/// that is not answered holds up no other. `told` hears of every look, and of those that are
/// made again.
///
/// # Errors
/// Every look that failed: "could not look" is never taken for "not there".
pub async fn observe_told(
    reader: &dyn Read,
    stack: &Stack,
    catalog: &dyn Catalog,
    look: Look,
    told: Onlooker<'_>,
) -> Result<(World, Seen), Vec<CloudError>> {
    let (seen, mut errors) = (Seen::now(), Vec::new());
    let mut world = World::default();
    let declared = declared(reader, (stack, catalog), look, told, (&mut world, &mut errors));
    told(LookEvent::Begun { looks: 1 });
    let names = stack.claimant().stacks();
    let candidates = async {
        let ask = || match look {
            Look::ToDestroy => reader.all_candidates(&names),
            Look::ToPlan | Look::ToVerify => reader.candidates(&names),
        };
        let candidates = again(ask, told).await;
        told(LookEvent::Ended);
        candidates
    };
    let ((), candidates) = futures::join!(declared, candidates);
    let candidates = candidates.unwrap_or_else(|error| {
        errors.push(error);
        Vec::new()
    });
    errors.extend(confirmed(reader, candidates, (stack, catalog), &mut world, told).await);
    if look != Look::ToDestroy && errors.is_empty() {
        errors = namesakes::namesakes(reader, (stack, catalog), &mut world, told).await;
    }
    if errors.is_empty() { Ok((world, seen)) } else { Err(errors) }
}

/// Looks at those candidates that no declared resource accounts for, and tells what failed.
async fn confirmed(
    reader: &dyn Read,
    candidates: Vec<Sought>,
    (stack, catalog): (&Stack, &dyn Catalog),
    world: &mut World,
    told: Onlooker<'_>,
) -> Vec<CloudError> {
    let mut errors = Vec::new();
    for (_, answer) in find_all(reader, unknown(candidates, stack, world), told).await {
        match answer {
            Ok(Some(live)) => place(live, stack, catalog, world),
            Ok(None) => {}
            Err(error) => errors.push(error),
        }
    }
    errors
}

/// Looks up every declared resource, those last whose names others tell.
async fn declared(
    reader: &dyn Read,
    (stack, catalog): (&Stack, &dyn Catalog),
    look: Look,
    told: Onlooker<'_>,
    (world, errors): (&mut World, &mut Vec<CloudError>),
) {
    let (mut late, declared): (Vec<&Desired>, Vec<&Desired>) =
        stack.resources.values().partition(|want| is_known_late(want, catalog));
    let declared = declared.into_iter().map(|want| sought(want, look));
    take_in(find_all(reader, declared, told).await, world, errors);
    while let Some(named) = named(&mut late, look, world) {
        take_in(find_all(reader, named, told).await, world, errors);
    }
}

/// How to look for the object behind a resource.
fn sought(want: &Desired, look: Look) -> Sought {
    let mut sought = want.sought();
    sought.holdings = look == Look::ToDestroy;
    if look == Look::ToVerify {
        sought.fields = None;
    }
    sought
}

/// Whether nothing tells an object yet: its name waits for a fact, and no call takes less.
fn is_known_late(want: &Desired, catalog: &dyn Catalog) -> bool {
    document::is_pending(want.identity.as_str())
        && !catalog.kind(&want.kind).is_some_and(KindInfo::is_found_unnamed)
}

/// Those of the late ones whose names are known by now, if there are any; they are late no
/// more.
fn named(late: &mut Vec<&Desired>, look: Look, world: &World) -> Option<Vec<Sought>> {
    let known = |fact: &FactRef| world.found.get(&fact.address)?.facts.get(&fact.fact).cloned();
    let mut named = Vec::new();
    late.retain(|want| {
        let identity = document::fill_text(want.identity.as_str(), &known);
        let waits = document::is_pending(&identity);
        if !waits {
            let sought = sought(want, look);
            let arn = sought.arn.as_ref().map(|arn| document::fill_text(arn, &known));
            named.push(Sought { identity: Identity(identity), arn, ..sought });
        }
        waits
    });
    (!named.is_empty()).then_some(named)
}

/// What looks at declared resources showed.
fn take_in(
    finds: Vec<(Sought, Answer<Option<Live>>)>,
    world: &mut World,
    errors: &mut Vec<CloudError>,
) {
    for (sought, answer) in finds {
        match (sought.address, answer) {
            (Some(address), Ok(Some(live))) => {
                world.found.insert(address, live);
            }
            (_, Ok(_)) => {}
            (_, Err(error)) => errors.push(error),
        }
    }
}

/// Finds out what would be lost with the objects behind some resources, which a
/// plan turned out to replace. Costs a round of looks, at these alone.
///
/// # Errors
/// Every look that failed.
pub async fn weigh(
    reader: &dyn Read,
    world: &mut World,
    replaced: &BTreeSet<Address>,
    told: Onlooker<'_>,
) -> Result<(), Vec<CloudError>> {
    let looks = replaced.iter().filter_map(|address| {
        let live = world.found.get(address)?;
        Some(Sought {
            kind: live.kind.clone(),
            identity: live.identity.clone(),
            address: Some(address.clone()),
            formerly: Vec::new(),
            arn: live.arn().map(str::to_owned),
            fields: Some(BTreeSet::new()),
            holdings: true,
        })
    });
    let looks: Vec<Sought> = looks.collect();
    let mut errors = Vec::new();
    for (sought, answer) in find_all(reader, looks, told).await {
        let live = sought.address.and_then(|address| world.found.get_mut(&address));
        match (live, answer) {
            (Some(live), Ok(seen)) => live.holdings = seen.and_then(|seen| seen.holdings),
            (None, Ok(_)) => {}
            (_, Err(error)) => errors.push(error),
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

/// Asks what the cloud itself says of documents before they are written, all at once.
pub async fn examine<'a>(
    reader: &dyn Read,
    wanted: impl Iterator<Item = &'a Desired>,
    told: Onlooker<'_>,
) -> Vec<(&'a Desired, Answer<Examined>)> {
    join_all(wanted.map(|want| async move { (want, again(|| reader.examine(want), told).await) }))
        .await
}

/// Looks up what belongs to others, all at once, in the order of the lookups.
pub async fn look_up_all(
    reader: &dyn Read,
    lookups: Vec<(Address, Lookup)>,
    told: Onlooker<'_>,
) -> Vec<(Address, Lookup, Answer<Vec<Live>>)> {
    told(LookEvent::Begun { looks: lookups.len() });
    let looks = lookups.into_iter().map(|(address, lookup)| async move {
        let answer = again(|| reader.look_up(&lookup), told).await;
        told(LookEvent::Ended);
        (address, lookup, answer)
    });
    stream::iter(looks).buffered(LOOKS_AT_A_TIME).collect().await
}

/// Looks for all of these at once, bounded. Nobody waits for the slowest but
/// the caller; then they are put in order, so that errors and worlds are the
/// same on every run.
/// Looks at objects, each by itself, in their order: what an error means is for who asks
/// to judge. `told` hears of every look.
pub async fn find_all(
    reader: &dyn Read,
    sought: impl IntoIterator<Item = Sought>,
    told: Onlooker<'_>,
) -> Vec<(Sought, Answer<Option<Live>>)> {
    let sought: Vec<Sought> = sought.into_iter().collect();
    told(LookEvent::Begun { looks: sought.len() });
    let looks = sought.into_iter().enumerate().map(|(index, sought)| async move {
        let answer = again(|| reader.find(&sought), told).await;
        told(LookEvent::Ended);
        (index, sought, answer)
    });
    let looks = stream::iter(looks).buffer_unordered(LOOKS_AT_A_TIME);
    let mut found: Vec<_> = looks.collect().await;
    found.sort_by_key(|(index, _, _)| *index);
    found.into_iter().map(|(_, sought, answer)| (sought, answer)).collect()
}

/// Asks until the answer is one: reads are free to repeat.
async fn again<T, F>(ask: impl Fn() -> F, told: Onlooker<'_>) -> Answer<T>
where
    F: Future<Output = Answer<T>>,
{
    let (_stopper, mut stop) = Stopper::new();
    let mut persistence = Persistence::new(0, false);
    loop {
        persistence.attempt();
        let error = match ask().await {
            Ok(answer) => return Ok(answer),
            Err(error) => error,
        };
        let Some(length) = persistence.pause_after(&error) else { return Err(error) };
        told(LookEvent::Again { attempt: persistence.attempts(), error });
        wait::pause(length, &mut stop).await;
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
    let is_known = match stack.claimant().whose(&live, catalog) {
        Whose::Ours => true,
        Whose::OfNoRegion(_) => false,
        // Nothing but the stack's lies there, and somebody took its tags away.
        Whose::Nobodys if catalog.kind(&live.kind).is_some_and(|kind| kind.global) => {
            world.orphans.push(live);
            return;
        }
        // The index was stale: it is somebody else's by now.
        Whose::Nobodys | Whose::Anothers(_) => return,
    };
    let declared = live.owner.as_ref().and_then(|owner| stack.declaring(&owner.address));
    let declared = declared.filter(|want| want.kind == live.kind);
    let Some(want) = declared.filter(|want| !world.found.contains_key(&want.address)) else {
        world.orphans.push(live);
        return;
    };
    if let Some(name) = kept_name(&live, want, stack, catalog) {
        world.kept_names.insert(want.address.clone(), name);
    } else if !is_known {
        // It has another name than the resource: that of another region's, perhaps.
        world.orphans.push(live);
        return;
    }
    world.found.insert(want.address.clone(), live);
}

/// What an object keeps of its name, if the stack gave it by a name that it had, or an earlier
/// ccprov to a resource for which the file states none.
fn kept_name(
    live: &Live,
    want: &Desired,
    stack: &Stack,
    catalog: &dyn Catalog,
) -> Option<KeptName> {
    let field = catalog.kind(&want.kind)?.named_by.as_ref()?;
    if live.identity != want.identity {
        let gives =
            |name: &&str| namesakes::identity_in(name, want, stack, catalog) == live.identity;
        if let Some(name) = stack.claimant().stacks().into_iter().find(gives) {
            return Some(KeptName::OfStack(name.to_owned()));
        }
    }
    let naming = stack.claimant().naming_of(want);
    let is_former = catalog.name_origin(live, &naming) == NameOrigin::FormerDefault;
    if want.stated.contains(field) || !is_former {
        return None;
    }
    Some(KeptName::Whole(live.document.get(field)?.as_str()?.to_owned()))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::{Mutex, PoisonError};
    use std::time::Duration;

    use async_trait::async_trait;
    use tokio::time::Instant;

    use super::*;
    use crate::engine::port::StackSummary;
    use crate::model::{ErrorClass, Identity};

    /// A cloud in which a look for `slow` takes half a minute, and one for
    /// `broken` is answered at the third try.
    #[derive(Default)]
    struct Cloud {
        tries: Mutex<BTreeMap<String, u32>>,
    }

    #[async_trait]
    impl Read for Cloud {
        async fn find(&self, sought: &Sought) -> Answer<Option<Live>> {
            let name = sought.identity.as_str();
            let tries = {
                let mut tries = self.tries.lock().unwrap_or_else(PoisonError::into_inner);
                let tries = tries.entry(name.to_owned()).or_default();
                *tries += 1;
                *tries
            };
            let seconds = if name == "slow" { 30 } else { 1 };
            wait::elapse(Duration::from_secs(seconds)).await;
            if name == "broken" && tries < 3 { Err(failure()) } else { Ok(None) }
        }

        async fn candidates(&self, _stacks: &[&str]) -> Answer<Vec<Sought>> {
            Ok(Vec::new())
        }

        async fn stacks(&self) -> Answer<Vec<StackSummary>> {
            Ok(Vec::new())
        }
    }

    fn failure() -> CloudError {
        CloudError {
            attempted: "look".into(),
            operation: "sim:Find".into(),
            class: ErrorClass::Transient,
            code: "500".into(),
            message: String::new(),
            request_id: None,
            hint: None,
        }
    }

    fn sought(name: &str) -> Sought {
        Sought {
            kind: "thing".into(),
            identity: Identity(name.into()),
            address: None,
            formerly: Vec::new(),
            arn: None,
            fields: None,
            holdings: false,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_slowest_look_holds_up_no_other() {
        let names = std::iter::once("slow".to_owned()).chain((1..1_000).map(|n| n.to_string()));
        let all: Vec<Sought> = names.map(|name| sought(&name)).collect();
        let (cloud, began) = (Cloud::default(), Instant::now());
        let answers = find_all(&cloud, all.clone(), &|_| {}).await;
        assert_eq!(began.elapsed().as_secs(), 30, "1,000 looks, 64 at a time, take 16 s");
        let order: Vec<Sought> = answers.into_iter().map(|(sought, _)| sought).collect();
        assert_eq!(order, all);
    }

    #[tokio::test(start_paused = true)]
    async fn every_look_is_told_and_so_is_every_further_try() {
        let events = Mutex::new(Vec::new());
        let told = |event| events.lock().unwrap_or_else(PoisonError::into_inner).push(event);
        let all = ["a", "broken"].map(sought);
        drop(find_all(&Cloud::default(), all, &told).await);
        let again = |attempt| LookEvent::Again { attempt, error: failure() };
        let expected =
            [LookEvent::Begun { looks: 2 }, LookEvent::Ended, again(1), again(2), LookEvent::Ended];
        assert_eq!(events.into_inner().unwrap_or_else(PoisonError::into_inner), expected);
    }
}
