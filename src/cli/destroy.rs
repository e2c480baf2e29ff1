//! `ccprov destroy`: removes everything that a stack owns, with or without its file.

use clap::Args;

use super::approved::{Approved, Proposed};
use super::asked::Only;
use super::environment::Environment;
use super::exit::{Exit, Failure};
use super::opened::Opened;
use super::options::{Run, Whats, Where};
use super::run::{self, Task};
use super::screen::Screen;
use super::several::{Several, Wanted};
use crate::engine::{Look, Until};
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

    /// Remove the stack of this name; needs no file
    #[arg(long = "stack", value_name = "NAME", conflicts_with_all = ["stacks", "var", "only"])]
    name: Option<String>,
}

pub(crate) async fn run(
    arguments: &Arguments,
    environment: &Environment,
    screen: &Screen,
) -> Result<Exit, Failure> {
    let (what, place) = (&arguments.what, &arguments.place);
    let several = if let Some(name) = &arguments.name {
        Several::of_one(Opened::named(name, place, environment, screen).await?)
    } else {
        let asked_for = arguments.only.to_destroy();
        Several::asked(what, place, asked_for, environment, screen).await?.reversed()
    };
    let approve = async |several| Box::pin(approved(several, arguments, environment, screen)).await;
    let command = environment.command_line.clone();
    let task = Task { until: Until::Accepted, options: &arguments.run, command };
    run::run(several, task, approve, environment, screen).await
}

async fn approved(
    several: Several,
    arguments: &Arguments,
    environment: &Environment,
    screen: &Screen,
) -> Result<Option<Approved>, Failure> {
    let options = &arguments.run;
    let wanted = Wanted {
        look: Look::ToDestroy,
        purpose: Purpose::Destroy,
        permissions: options.permissions(),
        until: Until::Accepted,
    };
    let (planned, order) = several.plan(wanted, environment).await?;
    let proposed = Proposed { planned, order };
    let empty = || proposed.planned.iter().filter(|planned| planned.is_of_nothing());
    if let (Some(nothing), true) = (empty().next(), arguments.name.is_some()) {
        return Err(nothing.opened().nothing_by_name().await.into());
    }
    let proposed = proposed.among_themselves(options);
    proposed.tell(options, screen);
    let empty = || proposed.planned.iter().filter(|planned| planned.is_of_nothing());
    for nothing in empty().filter(|planned| !planned.opened().is_excerpt()) {
        let stack = &nothing.opened().stack.name;
        screen.talk(&format!(
            "Nothing here belongs to stack {stack}; `ccprov list` tells what does."
        ));
    }
    Box::pin(proposed.approve(options, screen)).await
}
