//! Why a run took as long as it did: which step held up which, and how many
//! calls had to come one after another.
//!
//! It works on what was recorded, and knows no text.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::model::{CallRecord, Catalog};
use crate::plan::{Member, Need, Plan, Step, StepId, StepNode};

use super::summary::{EndedStep, RunRecord};
use super::trace::rounds;

/// A run that is over, with all that was recorded of it.
#[derive(Clone, Copy)]
pub struct TimedRun<'a> {
    /// What was carried out.
    pub plan: &'a Plan,
    /// The steps of each stack, if there are several.
    pub members: &'a [Member],
    /// What is known of the kinds.
    pub catalog: &'a dyn Catalog,
    /// How its steps went.
    pub record: &'a RunRecord,
    /// When the run began, on the clock of the calls.
    pub began: Duration,
    /// Every call, those before the run included.
    pub calls: &'a [CallRecord],
}

/// A step on the way from the first to the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Link {
    /// Which.
    pub(super) step: StepId,
    /// The step that it waited for last, and how far that had to come.
    pub(super) released_by: Option<(StepId, Need)>,
    /// From its release until it released the next one, or ended.
    pub(super) share: Duration,
}

/// How many calls of a step come one after another before the next step of a
/// chain may start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stretch {
    pub(super) step: StepId,
    pub(super) rounds: usize,
}

/// The steps that started, and the calls of each.
pub(super) struct CriticalPath<'a> {
    run: TimedRun<'a>,
    started: BTreeMap<StepId, &'a EndedStep>,
    calls: BTreeMap<StepId, Vec<CallRecord>>,
    /// For each part of a stack the step that ended last, of those that started.
    last: BTreeMap<Part, StepId>,
}

/// What others wait for of a stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    /// Those that come after it: all but what is held back until they are done.
    Enough(usize),
    /// Those that come before it, with what they held back.
    All(usize),
}

/// For each step those before it, and with how many rounds.
type Chains = BTreeMap<StepId, Vec<Stretch>>;

impl<'a> CriticalPath<'a> {
    pub(super) fn of(run: TimedRun<'a>) -> Self {
        let ended = run.record.ended().iter().filter(|step| step.started.is_some());
        let started: BTreeMap<StepId, &EndedStep> = ended.map(|step| (step.step, step)).collect();
        let mut by_object: BTreeMap<&str, Vec<&CallRecord>> = BTreeMap::new();
        for call in run.calls.iter().filter(|call| call.start >= run.began) {
            by_object.entry(call.object.as_deref().unwrap_or_default()).or_default().push(call);
        }
        let own = |step: &EndedStep| -> Vec<CallRecord> {
            let object = object(&run.plan.steps[step.step.0].step);
            let (from, to) = (step.started.unwrap_or_default(), step.ended);
            let during =
                |call: &&&CallRecord| (run.began + from..=run.began + to).contains(&call.start);
            by_object
                .get(object.as_str())
                .into_iter()
                .flatten()
                .filter(during)
                .copied()
                .cloned()
                .collect()
        };
        let calls = started.iter().map(|(id, step)| (*id, own(step))).collect();
        let parts = (0..run.members.len()).flat_map(|it| [Part::Enough(it), Part::All(it)]);
        let last = parts.filter_map(|part| {
            let steps = steps_of(part, run.members).filter_map(|step| started.get(&step));
            Some((part, steps.max_by_key(|step| step.ended)?.step))
        });
        let last = last.collect();
        Self { run, started, calls, last }
    }

    /// From a step that waited for nothing to the one that ended last. The
    /// shares add up to the whole run.
    pub(super) fn links(&self) -> Vec<Link> {
        let mut links = Vec::new();
        let Some(last) = self.started.values().max_by_key(|step| step.ended) else {
            return links;
        };
        let (mut step, mut until) = (last.step, last.ended);
        loop {
            let release = self.release(step);
            let from = release.map_or(Duration::ZERO, |release| release.at);
            let released_by = release.map(|release| (release.by, release.need));
            links.push(Link { step, released_by, share: until.saturating_sub(from) });
            let Some(release) = release else { break };
            (step, until) = (release.by, release.at);
        }
        links.reverse();
        links
    }

    /// The chain of steps whose calls are the most that must come one after
    /// another, each step's own counted as they were made.
    pub(super) fn longest_chain(&self) -> Vec<Stretch> {
        let mut order: Vec<&&EndedStep> = self.started.values().collect();
        // Whoever is needed started before.
        order.sort_by_key(|step| (step.started, step.step));
        let mut chains = Chains::new();
        let mut of_parts: BTreeMap<Part, Vec<Stretch>> = BTreeMap::new();
        for EndedStep { step, .. } in order {
            for part in self.parts_before(*step) {
                of_parts.entry(part).or_insert_with(|| self.longest_of(part, &chains));
            }
            let needs = self.node(*step).needs.iter();
            let needed = needs.filter_map(|(step, need)| self.through(*step, *need, &chains));
            let parts = self.parts_before(*step);
            let before = needed.chain(parts.filter_map(|it| of_parts.get(&it).cloned()));
            let longest = before.max_by_key(|chain| length(chain)).unwrap_or_default();
            chains.insert(*step, longest);
        }
        let whole = chains.into_iter().map(|(step, mut chain)| {
            chain.push(Stretch { step, rounds: self.rounds_until(step, Duration::MAX) });
            chain
        });
        whole.max_by_key(|chain| length(chain)).unwrap_or_default()
    }

