//! `ccprov output`: what a stack has to tell, read from AWS.

use clap::{Args, ValueEnum};

use super::environment::Environment;
use super::exit::{Exit, Failure};
use super::opened::{Opened, write_trace};
use super::options::{What, Where};
use super::screen::Screen;
use crate::engine::Look;
use crate::model::{Diagnostic, FactRef, document};
use crate::report;

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
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    /// For people
    Text,
    /// One object
    Json,
    /// KEY="value" lines
    Dotenv,
    /// For `>> $GITHUB_OUTPUT`
    Github,
    /// The value alone
    Raw,
}

impl Arguments {
    pub(crate) fn wants_json(&self) -> bool {
        self.format == Form::Json
    }
}

pub(crate) async fn run(
    arguments: &Arguments,
    environment: &Environment,
    screen: &Screen,
) -> Result<Exit, Failure> {
    let opened = Opened::file(&arguments.what, &arguments.place, environment, screen).await?;
    let world = opened.observe(Look::ToPlan).await;
    write_trace(&arguments.place, &opened.calls, screen);
    let world = world?;
    let known = |fact: &FactRef| world.found.get(&fact.address)?.facts.get(&fact.fact).cloned();
    let mut outputs = opened.stack.outputs.clone();
    if let Some(name) = &arguments.name {
        if !outputs.contains_key(name) {
            let names: Vec<&str> = outputs.keys().map(String::as_str).collect();
            return Err(Diagnostic::error(format!("the stack has no output {name}"))
                .hint(format!("it has: {}", names.join(", ")))
                .into());
        }
        outputs.retain(|candidate, _| candidate == name);
    }
    for value in outputs.values_mut() {
        *value = document::fill(value, &known);
    }
    if outputs.values().any(document::has_pending) {
        return Err(Diagnostic::error("some outputs are known only after an apply")
            .hint("run `ccprov apply` first")
            .into());
    }
    match (arguments.format, &arguments.name) {
        (Form::Text, _) => screen.data(&report::outputs_text(&outputs)),
        (Form::Json, _) => screen.data(&report::outputs_json(&outputs)),
        (Form::Dotenv, _) => {
            screen.exact_data(&report::outputs_dotenv(&outputs).map_err(Failure::input)?);
        }
        (Form::Github, _) => {
            screen.exact_data(&report::outputs_github(&outputs).map_err(Failure::input)?);
        }
        (Form::Raw, name) => {
            let name = name.as_deref().unwrap_or_default();
            screen.exact_data(&report::output_raw(&outputs, name).map_err(Failure::input)?);
        }
    }
    Ok(Exit::Done)
}
