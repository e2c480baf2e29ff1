//! What the events of any run must tell, whether it succeeds or not.

use std::collections::{BTreeMap, BTreeSet};

use ccprov::engine::event::{EventKind, Outcome};
use ccprov::model::{Catalog, ErrorClass};
use ccprov::plan::{Need, StepId, StepNode};
use ccprov::sim::{Fault, Operation};
use proptest::test_runner::TestCaseError;
use proptest::{prop_assert, prop_assert_eq};

use super::super::site::{Run, catalog, planned};
use super::case::Case;
use super::{holds, run};

/// A run of which something fails for good, if the case says so.
async fn some_run(case: &Case) -> Result<Run, TestCaseError> {
    let cloud = case.cloud();
    if let Some(address) = &case.denied {
        let denied = || Fault::Refused(ErrorClass::Denied);
        cloud.befall(Operation::Create, &format!("dev-{address}"), u32::MAX, denied());
    }
    let plan = planned(&cloud, &case.stack()).await;
    run(case, &cloud, plan).await.ok_or_else(|| TestCaseError::fail("it died"))
}

/// How far a step has come, by what was told of it.
#[derive(Default)]
struct Progress {
    told_facts: BTreeSet<StepId>,
    served: BTreeSet<StepId>,
    seen: BTreeSet<StepId>,
}

impl Progress {
    fn hear(&mut self, steps: &[StepNode], kind: &EventKind) {
        match kind {
            EventKind::FactsKnown { step, .. } => {
                self.told_facts.insert(*step);
            }
            EventKind::StepAccepted { step, .. } => {
                self.told_facts.insert(*step);
                let kind = catalog().kind(steps[step.0].step.kind());
                if kind.is_some_and(|kind| !kind.patience.blocks) {
                    self.served.insert(*step);
                }
            }
            EventKind::StepFinished { step, outcome, .. } => {
                if matches!(outcome, Outcome::Done { .. } | Outcome::Unconfirmed) {
                    self.told_facts.insert(*step);
                    self.served.insert(*step);
                    self.seen.insert(*step);
                }
            }
            EventKind::RunStarted { .. }
            | EventKind::StepStarted { .. }
            | EventKind::StepSending { .. }
            | EventKind::StepRetrying { .. }
            | EventKind::StepWaiting { .. }
            | EventKind::Interrupted { .. }
            | EventKind::RunFinished { .. } => {}
        }
    }

    fn meets(&self, (step, need): (&StepId, &Need)) -> bool {
        match need {
            Need::Facts => self.told_facts.contains(step),
            Need::End => self.served.contains(step),
            Need::Seen => self.seen.contains(step),
        }
    }
}

#[test]
fn no_step_starts_before_what_it_needs() {
    holds(async |case| {
        let run = some_run(case).await?;
        let mut progress = Progress::default();
        for event in &run.events {
            if let EventKind::StepStarted { step, address, .. } = &event.kind {
                let needs = &run.plan.steps[step.0].needs;
                let missing: Vec<_> = needs.iter().filter(|need| !progress.meets(*need)).collect();
                prop_assert!(missing.is_empty(), "{address} began without {missing:?}");
            }
            progress.hear(&run.plan.steps, &event.kind);
        }
        Ok(())
    });
}

#[test]
fn every_step_ends_exactly_once() {
    holds(async |case| {
        let run = some_run(case).await?;
        let mut starts: BTreeMap<StepId, usize> = BTreeMap::new();
        let mut ends: BTreeMap<StepId, usize> = BTreeMap::new();
        for event in &run.events {
            match &event.kind {
                EventKind::StepStarted { step, .. } => *starts.entry(*step).or_default() += 1,
                EventKind::StepFinished { step, .. } => *ends.entry(*step).or_default() += 1,
                EventKind::StepSending { step, address, .. }
                | EventKind::StepRetrying { step, address, .. }
                | EventKind::FactsKnown { step, address, .. }
                | EventKind::StepAccepted { step, address }
                | EventKind::StepWaiting { step, address, .. } => {
                    let is_running = starts.contains_key(step) && !ends.contains_key(step);
                    prop_assert!(is_running, "{address} tells something, and is not running");
                }
                EventKind::RunStarted { .. }
                | EventKind::Interrupted { .. }
                | EventKind::RunFinished { .. } => {}
            }
        }
        let once: BTreeMap<StepId, usize> =
            run.plan.steps.iter().map(|node| (node.id, 1)).collect();
        prop_assert_eq!(ends, once);
        prop_assert!(starts.values().all(|starts| *starts == 1), "{starts:?}");
        let indexes = run.events.iter().map(|event| event.index);
        prop_assert!(indexes.eq(0..run.events.len() as u64));
        let last = run.events.last().map(|event| &event.kind);
        prop_assert!(matches!(last, Some(EventKind::RunFinished { .. })), "{last:?}");
        Ok(())
    });
}
