//! Carrying out a plan: ask, obtain a writer, run, show, sum up.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::future::join;
use serde_json::Value;
use tokio::sync::mpsc;

use super::checkout::Checkout;
use super::exit::{Exit, Failure};
use super::journal::Journal;
use super::opened::{Opened, write_trace, write_trace_of};
use super::options::{Run, Where};
use super::screen::Screen;
use super::turn::Turn;
use crate::engine::event::{Event, Outcome};
use crate::engine::{Report, Site, Until, execute};
use crate::model::{Diagnostic, ErrorClass, FactRef, document};
use crate::plan::{Held, Plan};
use crate::report::{
    FanOut, JsonLines, Live, Plain, PlanRecord, RunOf, RunRecord, TimedRun, View, summary_text,
    timings_text,
};

/// What to run, and how to speak of it.
pub(crate) struct Task<'a> {
    pub(crate) of: RunOf,
    pub(crate) until: Until,
    pub(crate) options: &'a Run,
    pub(crate) place: &'a Where,
    /// The command that goes on from where this one stopped.
    pub(crate) command: String,
}

/// A plan that somebody said yes to, and what there was to warn of.
pub(crate) struct Approved {
    pub(crate) plan: Plan,
    pub(crate) warnings: Vec<Diagnostic>,
}

/// The plan, if somebody says yes to it, or was told not to be asked. With nobody
/// to ask, refuses at once. While somebody thinks, the world moves: after the yes,
/// the plan that was shown must still hold.
pub(crate) async fn approve(
    plan: Plan,
    opened: &Opened,
    options: &Run,
    screen: &Screen,
    what: &str,
) -> Result<Option<Plan>, Failure> {
    if !screen.is_heard() {
        return Err(Failure::plain("the plan could not be told, so that nobody can approve it"));
    }
    if options.auto_approve {
        return Ok(Some(plan));
    }
    if options.json || !screen.can_ask {
        return Err(Diagnostic::error("nobody is there to approve the plan")
            .because("this is not a terminal, or --json was asked for; nothing was changed")
            .hint("review the plan, then pass --auto-approve (-y)")
            .into());
    }
    if !screen.confirms(&format!("\n{what} Type yes to go on: ")).await {
        return Ok(None);
    }
    let held = opened.held(&plan).await?;
    tell_gone(&held, screen);
    Ok(Some(held.plan))
}

/// What there is no need to delete any more.
pub(crate) fn tell_gone(held: &Held, screen: &Screen) {
    for what in &held.gone {
        screen.talk(&format!("{what}."));
    }
}

/// Carries out the plan, if it was approved, and ends the turn in any case.
pub(crate) async fn finish(
    opened: Opened,
    approved: Result<Option<Approved>, Failure>,
    task: Task<'_>,
    turn: Turn,
    screen: &Screen,
) -> Result<Exit, Failure> {
    let approved = match approved {
        Ok(Some(approved)) => approved,
        Ok(None) => {
            turn.end(screen).await;
            screen.talk("Nothing was changed.");
            write_trace(task.place, &opened.calls, screen);
            return Ok(Exit::Failed);
        }
        Err(failure) => {
            turn.end(screen).await;
            return Err(failure);
        }
    };
    let done = carry_out(opened, &approved, task, &turn, screen).await;
    match turn.end(screen).await {
        // Two may have been at it: another look has to tell what came of it.
        Some(problem) if !approved.plan.is_empty() => {
            screen.failures(&[problem]);
            done.map(|_however| Exit::Partly)
        }
        Some(_) | None => done,
    }
}

/// Carries out an approved plan. Only here is a writer obtained.
async fn carry_out(
    opened: Opened,
    approved: &Approved,
    task: Task<'_>,
    turn: &Turn,
    screen: &Screen,
) -> Result<Exit, Failure> {
    let (sender, receiver) = mpsc::unbounded_channel();
    let stop = turn.begin();
    let Approved { plan, warnings } = approved;
    let told = PlanRecord { plan, warnings, refusals: &[] };
    let Opened { provider, catalog, calls, journal, .. } = opened;
    let writer = provider.into_writer(plan.stack.clone()).with_files(Arc::new(Checkout));
    let site = Site {
        writer: &writer,
        catalog: &catalog,
        plan,
        until: task.until,
        seed: fastrand::u64(..),
    };
    let mut record = RunRecord::default();
    let began = calls.now();
    let report = {
        let is_live = screen.is_live && !task.options.json;
        let _other_lines_move = is_live.then(|| screen.pulse.hush());
        let views = views(&mut record, task.options, screen, journal, told);
        let run = execute(site, stop, sender);
        let (report, ()) = join(run, show(views, receiver, screen)).await;
        report
    };
    let outputs = known_outputs(plan, &report);
    let seen = calls.calls();
    let mut text = summary_text(&record, task.of, &outputs, &task.command);
    if task.options.timings {
        let run = TimedRun { plan, catalog: &catalog, record: &record, began, calls: &seen };
        text = format!("{text}\n{}", timings_text(run));
    }
    if task.options.json {
        screen.talk(&text);
    } else {
        screen.data(&format!("\n{text}"));
    }
    write_trace_of(record.ended(), began, task.place, &calls, screen);
    Ok(exit_of(&report, record.was_interrupted()))
}

async fn show(mut views: impl View, mut events: mpsc::UnboundedReceiver<Event>, screen: &Screen) {
    while let Some(event) = events.recv().await {
        views.show(&screen.mask.veil_value(event));
        if let Some(text) = screen.untold_losses() {
            let is_told = views.remark(&text);
            if !is_told {
                screen.complain(&text);
            }
        }
    }
    views.finish();
}

/// Lines that redraw themselves on a terminal, plain lines elsewhere, JSON on
/// request.
fn views<'a>(
    record: &'a mut RunRecord,
    options: &Run,
    screen: &Screen,
    journal: Option<Journal>,
    told: PlanRecord<'a>,
) -> FanOut<'a> {
    let mut views = FanOut::new().with(record);
    if let Some(journal) = journal {
        views = views.with(JsonLines::new(Box::new(journal)));
    }
    if options.json {
        views.with(JsonLines::new(Box::new(screen.data_stream())).of(told))
    } else if screen.is_live {
        views.with(Live::new(Screen::terminal(), screen.has_colour()))
    } else {
        views.with(Plain::new(screen.talk_stream()))
    }
}

/// The outputs with everything that is known after the run.
pub(crate) fn known_outputs(plan: &Plan, report: &Report) -> BTreeMap<String, Value> {
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
