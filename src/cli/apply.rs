//! `ccprov apply`: plan, show, ask, carry out.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::advice;
use super::environment::Environment;
use super::exit::{Exit, Failure};
use super::opened::Opened;
use super::options::{Run, What, Where};
use super::plan::{Drawn, draw};
use super::run::{Task, approve, finish};
use super::screen::Screen;
use super::turn::Turn;
use super::verify;
use crate::engine::{Look, Until};
use crate::model::Diagnostic;
use crate::plan::{Permissions, Plan, Purpose, SavedPlan, guard};
use crate::report::{self, PlanDetail, RunOf};

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    #[command(flatten)]
    what: What,

    #[command(flatten)]
    place: Where,

    #[command(flatten)]
    pub(crate) run: Run,

    /// Do exactly what a plan file says, made by `ccprov plan --out FILE`
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
    let (opened, saved) = match &arguments.plan {
        Some(path) => {
            let (opened, saved) = saved(path, arguments, environment).await?;
            (opened, Some(saved))
        }
        None => (Opened::file(&arguments.what, &arguments.place, environment).await?, None),
    };
    let turn = Turn::take(&opened, &arguments.run, environment, screen).await?;
    let task = Task {
        of: RunOf::Apply,
        until: arguments.until.into(),
        options: &arguments.run,
        place: &arguments.place,
        command: command(arguments, environment),
    };
    let approved = turn.look(approved(&opened, saved.as_ref(), arguments, screen)).await;
    let exit = finish(opened, approved, task, turn, screen).await?;
    if !is_verified || exit != Exit::Done {
        return Ok(exit);
    }
    let (what, place) = (&arguments.what, &arguments.place);
    let arguments = verify::Arguments::after_apply(what, place, arguments.run.json);
    verify::run(&arguments, environment, screen).await
}

/// The plan, once it was shown and somebody said yes; `None` if nobody did.
async fn approved(
    opened: &Opened,
    saved: Option<&SavedPlan>,
    arguments: &Arguments,
    screen: &Screen,
) -> Result<Option<Plan>, Failure> {
    let permissions = Permissions { allow_data_loss: arguments.run.allow_data_loss };
    let Drawn { plan, refusals } = match saved {
        Some(saved) => on_todays_objects(saved, opened, permissions).await?,
        None => draw(opened, Purpose::Apply, permissions).await?,
    };
    let mut remarks = opened.warnings.clone();
    remarks.extend(advice::of(opened));
    if !arguments.run.json {
        screen.data(&report::plan_text(&plan, PlanDetail::CHANGES));
    }
    if !remarks.is_empty() {
        screen.talk(&report::diagnostics_text(&remarks));
    }
    if !refusals.is_empty() {
        return Err(Failure::refused(refusals));
    }
    // With nothing to do, the run is empty and its summary tells the outputs.
    let goes_on = plan.is_empty() || approve(&arguments.run, screen, "Apply this plan?").await?;
    Ok(goes_on.then_some(plan))
}

/// A plan file, and the place that it is for.
async fn saved(
    path: &Path,
    arguments: &Arguments,
    environment: &Environment,
) -> Result<(Opened, SavedPlan), Failure> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::plain(format!("{} cannot be read: {error}", path.display())))?;
    let saved: SavedPlan = serde_json::from_str(&text).map_err(|error| {
        Diagnostic::error(format!("{} is not a plan file: {error}", path.display()))
            .hint("make one: `ccprov plan --out FILE`")
    })?;
    let opened = Opened::saved(saved.stack.clone(), &arguments.place, environment).await?;
    saved.check(opened.provider.place())?;
    Ok((opened, saved))
}

async fn on_todays_objects(
    saved: &SavedPlan,
    opened: &Opened,
    permissions: Permissions,
) -> Result<Drawn, Failure> {
    let world = opened.observe(Look::ToPlan).await?;
    let plan = saved.on(&world).map_err(Failure::refused)?;
    let refusals = guard(&plan, &opened.stack, &opened.catalog, Purpose::Apply, permissions);
    Ok(Drawn { plan, refusals })
}

fn nothing_to_verify() -> Diagnostic {
    Diagnostic::error("--until verified needs the stack file, and --plan names none")
        .hint("apply the plan, then run `ccprov verify STACK.yaml`")
}

/// What goes on from a run that did not do all.
fn command(arguments: &Arguments, environment: &Environment) -> String {
    // What a plan file says was done in part; the stack says the rest.
    if arguments.plan.is_some() { "ccprov apply".into() } else { environment.command_line.clone() }
}
