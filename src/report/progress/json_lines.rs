//! One JSON object a line, for programs. The form is described in
//! `docs/JSON.md`; it is ours alone, so that the engine's own types may change.

use std::collections::BTreeMap;
use std::io::Write;
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;

use crate::engine::event::{Event, EventKind, Outcome, Summary};
use crate::model::document::{self, shown_value};
use crate::model::{Address, FactRef, Facts};
use crate::plan::{Action, Plan, StepId};
use crate::report::diagnostics::TellDiagnostic;
use crate::report::json::{TellError, seconds, some_seconds};
use crate::report::plan_json::{PlanRecord, TellPlan};

use super::View;

/// The version of the form.
pub const EVENT_FORMAT: &str = "ccprov.event/1";

/// Lines for a program. Every line is flushed, so that a reader is never behind.
pub struct JsonLines<'a> {
    out: Box<dyn Write + Send>,
    records: Vec<PlanRecord<'a>>,
    /// What the run has made known so far, for the outputs; of several stacks by the names of
    /// both.
    facts: BTreeMap<Address, Facts>,
}

impl<'a> JsonLines<'a> {
    /// A view that writes to `out`, without values of the plan.
    pub fn new(out: Box<dyn Write + Send>) -> Self {
        Self { out, records: Vec::new(), facts: BTreeMap::new() }
    }

    /// The same for whoever may read values: the first event holds the plan, or the plans of
    /// several stacks, and the last the outputs and the warnings.
    #[must_use]
    pub fn of(self, records: Vec<PlanRecord<'a>>) -> Self {
        Self { records, ..self }
    }

    fn learn(&mut self, event: &EventKind) {
        let (address, facts) = match event {
            EventKind::FactsKnown { address, facts, .. }
            | EventKind::StepFinished {
                address,
                outcome: Outcome::Done { facts } | Outcome::Begun { facts, .. },
                ..
            } => (address, facts),
            EventKind::StepFinished { .. }
            | EventKind::RunStarted { .. }
            | EventKind::StepStarted { .. }
            | EventKind::StepSending { .. }
            | EventKind::StepRetrying { .. }
            | EventKind::StepAccepted { .. }
            | EventKind::StepWaiting { .. }
            | EventKind::Interrupted { .. }
            | EventKind::RunFinished { .. } => return,
        };
        self.facts.entry(address.clone()).or_default().extend(facts.clone());
    }

    fn ending(&self) -> Ending<'a> {
        if self.records.is_empty() {
            return Ending::default();
        }
        let warnings = self.records.iter().flat_map(|record| record.warnings);
        let outputs = match self.records.as_slice() {
            [one] => self.outputs(one.plan, None),
            all => {
                let names = Plan::told_apart(all.iter().map(|record| record.plan));
                let of = |(name, record): (String, &PlanRecord<'a>)| {
                    let outputs = self.outputs(record.plan, Some(&name));
                    (name, serde_json::json!(outputs))
                };
                names.into_iter().zip(all).map(of).collect()
            }
        };
        let warnings = warnings.map(TellDiagnostic::from).collect();
        Ending { outputs: Some(outputs), warnings: Some(warnings) }
    }

    /// The outputs of a stack, as far as they are known; beside others its steps have its
    /// name before their addresses.
    fn outputs(&self, plan: &Plan, stack: Option<&str>) -> BTreeMap<String, Value> {
        let known = |fact: &FactRef| {
            let address = fact.address.of_stack(stack);
            self.facts.get(&address)?.get(&fact.fact).cloned()
        };
        let shown = |value: &Value| shown_value(&document::fill(value, &known));
        plan.outputs.iter().map(|(name, value)| (name.clone(), shown(value))).collect()
    }
}

impl View for JsonLines<'_> {
    fn show(&mut self, event: &Event) {
        self.learn(&event.kind);
        let (mut plan, mut plans, mut ending) = (None, None, Ending::default());
        match &event.kind {
            EventKind::RunStarted { .. } => match self.records.as_slice() {
                [] => {}
                [one] => plan = Some(TellPlan::from(*one)),
                all => plans = Some(all.iter().copied().map(TellPlan::from).collect()),
            },
            EventKind::RunFinished { .. } => ending = self.ending(),
            EventKind::StepStarted { .. }
            | EventKind::StepSending { .. }
            | EventKind::StepRetrying { .. }
            | EventKind::FactsKnown { .. }
            | EventKind::StepAccepted { .. }
            | EventKind::StepWaiting { .. }
            | EventKind::StepFinished { .. }
            | EventKind::Interrupted { .. } => {}
        }
        let line = Line {
            format: EVENT_FORMAT,
            index: event.index,
            elapsed_seconds: event.elapsed,
            what: tell(&event.kind),
            plan,
            plans,
            ending,
        };
        let mut text = serde_json::to_string(&line).expect("an event is plain JSON");
        text.push('\n');
        let _nobody_reads = self.out.write_all(text.as_bytes()).and_then(|()| self.out.flush());
    }

    fn finish(&mut self) {
        let _nobody_reads = self.out.flush();
    }
}

#[derive(Serialize)]
struct Line<'a> {
    format: &'static str,
    index: u64,
    #[serde(serialize_with = "seconds")]
    elapsed_seconds: Duration,
    #[serde(flatten)]
    what: Tell<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    plan: Option<TellPlan<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    plans: Option<Vec<TellPlan<'a>>>,
    #[serde(flatten)]
    ending: Ending<'a>,
}

