//! The stacks of one command: opened together, planned in their order.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use futures::future::join_all;

use super::clashes;
use super::connected::Connections;
use super::environment::Environment;
use super::existing::Needs;
use super::exit::{Failure, gathered};
use super::loan::Loan;
use super::opened::Opened;
use super::options::{Whats, Where};
use super::order::Order;
use super::planned::Planned;
use super::screen::Screen;
use super::together::Together;
use super::trace::Trace;
use super::written::Written;
use crate::engine::{Look, Until};
use crate::model::{self, Diagnostic, Scene};
use crate::plan::{AskedFor, Permissions, Purpose, SavedPlans};

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
        let region = place.region.as_deref();
        let Together { files, order } = Together::read(what, region, environment, screen)?;
        let files = files.into_iter().map(|(file, _)| file).collect();
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
        let needs = Needs::of(asked_for.purpose);
        let files = files.into_iter().enumerate();
        // No plan to destroy tells what a stack lends: that is read as long as it is there.
        let beside = |index: usize| match asked_for.purpose {
            Purpose::Apply => order.uses(index).keys().cloned().collect(),
            Purpose::Destroy => BTreeSet::new(),
        };
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
        if members.len() > 1 {
            let stacks: Vec<_> = members.iter().map(Opened::beside_others).collect();
            clashes::in_place(&stacks, &order, &members[0].catalog)?;
            let wanted = members.iter().map(|it| Scene::desired(&it.stack, &it.catalog));
            let alongside: Arc<[Scene]> = wanted.collect();
            for member in &mut members {
                member.alongside = Arc::clone(&alongside);
            }
        }
        Ok(Self { members, order })
    }

    /// Stacks that are known by their names alone; who uses whom their tags tell.
    pub(crate) async fn named(
        names: &[String],
        place: &Where,
        environment: &Environment,
        screen: &Screen,
    ) -> Result<Self, Failure> {
        let connections = Connections::begin(place, environment, screen)?;
        let open = names.iter().map(|name| Opened::named(name, &connections, environment));
        let members = gathered(join_all(open).await)?;
        Ok(Self { order: Order::of_strangers(members.len()), members })
    }

    /// The stacks of a plan file.
    pub(crate) async fn saved(
        saved: &SavedPlans,
        place: &Where,
        environment: &Environment,
        screen: &Screen,
    ) -> Result<Self, Failure> {
        let connections = Connections::begin(place, environment, screen)?;
        saved.check()?;
        let plans = saved.plans().iter();
        let open = plans.map(|it| Opened::saved(&it.plan, &connections, environment));
        let members = gathered(join_all(open).await).map_err(Failure::once)?;
        Ok(Self { members, order: Order::saved(saved) })
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
        let names = told_beside(&members);
        let members: Vec<_> =
            members.into_iter().map(|it| std::cell::Cell::new(Some(it))).collect();
        let planned = order.each(|index, before| {
            let (order, member) = (&order, members[index].take());
            async move {
                let Some(opened) = member else { return (None, None) };
                let Some(told) = told_to(order, index, &before) else { return (None, None) };
                let planned = Box::pin(planned(opened, &told, wanted, environment)).await;
                let loan = planned.as_ref().ok().map(|planned| Rc::new(planned.loan()));
                (Some(planned), loan)
            }
        });
        let planned = planned.await.into_iter().zip(&names);
        let planned = planned.filter_map(|(planned, name)| Some((planned?, name)));
        Ok((placed(planned)?, order))
    }

    /// The plans of a plan file, each on today's objects of its stack.
    pub(crate) async fn revisit(
        self,
        saved: &SavedPlans,
        permissions: Permissions,
        until: Until,
        screen: &Screen,
    ) -> Result<(Vec<Planned>, Order), Failure> {
        let Self { members, order } = self;
        let names = told_beside(&members);
        let members = members.into_iter().zip(saved.plans());
        let revisit = members.map(|(opened, member)| async move {
            let revisited = opened.look_again(&member.plan).await?;
            Ok(Box::pin(revisited.plan(permissions, until, screen)).await)
        });
        let planned = join_all(revisit).await.into_iter().zip(&names);
        Ok((placed(planned)?, order))
    }
}

/// All plans, or what stands against each, with the name of its stack beside others.
pub(crate) fn placed<'n>(
    planned: impl Iterator<Item = (Result<Planned, Failure>, &'n Option<String>)>,
) -> Result<Vec<Planned>, Failure> {
    let place = |(planned, name): (Result<Planned, Failure>, &Option<String>)| {
        planned.map_err(|it| it.of_stack(name.as_deref()))
    };
    gathered(planned.map(place))
}

/// What each of some stacks is called beside the others, if there are any.
pub(crate) fn told_beside(members: &[Opened]) -> Vec<Option<String>> {
    let stacks = members.iter().map(|it| (it.stack.name.as_str(), &it.stack.place));
    model::told_beside(stacks)
}

fn addresses_of_several() -> Diagnostic {
    Diagnostic::error("--only and --replace are of one stack, and several are named")
        .because("an address says nothing of the stack that it is of")
        .hint("name the stack that is meant; those that it uses are looked at all the same")
}

/// What a stack is told of those that it uses, by the names that it has for them; `None` if
/// one of those before it came to nothing.
fn told_to(
    order: &Order,
    index: usize,
    before: &BTreeMap<usize, Option<Rc<Loan>>>,
) -> Option<BTreeMap<String, Rc<Loan>>> {
    if before.values().any(Option::is_none) {
        return None;
    }
    let uses = order.uses(index).iter();
    let told = uses.filter_map(|(name, used)| Some((name.clone(), before.get(used)?.clone()?)));
    Some(told.collect())
}

async fn planned(
    opened: Opened,
    told: &BTreeMap<String, Rc<Loan>>,
    wanted: Wanted,
    environment: &Environment,
) -> Result<Planned, Failure> {
    let Wanted { look, purpose, permissions, until } = wanted;
    let taught = Box::pin(opened.taught(told, Needs::of(purpose), environment)).await?;
    let looked = taught.look(look, environment).await?;
    Box::pin(looked.plan(purpose, permissions, until)).await
}
