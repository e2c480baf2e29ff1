//! `ccprov plan`: what an apply (or a destroy) would do. Holds a reader only.

use std::path::{Path, PathBuf};

use clap::Args;

use super::approved::Proposed;
use super::asked::{Anew, Only};
use super::environment::Environment;
use super::exit::{Exit, Failure};
use super::file;
use super::options::{Whats, Where};
use super::plan_file;
use super::planned::Planned;
use super::screen::Screen;
use super::several::{Several, Wanted};
use crate::engine::{Look, Until};
use crate::model::{Diagnostic, Severity};
use crate::plan::{Permissions, Purpose};
use crate::report::{self, PlanDetail, PlanRecord};

#[derive(Args, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(crate) struct Arguments {
    #[command(flatten)]
    what: Whats,

    #[command(flatten)]
    place: Where,

    #[command(flatten)]
    only: Only,

    #[command(flatten)]
    anew: Anew,

    /// Plan the removal of everything instead
    #[arg(long, conflicts_with = "replace")]
    destroy: bool,

    /// List what does not change, too
    #[arg(long)]
    all: bool,

    /// Tell the plan as JSON
    #[arg(long)]
    pub(crate) json: bool,

    /// Exit with 0 for no changes, 1 for an error, 2 for changes
    #[arg(long)]
    detailed_exitcode: bool,

    /// Fail if a rule of `ccprov verify` finds an error or a warning
    #[arg(long, conflicts_with = "destroy")]
    strict: bool,

    /// Write the plan to FILE, for `ccprov apply --plan FILE`
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,

    /// Write the plan as Markdown to FILE too, for a comment on a change
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,

    /// Write how much is created, updated and deleted to FILE too, for a merge request on GitLab
    #[arg(long, value_name = "FILE")]
    gitlab: Option<PathBuf>,
}

pub(crate) async fn run(
    arguments: &Arguments,
    environment: &Environment,
    screen: &Screen,
) -> Result<Exit, Failure> {
    let (what, place, only) = (&arguments.what, &arguments.place, &arguments.only);
    file::each_once(&[
        ("--out", arguments.out.as_deref()),
        ("--markdown", arguments.markdown.as_deref()),
        ("--gitlab", arguments.gitlab.as_deref()),
        ("--trace", place.trace.as_deref()),
        ("--journal", place.journal.as_deref()),
    ])
    .map_err(Failure::input)?;
    let asked_for =
        if arguments.destroy { only.to_destroy() } else { only.to_apply(&arguments.anew) };
    let several = Several::asked(what, place, asked_for, environment, screen).await?;
    let several = if arguments.destroy { several.reversed() } else { several };
    let trace = several.trace();
    let planned = Box::pin(several.plan(wanted(arguments), environment)).await;
    trace.write(screen);
    let (planned, order) = planned?;
    tell(Proposed { planned, order }.among_themselves(false)?, arguments, screen)
}

fn wanted(arguments: &Arguments) -> Wanted {
    let (look, purpose, until) = if arguments.destroy {
        (Look::ToDestroy, Purpose::Destroy, Until::Accepted)
    } else {
        (Look::ToPlan, Purpose::Apply, Until::Ready)
    };
    Wanted { look, purpose, permissions: Permissions::default(), until }
}

/// The same plans for everybody who asked.
fn tell(proposed: Proposed, arguments: &Arguments, screen: &Screen) -> Result<Exit, Failure> {
    let is_unsound = arguments.strict && proposed.planned.iter().any(Planned::is_advised);
    // With --strict they are why it fails.
    let remark = |planned: &Planned| {
        let told = remarks(planned.record());
        if is_unsound { screen.failures(&told) } else { screen.problems(&told) }
    };
    if arguments.json {
        screen.data(&match proposed.planned.as_slice() {
            [one] => report::plan_json(one.record()),
            all => report::plans_json(&all.iter().map(Planned::record).collect::<Vec<_>>()),
        });
        proposed.planned.iter().for_each(remark);
    } else {
        let detail = if arguments.all { PlanDetail::FULL } else { PlanDetail::CHANGES };
        proposed.show(detail, remark, screen);
    }
    screen.page_of_job(|| proposed.markdown());
    if let Some(path) = &arguments.markdown {
        screen.file(path, &proposed.markdown())?;
    }
    if let Some(path) = &arguments.gitlab {
        let plans: Vec<_> = proposed.planned.iter().map(|it| it.record().plan).collect();
        screen.file(path, &report::plan_gitlab(&plans))?;
    }
    if is_unsound {
        screen.complain("--strict: a rule found a warning or an error above, so this plan fails.");
    }
    let has_changes = proposed.planned.iter().any(|it| !it.record().plan.is_empty());
    if let Some(path) = arguments.out.as_ref().filter(|_| !is_unsound) {
        keep(proposed, path, screen)?;
    }
    let changes = arguments.detailed_exitcode && has_changes;
    Ok(match (is_unsound, changes) {
        (true, _) => Exit::Unsound,
        (false, true) => Exit::Changes,
        (false, false) => Exit::Done,
    })
}

/// Writes the plan file, and says what to do with it.
fn keep(proposed: Proposed, path: &Path, screen: &Screen) -> Result<(), Failure> {
    let needs = proposed.needs();
    let Some(saved) = proposed.into_saved() else { return Ok(()) };
    plan_file::write(&saved, path, screen)?;
    screen.talk(&match needs {
        Some(options) => {
            let options = options.iter().fold(String::new(), |told, option| told + " " + option);
            format!("To do exactly this: ccprov apply --plan {}{options}", path.display())
        }
        None => "An apply refuses this plan: see the warnings above.".to_owned(),
    });
    Ok(())
}

/// What there is to say of a plan that is only looked at.
fn remarks(record: PlanRecord<'_>) -> Vec<Diagnostic> {
    let refusals = record.refusals.iter().cloned().map(as_warning);
    record.warnings.iter().cloned().chain(refusals).collect()
}

/// What stops an apply is only worth knowing for a plan.
fn as_warning(mut refusal: Diagnostic) -> Diagnostic {
    refusal.severity = Severity::Warning;
    refusal
}
