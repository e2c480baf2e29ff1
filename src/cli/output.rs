//! `ccprov output`: what stacks have to tell, read from AWS.

use std::collections::BTreeSet;
use std::path::Path;

use clap::{Args, ValueEnum};
use futures::future::join_all;
use serde_json::Value;

use super::connected::Connections;
use super::environment::Environment;
use super::existing::Needs;
use super::exit::{Exit, Failure, gathered};
use super::opened::Opened;
use super::options::{Whats, Where};
use super::presence::{Presence, presence};
use super::screen::Screen;
use super::together::Together;
use super::written::Written;
use crate::engine::Look;
use crate::model::{Address, Diagnostic, FactRef, Live, Place, Stack, document};
use crate::plan::World;
use crate::report::{self, Outputs};

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    #[command(flatten)]
    what: Whats,

    #[command(flatten)]
    place: Where,

    /// Only this output, of one stack
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
    let (what, place) = (&arguments.what, &arguments.place);
    if let (Some(_), 2..) = (&arguments.name, what.stacks.len()) {
        return Err(name_of_several().into());
    }
    let names: Vec<Diagnostic> = what.stacks.iter().filter_map(|it| no_file(it)).collect();
    if !names.is_empty() {
        return Err(Failure::input(names));
    }
    let region = place.region.as_deref();
    let Together { files, .. } = Together::read(what, region, environment, screen)?;
    let connections = Connections::begin(place, environment, screen)?;
    let needs = if arguments.predicted { Needs::Nothing } else { Needs::All };
    let tell = async |written: Written| {
        let opened = Box::pin(written.open(needs, &connections, environment)).await?;
        told(opened, arguments, environment).await
    };
    let told = join_all(files.into_iter().map(|(written, _)| tell(written))).await;
    connections.trace().write(screen);
    let told = gathered(told)?;
    let form = arguments.form();
    let hidden = hidden(&told, screen);
    if form != Form::Text && !arguments.reveal && !hidden.is_empty() {
        return Err(sensitive(&hidden, told.len()).into());
    }
    let outputs = together(&told);
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

/// What one stack has to tell.
struct Told {
    stack: String,
    place: Place,
    outputs: Outputs,
}

/// The outputs that are wanted of a stack, with all that is known only of what is there.
async fn told(
    opened: Opened,
    arguments: &Arguments,
    environment: &Environment,
) -> Result<Told, Failure> {
    if let Some(name) = arguments.name.as_ref().filter(|it| !opened.stack.outputs.contains_key(*it))
    {
        return Err(no_such(name, &opened.stack.outputs).into());
    }
    let (opened, world) = if arguments.predicted {
        (opened, World::default())
    } else {
        opened.look(Look::ToPlan, environment).await?.into_parts()
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
    let Stack { name: stack, place, .. } = opened.stack;
    if outputs.values().any(document::has_pending) {
        let problem = format!("some outputs of stack {stack} are known only after an apply");
        return Err(Diagnostic::error(problem).hint("run `ccprov apply` first").into());
    }
    Ok(Told { stack, place, outputs })
}

/// The outputs of a stack, or of each of several by its name.
fn together(told: &[Told]) -> Outputs {
    if let [one] = told {
        return one.outputs.clone();
    }
    let each = told.iter().map(|it| (it.stack.as_str(), &it.place, &it.outputs));
    report::outputs_of_stacks(each)
}

/// As other tools have it: `output NAME`.
fn no_file(path: &Path) -> Option<Diagnostic> {
    if path.extension().is_some() || path.exists() {
        return None;
    }
    let name = path.display();
    let problem = Diagnostic::error(format!("`{name}` is no stack file"));
    Some(problem.hint(format!("one output alone: `--name {name}`")))
}

fn name_of_several() -> Diagnostic {
    Diagnostic::error("--name is of one stack, and several are named")
        .hint("name the stack that is meant")
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

/// The outputs that hold a sensitive value; of several stacks with the name of theirs.
fn hidden(told: &[Told], screen: &Screen) -> Vec<String> {
    let hides = |value: &Value| screen.mask.hides(&value.to_string());
    let hidden = told.iter().flat_map(|Told { stack, outputs, .. }| {
        let names = outputs.iter().filter(|(_, value)| hides(value)).map(|(name, _)| name);
        names
            .map(move |name| if told.len() == 1 { name.clone() } else { format!("{stack}/{name}") })
    });
    hidden.collect()
}

/// A program would take the words that stand in its place for the value.
fn sensitive(names: &[String], stacks: usize) -> Diagnostic {
    let holds = if names.len() == 1 { "holds" } else { "hold" };
    let another = if stacks == 1 {
        "--name NAME tells another output alone"
    } else {
        "--name NAME tells another output of one stack alone"
    };
    Diagnostic::error(format!("{} {holds} a sensitive value", names.join(", ")))
        .because("programs read this form, and would take the words in its place for the value")
        .hint(format!("--reveal tells the values; {another}"))
}
