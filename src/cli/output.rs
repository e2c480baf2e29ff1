//! `ccprov output`: what a stack has to tell, read from AWS.

use std::collections::BTreeSet;

use clap::{Args, ValueEnum};
use serde_json::Value;

use super::environment::Environment;
use super::existing::Needs;
use super::exit::{Exit, Failure};
use super::opened::Opened;
use super::options::{What, Where};
use super::presence::{Presence, presence};
use super::screen::Screen;
use crate::engine::Look;
use crate::model::{Address, Diagnostic, FactRef, Live, document};
use crate::plan::World;
use crate::report::{self, Outputs};

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    #[command(flatten)]
    what: What,

    #[command(flatten)]
    place: Where,

    /// Only this output
    #[arg(long, value_name = "NAME", required_if_eq("format", "raw"))]
    name: Option<String>,

    /// The form: `raw` needs --name
    #[arg(long, value_name = "FORM", default_value = "text")]
    format: Form,

    /// The same as --format json
    #[arg(long, conflicts_with = "format")]
    json: bool,

    /// Tell what will be, of a stack that may not be there: nothing is looked up
    #[arg(long)]
    predicted: bool,

    /// Tell sensitive values too
    #[arg(long)]
    reveal: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    /// For people
    Text,
    /// One object
    Json,
    /// One object of scalars, maps and lists by their paths
    FlatJson,
    /// KEY="value" lines
    Dotenv,
    /// For `>> $GITHUB_OUTPUT`
    Github,
    /// The value alone
    Raw,
}

impl Arguments {
    pub(crate) fn wants_json(&self) -> bool {
        matches!(self.form(), Form::Json | Form::FlatJson)
    }

    fn form(&self) -> Form {
        if self.json { Form::Json } else { self.format }
    }
}

pub(crate) async fn run(
    arguments: &Arguments,
    environment: &Environment,
    screen: &Screen,
) -> Result<Exit, Failure> {
    let needs = if arguments.predicted { Needs::Nothing } else { Needs::All };
    let (what, place) = (&arguments.what, &arguments.place);
    let opened = Opened::needing(needs, what, place, environment, screen).await?;
    if let Some(name) = arguments.name.as_ref().filter(|it| !opened.stack.outputs.contains_key(*it))
    {
        return Err(no_such(name, &opened.stack.outputs).into());
    }
    let (opened, world) = if arguments.predicted {
        (opened, World::default())
    } else {
        let trace = opened.trace.clone();
        let looked = opened.look(Look::ToPlan, environment).await;
        trace.write(screen);
        looked?.into_parts()
    };
    // By now they speak of names that were kept, too.
    let mut outputs = opened.stack.outputs.clone();
    outputs.retain(|candidate, _| arguments.name.as_ref().is_none_or(|name| candidate == name));
    if !arguments.predicted {
        let missing = missing(&outputs, &opened, &world);
        if !missing.is_empty() {
            return Err(Failure::input(missing));
        }
    }
    let known = |fact: &FactRef| world.found.get(&fact.address)?.facts.get(&fact.fact).cloned();
    for value in outputs.values_mut() {
        *value = document::fill(value, &known);
    }
    if outputs.values().any(document::has_pending) {
        return Err(Diagnostic::error("some outputs are known only after an apply")
            .hint("run `ccprov apply` first")
            .into());
    }
    let form = arguments.form();
    let hidden = hidden(&outputs, screen);
    if form != Form::Text && !arguments.reveal && !hidden.is_empty() {
        return Err(sensitive(&hidden).into());
    }
    let text = match (form, &arguments.name) {
        (Form::Text, _) => report::outputs_text(&outputs),
        (Form::Json, _) => report::outputs_json(&outputs),
        (Form::FlatJson, _) => report::outputs_flat_json(&outputs).map_err(Failure::input)?,
        (Form::Dotenv, _) => report::outputs_dotenv(&outputs).map_err(Failure::input)?,
        (Form::Github, _) => report::outputs_github(&outputs).map_err(Failure::input)?,
        (Form::Raw, name) => {
            let name = name.as_deref().unwrap_or_default();
            report::output_raw(&outputs, name).map_err(Failure::input)?
        }
    };
    let is_exact = matches!(form, Form::Dotenv | Form::Github | Form::Raw);
    match (arguments.reveal, is_exact) {
        (true, _) => screen.reveal(&text),
        (false, true) => screen.exact_data(&text),
        (false, false) => screen.data(&text),
    }
    Ok(Exit::Done)
}

fn no_such(name: &str, outputs: &Outputs) -> Diagnostic {
    let names: Vec<&str> = outputs.keys().map(String::as_str).collect();
    let problem = Diagnostic::error(format!("the stack has no output {name}"));
    if names.is_empty() { problem } else { problem.hint(format!("it has: {}", names.join(", "))) }
}

/// A problem for every resource that these outputs speak of and the stack has not:
/// a name that is known before its object exists is no sign of life.
fn missing(outputs: &Outputs, opened: &Opened, world: &World) -> Vec<Diagnostic> {
    let spoken_of = outputs.keys().filter_map(|name| opened.told_of.get(name)).flatten();
    let spoken_of: BTreeSet<&Address> = spoken_of.collect();
    let absent = spoken_of.into_iter().filter(|address| {
        let is_ours = |live: &Live| {
            let presence = presence(&opened.stack, live, &opened.catalog);
            !matches!(presence, Presence::Anothers(_) | Presence::Nobodys)
        };
        !world.found.get(*address).is_some_and(is_ours)
    });
    absent
        .map(|address| {
            let stack = &opened.stack.name;
            Diagnostic::error(format!("an output speaks of {address}, which does not exist"))
                .because(format!("nothing of that name belongs to stack {stack} in this place"))
                .hint("run `ccprov apply` first; --predicted tells what the values will be")
        })
        .collect()
}

/// The outputs that hold a sensitive value.
fn hidden<'a>(outputs: &'a Outputs, screen: &Screen) -> Vec<&'a str> {
    let hides = |value: &Value| screen.mask.hides(&value.to_string());
    outputs.iter().filter(|(_, value)| hides(value)).map(|(name, _)| name.as_str()).collect()
}

/// A program would take the words that stand in its place for the value.
fn sensitive(names: &[&str]) -> Diagnostic {
    let holds = if names.len() == 1 { "holds" } else { "hold" };
    Diagnostic::error(format!("{} {holds} a sensitive value", names.join(", ")))
        .because("programs read this form, and would take the words in its place for the value")
        .hint("--reveal tells the values; --name NAME tells another output alone")
}
