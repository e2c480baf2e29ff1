//! The plans of several stacks as one, for who looks at a run of all of them.

use std::collections::{BTreeMap, BTreeSet};

use super::change::{Need, Plan, StepId, StepNode};

impl Plan {
    /// One plan with the steps of several, numbered on, whose addresses have the name of
    /// their stack before them; who comes `after` another waits for all of it. For eyes
    /// alone. One plan by itself stays as it is.
    pub fn joined(plans: &[&Self], after: &[BTreeSet<usize>]) -> Option<Self> {
        let (first, others) = plans.split_first()?;
        if others.is_empty() {
            return Some((*first).clone());
        }
        let mut begins = Vec::new();
        let mut steps = Vec::new();
        for plan in plans {
            let begin = begins.last().map_or(0, |(begin, len)| begin + len);
            begins.push((begin, plan.steps.len()));
        }
        let names = Self::told_apart(plans.iter().copied());
        for (((plan, name), after), (begin, _)) in plans.iter().zip(&names).zip(after).zip(&begins)
        {
            let before = after.iter().flat_map(|other| {
                let (begin, len) = begins[*other];
                begin..begin + len
            });
            let before: BTreeMap<StepId, Need> =
                before.map(|step| (StepId(step), Need::Seen)).collect();
            steps.extend(plan.steps.iter().map(|node| {
                let own = node.needs.iter().map(|(id, need)| (StepId(begin + id.0), *need));
                StepNode {
                    id: StepId(begin + node.id.0),
                    address: node.address.of_stack(Some(name)),
                    needs: before.clone().into_iter().chain(own).collect(),
                    ..node.clone()
                }
            }));
        }
        Some(Self {
            stack: names.join(", "),
            was: None,
            place: first.place.clone(),
            changes: Vec::new(),
            steps,
            outputs: BTreeMap::new(),
            left: Vec::new(),
            excerpt: None,
            existing: Vec::new(),
            uses: BTreeMap::new(),
        })
    }
}
