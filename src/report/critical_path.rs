//! Why a run took as long as it did: which step held up which, and how many
//! calls had to come one after another.
//!
//! It works on what was recorded, and knows no text.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::model::{CallRecord, Catalog};
use crate::plan::{Need, Plan, Step, StepId, StepNode};

use super::summary::{EndedStep, RunRecord};
use super::trace::rounds;

/// A run that is over, with all that was recorded of it.
#[derive(Clone, Copy)]
pub struct TimedRun<'a> {
    /// What was carried out.
    pub plan: &'a Plan,
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
}

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
        Self { run, started, calls }
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
        let mut chains: BTreeMap<StepId, Vec<Stretch>> = BTreeMap::new();
        for EndedStep { step, .. } in order {
            let before = self.node(*step).needs.iter().filter_map(|(needed, need)| {
                let mut chain = chains.get(needed)?.clone();
                let until = self.met(*needed, *need)?;
                chain.push(Stretch { step: *needed, rounds: self.rounds_until(*needed, until) });
                Some(chain)
            });
            let longest = before.max_by_key(|chain| length(chain)).unwrap_or_default();
            chains.insert(*step, longest);
        }
        let whole = chains.into_iter().map(|(step, mut chain)| {
            chain.push(Stretch { step, rounds: self.rounds_until(step, Duration::MAX) });
            chain
        });
        whole.max_by_key(|chain| length(chain)).unwrap_or_default()
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
        let needs = self.node(step).needs.iter();
        let met =
            needs.filter_map(|(&by, &need)| Some(Release { at: self.met(by, need)?, by, need }));
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
