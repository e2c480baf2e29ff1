//! Which step may start now. A pure structure: no clock, no calls, no tasks.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::Address;
use crate::plan::{Need, Step, StepId, StepNode};

/// The states of all steps of a plan.
///
/// Every step leaves exactly once: handed out by [`take`](Self::take) and then
/// reported by [`ended`](Self::ended), or given back by `ended` as skipped, or
/// given back by [`stop`](Self::stop).
#[derive(Debug)]
pub struct Schedule {
    addresses: Vec<Address>,
    /// What each step still waits for.
    needs: Vec<BTreeMap<StepId, Need>>,
    /// Who waits for each step.
    dependants: Vec<Vec<StepId>>,
    /// How far each step has come, by what it told.
    reached: BTreeMap<StepId, Need>,
    /// Steps whose objects are ours for certain.
    proven: BTreeSet<StepId>,
    /// Steps that write into what others make, and so wait until it is ours.
    careful: BTreeSet<StepId>,
    /// May start, in the order of the plan.
    ready: BTreeSet<StepId>,
    /// Neither ready nor started.
    blocked: BTreeSet<StepId>,
    /// What steps write to that takes one write at a time, and whose turn it is.
    lanes: BTreeMap<StepId, String>,
    taken: BTreeMap<String, StepId>,
    /// May not start before somebody says so.
    held: BTreeSet<StepId>,
    running: usize,
}

impl Schedule {
    /// All steps, none started. What is `careful` writes into what it needs; of
    /// steps in one `lane` one writes at a time.
    pub fn new(
        steps: &[StepNode],
        careful: impl Fn(&Step) -> bool,
        lane: impl Fn(&Step) -> Option<String>,
    ) -> Self {
        let careful = steps.iter().filter(|node| careful(&node.step)).map(|node| node.id);
        let lanes = steps.iter().filter_map(|node| Some((node.id, lane(&node.step)?)));
        let mut dependants = vec![Vec::new(); steps.len()];
        for node in steps {
            for needed in node.needs.keys() {
                dependants[needed.0].push(node.id);
            }
        }
        let (ready, blocked) =
            steps.iter().map(|node| node.id).partition(|id| steps[id.0].needs.is_empty());
        Self {
            addresses: steps.iter().map(|node| node.address.clone()).collect(),
            needs: steps.iter().map(|node| node.needs.clone()).collect(),
            dependants,
            reached: BTreeMap::new(),
            proven: BTreeSet::new(),
            careful: careful.collect(),
            ready,
            blocked,
            lanes: lanes.collect(),
            taken: BTreeMap::new(),
            held: BTreeSet::new(),
            running: 0,
        }
    }

    /// The same where some steps are held back until they are [released](Self::release).
    #[must_use]
    pub fn holding(self, held: BTreeSet<StepId>) -> Self {
        Self { held, ..self }
    }

    /// A step that may start; it counts as running from now on.
    pub fn take(&mut self) -> Option<StepId> {
        let is_free =
            |id: &StepId| self.lanes.get(id).is_none_or(|lane| !self.taken.contains_key(lane));
        let may_start = |id: &&StepId| is_free(id) && !self.held.contains(id);
        let next = *self.ready.iter().find(may_start)?;
        self.ready.remove(&next);
        if let Some(lane) = self.lanes.get(&next) {
            self.taken.insert(lane.clone(), next);
        }
        self.running += 1;
        Some(next)
    }

    /// How many steps were handed out and have not ended.
    pub fn running(&self) -> usize {
        self.running
    }

    /// Whether a step has not started because it is held back.
    pub fn is_holding(&self) -> bool {
        self.held.iter().any(|id| self.ready.contains(id) || self.blocked.contains(id))
    }

    /// What was held back may start.
    pub fn release(&mut self) {
        self.held.clear();
    }

    /// A running step has told its facts: who needs no more of it may start.
    pub fn told_facts(&mut self, id: StepId) {
        self.meet(id, Need::Facts);
    }

    /// A running step has done all that dependants need, though it may go on
    /// confirming.
    pub fn accepted(&mut self, id: StepId) {
        self.meet(id, Need::End);
    }

    /// A running step writes no more: whoever writes to the same may begin.
    pub fn written(&mut self, id: StepId) {
        self.taken.retain(|_, holder| *holder != id);
    }

    /// What a running step has written to is ours for certain: who writes into it
    /// waits no longer for that.
    pub fn proven(&mut self, id: StepId) {
        self.proven.insert(id);
        if let Some(reached) = self.reached.get(&id).copied() {
            self.meet(id, reached);
        }
    }

