//! Fourth on the way of a command: a plan that somebody said yes to.

use super::exit::Failure;
use super::options::Run;
use super::planned::Planned;
use super::screen::Screen;
use crate::model::Diagnostic;
use crate::plan::Purpose;
use crate::report::PlanDetail;

/// A plan that may be carried out: somebody said yes to it, nobody was to be asked,
/// or it does nothing. [`Planned::approve`] alone makes one.
#[derive(Debug)]
pub(crate) struct Approved {
    planned: Planned,
}

impl Planned {
    /// Shows what somebody is to say yes to. JSON tells it with the run.
    pub(crate) fn propose(&self, options: &Run, screen: &Screen) {
        let warnings = self.record().warnings;
        if options.json {
            screen.problems(warnings);
        } else {
            self.show(PlanDetail::CHANGES, || screen.problems(warnings), screen);
        }
    }

    /// The plan, unless it is refused or nobody says yes; `None` for a no. With
    /// nobody to ask, refuses at once. While somebody thinks, the world moves:
    /// after the yes, the plan that was shown must still hold.
    pub(crate) async fn approve(
        self,
        options: &Run,
        screen: &Screen,
    ) -> Result<Option<Approved>, Failure> {
        let (record, left) = (self.record(), self.left());
        if !record.refusals.is_empty() {
            return Err(Failure::refused(record.refusals.to_vec()));
        }
        if record.plan.is_empty() {
            // With nothing to do, the run is empty and its summary tells the outputs.
            let is_done = left.is_empty();
            return if is_done {
                Ok(Some(Approved { planned: self }))
            } else {
                Err(Failure::refused(left))
            };
        }
        if !screen.is_heard() {
            return Err(Failure::plain(
                "the plan could not be told, so that nobody can approve it",
            ));
        }
        if options.auto_approve {
            return Ok(Some(Approved { planned: self }));
        }
        if options.json || !screen.can_ask {
            return Err(nobody_to_ask().into());
        }
        let question = match self.purpose() {
            Purpose::Apply => "Apply this plan?",
            Purpose::Destroy => "Destroy all of this?",
        };
        if !screen.confirms(&format!("\n{question} Type yes to go on: ")).await {
            return Ok(None);
        }
        Ok(Some(Approved { planned: self.held(screen).await? }))
    }
}

impl Approved {
    /// The plan, for who carries it out.
    pub(crate) fn into_planned(self) -> Planned {
        self.planned
    }
}

fn nobody_to_ask() -> Diagnostic {
    Diagnostic::error("nobody is there to approve the plan")
        .because("this is not a terminal, or --json was asked for; nothing was changed")
        .hint("review the plan, then pass --auto-approve (-y)")
}
