//! Last on the way of a command that changes AWS: the run is told, and comes to an
//! exit code.

use super::carried_out::{CarriedOut, Done};
use super::exit::Exit;
use super::options::Run;
use super::screen::Screen;
use super::turn::Turns;
use crate::engine::Report;
use crate::engine::event::{Outcome, Summary};
use crate::model::{Diagnostic, ErrorClass};
use crate::plan::{Joined, Plan, Purpose};
use crate::report::{Outputs, RunOf, TimedRun, outputs_of_stacks, summary_text, timings_text};

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
        let Self { done, order, purpose, record, left, began, trace } = self;
        let of = match purpose {
            Purpose::Apply => RunOf::Apply,
            Purpose::Destroy => RunOf::Destroy,
        };
        let seen = trace.calls.calls();
        let mut text = summary_text(&record, of, &outputs(&done), command);
        let plans: Vec<&Plan> = done.iter().map(|it| &it.plan).collect();
        if let (true, Some(joined)) = (options.timings, Joined::of(&plans, order.after(), purpose))
        {
            let Joined { plan, members } = &joined;
            // What is asked of it here is alike in all of them.
            let (catalog, record) = (&done[0].catalog, &record);
            let run = TimedRun { plan, members, catalog, record, began, calls: &seen };
            text = format!("{text}\n{}", timings_text(run));
        }
        if options.json {
            screen.talk(&text);
        } else {
            screen.data(&format!("\n{text}"));
        }
        trace.write_with(record.ended(), began, screen);
        let exit = exit_of(&done, record.was_interrupted());
        Told { exit, is_empty: done.iter().all(|it| it.plan.is_empty()), left }
    }
}

impl Told {
    /// Ends the turns. Where one was lost, two may have been at it: another look has
    /// to tell what came of it. What of a stack may still be there makes its
    /// destruction one that is not done.
    pub(crate) async fn end(self, turns: Turns, screen: &Screen) -> Exit {
        let lost = turns.end(screen).await;
        let exit = if lost.is_empty() || self.is_empty {
            self.exit
        } else {
            screen.failures(&lost);
            Exit::Partly
        };
        if self.left.is_empty() {
            return exit;
        }
        screen.failures(&self.left);
        if exit == Exit::Done { Exit::Partly } else { exit }
    }
}

/// The outputs of a stack, or of each of several by its name.
fn outputs(done: &[Done]) -> Outputs {
    if let [one] = done {
        return one.outputs.clone();
    }
    let each = done.iter().map(|it| (it.plan.stack.as_str(), &it.plan.place, &it.outputs));
    outputs_of_stacks(each)
}

fn exit_of(done: &[Done], interrupted: bool) -> Exit {
    let all = done.iter().map(|it| it.report.summary);
    let summary = all.fold(Summary::default(), Summary::and);
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
    let is_denied = |report: &Report| report.outcomes.values().any(denied);
    let nothing_done = summary.added + summary.changed + summary.destroyed == 0;
    if interrupted {
        Exit::Interrupted
    } else if summary.is_success() {
        Exit::Done
    } else if nothing_done && done.iter().any(|it| is_denied(&it.report)) {
        Exit::NotAllowed
    } else {
        Exit::Partly
    }
}
