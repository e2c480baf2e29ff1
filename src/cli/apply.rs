//! `ccprov apply`: plan, show, ask, carry out.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::advice;
use super::destroy;
use super::environment::Environment;
use super::exit::{Exit, Failure};
use super::opened::Opened;
use super::options::{Run, What, Where};
use super::plan::{Drawn, MAX_PLAN, draw, guarded, show};
use super::run::{Approved, Task, approve, finish, tell_gone};
use super::screen::Screen;
use super::turn::Turn;
use super::verify;
use crate::engine::Until;
use crate::model::Diagnostic;
use crate::plan::{Permissions, Purpose, SavedPlan};
use crate::report::{self, PlanDetail, PlanRecord, RunOf};
use crate::spec::read_beside;

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    #[command(flatten)]
    what: What,

    #[command(flatten)]
    place: Where,

    #[command(flatten)]
    pub(crate) run: Run,

    /// Do exactly what a plan file says, made by `ccprov plan --out FILE`, with --destroy or without;
    /// asks like any apply
    #[arg(long, value_name = "FILE", conflicts_with_all = ["stack", "var"])]
    plan: Option<PathBuf>,

    /// When a resource counts as done
    #[arg(long, value_name = "LEVEL", default_value = "ready")]
    until: Level,
}

/// The engine's levels, as words of the command line.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Level {
    /// AWS accepted every call
    Accepted,
    /// A read shows what was asked
    Configured,
    /// And the object is in service
    Ready,
    /// And `ccprov verify` passes
    Verified,
}

impl From<Level> for Until {
    fn from(level: Level) -> Self {
        match level {
            Level::Accepted => Self::Accepted,
            Level::Configured => Self::Configured,
            Level::Ready | Level::Verified => Self::Ready,
        }
    }
}

pub(crate) async fn run(
    arguments: &Arguments,
    environment: &Environment,
    screen: &Screen,
) -> Result<Exit, Failure> {
    let is_verified = matches!(arguments.until, Level::Verified);
    if is_verified && arguments.plan.is_some() {
        return Err(nothing_to_verify().into());
    }
    let (mut opened, saved) = match &arguments.plan {
        Some(path) => {
            let (opened, saved) = saved(path, arguments, environment, screen).await?;
            (opened, Some(saved))
        }
        None => (Opened::file(&arguments.what, &arguments.place, environment, screen).await?, None),
    };
    let turn = Turn::take(&opened, &arguments.run, environment, screen).await?;
    let purpose = saved.as_ref().map(|saved| saved.purpose).unwrap_or_default();
    let (of, until) = match purpose {
        Purpose::Apply => (RunOf::Apply, arguments.until.into()),
        Purpose::Destroy => (RunOf::Destroy, Until::Accepted),
    };
    let task = Task {
        of,
        until,
        options: &arguments.run,
        place: &arguments.place,
        command: command(arguments, purpose, environment),
    };
    let approved =
        turn.look(approved(&mut opened, saved.as_ref(), arguments, environment, screen)).await;
    let left = destroy::left_by(&approved);
    let exit = finish(opened, approved, task, turn, screen).await?;
    if purpose == Purpose::Destroy {
        return Ok(destroy::with_left(exit, &left, screen));
    }
    if !is_verified || exit != Exit::Done {
        return Ok(exit);
    }
    let (what, place) = (&arguments.what, &arguments.place);
    let arguments = verify::Arguments::after_apply(what, place, arguments.run.json);
    verify::run(&arguments, environment, screen).await
}

/// The plan, once it was shown and somebody said yes; `None` if nobody did.
async fn approved(
    opened: &mut Opened,
    saved: Option<&SavedPlan>,
    arguments: &Arguments,
    environment: &Environment,
    screen: &Screen,
) -> Result<Option<Approved>, Failure> {
    let permissions = Permissions { allow_data_loss: arguments.run.allow_data_loss };
    let Drawn { plan, refusals } = match saved {
        Some(saved) => on_todays_objects(saved, opened, permissions, screen).await?,
        None => draw(opened, Purpose::Apply, permissions, environment).await?,
    };
    let purpose = saved.map(|saved| saved.purpose).unwrap_or_default();
    let mut warnings = opened.warnings.clone();
    if purpose == Purpose::Apply {
        warnings.extend(advice::of(opened).await);
    }
    let record = PlanRecord { plan: &plan, warnings: &warnings, refusals: &refusals };
    if arguments.run.json {
        screen.problems(&warnings);
    } else {
        show(record, PlanDetail::CHANGES, || screen.problems(&warnings), screen);
    }
    screen.page_of_job(|| report::plan_md(record));
    if !refusals.is_empty() {
        return Err(Failure::refused(refusals));
    }
    if purpose == Purpose::Destroy && plan.is_empty() && !plan.left.is_empty() {
        return Err(Failure::refused(destroy::left(&plan)));
    }
    // With nothing to do, the run is empty and its summary tells the outputs.
    if plan.is_empty() {
        return Ok(Some(Approved { plan, warnings }));
    }
    let plan = approve(plan, opened, &arguments.run, screen, question(purpose)).await?;
    Ok(plan.map(|plan| Approved { plan, warnings }))
}

fn question(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Apply => "Apply this plan?",
        Purpose::Destroy => destroy::QUESTION,
    }
}

/// A plan file, and the place that it is for.
async fn saved(
    path: &Path,
    arguments: &Arguments,
    environment: &Environment,
    screen: &Screen,
) -> Result<(Opened, SavedPlan), Failure> {
    let bytes = read_beside(path, MAX_PLAN)
        .map_err(|why| Failure::plain(format!("{} cannot be read: {why}", path.display())))?;
    let saved = SavedPlan::read(&String::from_utf8_lossy(&bytes)).map_err(|why| {
        Diagnostic::error(format!("{} is not a plan file", path.display()))
            .because(why.to_string())
            .hint("make one: `ccprov plan --out FILE`")
    })?;
    let opened = Opened::saved(saved.stack.clone(), &arguments.place, environment, screen).await?;
    saved.check(opened.provider.place())?;
    Ok((opened, saved))
}

async fn on_todays_objects(
    saved: &SavedPlan,
    opened: &Opened,
    permissions: Permissions,
    screen: &Screen,
) -> Result<Drawn, Failure> {
    let held = opened.held(&saved.plan).await?;
    tell_gone(&held, screen);
    let plan = held.plan.permitting(permissions);
    Ok(guarded(plan, opened, saved.purpose, permissions))
}

fn nothing_to_verify() -> Diagnostic {
    Diagnostic::error("--until verified needs the stack file, and --plan names none")
        .hint("apply the plan, then run `ccprov verify STACK.yaml`")
}

/// What goes on from a run that did not do all.
fn command(arguments: &Arguments, purpose: Purpose, environment: &Environment) -> String {
    // What a plan file says was done in part; the stack says the rest.
    match (&arguments.plan, purpose) {
        (Some(_), Purpose::Apply) => "ccprov apply".into(),
        (Some(_), Purpose::Destroy) => "ccprov destroy".into(),
        (None, _) => environment.command_line.clone(),
    }
}
