//! `ccprov iam`: the least that AWS must allow for one command on one stack.

use clap::{Args, ValueEnum};

use super::environment::Environment;
use super::exit::{Exit, Failure};
use super::opened::{Opened, write_trace};
use super::options::{What, Where};
use super::screen::Screen;
use crate::aws::access::{Command, access_policy};
use crate::report;

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    #[command(flatten)]
    what: What,

    #[command(flatten)]
    place: Where,

    /// The command that is to be allowed
    #[arg(long = "for", value_name = "COMMAND")]
    command: Allowed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Allowed {
    /// Reading alone: `plan` and `output`
    Plan,
    /// Reading, making, changing and removing
    Apply,
    /// Reading, and trying whether the system works
    Verify,
    /// Reading and removing
    Destroy,
}

impl From<Allowed> for Command {
    fn from(allowed: Allowed) -> Self {
        match allowed {
            Allowed::Plan => Self::Plan,
            Allowed::Apply => Self::Apply,
            Allowed::Verify => Self::Verify,
            Allowed::Destroy => Self::Destroy,
        }
    }
}

pub(crate) async fn run(
    arguments: &Arguments,
    environment: &Environment,
    screen: &Screen,
) -> Result<Exit, Failure> {
    // The account's number is part of every ARN, and of names: so AWS is asked for it.
    let opened = Opened::file(&arguments.what, &arguments.place, environment, screen).await?;
    write_trace(&arguments.place, &opened.calls, screen);
    if !opened.warnings.is_empty() {
        screen.talk(&report::diagnostics_text(&opened.warnings));
    }
    let policy = access_policy(&opened.stack, arguments.command.into());
    let text = serde_json::to_string_pretty(&policy)
        .map_err(|error| Failure::plain(format!("the policy cannot be written: {error}")))?;
    screen.data(&text);
    Ok(Exit::Done)
}
