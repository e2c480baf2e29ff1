//! Second on the way of a command: a stack, and what there is of it in AWS.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::join;
use serde_json::Value;

use super::asked::Narrowed;
use super::environment::Environment;
use super::exit::Failure;
use super::opened::Opened;
use super::relied;
use super::{checkout, existing, users};
use crate::engine::proof::Seen;
use crate::engine::{Look, find_all, observe_excerpt, observe_told, revisit, seek, weigh};
use crate::model::{
    Address, Catalog as _, CloudError, Desired, Document, FormerNames, Live, Mask, Owner, Sought,
    Stack,
};
use crate::plan::{Change, Held, Permissions, Plan, PlannedChange, Purpose, SavedPlan, Step};
use crate::plan::{World, former_names, held, plan_asked};
use crate::verify::{Foreign, set_apart};

/// A stack and the world that concerns it. [`Opened::look`] alone makes one.
#[derive(Debug)]
pub(crate) struct Looked {
    opened: Opened,
    world: World,
    /// Since when that is known.
    seen: Seen,
    /// Who uses the stack, where it is to go.
    users: Vec<Owner>,
}

/// A plan of another day, and what of it still holds. [`Opened::look_again`] alone
/// makes one.
#[derive(Debug)]
pub(crate) struct Revisited {
    opened: Opened,
    held: Held,
    seen: Seen,
    purpose: Purpose,
    users: Vec<Owner>,
}

impl Opened {
    /// Looks at everything that concerns the stack.
    ///
    /// What an earlier ccprov gave a name that would be another today keeps it:
    /// the stack is then checked again as if it stated that name, so that all
    /// that follows from it does. That costs no call, unless names of other
    /// resources follow from it: then everything is looked at once more.
    pub(crate) async fn look(
        mut self,
        look: Look,
        environment: &Environment,
    ) -> Result<Looked, Failure> {
        let (world, users) = join(self.observe(look), self.users(look == Look::ToDestroy)).await;
        let ((mut world, mut seen), mut users) = (world?, users?);
        if look == Look::ToDestroy && self.is_without_file() {
            users = self.users_of_former(&world, users).await?;
        }
        if let Some(written) = self.written.as_ref().filter(|_| !world.kept_names.is_empty()) {
            self.learned.names.extend(world.kept_names.clone());
            let (place, names) = (&self.stack.place, &world.kept_names);
            let checked = written.check(place, &self.learned, &self.catalog, environment)?;
            let Narrowed { checked, whole, .. } = written.narrowed(checked)?;
            self.whole = whole;
            let before = std::mem::replace(&mut self.stack, checked.stack);
            self.stack.relies_on_as(&before);
            let is_elsewhere = |(address, want): (&Address, &Desired)| {
                let had = before.resources.get(address);
                !names.contains_key(address) && had.is_some_and(|had| had.identity != want.identity)
            };
            if self.stack.resources.iter().any(is_elsewhere) {
                (world, seen) = self.observe(look).await?;
            }
        }
        Ok(Looked { opened: self, world, seen, users })
    }

    /// Looks at what a plan file is about.
    pub(crate) async fn look_again(self, saved: &SavedPlan) -> Result<Revisited, Failure> {
        let goes = saved.purpose == Purpose::Destroy;
        let (held, users) = join(self.held(&saved.plan), self.users(goes)).await;
        let ((held, seen), users) = (held?, users?);
        Ok(Revisited { held, seen, users, opened: self, purpose: saved.purpose })
    }

    /// The plan as it stands today, for who did not act on it at once, and what of
    /// it has gone; refused, if anything else has moved under it.
    pub(crate) async fn held(&self, plan: &Plan) -> Result<(Held, Seen), Failure> {
        let told = |event| self.pulse.look(&event);
        Box::pin(existing::hold(&self.provider, plan, &self.stack, &told)).await?;
        let (today, seen) = revisit(&self.provider, plan, &told).await?;
        for node in &plan.steps {
            if let (Step::Create { want } | Step::Update { want, .. }, Some(live)) =
                (&node.step, today.0.get(&node.id))
            {
                hide(&want.document, live, &self.mask);
            }
        }
        let stale = relied::moved(&self.readers, plan, &self.catalog).await?;
        if !stale.is_empty() {
            return Err(Failure::refused(stale));
        }
        let held = held(plan, &today, &self.catalog).map_err(Failure::refused)?;
        checkout::holds(&held.plan).await.map_err(Failure::refused)?;
        Ok((held, seen))
    }

    /// Looks at objects that the stack does not declare.
    pub(crate) async fn look_at(
        &self,
        looks: Vec<Sought>,
    ) -> Vec<(Sought, Result<Option<Live>, CloudError>)> {
        find_all(&self.provider, looks, &|event| self.pulse.look(&event)).await
    }

    /// Who uses the stack, if it is to go.
    async fn users(&self, goes: bool) -> Result<Vec<Owner>, Failure> {
        if goes { Ok(users::find(&self.provider, &self.stack).await?) } else { Ok(Vec::new()) }
    }

    /// Whether the stack is known by its name alone: no file says which it had before.
    fn is_without_file(&self) -> bool {
        self.written.is_none()
    }

