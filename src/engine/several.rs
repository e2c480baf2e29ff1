//! The events of several runs at once, told as those of one.
//!
//! Views know one run: events count without gaps, a step has one number, an address one
//! meaning. So steps are numbered on from run to run, and with more than one run an address
//! has the name of its stack before it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::event::{Event, EventKind, Outcome, Summary};
use super::execute::Report;
use super::why::Why;
use crate::model::Address;
use crate::plan::{Plan, StepId};

/// Takes the events of several runs, and gives those of the whole.
#[derive(Debug)]
pub struct Several {
    runs: Vec<Run>,
    index: u64,
    /// When the last event was: none is told to have been before it.
    last: Duration,
    /// Whether somebody was told that a stop was asked for, and that waits are given up.
    interrupted: [bool; 2],
}

/// One of the runs.
#[derive(Debug)]
struct Run {
    /// What its stack is called beside the others, if there are any.
    stack: Option<String>,
    /// The number of its first step among all.
    first: usize,
    steps: usize,
    /// Whose they are.
    own: BTreeSet<Address>,
    /// Those that began and have not ended.
    in_flight: BTreeSet<StepId>,
    /// When it began, since the whole did.
    began: Duration,
    /// How it went, once it is over.
    summary: Option<Summary>,
}

impl Several {
    /// Runs of these plans. One alone is told as it is.
    pub fn of<'a>(plans: impl IntoIterator<Item = &'a Plan>) -> Self {
        let plans: Vec<&Plan> = plans.into_iter().collect();
        let mut runs: Vec<Run> = Vec::new();
        let mut first = 0;
        for (plan, stack) in plans.iter().zip(Plan::told_beside(plans.iter().copied())) {
            let steps = plan.steps.len();
            let own = plan.steps.iter().map(|node| node.address.clone()).collect();
            let (in_flight, began) = (BTreeSet::new(), Duration::ZERO);
            runs.push(Run { stack, first, steps, own, in_flight, began, summary: None });
            first += steps;
        }
        Self { runs, index: 0, last: Duration::ZERO, interrupted: [false; 2] }
    }

    /// The first event.
    pub fn begin(&mut self) -> Event {
        let steps = self.runs.iter().map(|run| run.steps).sum();
        self.event(Duration::ZERO, EventKind::RunStarted { steps })
    }

    /// A run begins now.
    pub fn begins(&mut self, run: usize, at: Duration) {
        self.runs[run].began = at;
    }

    /// What an event of one run is to whoever looks at all of them, if anything.
    pub fn take(&mut self, run: usize, event: Event) -> Option<Event> {
        let elapsed = self.runs[run].began + event.elapsed;
        self.runs[run].note(&event.kind);
        let kind = match event.kind {
            EventKind::RunStarted { .. } => return None,
            EventKind::RunFinished { summary } => {
                self.runs[run].summary = Some(summary);
                return None;
            }
            EventKind::Interrupted { abandon_waits, .. } => {
                let told = &mut self.interrupted[usize::from(abandon_waits)];
                if std::mem::replace(told, true) {
                    return None;
                }
                let in_flight = self.runs.iter().map(|run| run.in_flight.len()).sum();
                EventKind::Interrupted { in_flight, abandon_waits }
            }
            other => self.runs[run].placed(other),
        };
        Some(self.event(elapsed, kind))
    }

    /// What becomes of the steps of a run that does not begin, because of another one.
    pub fn passed_over(&mut self, run: usize, plan: &Plan, at: Duration, why: &Why) -> Vec<Event> {
        let mut events = Vec::new();
        for node in &plan.steps {
            let run = &self.runs[run];
            let kind = EventKind::StepFinished {
                step: run.step(node.id),
                address: run.address(&node.address),
                kind: node.step.kind().to_owned(),
                action: node.step.action(),
                took: Duration::ZERO,
                outcome: why.outcome(),
            };
            events.push(self.event(at, kind));
        }
        self.runs[run].summary = Some(why.summary(plan));
        events
    }

    /// The last event.
    pub fn end(&mut self, at: Duration) -> Event {
        let all = self.runs.iter().filter_map(|run| run.summary);
        let summary = all.fold(Summary::default(), Summary::and);
        self.event(at, EventKind::RunFinished { summary })
    }

    fn event(&mut self, elapsed: Duration, kind: EventKind) -> Event {
        let index = self.index;
        self.index += 1;
        self.last = self.last.max(elapsed);
        Event { index, elapsed: self.last, kind }
    }
}

impl Why {
    /// What comes of a plan that is not begun.
    pub fn report(&self, plan: &Plan) -> Report {
        let outcomes = plan.steps.iter().map(|node| (node.id, self.outcome())).collect();
        Report { summary: self.summary(plan), outcomes, facts: BTreeMap::new() }
    }
}

impl Run {
    fn address(&self, address: &Address) -> Address {
        address.of_stack(self.stack.as_deref())
    }

    fn step(&self, StepId(step): StepId) -> StepId {
        StepId(self.first + step)
    }

    /// Which steps are at work.
    fn note(&mut self, kind: &EventKind) {
        match kind {
            EventKind::StepStarted { step, .. } => {
                self.in_flight.insert(*step);
            }
            EventKind::StepFinished { step, .. } => {
                self.in_flight.remove(step);
            }
            EventKind::RunStarted { .. }
            | EventKind::StepSending { .. }
            | EventKind::StepRetrying { .. }
            | EventKind::FactsKnown { .. }
            | EventKind::StepAccepted { .. }
            | EventKind::StepWaiting { .. }
            | EventKind::Interrupted { .. }
            | EventKind::RunFinished { .. } => {}
        }
    }

