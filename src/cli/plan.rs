//! `ccprov plan`: what an apply (or a destroy) would do. Holds a reader only.

use std::path::PathBuf;

use clap::Args;

use super::advice;
use super::environment::Environment;
use super::exit::{Exit, Failure};
use super::opened::{Opened, write_trace};
use super::options::{What, Where};
use super::screen::Screen;
use crate::engine::Look;
use crate::model::{Diagnostic, Severity};
use crate::plan::{Permissions, Plan, Purpose, SavedPlan, guard, plan, plan_destroy};
use crate::report::{self, PlanDetail, PlanRecord};

#[derive(Args, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(crate) struct Arguments {
    #[command(flatten)]
    what: What,

    #[command(flatten)]
    place: Where,

    /// Plan the removal of everything instead
    #[arg(long)]
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
}

pub(crate) async fn run(
    arguments: &Arguments,
    environment: &Environment,
    screen: &Screen,
) -> Result<Exit, Failure> {
    let mut opened = Opened::file(&arguments.what, &arguments.place, environment, screen).await?;
    let purpose = if arguments.destroy { Purpose::Destroy } else { Purpose::Apply };
    let drawn = draw(&mut opened, purpose, Permissions::default(), environment).await;
    write_trace(&arguments.place, &opened.calls, screen);
    let drawn = drawn?;
    let advice = if arguments.destroy { Vec::new() } else { advice::of(&opened).await };
    let is_unsound = arguments.strict && !advice.is_empty();
    let needs = needed(&drawn, &opened, purpose);
    let warnings = [opened.warnings.clone(), advice].concat();
    let record = PlanRecord { plan: &drawn.plan, warnings: &warnings, refusals: &drawn.refusals };
    let told = remarks(record);
    // With --strict they are why it fails.
    let tell = |told: &[Diagnostic]| {
        if is_unsound { screen.failures(told) } else { screen.problems(told) }
    };
    if arguments.json {
        screen.data(&report::plan_json(record));
        tell(&told);
    } else {
        let detail = if arguments.all { PlanDetail::FULL } else { PlanDetail::CHANGES };
        show(record, detail, || tell(&told), screen);
    }
    screen.page_of_job(|| report::plan_md(record));
    if let Some(path) = &arguments.markdown {
        screen.file(path, &report::plan_md(record))?;
    }
    if is_unsound {
        screen.complain("--strict: a rule found a warning or an error above, so this plan fails.");
    }
    let has_changes = !drawn.plan.is_empty();
    if let Some(path) = arguments.out.as_ref().filter(|_| !is_unsound) {
        let saved = SavedPlan::new(opened.stack, drawn.plan, purpose);
        let text = serde_json::to_string_pretty(&saved)
            .map_err(|error| Failure::plain(format!("the plan cannot be written: {error}")))?;
        if screen.mask.hides(&text) {
            return Err(secret_in_plan(purpose).into());
        }
        if text.len() > MAX_PLAN {
            return Err(too_large(&path.display().to_string()).into());
        }
        screen.private_file(path, &text)?;
        screen.talk(&match needs {
            Some(options) => {
                format!("To do exactly this: ccprov apply --plan {}{options}", path.display())
            }
            None => "An apply refuses this plan: see the warnings above.".to_owned(),
        });
    }
    let changes = arguments.detailed_exitcode && has_changes;
    Ok(match (is_unsound, changes) {
        (true, _) => Exit::Unsound,
        (false, true) => Exit::Changes,
        (false, false) => Exit::Done,
    })
}

/// The plan, and what there is to say of it: below the steps, of which there may be
/// many, and above what they come to.
pub(crate) fn show(
    record: PlanRecord<'_>,
    detail: PlanDetail,
    remark: impl FnOnce(),
    screen: &Screen,
) {
    screen.page(&report::plan_steps(record.plan, detail));
    remark();
    screen.data(&report::plan_conclusion(record.plan));
}

/// What there is to say of a plan that is only looked at.
fn remarks(record: PlanRecord<'_>) -> Vec<Diagnostic> {
    let refusals = record.refusals.iter().cloned().map(as_warning);
    record.warnings.iter().cloned().chain(refusals).collect()
}

/// The options without which an apply of this plan is refused, each after a
/// blank; `None` if it is refused whatever the options.
fn needed(drawn: &Drawn, opened: &Opened, purpose: Purpose) -> Option<&'static str> {
    let lossy = Permissions { allow_data_loss: true };
    if drawn.refusals.is_empty() {
        return Some("");
    }
    let refusals = guard(&drawn.plan, &opened.stack, &opened.catalog, purpose, lossy);
    refusals.is_empty().then_some(" --allow-data-loss")
}

/// Twice what a plan of the most resources takes: one of a thousand new queues has
/// 2.8 MB, and a stack at most ten thousand. What lies in memory is some times that.
pub(crate) const MAX_PLAN: usize = 64 * 1024 * 1024;

fn too_large(path: &str) -> Diagnostic {
    Diagnostic::error(format!("the plan is larger than 64 MiB, and is not written to {path}"))
        .because("no larger plan file is read")
        .hint("apply without a plan file: `ccprov apply` shows the plan and asks")
}

/// A plan, and what stands against it.
#[derive(Debug)]
pub(crate) struct Drawn {
    pub(crate) plan: Plan,
    pub(crate) refusals: Vec<Diagnostic>,
}

/// Looks at the world and draws the plan.
pub(crate) async fn draw(
    opened: &mut Opened,
    purpose: Purpose,
    permissions: Permissions,
    environment: &Environment,
) -> Result<Drawn, Failure> {
    let look = match purpose {
        Purpose::Apply => Look::ToPlan,
        Purpose::Destroy => Look::ToDestroy,
    };
    let mut world = opened.observe(look, environment).await?;
    let (stack, catalog) = (&opened.stack, &opened.catalog);
    let plan = match purpose {
        Purpose::Apply => {
            let drawn = plan(stack, &world, catalog, permissions).map_err(Failure::refused)?;
            if opened.weigh(&mut world, &drawn).await? {
                plan(stack, &world, catalog, permissions).map_err(Failure::refused)?
            } else {
                drawn
            }
        }
        Purpose::Destroy => plan_destroy(stack, &world, catalog, permissions),
    };
    Ok(guarded(plan, opened, purpose, permissions))
}

/// A plan with what stands against it.
pub(crate) fn guarded(
    plan: Plan,
    opened: &Opened,
    purpose: Purpose,
    permissions: Permissions,
) -> Drawn {
    let refusals = guard(&plan, &opened.stack, &opened.catalog, purpose, permissions);
    Drawn { plan, refusals }
}

/// A plan file with a hole could not be applied, and one without would tell.
fn secret_in_plan(purpose: Purpose) -> Diagnostic {
    let command = match purpose {
        Purpose::Apply => "apply",
        Purpose::Destroy => "destroy",
    };
    Diagnostic::error("the plan holds a sensitive value, and is not written to a file")
        .because("whoever reads the file would read the value")
        .hint(format!("go on without a plan file: `ccprov {command}` shows the plan and asks"))
}

/// What stops an apply is only worth knowing for a plan.
fn as_warning(mut refusal: Diagnostic) -> Diagnostic {
    refusal.severity = Severity::Warning;
    refusal
}
