//! `ccprov destroy`: removes everything that a stack owns, with or without its file.

use clap::Args;

use super::approved::Approved;
use super::environment::Environment;
use super::exit::{Exit, Failure};
use super::opened::Opened;
use super::options::{Run, What, Where};
use super::run::{self, Task};
use super::screen::Screen;
use crate::engine::{Look, Until};
use crate::plan::Purpose;

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
    let opened = match &arguments.name {
        Some(name) => Opened::named(name, &arguments.place, environment, screen).await?,
        None => Opened::file(&arguments.what, &arguments.place, environment, screen).await?,
    };
    let approve = async |opened| approved(opened, arguments, environment, screen).await;
    let command = environment.command_line.clone();
    let task = Task { until: Until::Accepted, options: &arguments.run, command };
    run::run(opened, task, approve, environment, screen).await
}

async fn approved(
    opened: Opened,
    arguments: &Arguments,
    environment: &Environment,
    screen: &Screen,
) -> Result<Option<Approved>, Failure> {
    let options = &arguments.run;
    let looked = opened.look(Look::ToDestroy, environment).await?;
    let planned = looked.plan(Purpose::Destroy, options.permissions(), Until::Accepted).await?;
    let is_of_nothing = planned.is_of_nothing();
    if is_of_nothing && arguments.name.is_some() {
        return Err(planned.opened().nothing_by_name().await.into());
    }
    planned.propose(options, screen);
    if is_of_nothing {
        let stack = &planned.opened().stack.name;
        screen.talk(&format!(
            "Nothing here belongs to stack {stack}; `ccprov list` tells what does."
        ));
    }
    Box::pin(planned.approve(options, screen)).await
}
