//! `ccprov apply`: plan, show, ask, carry out.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::advice;
use super::environment::Environment;
use super::exit::{Exit, Failure};
use super::opened::{Opened, write_trace};
use super::options::{Run, What, Where};
use super::plan::{Drawn, draw};
use super::run::{Task, approve, carry_out};
use super::screen::Screen;
use super::verify;
use crate::engine::{Look, Until};
use crate::model::Diagnostic;
use crate::plan::{Permissions, Purpose, SavedPlan, guard};
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
    let permissions = Permissions { allow_data_loss: arguments.run.allow_data_loss };
    let is_verified = matches!(arguments.until, Level::Verified);
    if is_verified && arguments.plan.is_some() {
        return Err(nothing_to_verify().into());
    }
    let (opened, drawn) = if let Some(path) = &arguments.plan {
        saved(path, arguments, environment, permissions).await?
    } else {
        let opened = Opened::file(&arguments.what, &arguments.place, environment).await?;
        let drawn = draw(&opened, Purpose::Apply, permissions).await?;
        (opened, drawn)
    };
    let mut remarks = opened.warnings.clone();
    remarks.extend(advice::of(&opened));
    if !remarks.is_empty() {
        screen.talk(&report::diagnostics_text(&remarks));
    }
    let Drawn { plan, refusals } = drawn;
    if !arguments.run.json {
        screen.data(&report::plan_text(&plan, PlanDetail::CHANGES));
    }
    if !refusals.is_empty() {
        return Err(Failure::refused(refusals));
    }
    // With nothing to do, the run is empty and its summary tells the outputs.
    if !plan.is_empty() && !approve(&arguments.run, screen, "Apply this plan?")? {
        screen.talk("Nothing was changed.");
        write_trace(&arguments.place, &opened.calls, screen)?;
        return Ok(Exit::Failed);
    }
    let task = Task {
        plan: &plan,
        of: RunOf::Apply,
        until: arguments.until.into(),
        options: &arguments.run,
        place: &arguments.place,
        command: command(arguments, environment),
    };
    let exit = carry_out(opened, task, screen).await?;
    if !is_verified || exit != Exit::Done {
        return Ok(exit);
    }
    let (what, place) = (&arguments.what, &arguments.place);
    let arguments = verify::Arguments::after_apply(what, place, arguments.run.json);
    verify::run(&arguments, environment, screen).await
}

/// A plan file, on today's objects.
async fn saved(
    path: &Path,
    arguments: &Arguments,
    environment: &Environment,
    permissions: Permissions,
) -> Result<(Opened, Drawn), Failure> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::plain(format!("{} cannot be read: {error}", path.display())))?;
    let saved: SavedPlan = serde_json::from_str(&text).map_err(|error| {
        Diagnostic::error(format!("{} is not a plan file: {error}", path.display()))
            .hint("make one: `ccprov plan --out FILE`")
    })?;
    let opened = Opened::saved(saved.stack.clone(), &arguments.place, environment).await?;
    saved.check(opened.provider.place())?;
    let world = opened.observe(Look::ToPlan).await?;
    let plan = saved.on(&world).map_err(Failure::refused)?;
    let refusals = guard(&plan, &opened.stack, &opened.catalog, Purpose::Apply, permissions);
    Ok((opened, Drawn { plan, refusals }))
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
