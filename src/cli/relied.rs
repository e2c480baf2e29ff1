//! What a plan relies on of other stacks, looked at once more.

use std::collections::BTreeMap;

use futures::future::try_join_all;

use super::connected::Connections;
use super::exit::Failure;
use super::presence::{Presence, presence};
use crate::aws::{AwsCatalog, Provider};
use crate::engine::port::Read as _;
use crate::model::{CloudError, Diagnostic, Live, Place, Role, Stack, UsedObject, UsedStack};
use crate::plan::Plan;

/// Who reads the objects of other stacks: one for each role in which these are worked on.
#[derive(Debug, Default)]
pub(crate) struct Readers(BTreeMap<Option<Role>, Provider>);

impl Readers {
    /// Those that the looks of a plan file need.
    pub(crate) async fn of(plan: &Plan, connections: &Connections<'_>) -> Result<Self, Failure> {
        let mut readers = Self::default();
        for object in plan.uses.values().flat_map(|used| &used.objects) {
            if !readers.0.contains_key(&object.role) {
                let role = object.role.as_ref();
                let connected = connections.elsewhere(&object.region, role).await?;
                readers.add(role, connected.provider);
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
    Ok(try_join_all(looks).await?.into_iter().flatten().collect())
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
