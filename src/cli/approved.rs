//! Fourth on the way of a command: plans that somebody said yes to.

use std::collections::{BTreeMap, BTreeSet};

use futures::future::join_all;

use super::exit::Failure;
use super::options::Run;
use super::order::Order;
use super::planned::Planned;
use super::screen::Screen;
use super::several::placed;
use super::users;
use crate::model::{Diagnostic, Owner, Stack};
use crate::plan::{Plan, Purpose, SavedMember, SavedPlans};
use crate::report::{self, PlanDetail};

/// Plans that somebody is to say yes to, all at once: of one stack or of several.
#[derive(Debug)]
pub(crate) struct Proposed {
    pub(crate) planned: Vec<Planned>,
    pub(crate) order: Order,
}

/// Plans that may be carried out: somebody said yes to them, nobody was to be asked,
/// or they do nothing. [`Proposed::approve`] alone makes them.
#[derive(Debug)]
pub(crate) struct Approved {
    proposed: Proposed,
}

impl Proposed {
    /// The same, where who uses another goes before it, as the tags tell besides the files; and
    /// nobody is in the way who goes along, or in whose spite it is done.
    pub(crate) fn among_themselves(self, despite_users: bool) -> Result<Self, Failure> {
        let along = (0..self.planned.len()).map(|used| self.users_along(used));
        let along: Vec<BTreeMap<Owner, usize>> = along.collect();
        let after = along.iter().map(|users| users.values().copied().collect());
        let Some(order) = self.order.with_after(after.collect()) else {
            return Err(Failure::refused(vec![users_of_each_other()]));
        };
        let despite = |(planned, along): (Planned, &BTreeMap<Owner, usize>)| {
            let planned = planned.despite(|user| along.contains_key(user), false);
            if despite_users { planned.despite(|_| true, true) } else { planned }
        };
        Ok(Self { planned: self.planned.into_iter().zip(&along).map(despite).collect(), order })
    }

    /// Who uses one of the stacks and is of another one of them, with which that is.
    fn users_along(&self, used: usize) -> BTreeMap<Owner, usize> {
        let (used_at, users) = (&self.stack(used).place, self.planned[used].users());
        let others = (0..self.planned.len()).filter(|other| *other != used);
        let along = others.flat_map(|other| {
            let theirs =
                users.iter().filter(move |it| users::is_of(it, used_at, self.stack(other)));
            theirs.map(move |user| (user.clone(), other))
        });
        along.collect()
    }

    fn stack(&self, index: usize) -> &Stack {
        &self.planned[index].opened().stack
    }