    /// The same with those who know it by names that its objects show it had: their tags were
    /// listed.
    async fn users_of_former(
        &self,
        world: &World,
        users: Vec<Owner>,
    ) -> Result<Vec<Owner>, Failure> {
        let claimant = self.stack.claimant();
        let former = former_names(&world.orphans, claimant, &self.catalog);
        if former.is_empty() {
            return Ok(users);
        }
        let was = FormerNames(former.into_iter().collect());
        let stack = Stack { was, ..self.stack.clone() };
        Ok(users::find(&self.provider, &stack).await?)
    }

    async fn observe(&self, look: Look) -> Result<(World, Seen), Failure> {
        let told = |event| self.pulse.look(&event);
        let Self { provider, stack, catalog, .. } = self;
        let (world, seen) = if self.is_excerpt() {
            observe_excerpt(provider, stack, catalog, look, &told).await?
        } else {
            observe_told(provider, stack, catalog, look, &told).await?
        };
        for (address, want) in &self.stack.resources {
            if let Some(live) = world.found.get(address) {
                hide(&want.document, live, &self.mask);
            }
        }
        Ok((world, seen))
    }
}

impl Looked {
    pub(crate) fn opened(&self) -> &Opened {
        &self.opened
    }

    pub(crate) fn world(&self) -> &World {
        &self.world
    }

    /// Taken apart, for who plans nothing.
    pub(crate) fn into_parts(self) -> (Opened, World) {
        (self.opened, self.world)
    }

    /// Taken apart, for the plan.
    pub(crate) fn into_planned(self) -> (Opened, Seen, Vec<Owner>) {
        (self.opened, self.seen, self.users)
    }

    /// Takes what is not the stack's out of the world, for who tells of it.
    pub(crate) fn set_apart(&mut self) -> BTreeMap<Address, Foreign> {
        set_apart(&self.opened.stack, &mut self.world, &self.opened.catalog)
    }

    /// What an apply would do, as far as one look tells.
    pub(crate) fn difference(&self, permissions: Permissions) -> Result<Plan, Failure> {
        let Opened { stack, catalog, asked, .. } = &self.opened;
        plan_asked(stack, &self.world, catalog, permissions, asked).map_err(Failure::refused)
    }

    /// Looks for what an earlier run may have half made of an excerpt's replacements,
    /// where that has a name of its own; tells whether there was anything to look for.
    pub(crate) async fn seek_half_made(&mut self, plan: &Plan) -> Result<bool, Failure> {
        let Opened { stack, catalog, pulse, provider, .. } = &self.opened;
        let may_be_half_made = |planned: &&PlannedChange| {
            matches!(planned.change, Change::Replace { .. })
                && catalog.kind(&planned.kind).is_some_and(|kind| kind.succession.name_moves)
        };
        let replaced = plan.changes.iter().filter(|_| self.opened.is_excerpt());
        let replaced = replaced.filter(may_be_half_made);
        let replaced: BTreeSet<Address> = replaced.map(|planned| planned.address.clone()).collect();
        let told = |event| pulse.look(&event);
        seek(provider, (stack, &replaced), catalog, &mut self.world, &told).await?;
        Ok(!replaced.is_empty())
    }

    /// Finds out what the replacements of a plan would lose; tells whether there
    /// was anything to look at.
    pub(crate) async fn weigh(&mut self, plan: &Plan) -> Result<bool, Failure> {
        let Opened { catalog, pulse, provider, .. } = &self.opened;
        let may_lose = |planned: &&PlannedChange| {
            matches!(planned.change, Change::Replace { .. })
                && catalog.kind(&planned.kind).is_some_and(|kind| kind.holds_data)
        };
        let replaced = plan.changes.iter().filter(may_lose);
        let replaced: BTreeSet<Address> = replaced.map(|planned| planned.address.clone()).collect();
        let told = |event| pulse.look(&event);
        weigh(provider, &mut self.world, &replaced, &told).await?;
        Ok(!replaced.is_empty())
    }
}

impl Revisited {
    /// Taken apart, for the plan.
    pub(crate) fn into_parts(self) -> (Opened, (Held, Seen), Purpose, Vec<Owner>) {
        (self.opened, (self.held, self.seen), self.purpose, self.users)
    }
}

/// Hides what an object has where a secret is to be.
pub(crate) fn hide(wanted: &Document, live: &Live, mask: &Mask) {
    for (field, value) in wanted {
        if let Some(seen) = live.document.get(field) {
            hide_older(value, seen, mask);
        }
    }
}

/// Where a secret is to be, there may be an older one.
fn hide_older(wanted: &Value, seen: &Value, mask: &Mask) {
    match (wanted, seen) {
        (Value::String(text), Value::String(older)) if mask.hides(text) => mask.hide(older),
        (Value::Object(wanted), Value::Object(seen)) => {
            let is_secret = |value: &Value| value.as_str().is_some_and(|text| mask.hides(text));
            let are_texts = seen.values().all(Value::is_string);
            if are_texts && wanted.values().any(is_secret) {
                // What is beside a secret and not stated any more may have been one.
                let former = seen.iter().filter(|(name, _)| !wanted.contains_key(*name));
                former.filter_map(|(_, value)| value.as_str()).for_each(|text| mask.hide(text));
            }
            for (name, value) in wanted {
                if let Some(older) = seen.get(name) {
                    hide_older(value, older, mask);
                }
            }
        }
        (Value::Array(wanted), Value::Array(seen)) => {
            wanted.iter().zip(seen).for_each(|(value, older)| hide_older(value, older, mask));
        }
        (
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::String(_)
            | Value::Array(_)
            | Value::Object(_),
            _,
        ) => {}
    }
}
