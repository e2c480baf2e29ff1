//! How long a plan takes as a rule, along which steps, and how far each step goes.
//!
//! What kinds say of themselves is added up along the needs of the steps. It is no promise:
//! what nobody knows counts as nothing, and what others are at counts as nobody's.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::change::{Action, Need, Plan, Step, StepId, StepNode};
use super::staged::stages_of;
use crate::model::{Address, Catalog, LONG, Patience, Status, Until};

/// What is to be expected of a plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Forecast {
    /// From the first call to the end of the last step, by what is known.
    pub whole: Duration,
    /// The steps that make it as long, first to last: those of which anything is known.
    pub path: Vec<Leg>,
    /// What is left to the cloud as soon as that has accepted it.
    pub left: Vec<Leg>,
    /// What needs one of these, and is left for the next run; each address once.
    pub postponed: Vec<Address>,
}

/// A step, and how long it takes as a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leg {
    /// Whose.
    pub address: Address,
    /// Which kind.
    pub kind: String,
    /// The verb.
    pub action: Action,
    /// How long.
    pub usual: Duration,
}

impl Forecast {
    /// Whether it takes so long, or so much is left, that somebody should be told before.
    pub fn is_worth_telling(&self) -> bool {
        self.whole > LONG || !self.left.is_empty()
    }
}

/// What is to be expected of a plan that is carried out so far.
pub fn forecast(plan: &Plan, catalog: &dyn Catalog, until: Until) -> Forecast {
    let mut ends = Ends { plan, catalog, until, of: BTreeMap::new() };
    ends.work_out();
    let last = ends.of.iter().filter(|(_, end)| !end.is_postponed).max_by_key(|(_, end)| end.at);
    let mut path = Vec::new();
    let mut next = last.map(|(id, _)| *id);
    while let Some(id) = next {
        let End { takes, after, .. } = ends.of[&id];
        path.extend((!takes.is_zero()).then(|| leg(&plan.steps[id.0], takes)));
        next = after;
    }
    path.reverse();
    let left = plan.steps.iter().filter(|node| is_left(&node.step, catalog, until));
    let left = left.map(|node| leg(node, usual(&node.step, catalog).unwrap_or_default()));
    let postponed = ends.of.iter().filter(|(_, end)| end.is_postponed);
    let postponed: BTreeSet<&Address> =
        postponed.map(|(id, _)| &plan.steps[id.0].address).collect();
    Forecast {
        whole: last.map(|(_, end)| end.at).unwrap_or_default(),
        path,
        left: left.collect(),
        postponed: postponed.into_iter().cloned().collect(),
    }
}

/// How far a step goes in a run that goes so far: further, where others wait until it is
/// ready, or seen; and no further than its calls, where it is left to the cloud.
pub fn goes_until(plan: &Plan, node: &StepNode, catalog: &dyn Catalog, until: Until) -> Until {
    let blocks = catalog.kind(node.step.kind()).is_some_and(|kind| kind.patience.blocks);
    let needs = || plan.steps.iter().filter_map(|other| other.needs.get(&node.id));
    if is_left(&node.step, catalog, until) {
        Until::Accepted
    } else if blocks && needs().next().is_some() {
        Until::Ready
    } else if until < Until::Configured && needs().any(|need| *need == Need::Seen) {
        Until::Configured
    } else {
        until
    }
}

/// Whether a step is left to the cloud as soon as that has accepted it, whoever waits for
/// it: it takes long, and who runs this waits for no more. What goes is waited for, if
/// anybody waits: nobody would see to the others later.
pub fn is_left(step: &Step, catalog: &dyn Catalog, until: Until) -> bool {
    let stays = match step {
        Step::Create { .. } | Step::Update { .. } => true,
        Step::Delete { .. } => false,
    };
    stays && until == Until::Accepted && usual(step, catalog).is_some_and(|usual| usual > LONG)
}

/// How long a step takes as a rule, where anybody knows.
pub fn usual(step: &Step, catalog: &dyn Catalog) -> Option<Duration> {
    let kind = catalog.kind(step.kind())?;
    let Patience { create, update, delete, .. } = kind.patience;
    match step {
        Step::Create { .. } => create.usual,
        Step::Delete { .. } => delete?.usual,
        Step::Update { have, diff, .. } => {
            // What the cloud is at is not told in a form that tells one from the other.
            let before = match &have.status {
                Status::InProgress(_) => create.usual.max(update.usual),
                Status::Current | Status::Awaiting(_) | Status::Failed(_) | Status::Deleting(_) => {
                    None
                }
            };
            let stages = stages_of(kind, diff);
            let known = stages.iter().filter_map(|stage| stage.usual);
            known.chain(before).reduce(|all, one| all + one)
        }
    }
}

fn leg(node: &StepNode, usual: Duration) -> Leg {
    Leg {
        address: node.address.clone(),
        kind: node.step.kind().to_owned(),
        action: node.step.action(),
        usual,
    }
}

/// When each step ends.
struct Ends<'a> {
    plan: &'a Plan,
    catalog: &'a dyn Catalog,
    until: Until,
    of: BTreeMap<StepId, End>,
}

/// The end of a step, since the run began.
#[derive(Clone, Copy)]
struct End {
    begins: Duration,
    at: Duration,
    takes: Duration,
    /// The step that it waits for last.
    after: Option<StepId>,
    /// Whether those who need its end wait for another run.
    is_left: bool,
    is_postponed: bool,
}

impl Ends<'_> {
    fn work_out(&mut self) {
        let mut left: Vec<&StepNode> = self.plan.steps.iter().collect();
        // Steps need only steps of the plan, and not one another: each time some are ready.
        while !left.is_empty() {
            let before = left.len();
            left.retain(|node| {
                let is_ready = node.needs.keys().all(|needed| self.of.contains_key(needed));
                if is_ready {
                    let end = self.end(node);
                    self.of.insert(node.id, end);
                }
                !is_ready
            });
            if left.len() == before {
                break;
            }
        }
    }

    fn end(&self, node: &StepNode) -> End {
        let needed = node.needs.iter().map(|(id, need)| (*id, *need, self.of[id]));
        let released = needed.clone().map(|(id, need, end)| match need {
            // A creation tells them as soon as it is accepted.
            Need::Facts => (end.begins, end.after),
            Need::End | Need::Seen => (end.at, Some(id)),
        });
        let (begins, after) = released.max_by_key(|(at, _)| *at).unwrap_or_default();
        let is_postponed = needed
            .into_iter()
            .any(|(_, need, end)| end.is_postponed || (end.is_left && need != Need::Facts));
        let is_left = is_left(&node.step, self.catalog, self.until);
        let takes =
            usual(&node.step, self.catalog).filter(|_| !is_left && self.is_waited_for(node));
        let takes = takes.unwrap_or_default();
        End { begins, at: begins + takes, takes, after, is_left, is_postponed }
    }

    /// What goes is waited for by who is to see it gone, or comes after it.
    fn is_waited_for(&self, node: &StepNode) -> bool {
        let is_needed = || self.plan.steps.iter().any(|it| it.needs.contains_key(&node.id));
        match &node.step {
            Step::Create { .. } | Step::Update { .. } => true,
            Step::Delete { .. } => self.until >= Until::Configured || is_needed(),
        }
    }
}