    /// The options without which an apply of these plans is refused; `None` if one of them is
    /// refused whatever the options.
    pub(crate) fn needs(&self) -> Option<BTreeSet<&'static str>> {
        self.planned.iter().try_fold(BTreeSet::new(), |mut all, planned| {
            all.extend(planned.needs()?);
            Some(all)
        })
    }

    /// The plans for a file, in their order.
    pub(crate) fn into_saved(self) -> Option<SavedPlans> {
        let Self { planned, order } = self;
        let turn = order.in_turn();
        let place = |member: &usize| turn.iter().position(|it| it == member);
        let mut planned: BTreeMap<usize, Planned> = planned.into_iter().enumerate().collect();
        let saved = turn.iter().filter_map(|index| {
            let after = &order.after()[*index];
            let uses = order.uses(*index).iter().filter(|(_, used)| after.contains(used));
            let uses = uses.filter_map(|(name, used)| Some((name.clone(), place(used)?)));
            let (after, uses) = (after.iter().filter_map(place).collect(), uses.collect());
            Some(SavedMember { after, uses, plan: planned.remove(index)?.into_saved() })
        });
        SavedPlans::new(saved.collect())
    }

    /// Shows what somebody is to say yes to. JSON tells it with the run.
    pub(crate) fn tell(&self, options: &Run, screen: &Screen) {
        if options.json {
            self.planned.iter().for_each(|it| screen.problems(it.record().warnings));
        } else {
            let remark = |planned: &Planned| screen.problems(planned.record().warnings);
            self.show(PlanDetail::CHANGES, remark, screen);
        }
        screen.page_of_job(|| self.markdown());
    }

    /// The plans, in their order, each with what there is to say of it; and what all of them
    /// come to.
    pub(crate) fn show(&self, detail: PlanDetail, remark: impl Fn(&Planned), screen: &Screen) {
        for (number, index) in self.order.in_turn().into_iter().enumerate() {
            if number > 0 {
                screen.page("\n");
            }
            let planned = &self.planned[index];
            planned.show(detail, || remark(planned), screen);
        }
        if self.planned.len() > 1 {
            let plans: Vec<_> = self.planned.iter().map(|it| it.record().plan).collect();
            screen.data(&format!("\n{}", report::plans_conclusion(&plans)));
        }
    }

    /// The same as Markdown.
    pub(crate) fn markdown(&self) -> String {
        let turn = self.order.in_turn();
        let records: Vec<_> = turn.into_iter().map(|index| self.planned[index].record()).collect();
        report::plans_md(&records)
    }

    /// The plans, unless one is refused or nobody says yes; `None` for a no. With
    /// nobody to ask, refuses at once. While somebody thinks, the world moves:
    /// after the yes, the plans that were shown must still hold.
    pub(crate) async fn approve(
        self,
        options: &Run,
        screen: &Screen,
    ) -> Result<Option<Approved>, Failure> {
        let refusals = self.refusals();
        if !refusals.is_empty() {
            return Err(Failure::refused(refusals));
        }
        if self.planned.iter().all(|it| it.record().plan.is_empty()) {
            // With nothing to do, the run is empty and its summary tells the outputs.
            let left: Vec<Diagnostic> = self.planned.iter().flat_map(Planned::left).collect();
            let is_done = left.is_empty();
            return if is_done {
                Ok(Some(Approved { proposed: self }))
            } else {
                Err(Failure::refused(left))
            };
        }
        if !screen.is_heard() {
            return Err(Failure::plain(
                "the plan could not be told, so that nobody can approve it",
            ));
        }
        if options.auto_approve {
            return Ok(Some(Approved { proposed: self }));
        }
        if options.json || !screen.can_ask {
            return Err(nobody_to_ask().into());
        }
        for planned in &self.planned {
            if planned.was_renamed(screen).await {
                return Ok(None);
            }
        }
        if !screen.confirms(&format!("\n{} Type yes to go on: ", self.question())).await {
            return Ok(None);
        }
        let names = self.names();
        let Self { planned, order } = self;
        for one in &planned {
            one.opened().look_anew();
        }
        let held = join_all(planned.into_iter().map(|it| it.held(screen))).await;
        let planned = placed(held.into_iter().zip(&names))?;
        Ok(Some(Approved { proposed: Self { planned, order } }))
    }

    /// What stands against any of them; of several, with the name of its stack.
    fn refusals(&self) -> Vec<Diagnostic> {
        let names = self.names();
        let told = |(planned, name): (&Planned, &Option<String>)| {
            let refusals = planned.record().refusals.iter().cloned();
            refusals.map(|it| it.of_stack(name.as_deref())).collect::<Vec<_>>()
        };
        self.planned.iter().zip(&names).flat_map(told).collect()
    }

    /// What each is called beside the others, if there are any.
    fn names(&self) -> Vec<Option<String>> {
        Plan::told_beside(self.planned.iter().map(|it| it.record().plan))
    }

    fn question(&self) -> &'static str {
        let is_one = self.planned.len() == 1;
        match self.planned.first().map(Planned::purpose) {
            Some(Purpose::Destroy) => "Destroy all of this?",
            Some(Purpose::Apply) | None if is_one => "Apply this plan?",
            Some(Purpose::Apply) | None => "Apply these plans?",
        }
    }
}

impl Approved {
    /// The plans, for who carries them out.
    pub(crate) fn into_proposed(self) -> Proposed {
        self.proposed
    }
}

/// As after a stack that another used came to use that one.
fn users_of_each_other() -> Diagnostic {
    Diagnostic::error("the stacks use each other, as their files or the tags of their objects say")
        .because("each would have to go before the other")
        .hint("destroy one of them first: `--despite-users`")
}

fn nobody_to_ask() -> Diagnostic {
    Diagnostic::error("nobody is there to approve the plan")
        .because("this is not a terminal, or --json was asked for; nothing was changed")
        .hint("review the plan, then pass --auto-approve (-y)")
}
