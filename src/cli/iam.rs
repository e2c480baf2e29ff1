//! `ccprov iam`: the least that AWS must allow for one command on its stacks.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use futures::future::join_all;

use super::connected::Connections;
use super::environment::Environment;
use super::existing::{Needs, wanted};
use super::exit::{Exit, Failure, gathered};
use super::opened::Opened;
use super::options::{Whats, Where};
use super::screen::Screen;
use super::together::Together;
use super::written::Written;
use crate::aws::access::{AccessPolicy, Command, MOST_CHARACTERS, access_policy_with};
use crate::model::{Diagnostic, Lookup, Stack};
use crate::spec::{Borrowed, Checked, Learned, Lender, Spoken};

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    #[command(flatten)]
    what: Whats,

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
    /// Reading functions, and calling them
    Invoke,
    /// Reading archives and rules, and replaying
    Replay,
}

impl From<Allowed> for Command {
    fn from(allowed: Allowed) -> Self {
        match allowed {
            Allowed::Plan => Self::Plan,
            Allowed::Apply => Self::Apply,
            Allowed::Verify => Self::Verify,
            Allowed::Destroy => Self::Destroy,
            Allowed::Invoke => Self::Invoke,
            Allowed::Replay => Self::Replay,
        }
    }
}

pub(crate) async fn run(
    arguments: &Arguments,
    environment: &Environment,
    screen: &Screen,
) -> Result<Exit, Failure> {
    let command = Command::from(arguments.command);
    let asked = asked(arguments, environment, screen).await?;
    of_one_hand(&asked)?;
    let policies = asked.iter().map(|it| {
        screen.problems(&it.warnings);
        access_policy_with(&it.stack, (&it.lookups, &used(&it.lenders, None)), command)
    });
    let Some(whole) = AccessPolicy::joined(policies.collect()) else { return Ok(Exit::Done) };
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

/// A stack that the policy is for.
struct Asked {
    path: PathBuf,
    stack: Stack,
    lookups: Vec<Lookup>,
    lenders: BTreeMap<String, Lender>,
    warnings: Vec<Diagnostic>,
}

impl Asked {
    fn of(path: PathBuf, checked: Checked, lookups: Vec<Lookup>) -> Self {
        let Checked { stack, lenders, warnings, .. } = checked;
        Self { path, stack, lookups, lenders, warnings }
    }
}

/// The stacks that the policy is for. The account's number is part of every ARN,
/// and of names: AWS is asked for it, unless the file states it.
async fn asked(
    arguments: &Arguments,
    environment: &Environment,
    screen: &Screen,
) -> Result<Vec<Asked>, Failure> {
    let lookups = |checked: &Checked| {
        let needs = match arguments.command {
            Allowed::Plan | Allowed::Apply | Allowed::Verify => Needs::All,
            Allowed::Destroy | Allowed::Invoke | Allowed::Replay => Needs::Names,
        };
        let wanted = wanted(checked, needs);
        let all = checked.existing.iter().filter(|(address, _)| wanted.contains(*address));
        all.map(|(_, referred)| referred.lookup.clone()).collect::<Vec<Lookup>>()
    };
    let (what, place) = (&arguments.what, &arguments.place);
    let region = place.region.as_deref();
    let Together { files, .. } = Together::read(what, region, environment, screen)?;
    let is_told = |written: &Written| {
        let is_pinned = written.file.account().is_some() && written.file.region().is_some();
        is_pinned && place.region.is_none() && place.endpoint_url.is_none()
    };
    if files.iter().all(|(written, _)| is_told(written)) {
        let told = files.into_iter().map(|(written, checked)| {
            let lookups = lookups(&checked);
            Asked::of(written.path, checked, lookups)
        });
        return Ok(told.collect());
    }
    let connections = Connections::begin(place, environment, screen)?;
    let open = files.into_iter();
    let open = open.map(|(file, _)| file.open(Needs::Nothing, &connections, environment));
    let members = join_all(open).await;
    connections.trace().write(screen);
    let mut asked = Vec::new();
    for opened in gathered(members)? {
        let Some(written) = &opened.written else { continue };
        let (place, catalog) = (opened.provider.place(), &opened.catalog);
        let checked = written.check(place, &Learned::default(), catalog, environment)?;
        let lookups = lookups(&checked);
        let Opened { stack, lenders, warnings, file: path, .. } = opened;
        asked.push(Asked { path, stack, lookups, lenders, warnings });
    }
    Ok(asked)
}

/// Refuses stacks of several identities: in one policy each would have the rights of all.
fn of_one_hand(asked: &[Asked]) -> Result<(), Diagnostic> {
    let mut hands: BTreeMap<(&str, Option<&str>), Vec<String>> = BTreeMap::new();
    for Asked { path, stack, .. } in asked {
        let role = stack.role.as_ref().map(|role| role.arn.as_str());
        let hand = hands.entry((&stack.place.account, role)).or_default();
        hand.push(path.display().to_string());
    }
    if hands.len() < 2 {
        return Ok(());
    }
    let summary = format!("these stacks are worked on by {} identities", hands.len());
    let problem = Diagnostic::error(summary)
        .because("in one policy each of them would be allowed what only another has to do");
    let told = hands.into_iter().map(|((account, role), paths)| {
        let who = match role {
            Some(arn) => format!("the role {arn}"),
            None => format!("credentials of account {account}"),
        };
        format!("a policy for {who}: name {} alone", paths.join(" and "))
    });
    Err(told.fold(problem, Diagnostic::hint))
}

/// The stacks that are used, each with what is looked at for its used outputs alone: all of them,
/// or those that another passes on.
fn used(
    lenders: &BTreeMap<String, Lender>,
    passed_on: Option<&Borrowed>,
) -> Vec<(Stack, Vec<Lookup>)> {
    let mut stacks = Vec::new();
    for (alias, Lender { checked, outputs, .. }) in lenders {
        let is_used = |output: &&String| {
            passed_on.is_none_or(|all| all.contains(&(alias.clone(), (*output).clone())))
        };
        let outputs: BTreeSet<String> = outputs.iter().filter(is_used).cloned().collect();
        if outputs.is_empty() {
            continue;
        }
        let Spoken { resources, others } = checked.spoken_of(&outputs);
        let mut stack = checked.stack.clone();
        stack.resources.retain(|address, _| resources.contains(address));
        let looks = others.existing.iter().filter_map(|entry| checked.existing.get(entry));
        stacks.push((stack, looks.map(|it| it.lookup.clone()).collect()));
        stacks.extend(used(&checked.lenders, Some(&others.outputs)));
    }
    stacks
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
