//! The plans of several stacks as one, for who looks at a run of all of them.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::change::{Plan, StepId, StepNode};
use super::purpose::Purpose;
use crate::model::FormerNames;

/// Some plans as one. For eyes alone.
#[derive(Clone, Debug, PartialEq)]
pub struct Joined {
    /// One plan with the steps of all, numbered on, whose addresses have the name of their
    /// stack before them. One plan by itself stays as it is.
    pub plan: Plan,
    /// Where the steps of each of them are.
    pub members: Vec<Member>,
}

/// The steps of one of some joined plans.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its steps.
    pub steps: Range<usize>,
    /// The members for all of which it waits. No step of its own says so: that would be a need
    /// for each two steps.
    pub after: BTreeSet<usize>,
    /// The steps for which no other member waits: they wait until all are done that come after
    /// this one.
    pub held: BTreeSet<StepId>,
}

impl Joined {
    /// Joins plans, each of which may come `after` others. Of an apply, what [goes
    /// last](Plan::going_last) is held until those have turned.
    pub fn of(plans: &[&Plan], after: &[BTreeSet<usize>], purpose: Purpose) -> Option<Self> {
        let (first, others) = plans.split_first()?;
        let mut members: Vec<Member> = Vec::new();
        for (index, (plan, own)) in plans.iter().zip(after).enumerate() {
            let begin = members.last().map_or(0, |member| member.steps.end);
            let steps = begin..begin + plan.steps.len();
            let is_held = purpose == Purpose::Apply && after.iter().any(|it| it.contains(&index));
            let held = if is_held { plan.going_last() } else { BTreeSet::new() };
            let held = held.into_iter().map(|StepId(step)| StepId(begin + step)).collect();
            members.push(Member { steps, after: own.clone(), held });
        }
        if others.is_empty() {
            return Some(Self { plan: (*first).clone(), members });
        }
        let names = Plan::told_apart(plans.iter().copied());
        let each = plans.iter().zip(&names).zip(&members);
        let steps = each.flat_map(|((plan, name), Member { steps: Range { start, .. }, .. })| {
            plan.steps.iter().map(move |node| node.moved(*start, name))
        });
        let plan = Plan {
            stack: names.join(", "),
            was: FormerNames::default(),
            place: first.place.clone(),
            changes: Vec::new(),
            steps: steps.collect(),
            outputs: BTreeMap::new(),
            left: Vec::new(),
            excerpt: None,
            existing: Vec::new(),
            uses: BTreeMap::new(),
        };
        Some(Self { plan, members })
    }
}

impl StepNode {
    /// The same behind so many steps of others, of a stack that is called so.
    fn moved(&self, by: usize, stack: &str) -> Self {
        let place = |StepId(step): StepId| StepId(by + step);
        Self {
            id: place(self.id),
            address: self.address.of_stack(Some(stack)),
            needs: self.needs.iter().map(|(id, need)| (place(*id), *need)).collect(),
            ..self.clone()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Address, Desired, Document, Identity, Lifecycle, Place};
    use crate::plan::{Need, Step};

    fn plan_of(stack: &str, steps: usize) -> Plan {
        let place = Place {
            partition: "aws".into(),
            account: "123456789012".into(),
            region: "eu-central-1".into(),
            endpoint: None,
        };
        let node = |step: usize| {
            let want = Desired {
                address: Address::new(format!("q{step}")),
                formerly: Vec::new(),
                kind: "sqs_queue".into(),
                identity: Identity(step.to_string()),
                document: Document::new(),
                stated: BTreeSet::new(),
                predicted: BTreeMap::new(),
                edges: BTreeMap::new(),
                mentions: BTreeSet::new(),
                lifecycle: Lifecycle::default(),
                artifacts: Vec::new(),
                instead_of: None,
                named_in: None,
            };
            // Every other one needs the one before it.
            let before = step.checked_sub(1).filter(|_| step % 2 == 1);
            StepNode {
                id: StepId(step),
                address: want.address.clone(),
                step: Step::Create { want: Box::new(want) },
                needs: before.map(|it| (StepId(it), Need::End)).into_iter().collect(),
                interim: false,
            }
        };
        let (changes, steps) = (Vec::new(), (0..steps).map(node).collect());
        let (outputs, was) = (BTreeMap::new(), FormerNames::default());
        let (excerpt, existing) = (None, Vec::new());
        let (stack, left, uses) = (stack.into(), Vec::new(), BTreeMap::new());
        Plan { stack, was, place, changes, steps, outputs, left, excerpt, existing, uses }
    }

    #[test]
    fn plans_that_come_after_one_another_grow_by_their_steps_alone() {
        let plans = [plan_of("platform", 5_000), plan_of("app", 5_000)];
        let after = [BTreeSet::new(), BTreeSet::from([0])];
        let Joined { plan, members } =
            Joined::of(&plans.each_ref(), &after, Purpose::Apply).unwrap();
        assert_eq!(plan.steps.len(), 10_000);
        assert_eq!(plan.steps.iter().map(|node| node.needs.len()).sum::<usize>(), 5_000);
        let last = plan.steps.last().unwrap();
        assert_eq!((last.id, last.address.as_str()), (StepId(9_999), "app/q4999"));
        assert_eq!(last.needs, BTreeMap::from([(StepId(9_998), Need::End)]));
        assert_eq!(
            members[1],
            Member { steps: 5_000..10_000, after: BTreeSet::from([0]), held: BTreeSet::new() }
        );
    }

    #[test]
    fn one_plan_stays_as_it_is() {
        let plan = plan_of("app", 3);
        let joined = Joined::of(&[&plan], &[BTreeSet::new()], Purpose::Apply).unwrap();
        assert_eq!(joined.plan, plan);
    }
}
