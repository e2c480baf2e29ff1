//! `ccprov iam`: the least that AWS must allow for one command on one stack.

use clap::{Args, ValueEnum};

use super::environment::Environment;
use super::exit::{Exit, Failure};
use super::opened::{Opened, tell_unheard, write_trace};
use super::options::{What, Where};
use super::screen::Screen;
use super::stack_path;
use super::validate::anywhere;
use crate::aws::AwsCatalog;
use crate::aws::access::{Command, MOST_CHARACTERS, access_policy};
use crate::model::{Diagnostic, Stack};
use crate::spec::{self, Checked};

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    #[command(flatten)]
    what: What,

    #[command(flatten)]
    place: Where,

    /// The command that is to be allowed
    #[arg(long = "for", value_name = "COMMAND")]
    command: Allowed,

    /// Only the Nth of the policies, where one would be too long for IAM
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    part: Option<u16>,

    /// Tell problems as JSON too; the policy is JSON anyway
    #[arg(long)]
    pub(crate) json: bool,
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
    let (stack, warnings) = stack(arguments, environment, screen).await?;
    screen.problems(&warnings);
    let whole = access_policy(&stack, arguments.command.into());
    let size = whole.size();
    let parts = whole.parts(MOST_CHARACTERS);
    let text = match (arguments.part, parts.as_slice()) {
        (Some(part), _) => {
            let chosen = parts.get(usize::from(part) - 1);
            json(chosen.ok_or_else(|| no_part(part, parts.len()))?)?
        }
        (None, [policy]) => json(policy)?,
        (None, several) => {
            screen.problems(&[too_long(size, several.len())]);
            json(several)?
        }
    };
    screen.data(&text);
    Ok(Exit::Done)
}

/// The stack that the policy is for. The account's number is part of every ARN,
/// and of names: AWS is asked for it, unless the file states it.
async fn stack(
    arguments: &Arguments,
    environment: &Environment,
    screen: &Screen,
) -> Result<(Stack, Vec<Diagnostic>), Failure> {
    if let Some(checked) = offline(&arguments.what, &arguments.place, environment, screen)? {
        return Ok((checked.stack, checked.warnings));
    }
    let opened = Opened::file(&arguments.what, &arguments.place, environment, screen).await?;
    write_trace(&arguments.place, &opened.calls, screen);
    Ok((opened.stack, opened.warnings))
}

/// A file that says of itself where its stack lives.
fn offline(
    what: &What,
    place: &Where,
    environment: &Environment,
    screen: &Screen,
) -> Result<Option<Checked>, Failure> {
    let (path, passed_over) = stack_path::find(what.stack.as_deref(), environment)?;
    let env = what.variables.env(environment);
    let inputs = what.variables.inputs(environment, &env);
    let file = spec::load(&path, &inputs).map_err(Failure::input)?;
    tell_unheard(&file, screen);
    let is_told = file.account().is_some() && file.region().is_some();
    if !is_told || place.region.is_some() || place.endpoint_url.is_some() {
        return Ok(None);
    }
    let here = anywhere(&file, None, environment);
    let checked = spec::check(&file, &here, &AwsCatalog::new(), &inputs);
    let checked = checked.map_err(Failure::input)?;
    Ok(Some(Checked { warnings: [passed_over, checked.warnings].concat(), ..checked }))
}

fn json(value: &(impl serde::Serialize + ?Sized)) -> Result<String, Failure> {
    serde_json::to_string_pretty(value)
        .map_err(|error| Failure::plain(format!("the policy cannot be written: {error}")))
}

fn too_long(size: usize, parts: usize) -> Diagnostic {
    let what =
        format!("the policy has {size} characters, and a managed policy takes {MOST_CHARACTERS}");
    Diagnostic::warning(what)
        .because(format!(
            "so it is told as a list of {parts} policies; whoever is to do this needs all of them"
        ))
        .hint(format!("--part 1 to --part {parts} tell each by itself"))
}

fn no_part(part: u16, parts: usize) -> Diagnostic {
    let noun = if parts == 1 { "policy" } else { "policies" };
    Diagnostic::error(format!("there is no part {part}: the stack needs {parts} {noun}"))
}