    /// A running step is over. If it failed, everything that still waits for
    /// it, directly or through others, is given back as skipped.
    pub fn ended(&mut self, id: StepId, succeeded: bool) -> Vec<StepId> {
        self.running = self.running.saturating_sub(1);
        self.written(id);
        if succeeded {
            self.proven.insert(id);
            self.meet(id, Need::Seen);
            return Vec::new();
        }
        let mut skipped = Vec::new();
        let mut failed = vec![id];
        while let Some(culprit) = failed.pop() {
            for dependant in self.dependants[culprit.0].clone() {
                if self.needs[dependant.0].contains_key(&culprit) && self.blocked.remove(&dependant)
                {
                    skipped.push(dependant);
                    failed.push(dependant);
                }
            }
        }
        skipped.sort();
        skipped
    }

    /// Nothing more is to start: gives back every step that has not.
    pub fn stop(&mut self) -> Vec<StepId> {
        let mut left: Vec<StepId> = std::mem::take(&mut self.ready).into_iter().collect();
        left.extend(std::mem::take(&mut self.blocked));
        left.sort();
        left
    }

    /// Whose step it is.
    pub fn address(&self, id: StepId) -> &Address {
        &self.addresses[id.0]
    }

    fn meet(&mut self, id: StepId, reached: Need) {
        let so_far = self.reached.entry(id).or_insert(reached);
        let reached = reached.max(*so_far);
        *so_far = reached;
        let is_proven = self.proven.contains(&id);
        for dependant in self.dependants[id.0].clone() {
            let admits = is_proven || !self.careful.contains(&dependant);
            let needs = &mut self.needs[dependant.0];
            if admits && needs.get(&id).is_some_and(|need| *need <= reached) {
                needs.remove(&id);
            }
            if needs.is_empty() && self.blocked.remove(&dependant) {
                self.ready.insert(dependant);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Desired, Identity, Lifecycle};

    /// Steps `0..n` with needs given as `(step, needed, need)`.
    fn schedule(count: usize, needs: &[(usize, usize, Need)]) -> Schedule {
        careful_schedule(count, needs, false)
    }

    fn careful_schedule(count: usize, needs: &[(usize, usize, Need)], careful: bool) -> Schedule {
        Schedule::new(&nodes(count, needs), |_| careful, |_| None)
    }

    fn step_number(step: &Step) -> usize {
        match step {
            Step::Create { want } => want.identity.as_str().parse().unwrap_or(usize::MAX),
            Step::Update { .. } | Step::Delete { .. } => usize::MAX,
        }
    }

    fn nodes(count: usize, needs: &[(usize, usize, Need)]) -> Vec<StepNode> {
        (0..count)
            .map(|number| StepNode {
                id: StepId(number),
                address: Address::new(format!("r{number}")),
                step: Step::Create {
                    want: Box::new(Desired {
                        address: Address::new(format!("r{number}")),
                        formerly: Vec::new(),
                        named_in: None,
                        kind: "thing".into(),
                        identity: Identity(number.to_string()),
                        document: serde_json::Map::new(),
                        stated: BTreeSet::new(),
                        predicted: BTreeMap::new(),
                        edges: BTreeMap::new(),
                        mentions: BTreeSet::new(),
                        lifecycle: Lifecycle::default(),
                        artifacts: Vec::new(),
                        instead_of: None,
                    }),
                },
                needs: needs
                    .iter()
                    .filter(|(step, _, _)| *step == number)
                    .map(|(_, needed, need)| (StepId(*needed), *need))
                    .collect(),
                interim: false,
            })
            .collect()
    }

    fn take(schedule: &mut Schedule) -> Vec<usize> {
        std::iter::from_fn(|| schedule.take()).map(|id| id.0).collect()
    }

    #[test]
    fn facts_release_whoever_needs_no_more() {
        let mut schedule = schedule(3, &[(1, 0, Need::Facts), (2, 0, Need::End)]);
        assert_eq!(take(&mut schedule), [0]);
        schedule.told_facts(StepId(0));
        assert_eq!(take(&mut schedule), [1]);
        schedule.accepted(StepId(0));
        assert_eq!(take(&mut schedule), [2]);
        assert_eq!(schedule.ended(StepId(0), true), []);
        assert_eq!(schedule.running(), 2);
    }

    #[test]
    fn who_writes_into_another_waits_for_its_proof() {
        let needs = [(1, 0, Need::End), (2, 0, Need::Facts)];
        let mut schedule = careful_schedule(3, &needs, true);
        assert_eq!(take(&mut schedule), [0]);
        schedule.told_facts(StepId(0));
        schedule.accepted(StepId(0));
        assert_eq!(take(&mut schedule), [0; 0]);
        schedule.proven(StepId(0));
        assert_eq!(take(&mut schedule), [1, 2]);

        let mut schedule = careful_schedule(3, &needs, true);
        assert_eq!(take(&mut schedule), [0]);
        schedule.accepted(StepId(0));
        // It was another's after all.
        assert_eq!(schedule.ended(StepId(0), false), [StepId(1), StepId(2)]);
    }

    #[test]
    fn what_waits_to_see_it_waits_until_it_is_over() {
        let mut schedule = schedule(2, &[(1, 0, Need::Seen)]);
        assert_eq!(take(&mut schedule), [0]);
        schedule.accepted(StepId(0));
        assert_eq!(take(&mut schedule), [0; 0]);
        assert_eq!(schedule.ended(StepId(0), true), []);
        assert_eq!(take(&mut schedule), [1]);
    }

    #[test]
    fn a_failure_skips_what_depends_on_it_and_nothing_else() {
        let mut schedule = schedule(5, &[(1, 0, Need::End), (2, 1, Need::End), (4, 3, Need::End)]);
        assert_eq!(take(&mut schedule), [0, 3]);
        assert_eq!(schedule.ended(StepId(0), false), [StepId(1), StepId(2)]);
        assert_eq!(schedule.ended(StepId(3), true), []);
        assert_eq!(take(&mut schedule), [4]);
    }

    #[test]
    fn a_failure_after_the_facts_leaves_alone_who_has_what_it_needs() {
        let mut schedule = schedule(2, &[(1, 0, Need::Facts)]);
        assert_eq!(take(&mut schedule), [0]);
        schedule.told_facts(StepId(0));
        assert_eq!(schedule.ended(StepId(0), false), []);
        assert_eq!(take(&mut schedule), [1]);
    }

    #[test]
    fn in_one_lane_one_writes_at_a_time() {
        let steps = nodes(3, &[]);
        let lane = |step: &Step| (step_number(step) < 2).then(|| "parent".to_owned());
        let mut schedule = Schedule::new(&steps, |_| false, lane);
        assert_eq!(take(&mut schedule), [0, 2]);
        // It may go on confirming: it writes no more.
        schedule.written(StepId(0));
        assert_eq!(take(&mut schedule), [1]);
        assert_eq!(schedule.ended(StepId(0), true), []);
        assert_eq!(schedule.ended(StepId(1), false), []);
        assert_eq!(schedule.running(), 1);
    }

    #[test]
    fn a_lane_is_free_when_who_holds_it_has_failed() {
        let steps = nodes(2, &[]);
        let mut schedule = Schedule::new(&steps, |_| false, |_| Some("parent".to_owned()));
        assert_eq!(take(&mut schedule), [0]);
        assert_eq!(schedule.ended(StepId(0), false), []);
        assert_eq!(take(&mut schedule), [1]);
    }

    #[test]
    fn what_is_held_back_starts_when_it_is_released() {
        let mut schedule = schedule(3, &[(2, 1, Need::End)]).holding([StepId(1), StepId(2)].into());
        assert_eq!(take(&mut schedule), [0]);
        assert!(schedule.is_holding());
        schedule.release();
        assert_eq!(take(&mut schedule), [1]);
        assert!(!schedule.is_holding());
        assert_eq!(schedule.ended(StepId(1), true), []);
        assert_eq!(take(&mut schedule), [2]);
    }

    #[test]
    fn what_is_skipped_is_not_held_back() {
        let mut schedule = schedule(2, &[(1, 0, Need::End)]).holding([StepId(1)].into());
        assert_eq!(take(&mut schedule), [0]);
        assert_eq!(schedule.ended(StepId(0), false), [StepId(1)]);
        assert!(!schedule.is_holding());
    }

    #[test]
    fn stopping_gives_back_what_has_not_started() {
        let mut schedule = schedule(3, &[(2, 0, Need::End)]);
        assert_eq!(schedule.take(), Some(StepId(0)));
        assert_eq!(schedule.stop(), [StepId(1), StepId(2)]);
        assert_eq!(schedule.ended(StepId(0), true), []);
        assert_eq!(schedule.take(), None);
    }
}