    /// A chain to a step, and on from when that had come far enough.
    fn through(&self, step: StepId, need: Need, chains: &Chains) -> Option<Vec<Stretch>> {
        let mut chain = chains.get(&step)?.clone();
        let until = self.met(step, need)?;
        chain.push(Stretch { step, rounds: self.rounds_until(step, until) });
        Some(chain)
    }

    /// The longest chain to the end of a part.
    fn longest_of(&self, part: Part, chains: &Chains) -> Vec<Stretch> {
        let steps = steps_of(part, self.run.members);
        let whole = steps.filter_map(|step| self.through(step, Need::Seen, chains));
        whole.max_by_key(|chain| length(chain)).unwrap_or_default()
    }

    /// The other stacks for which a step waits. One that needs others of its own stack waits
    /// for these, which did; one that is held back does so for all that come after its stack.
    fn parts_before(&self, step: StepId) -> impl Iterator<Item = Part> {
        let members = self.run.members;
        let own = members.partition_point(|member| member.steps.end <= step.0);
        let is_held = members.get(own).is_some_and(|member| member.held.contains(&step));
        let is_first = !is_held && self.node(step).needs.is_empty();
        let before = members.get(own).filter(|_| is_first).into_iter();
        let before = before.flat_map(|member| member.after.iter().copied().map(Part::Enough));
        let users = members.iter().enumerate().filter(move |(_, it)| it.after.contains(&own));
        let users = users.filter(move |_| is_held).map(|(user, _)| Part::All(user));
        before.chain(users)
    }

    /// Whether others waited until the step was ready, not only accepted.
    pub(super) fn blocks(&self, step: StepId) -> bool {
        let kind = self.run.catalog.kind(self.node(step).step.kind());
        kind.is_some_and(|kind| kind.patience.blocks)
    }

    fn node(&self, step: StepId) -> &'a StepNode {
        &self.run.plan.steps[step.0]
    }

    /// The last of a step's needs to be met.
    fn release(&self, step: StepId) -> Option<Release> {
        let needs = self.node(step).needs.iter().map(|(by, need)| (*by, *need));
        let stacks = self.parts_before(step);
        let stacks = stacks.filter_map(|part| Some((*self.last.get(&part)?, Need::Seen)));
        let met = needs
            .chain(stacks)
            .filter_map(|(by, need)| Some(Release { at: self.met(by, need)?, by, need }));
        met.max_by_key(|release| release.at)
    }

    /// When a step had come far enough for those who need it.
    fn met(&self, needed: StepId, need: Need) -> Option<Duration> {
        let EndedStep { told, accepted, ended, .. } = self.started.get(&needed)?;
        let end = if self.blocks(needed) { *ended } else { accepted.unwrap_or(*ended) };
        Some(match need {
            Need::Facts => told.or(*accepted).unwrap_or(*ended),
            Need::End => end,
            Need::Seen => *ended,
        })
    }

    fn rounds_until(&self, step: StepId, until: Duration) -> usize {
        let until = self.run.began.saturating_add(until);
        let calls = self.calls.get(&step).into_iter().flatten();
        // What is still under way by then holds up nobody, however early it began.
        let before: Vec<CallRecord> = calls.filter(|call| call.end <= until).cloned().collect();
        rounds(&before)
    }
}

/// The steps of a part.
fn steps_of(part: Part, members: &[Member]) -> impl Iterator<Item = StepId> {
    let (Part::Enough(index) | Part::All(index)) = part;
    let member = &members[index];
    let is_in = move |step: &StepId| part == Part::All(index) || !member.held.contains(step);
    member.steps.clone().map(StepId).filter(is_in)
}

/// What set a step free.
#[derive(Clone, Copy)]
struct Release {
    at: Duration,
    by: StepId,
    need: Need,
}

/// How many rounds a chain is deep.
pub(super) fn length(chain: &[Stretch]) -> usize {
    chain.iter().map(|stretch| stretch.rounds).sum()
}

/// The object of a step, as calls name it.
fn object(step: &Step) -> String {
    let identity = match step {
        Step::Create { want } | Step::Update { want, .. } => &want.identity,
        Step::Delete { have, .. } => &have.identity,
    };
    format!("{} {identity}", step.kind())
}
