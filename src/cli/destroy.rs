//! `ccprov destroy`: removes everything that a stack owns, with or without its file.

use clap::Args;

use super::environment::Environment;
use super::exit::{Exit, Failure};
use super::opened::Opened;
use super::options::{Run, What, Where};
use super::plan::{Drawn, draw, show};
use super::run::{Approved, Task, approve, finish};
use super::screen::Screen;
use super::turn::Turn;
use crate::aws::near;
use crate::engine::Until;
use crate::engine::port::Read as _;
use crate::model::Diagnostic;
use crate::plan::{Left, Permissions, Plan, Purpose};
use crate::report::pane::tame;
use crate::report::{PlanDetail, PlanRecord, RunOf};

pub(crate) const QUESTION: &str = "Destroy all of this?";

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    #[command(flatten)]
    what: What,

    #[command(flatten)]
    place: Where,

    #[command(flatten)]
    pub(crate) run: Run,

    /// Remove the stack of this name; needs no file
    #[arg(long = "stack", value_name = "NAME", conflicts_with_all = ["stack", "var"])]
    name: Option<String>,
}

pub(crate) async fn run(
    arguments: &Arguments,
    environment: &Environment,
    screen: &Screen,
) -> Result<Exit, Failure> {
    let mut opened = match &arguments.name {
        Some(name) => Opened::named(name, &arguments.place, environment, screen).await?,
        None => Opened::file(&arguments.what, &arguments.place, environment, screen).await?,
    };
    let turn = Turn::take(&opened, &arguments.run, environment, screen).await?;
    let task = Task {
        of: RunOf::Destroy,
        until: Until::Accepted,
        options: &arguments.run,
        place: &arguments.place,
        command: environment.command_line.clone(),
    };
    let approved = turn.look(approved(&mut opened, arguments, environment, screen)).await;
    let left = left_by(&approved);
    let exit = finish(opened, approved, task, turn, screen).await?;
    Ok(with_left(exit, &left, screen))
}

/// How a destroy ended that left something: what of the stack may still be there
/// makes it one that is not done.
pub(crate) fn with_left(exit: Exit, left: &[Diagnostic], screen: &Screen) -> Exit {
    if left.is_empty() {
        return exit;
    }
    screen.failures(left);
    if exit == Exit::Done { Exit::Partly } else { exit }
}

/// What a plan that may be carried out leaves.
pub(crate) fn left_by(approved: &Result<Option<Approved>, Failure>) -> Vec<Diagnostic> {
    let approved = approved.as_ref().ok().and_then(Option::as_ref);
    approved.map(|approved| left(&approved.plan)).unwrap_or_default()
}

/// What is there and was not touched, because its tags do not say whose it is.
pub(crate) fn left(plan: &Plan) -> Vec<Diagnostic> {
    plan.left.iter().map(Left::diagnostic).collect()
}

/// Nothing carries the name that was typed: a typing error, as far as anybody
/// can tell. With a file there would be none.
pub(crate) async fn nothing_by_name(opened: &Opened) -> Diagnostic {
    let (name, place) = (&opened.stack.name, &opened.stack.place);
    let problem = Diagnostic::error(format!(
        "nothing belongs to a stack `{name}` in account {} in {}",
        place.account, place.region
    ));
    // Who may not list has learned the main thing all the same.
    let stacks = opened.provider.stacks().await.unwrap_or_default();
    match near::nearest(name, stacks.iter().map(|stack| stack.name.as_str())) {
        Some(near) => problem.hint(format!("did you mean `{}`?", tame(near))),
        None => problem,
    }
    .hint("`ccprov list` tells the stacks of this account and region")
}

/// The plan, once it was shown and somebody said yes; `None` if nobody did.
async fn approved(
    opened: &mut Opened,
    arguments: &Arguments,
    environment: &Environment,
    screen: &Screen,
) -> Result<Option<Approved>, Failure> {
    let permissions = Permissions { allow_data_loss: arguments.run.allow_data_loss };
    let Drawn { plan, refusals } = draw(opened, Purpose::Destroy, permissions, environment).await?;
    if arguments.name.is_some() && plan.is_empty() && plan.left.is_empty() {
        return Err(nothing_by_name(opened).await.into());
    }
    let warnings = opened.warnings.clone();
    let record = PlanRecord { plan: &plan, warnings: &warnings, refusals: &refusals };
    if arguments.run.json {
        screen.problems(&warnings);
    } else {
        show(record, PlanDetail::CHANGES, || screen.problems(&warnings), screen);
    }
    if !refusals.is_empty() {
        return Err(Failure::refused(refusals));
    }
    if plan.is_empty() && !plan.left.is_empty() {
        return Err(Failure::refused(left(&plan)));
    }
    if plan.is_empty() {
        let stack = &plan.stack;
        screen.talk(&format!(
            "Nothing here belongs to stack {stack}; `ccprov list` tells what does."
        ));
        return Ok(Some(Approved { plan, warnings }));
    }
    let plan = approve(plan, opened, &arguments.run, screen, QUESTION).await?;
    Ok(plan.map(|plan| Approved { plan, warnings }))
}
