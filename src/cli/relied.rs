//! What a plan relies on of other stacks, looked at once more.

use std::collections::BTreeMap;

use futures::future::{try_join, try_join_all};

use super::connected::Connections;
use super::exit::Failure;
use super::presence::{Presence, presence};
use crate::aws::{AwsCatalog, Provider};
use crate::engine::port::Read as _;
use crate::model::{
    Address, CloudError, Diagnostic, Existing, Live, PassedOn, Place, Role, Stack, UsedObject,
    UsedStack,
};
use crate::plan::{self, Plan, recognised};

/// Who reads the objects of other stacks: one for each role in which these are worked on.
#[derive(Debug, Default)]
pub(crate) struct Readers(BTreeMap<Option<Role>, Provider>);

impl Readers {
    /// Those that the looks of a plan file need.
    pub(crate) async fn of(plan: &Plan, connections: &Connections<'_>) -> Result<Self, Failure> {
        let mut readers = Self::default();
        for used in plan.uses.values() {
            let objects = used.objects.iter().map(|it| (&it.region, &it.role));
            let passed_on = used.passed_on.iter().map(|it| (&it.region, &it.role));
            for (region, role) in objects.chain(passed_on) {
                if !readers.0.contains_key(role) {
                    let connected = connections.elsewhere(region, role.as_ref()).await?;
                    readers.add(role.as_ref(), connected.provider);
                }
            }
        }
        Ok(readers)
    }

    /// One more.
    pub(crate) fn add(&mut self, role: Option<&Role>, reader: Provider) {
        self.0.insert(role.cloned(), reader);
    }

    /// Those of another, too.
    pub(crate) fn join(&mut self, Self(others): Self) {
        self.0.extend(others);
    }

    /// What they saw is of yesterday.
    pub(crate) fn look_anew(&self) {
        self.0.values().for_each(Provider::look_anew);
    }

    /// The object as it is now.
    async fn find(&self, object: &UsedObject) -> Result<Option<Live>, CloudError> {
        match self.0.get(&object.role) {
            Some(reader) => reader.in_region(&object.region).find(&object.sought).await,
            None => Ok(None),
        }
    }

    /// What a lookup finds now, if that is no more what was found.
    async fn look_up(
        &self,
        used: &UsedStack,
        passed_on: &PassedOn,
    ) -> Result<Option<Diagnostic>, CloudError> {
        let PassedOn { stack, region, role, existing } = passed_on;
        let lives = match self.0.get(role) {
            Some(reader) => reader.in_region(region).look_up(&existing.lookup).await?,
            None => Vec::new(),
        };
        let place = Place { region: region.clone(), ..used.place.clone() };
        let stack = Stack::empty(stack, place);
        let (lookup, claimant) = (&existing.lookup, stack.claimant());
        let now = recognised(&existing.address, lookup, &lives, claimant, &stack.resources);
        // Of several stacks each may have an entry of that name.
        let address = Address::new(format!("{}/{}", stack.name, existing.address));
        Ok(plan::moved(&Existing { address, ..existing.clone() }, &now))
    }
}

/// What a plan relies on of other stacks, if it is no more as the plan saw it.
pub(crate) async fn moved(
    readers: &Readers,
    plan: &Plan,
    catalog: &AwsCatalog,
) -> Result<Vec<Diagnostic>, CloudError> {
    let objects = plan
        .uses
        .iter()
        .flat_map(|(alias, used)| used.objects.iter().map(move |object| (alias, used, object)));
    let looks = objects.map(|(alias, used, object)| async move {
        let live = readers.find(object).await?;
        Ok::<_, CloudError>(stale(alias, used, object, live.as_ref(), catalog))
    });
    let passed_on =
        plan.uses.values().flat_map(|used| used.passed_on.iter().map(move |it| (used, it)));
    let lookups = passed_on.map(|(used, passed_on)| readers.look_up(used, passed_on));
    let stale = try_join(try_join_all(looks), try_join_all(lookups)).await?;
    Ok([stale.0, stale.1].concat().into_iter().flatten().collect())
}

fn stale(
    alias: &str,
    used: &UsedStack,
    object: &UsedObject,
    live: Option<&Live>,
    catalog: &AwsCatalog,
) -> Option<Diagnostic> {
    let place = Place { region: object.region.clone(), ..used.place.clone() };
    let stack = Stack::empty(&object.owner.stack, place);
    let holds = live.is_some_and(|live| {
        let is_there = matches!(
            presence(&stack, live, catalog),
            Presence::There | Presence::Coming(_) | Presence::Failed(_)
        );
        is_there && object.facts.iter().all(|(name, fact)| live.facts.get(name) == Some(fact))
    });
    let (address, named) = (&object.owner.address, &object.owner.stack);
    let problem =
        Diagnostic::error(format!("{address} of stack {named} is not as the plan saw it"))
            .because(format!(
                "the plan holds outputs of `{alias}` ({}) that speak of it",
                used.file
            ))
            .hint("make the plan again");
    (!holds).then_some(problem)
}