/// What the last event tells besides, to whoever may read values.
#[derive(Default, Serialize)]
struct Ending<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    outputs: Option<BTreeMap<String, Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    warnings: Option<Vec<TellDiagnostic<'a>>>,
}

/// [`EventKind`] as it is written.
#[derive(Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Tell<'a> {
    RunStarted {
        steps: usize,
    },
    StepStarted {
        step: StepId,
        address: &'a Address,
        kind: &'a str,
        action: Action,
    },
    StepSending {
        step: StepId,
        address: &'a Address,
        sent_bytes: u64,
        of_bytes: u64,
    },
    StepRetrying {
        step: StepId,
        address: &'a Address,
        attempt: u32,
        #[serde(serialize_with = "seconds")]
        pause_seconds: Duration,
        error: TellError<'a>,
    },
    FactsKnown {
        step: StepId,
        address: &'a Address,
        facts: &'a Facts,
    },
    StepAccepted {
        step: StepId,
        address: &'a Address,
    },
    StepWaiting {
        step: StepId,
        address: &'a Address,
        #[serde(serialize_with = "seconds")]
        waited_seconds: Duration,
        #[serde(serialize_with = "some_seconds", skip_serializing_if = "Option::is_none")]
        usual_seconds: Option<Duration>,
        #[serde(serialize_with = "seconds")]
        limit_seconds: Duration,
        seen: &'a str,
    },
    StepFinished {
        step: StepId,
        address: &'a Address,
        kind: &'a str,
        action: Action,
        #[serde(serialize_with = "seconds")]
        took_seconds: Duration,
        #[serde(flatten)]
        outcome: TellOutcome<'a>,
    },
    Interrupted {
        in_flight: usize,
        abandon_waits: bool,
    },
    RunFinished {
        success: bool,
        summary: Summary,
    },
}

/// [`Outcome`] as it is written.
#[derive(Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
enum TellOutcome<'a> {
    Done {
        facts: &'a Facts,
    },
    Begun {
        facts: &'a Facts,
        seen: &'a str,
        rest: usize,
    },
    Gone,
    Failed {
        attempts: u32,
        error: TellError<'a>,
    },
    TimedOut {
        #[serde(serialize_with = "seconds")]
        waited_seconds: Duration,
        seen: &'a str,
    },
    Refused {
        reason: TellDiagnostic<'a>,
    },
    Skipped {
        because: &'a Address,
    },
    Postponed {
        because: &'a Address,
    },
    NotStarted,
    Unconfirmed,
}

fn tell(kind: &EventKind) -> Tell<'_> {
    match kind {
        EventKind::RunStarted { steps } => Tell::RunStarted { steps: *steps },
        EventKind::StepStarted { step, address, kind, action } => {
            Tell::StepStarted { step: *step, address, kind, action: *action }
        }
        EventKind::StepSending { step, address, sent, of } => {
            Tell::StepSending { step: *step, address, sent_bytes: *sent, of_bytes: *of }
        }
        EventKind::StepRetrying { step, address, attempt, error, pause } => Tell::StepRetrying {
            step: *step,
            address,
            attempt: *attempt,
            pause_seconds: *pause,
            error: error.into(),
        },
        EventKind::FactsKnown { step, address, facts } => {
            Tell::FactsKnown { step: *step, address, facts }
        }
        EventKind::StepAccepted { step, address } => Tell::StepAccepted { step: *step, address },
        EventKind::StepWaiting { step, address, waited, usual, limit, seen } => Tell::StepWaiting {
            step: *step,
            address,
            waited_seconds: *waited,
            usual_seconds: *usual,
            limit_seconds: *limit,
            seen,
        },
        EventKind::StepFinished { step, address, kind, action, took, outcome } => {
            Tell::StepFinished {
                step: *step,
                address,
                kind,
                action: *action,
                took_seconds: *took,
                outcome: tell_outcome(outcome),
            }
        }
        EventKind::Interrupted { in_flight, abandon_waits } => {
            Tell::Interrupted { in_flight: *in_flight, abandon_waits: *abandon_waits }
        }
        EventKind::RunFinished { summary } => {
            Tell::RunFinished { success: summary.is_success(), summary: *summary }
        }
    }
}

fn tell_outcome(outcome: &Outcome) -> TellOutcome<'_> {
    match outcome {
        Outcome::Done { facts } => TellOutcome::Done { facts },
        Outcome::Begun { facts, seen, rest } => TellOutcome::Begun { facts, seen, rest: *rest },
        Outcome::Gone => TellOutcome::Gone,
        Outcome::Failed { error, attempts } => {
            TellOutcome::Failed { attempts: *attempts, error: error.into() }
        }
        Outcome::TimedOut { waited, seen } => {
            TellOutcome::TimedOut { waited_seconds: *waited, seen }
        }
        Outcome::Refused { reason } => TellOutcome::Refused { reason: reason.into() },
        Outcome::Skipped { because } => TellOutcome::Skipped { because },
        Outcome::Postponed { because } => TellOutcome::Postponed { because },
        Outcome::NotStarted => TellOutcome::NotStarted,
        Outcome::Unconfirmed => TellOutcome::Unconfirmed,
    }
}
