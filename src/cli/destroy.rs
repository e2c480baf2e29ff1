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
use crate::engine::Until;
use crate::model::Diagnostic;
use crate::plan::{Left, Permissions, Plan, Purpose};
use crate::report::{PlanDetail, PlanRecord, RunOf};

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
    let left = approved
        .as_ref()
        .ok()
        .and_then(Option::as_ref)
        .map(|it| left(&it.plan))
        .unwrap_or_default();
    let exit = finish(opened, approved, task, turn, screen).await?;
    if left.is_empty() {
        return Ok(exit);
    }
    // Something of the stack may still be there: that is no destroy that is done.
    screen.problems(&left);
    Ok(if exit == Exit::Done { Exit::Partly } else { exit })
}

/// What is there and was not touched, because its tags do not say whose it is.
fn left(plan: &Plan) -> Vec<Diagnostic> {
    plan.left.iter().map(Left::diagnostic).collect()
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
    let warnings = opened.warnings.clone();
    let record = PlanRecord { plan: &plan, warnings: &warnings, refusals: &refusals };
    if arguments.run.json {
        screen.problems(&warnings);
    } else {
        show(record, PlanDetail::CHANGES, &warnings, screen);
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
    let plan = approve(plan, opened, &arguments.run, screen, "Destroy all of this?").await?;
    Ok(plan.map(|plan| Approved { plan, warnings }))
}
