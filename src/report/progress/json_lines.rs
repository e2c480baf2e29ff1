//! One JSON object a line, for programs. The form is described in
//! `docs/JSON.md`; it is ours alone, so that the engine's own types may change.

use std::io::Write;
use std::time::Duration;

use serde::Serialize;

use crate::engine::event::{Event, EventKind, Outcome, Summary};
use crate::model::{Address, Facts};
use crate::plan::{Action, StepId};
use crate::report::diagnostics::TellDiagnostic;
use crate::report::json::{TellError, seconds};

use super::View;

/// The version of the form.
pub const EVENT_FORMAT: &str = "ccprov.event/1";

/// Lines for a program. Every line is flushed, so that a reader is never behind.
pub struct JsonLines {
    out: Box<dyn Write + Send>,
}

impl JsonLines {
    /// A view that writes to `out`.
    pub fn new(out: Box<dyn Write + Send>) -> Self {
        Self { out }
    }
}

impl View for JsonLines {
    fn show(&mut self, event: &Event) {
        let line = Line {
            format: EVENT_FORMAT,
            index: event.index,
            elapsed_seconds: event.elapsed,
            what: tell(&event.kind),
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
    NotStarted,
    Unconfirmed,
}

fn tell(kind: &EventKind) -> Tell<'_> {
    match kind {
        EventKind::RunStarted { steps } => Tell::RunStarted { steps: *steps },
        EventKind::StepStarted { step, address, kind, action } => {
            Tell::StepStarted { step: *step, address, kind, action: *action }
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
        EventKind::StepWaiting { step, address, waited, seen } => {
            Tell::StepWaiting { step: *step, address, waited_seconds: *waited, seen }
        }
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
        Outcome::Gone => TellOutcome::Gone,
        Outcome::Failed { error, attempts } => {
            TellOutcome::Failed { attempts: *attempts, error: error.into() }
        }
        Outcome::TimedOut { waited, seen } => {
            TellOutcome::TimedOut { waited_seconds: *waited, seen }
        }
        Outcome::Refused { reason } => TellOutcome::Refused { reason: reason.into() },
        Outcome::Skipped { because } => TellOutcome::Skipped { because },
        Outcome::NotStarted => TellOutcome::NotStarted,
        Outcome::Unconfirmed => TellOutcome::Unconfirmed,
    }
}
