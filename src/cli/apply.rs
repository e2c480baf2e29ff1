//! `ccprov apply`: plan, show, ask, carry out.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::approved::{Approved, Proposed};
use super::asked::{Anew, Only};
use super::environment::Environment;
use super::exit::{Exit, Failure};
use super::options::{Run, Whats, Where};
use super::plan_file;
use super::run::{self, Task};
use super::screen::Screen;
use super::several::{Several, Wanted};
use super::verify;
use crate::engine::{Look, Until};
use crate::model::Diagnostic;
use crate::plan::Purpose;

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    #[command(flatten)]
    what: Whats,

    #[command(flatten)]
    place: Where,

    #[command(flatten)]
    pub(crate) run: Run,

    #[command(flatten)]
    only: Only,

    #[command(flatten)]
    anew: Anew,

    /// Do exactly what a plan file says, made by `ccprov plan --out FILE`, with --destroy or without;
    /// asks like any apply
    #[arg(long, value_name = "FILE", conflicts_with_all = ["stacks", "var", "only", "replace"])]
    plan: Option<PathBuf>,

    /// When a resource counts as done
    #[arg(long, value_name = "LEVEL", default_value = "ready")]
    until: Level,
}

/// The engine's levels, as words of the command line.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Level {
    /// AWS accepted every call; what takes long is left for the next run
    Accepted,
    /// A read shows what was asked
    Configured,
    /// And the object is in service
    Ready,
    /// And `ccprov verify` passes, of the whole stack
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
    let exit = match &arguments.plan {
        Some(_) if is_verified => return Err(nothing_to_verify().into()),
        Some(path) => of_plan_file(path, arguments, environment, screen).await?,
        None => of_stack(arguments, environment, screen).await?,
    };
    if !is_verified || exit != Exit::Done {
        return Ok(exit);
    }
    if !arguments.only.is_all() {
        screen.note("What is verified is the whole stack: --only says what is applied.");
    }
    let (what, place) = (&arguments.what, &arguments.place);
    let arguments = verify::Arguments::after_apply(what, place, arguments.run.json);
    Box::pin(verify::run(&arguments, environment, screen)).await
}

async fn of_stack(
    arguments: &Arguments,
    environment: &Environment,
    screen: &Screen,
) -> Result<Exit, Failure> {
    let options = &arguments.run;
    let asked_for = arguments.only.to_apply(&arguments.anew);
    let (what, place) = (&arguments.what, &arguments.place);
    let several = Several::asked(what, place, asked_for, environment, screen).await?;
    let approve = async |several: Several| {
        let wanted = Wanted {
            look: Look::ToPlan,
            purpose: Purpose::Apply,
            permissions: options.permissions(),
            until: arguments.until.into(),
        };
        let (planned, order) = several.plan(wanted, environment).await?;
        propose(Proposed { planned, order }, options, screen).await
    };
    let command = environment.command_line.clone();
    let task = Task { until: arguments.until.into(), options, command };
    run::run(several, task, approve, environment, screen).await
}

/// What a plan file says was done in part; the stack says the rest.
async fn of_plan_file(
    path: &Path,
    arguments: &Arguments,
    environment: &Environment,
    screen: &Screen,
) -> Result<Exit, Failure> {
    let options = &arguments.run;
    let saved = plan_file::read(path)?;
    let several = Several::saved(&saved, &arguments.place, environment, screen).await?;
    let (until, command) = match saved.purpose() {
        Purpose::Apply => (arguments.until.into(), "ccprov apply"),
        Purpose::Destroy => (Until::Accepted, "ccprov destroy"),
    };
    let excerpt = saved.plans().iter().find_map(|it| it.plan.plan.excerpt.as_ref());
    let command = match excerpt {
        Some(excerpt) => format!("{command} --only {}", excerpt.only.join(",")),
        None => command.to_owned(),
    };
    let approve = async |several: Several| {
        let revisit = several.revisit(&saved, options.permissions(), until, screen);
        let (planned, order) = Box::pin(revisit).await?;
        propose(Proposed { planned, order }, options, screen).await
    };
    let task = Task { until, options, command };
    run::run(several, task, approve, environment, screen).await
}

/// Shows the plans, and asks.
async fn propose(
    proposed: Proposed,
    options: &Run,
    screen: &Screen,
) -> Result<Option<Approved>, Failure> {
    let proposed = proposed.among_themselves(options.despite_users)?;
    proposed.tell(options, screen);
    Box::pin(proposed.approve(options, screen)).await
}

fn nothing_to_verify() -> Diagnostic {
    Diagnostic::error("--until verified needs the stack file, and --plan names none")
        .hint("apply the plan, then run `ccprov verify STACK.yaml`")
}
