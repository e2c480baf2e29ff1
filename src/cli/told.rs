//! Last on the way of a command that changes AWS: the run is told, and comes to an
//! exit code.

use std::collections::BTreeMap;

use serde_json::Value;

use super::carried_out::CarriedOut;
use super::exit::Exit;
use super::options::Run;
use super::screen::Screen;
use super::turn::Turn;
use crate::engine::Report;
use crate::engine::event::Outcome;
use crate::model::{Diagnostic, ErrorClass, FactRef, document};
use crate::plan::{Plan, Purpose};
use crate::report::{RunOf, TimedRun, summary_text, timings_text};

/// A run whose summary is out.
#[derive(Debug)]
pub(crate) struct Told {
    exit: Exit,
    /// Whether there was nothing to do.
    is_empty: bool,
    /// What a destroy did not touch.
    left: Vec<Diagnostic>,
}

impl CarriedOut {
    /// Sums up, and names the command that goes on from where this one stopped.
    pub(crate) fn tell(self, command: &str, options: &Run, screen: &Screen) -> Told {
        let Self { plan, purpose, report, record, left, began, catalog, trace } = self;
        let of = match purpose {
            Purpose::Apply => RunOf::Apply,
            Purpose::Destroy => RunOf::Destroy,
        };
        let outputs = known_outputs(&plan, &report);
        let seen = trace.calls.calls();
        let mut text = summary_text(&record, of, &outputs, command);
        if options.timings {
            let (plan, catalog, record) = (&plan, &catalog, &record);
            let run = TimedRun { plan, catalog, record, began, calls: &seen };
            text = format!("{text}\n{}", timings_text(run));
        }
        if options.json {
            screen.talk(&text);
        } else {
            screen.data(&format!("\n{text}"));
        }
        trace.write_with(record.ended(), began, screen);
        let exit = exit_of(&report, record.was_interrupted());
        Told { exit, is_empty: plan.is_empty(), left }
    }
}

impl Told {
    /// Ends the turn. Where it was lost, two may have been at it: another look has
    /// to tell what came of it. What of a stack may still be there makes its
    /// destruction one that is not done.
    pub(crate) async fn end(self, turn: Turn, screen: &Screen) -> Exit {
        let exit = match turn.end(screen).await {
            Some(problem) if !self.is_empty => {
                screen.failures(&[problem]);
                Exit::Partly
            }
            Some(_) | None => self.exit,
        };
        if self.left.is_empty() {
            return exit;
        }
        screen.failures(&self.left);
        if exit == Exit::Done { Exit::Partly } else { exit }
    }
}

/// The outputs with everything that is known after the run.
fn known_outputs(plan: &Plan, report: &Report) -> BTreeMap<String, Value> {
    let known = |fact: &FactRef| report.facts.get(&fact.address)?.get(&fact.fact).cloned();
    let filled = |(name, value): (&String, &Value)| (name.clone(), document::fill(value, &known));
    plan.outputs.iter().map(filled).collect()
}

fn exit_of(report: &Report, interrupted: bool) -> Exit {
    let summary = report.summary;
    let denied = |outcome: &Outcome| match outcome {
        Outcome::Failed { error, .. } => {
            matches!(error.class, ErrorClass::Denied | ErrorClass::Credentials)
        }
        Outcome::Done { .. }
        | Outcome::Begun { .. }
        | Outcome::Postponed { .. }
        | Outcome::Gone
        | Outcome::TimedOut { .. }
        | Outcome::Refused { .. }
        | Outcome::Skipped { .. }
        | Outcome::NotStarted
        | Outcome::Unconfirmed => false,
    };
    let nothing_done = summary.added + summary.changed + summary.destroyed == 0;
    if interrupted {
        Exit::Interrupted
    } else if summary.is_success() {
        Exit::Done
    } else if nothing_done && report.outcomes.values().any(denied) {
        Exit::NotAllowed
    } else {
        Exit::Partly
    }
}