    /// An event about a step, where it stands among all.
    fn placed(&self, mut kind: EventKind) -> EventKind {
        match &mut kind {
            EventKind::StepStarted { step, address, .. }
            | EventKind::StepSending { step, address, .. }
            | EventKind::StepRetrying { step, address, .. }
            | EventKind::FactsKnown { step, address, .. }
            | EventKind::StepAccepted { step, address }
            | EventKind::StepWaiting { step, address, .. } => {
                (*step, *address) = (self.step(*step), self.address(address));
            }
            EventKind::StepFinished { step, address, outcome, .. } => {
                (*step, *address) = (self.step(*step), self.address(address));
                // What another run keeps from going on has its name from there.
                if let Outcome::Skipped { because } | Outcome::Postponed { because } = outcome
                    && self.own.contains(because)
                {
                    *because = self.address(because);
                }
            }
            EventKind::RunStarted { .. }
            | EventKind::Interrupted { .. }
            | EventKind::RunFinished { .. } => {}
        }
        kind
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{FormerNames, Place};
    use crate::plan::Action;

    fn plan_of(name: &str) -> Plan {
        let place = Place {
            partition: "aws".into(),
            account: "123456789012".into(),
            region: "eu-central-1".into(),
            endpoint: None,
        };
        let (changes, steps, left) = (Vec::new(), Vec::new(), Vec::new());
        let (outputs, was) = (BTreeMap::new(), FormerNames::default());
        let (excerpt, existing) = (None, Vec::new());
        let (stack, uses) = (name.into(), BTreeMap::new());
        Plan { stack, was, place, changes, steps, outputs, left, excerpt, existing, uses }
    }

    fn accepted(step: usize, address: &str) -> Event {
        let kind = EventKind::StepAccepted { step: StepId(step), address: Address::new(address) };
        Event { index: 7, elapsed: Duration::from_secs(2), kind }
    }

    #[test]
    fn one_run_is_told_as_it_is() {
        let mut one = Several::of([&plan_of("dev")]);
        one.begin();
        let told = one.take(0, accepted(0, "queue")).unwrap();
        assert_eq!((told.index, told.kind), (1, accepted(0, "queue").kind));
    }

    #[test]
    fn several_are_numbered_on_and_named() {
        let mut plans = [plan_of("base"), plan_of("app")];
        plans[0].steps = Vec::new();
        let mut all = Several::of(&plans);
        all.runs[1].first = 3;
        assert_eq!(all.begin().kind, EventKind::RunStarted { steps: 0 });
        all.begins(1, Duration::from_secs(10));
        let told = all.take(1, accepted(2, "queue")).unwrap();
        assert_eq!(told.elapsed, Duration::from_secs(12));
        assert_eq!(told.kind, accepted(5, "app/queue").kind);
        let done = |added| Event {
            index: 9,
            elapsed: Duration::from_secs(1),
            kind: EventKind::RunFinished { summary: Summary { added, ..Summary::default() } },
        };
        assert_eq!(all.take(0, done(2)), None);
        assert_eq!(all.take(1, done(3)), None);
        let end = all.end(Duration::from_secs(13));
        let summary = Summary { added: 5, ..Summary::default() };
        assert_eq!((end.index, end.kind), (2, EventKind::RunFinished { summary }));
    }

    fn begins(step: usize) -> Event {
        let (step, address) = (StepId(step), Address::new(format!("q{step}")));
        let kind = EventKind::StepStarted {
            step,
            address,
            kind: "sqs_queue".into(),
            action: Action::Create,
        };
        Event { index: 1, elapsed: Duration::ZERO, kind }
    }

    fn ends(step: usize) -> Event {
        let (step, address) = (StepId(step), Address::new(format!("q{step}")));
        let kind = EventKind::StepFinished {
            step,
            address,
            kind: "sqs_queue".into(),
            action: Action::Create,
            took: Duration::ZERO,
            outcome: Outcome::Gone,
        };
        Event { index: 1, elapsed: Duration::ZERO, kind }
    }

    #[test]
    fn a_stop_is_told_once_with_what_is_at_work_in_all_of_them() {
        let plans = [plan_of("base"), plan_of("app"), plan_of("audit")];
        let mut all = Several::of(&plans);
        all.begin();
        let events = [(0, begins(0)), (1, begins(0)), (1, begins(1)), (1, begins(2)), (1, ends(1))];
        for (run, event) in events {
            assert!(all.take(run, event).is_some());
        }
        let mut stopped = |run, in_flight, abandon_waits| {
            let kind = EventKind::Interrupted { in_flight, abandon_waits };
            Some(all.take(run, Event { index: 1, elapsed: Duration::ZERO, kind })?.kind)
        };
        let told = |abandon_waits| Some(EventKind::Interrupted { in_flight: 3, abandon_waits });
        assert_eq!(stopped(0, 1, false), told(false));
        assert_eq!(stopped(1, 2, false), None, "told once for all");
        assert_eq!(stopped(2, 0, true), told(true));
        assert_eq!(stopped(0, 1, true), None);
    }
}
