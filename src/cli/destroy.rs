//! `ccprov destroy`: removes everything that a stack owns, with or without its file.

use std::collections::BTreeSet;

use clap::Args;
use futures::future::join_all;

use super::approved::{Approved, Proposed};
use super::asked::Only;
use super::environment::Environment;
use super::exit::{Exit, Failure};
use super::options::{Run, Whats, Where};
use super::run::{self, Task};
use super::screen::Screen;
use super::several::{Several, Wanted};
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

    /// Remove the stack of this name; needs no file; may be repeated: who uses another goes before it
    #[arg(long = "stack", value_name = "NAME", conflicts_with_all = ["stacks", "var", "only"])]
    names: Vec<String>,
}

pub(crate) async fn run(
    arguments: &Arguments,
    environment: &Environment,
    screen: &Screen,
) -> Result<Exit, Failure> {
    let (what, place) = (&arguments.what, &arguments.place);
    let several = if arguments.names.is_empty() {
        let asked_for = arguments.only.to_destroy();
        Several::asked(what, place, asked_for, environment, screen).await?.reversed()
    } else {
        named_once(&arguments.names)?;
        Several::named(&arguments.names, place, environment, screen).await?
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
    if !arguments.names.is_empty() {
        let empty = proposed.planned.iter().filter(|planned| planned.is_of_nothing());
        let mistyped = join_all(empty.map(|planned| planned.opened().nothing_by_name())).await;
        if !mistyped.is_empty() {
            return Err(Failure::input(mistyped));
        }
    }
    let proposed = proposed.among_themselves(options.despite_users)?;
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

/// Refuses a name that is said twice.
fn named_once(names: &[String]) -> Result<(), Failure> {
    let mut seen = BTreeSet::new();
    let twice: BTreeSet<&String> = names.iter().filter(|name| !seen.insert(*name)).collect();
    let told = twice.into_iter().map(|it| Diagnostic::error(format!("stack {it} is named twice")));
    let told: Vec<Diagnostic> = told.collect();
    if told.is_empty() { Ok(()) } else { Err(Failure::input(told)) }
}
