//! Every wait ends, though what it waits for never comes.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use ccprov::engine::event::EventKind;
use ccprov::model::{Address, Catalog, ErrorClass, Patience};
use ccprov::plan::{Plan, Step, StepId, StepNode};
use ccprov::sim::{Fault, Operation};
use proptest::prop_assert;
use proptest::test_runner::TestCaseError;

use super::super::site::{catalog, planned};
use super::{Verdict, holds, run};

/// The longest budget of a refusal that may pass (`src/engine/wait.rs`).
const BUDGET: Duration = Duration::from_mins(2);
/// To create, to complete, to look who was faster, and to put right what that one
/// made.
const BUDGETS_OF_A_STEP: u32 = 4;
/// What a table of the cases changes at most: four settings, what it uses, its
/// color.
const TURNS: u32 = 6;
/// The longest pause and the slowest answer may come on top.
const SLACK: Duration = Duration::from_secs(10);
const AN_HOUR: Duration = Duration::from_hours(1);

#[test]
fn every_wait_ends_by_its_deadline() {
    holds(async |case| {
        let mut weather = case.weather();
        (weather.settling, weather.find_lag) = (Duration::ZERO..AN_HOUR, Duration::ZERO..AN_HOUR);
        weather.propagation = Duration::ZERO..AN_HOUR;
        let cloud = case.cloud_in(weather);
        if let Some(address) = &case.denied {
            let busy = Fault::Refused(ErrorClass::Throttled);
            cloud.befall(Operation::Create, &format!("dev-{address}"), u32::MAX, busy);
        }
        let plan = planned(&cloud, &case.stack()).await;
        let run = run(case, &cloud, plan).await;
        let run = run.ok_or_else(|| TestCaseError::fail("it died"))?;
        let mut waits = Waits::default();
        for event in &run.events {
            match &event.kind {
                EventKind::StepStarted { step, .. } => {
                    let longest = before_it_is_accepted(&run.plan.steps[step.0].step);
                    waits.begins(*step, event.elapsed, longest);
                }
                EventKind::StepAccepted { step, address } => {
                    waits.end(*step, event.elapsed, address)?;
                    waits.release(*step, event.elapsed, &run.plan);
                    let step_of = &run.plan.steps[step.0].step;
                    let Patience { create, update, .. } = patience(step_of.kind());
                    let deadline = create.deadline.max(update.deadline);
                    waits.begins(*step, event.elapsed, deadline);
                    waits.confirming.insert(*step);
                }
                EventKind::StepFinished { step, address, .. } => {
                    waits.end(*step, event.elapsed, address)?;
                    waits.release(*step, event.elapsed, &run.plan);
                }
                EventKind::RunStarted { .. }
                | EventKind::StepSending { .. }
                | EventKind::StepRetrying { .. }
                | EventKind::FactsKnown { .. }
                | EventKind::StepWaiting { .. }
                | EventKind::Interrupted { .. }
                | EventKind::RunFinished { .. } => {}
            }
        }
        Ok(())
    });
}

fn patience(kind: &str) -> Patience {
    catalog().kind(kind).map(|kind| kind.patience).unwrap_or_default()
}

/// How long the calls of a step may take. What comes into service by and by is
/// waited for once when it was made, once between all turns, and once in each turn
/// that finds it busy.
fn before_it_is_accepted(step: &Step) -> Duration {
    let Patience { create, update, delete, .. } = patience(step.kind());
    let at_it = delete.map(|gone| match step {
        Step::Create { .. } => create.deadline * (2 + TURNS) + gone.deadline,
        Step::Update { .. } => update.deadline * (1 + TURNS),
        Step::Delete { .. } => update.deadline + gone.deadline,
    });
    BUDGET * BUDGETS_OF_A_STEP + at_it.unwrap_or_default()
}

/// Since when each step may take how long.
#[derive(Default)]
struct Waits {
    lengths: BTreeMap<StepId, (Duration, Duration)>,
    /// Those of which all calls were accepted.
    confirming: BTreeSet<StepId>,
}

impl Waits {
    fn begins(&mut self, step: StepId, now: Duration, length: Duration) {
        self.lengths.insert(step, (now, length));
    }

    /// What was never started never waited.
    fn end(&mut self, step: StepId, now: Duration, address: &Address) -> Verdict {
        let Some((began, length)) = self.lengths.remove(&step) else { return Ok(()) };
        let took = now.saturating_sub(began);
        prop_assert!(took <= length + SLACK, "{address} took {took:?}, not {length:?}");
        Ok(())
    }

    /// Who was given facts early does not begin to confirm before the step that
    /// told them is accepted or over, which has a limit of its own.
    fn release(&mut self, step: StepId, now: Duration, plan: &Plan) {
        let address = &plan.steps[step.0].address;
        let uses = |node: &&StepNode| match &node.step {
            Step::Create { want } | Step::Update { want, .. } => want.mentions.contains(address),
            Step::Delete { .. } => false,
        };
        let is_released = |node: &&StepNode| node.needs.contains_key(&step) || uses(node);
        for node in plan.steps.iter().filter(is_released) {
            if self.confirming.contains(&node.id)
                && let Some((began, _)) = self.lengths.get_mut(&node.id)
            {
                *began = now;
            }
        }
    }
}
