//! The stacks of one command: opened together, planned in their order.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::future::join_all;

use super::connected::Connections;
use super::environment::Environment;
use super::existing::Needs;
use super::exit::{Failure, gathered};
use super::opened::Opened;
use super::options::{Whats, Where};
use super::order::{self, Order};
use super::planned::Planned;
use super::screen::Screen;
use super::together::Together;
use super::trace::Trace;
use crate::engine::{Look, Until};
use crate::model::{self, Diagnostic, Scene};
use crate::plan::{AskedFor, Permissions, Purpose};
use crate::report::Outputs;

/// The stacks that a command is about, in the order in which they were named.
#[derive(Debug)]
pub(crate) struct Several {
    pub(crate) members: Vec<Opened>,
    pub(crate) order: Order,
}

/// What a command wants of its stacks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted {
    pub(crate) look: Look,
    pub(crate) purpose: Purpose,
    pub(crate) permissions: Permissions,
    pub(crate) until: Until,
}

impl Several {
    /// The stacks of some files, of which nobody draws a plan: each looks at what it uses, as it
    /// does alone.
    pub(crate) async fn files(
        what: &Whats,
        place: &Where,
        environment: &Environment,
        screen: &Screen,
    ) -> Result<Self, Failure> {
        let read = |what: &What| Written::read(what, environment, screen);
        let files = gathered(what.each().iter().map(read))?;
        let order = Order::of(&files)?;
        let connections = Connections::begin(place, environment, screen)?;
        Self::open(files, order, Needs::All, &connections, environment).await
    }

    /// What is asked for of them; a part of a stack only of one alone.
    pub(crate) async fn asked(
        what: &Whats,
        place: &Where,
        asked_for: AskedFor,
        environment: &Environment,
        screen: &Screen,
    ) -> Result<Self, Failure> {
        if what.stacks.len() > 1 && !asked_for.is_nothing() {
            return Err(addresses_of_several().into());
        }
        let region = place.region.as_deref();
        let Together { files, order } = Together::read(what, region, environment, screen)?;
        let narrowed = files.into_iter().map(|(file, checked)| {
            let file = file.asking(asked_for.clone());
            file.narrowed(checked)?;
            Ok(file)
        });
        let files = gathered(narrowed)?;
        let connections = Connections::begin(place, environment, screen)?;
        // What is destroyed needs no more of others than what tells its objects.
        let needs = match asked_for.purpose {
            Purpose::Apply => Needs::All,
            Purpose::Destroy => Needs::Names,
        };
        let files = files.into_iter().enumerate();
        let beside = |index: usize| order.uses(index).keys().cloned().collect();
        let files = files.map(|(index, file)| file.beside(beside(index))).collect();
        Self::open(files, order, needs, &connections, environment).await
    }

    async fn open(
        files: Vec<Written>,
        order: Order,
        needs: Needs,
        connections: &Connections<'_>,
        environment: &Environment,
    ) -> Result<Self, Failure> {
        let open = files.into_iter().map(|file| file.open(needs, connections, environment));
        let mut members = gathered(join_all(open).await)?;
        each_once(&members)?;
        if members.len() > 1 {
            let wanted = members.iter().map(|it| Scene::desired(&it.stack, &it.catalog));
            let alongside: Arc<[Scene]> = wanted.collect();
            members.iter_mut().for_each(|it| it.alongside = Arc::clone(&alongside));
        }
        Ok(Self { members, order })
    }

    /// One stack alone.
    pub(crate) fn of_one(opened: Opened) -> Self {
        Self { members: vec![opened], order: Order::of_one() }
    }

    /// The same, of which those that use another come before it.
    pub(crate) fn reversed(self) -> Self {
        Self { order: self.order.reversed(), ..self }
    }

    /// The calls of all of them.
    pub(crate) fn trace(&self) -> Trace {
        self.members[0].trace.clone()
    }

    /// Looks at all of them, and draws their plans: who uses another hears of that one's plan
    /// what its outputs are going to be.
    pub(crate) async fn plan(
        self,
        wanted: Wanted,
        environment: &Environment,
    ) -> Result<(Vec<Planned>, Order), Failure> {
        let Self { members, order } = self;
        let names = told_apart(&members);
        let members: Vec<_> =
            members.into_iter().map(|it| std::cell::Cell::new(Some(it))).collect();
        let planned = order.each(|index, before| {
            let (order, member) = (&order, members[index].take());
            async move {
                let Some(opened) = member else { return (None, None) };
                let Some(told) = told_to(order, index, &before) else { return (None, None) };
                let planned = Box::pin(planned(opened, &told, wanted, environment)).await;
                let outputs = planned.as_ref().ok().map(Planned::outputs).cloned();
                (Some(planned), outputs)
            }
        });
        let is_one = names.len() == 1;
        let placed = |(planned, name): (Option<Result<Planned, Failure>>, &String)| {
            Some(planned?.map_err(|it| if is_one { it } else { it.of_stack(name) }))
        };
        let planned = planned.await.into_iter().zip(&names).filter_map(placed);
        Ok((gathered(planned)?, order))
    }
}

/// What each of some stacks is called where they are told of together.
pub(crate) fn told_apart(members: &[Opened]) -> Vec<String> {
    let stacks = members.iter().map(|it| (it.stack.name.as_str(), &it.stack.place));
    model::told_apart(stacks)
}

/// Where each of them is, is known by now, also where a file leaves that to the command line
/// or to credentials. One that was renamed is also what it was.
fn each_once(members: &[Opened]) -> Result<(), Failure> {
    let mut twice = Vec::new();
    for (index, member) in members.iter().enumerate() {
        let names = member.stack.claimant().stacks();
        for other in members[..index].iter().filter(|it| it.stack.place == member.stack.place) {
            let shared = names.iter().find(|name| other.stack.claimant().goes_by(name));
            twice.extend(shared.map(|name| order::both_are(&member.file, &other.file, name)));
        }
    }
    if twice.is_empty() { Ok(()) } else { Err(Failure::input(twice)) }
}

fn addresses_of_several() -> Diagnostic {
    Diagnostic::error("--only and --replace are of one stack, and several are named")
        .because("an address says nothing of the stack that it is of")
        .hint("name the stack that is meant; those that it uses are looked at all the same")
}

/// What a stack is told of those that it uses, by the names that it has for them; `None` if
/// one of those before it came to nothing.
pub(crate) fn told_to(
    order: &Order,
    index: usize,
    before: &BTreeMap<usize, Option<Outputs>>,
) -> Option<BTreeMap<String, Outputs>> {
    if before.values().any(Option::is_none) {
        return None;
    }
    let uses = order.uses(index).iter();
    let told = uses.filter_map(|(name, used)| Some((name.clone(), before.get(used)?.clone()?)));
    Some(told.collect())
}

async fn planned(
    opened: Opened,
    told: &BTreeMap<String, Outputs>,
    wanted: Wanted,
    environment: &Environment,
) -> Result<Planned, Failure> {
    let Wanted { look, purpose, permissions, until } = wanted;
    let looked = opened.taught(told, environment)?.look(look, environment).await?;
    Box::pin(looked.plan(purpose, permissions, until)).await
}
