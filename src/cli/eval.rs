//! `ccprov eval`: what one expression comes to in a stack, and where that is written.

use clap::Args;

use super::environment::Environment;
use super::exit::{Exit, Failure};
use super::options::Paper;
use super::render::unknown;
use super::screen::Screen;
use super::written::Written;
use crate::aws::AwsCatalog;
use crate::model::{Rendered, document};
use crate::report;

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// A text with references, in single quotes for the shell: '${queue.arn}'
    expression: String,

    #[command(flatten)]
    paper: Paper,

    /// As JSON, with the type and where it came from
    #[arg(long)]
    pub(crate) json: bool,
}

pub(crate) fn run(
    arguments: &Arguments,
    environment: &Environment,
    screen: &Screen,
) -> Result<Exit, Failure> {
    let written = Written::read(&arguments.paper.what, environment, screen)?;
    let (expression, region) = (&arguments.expression, arguments.paper.region.as_deref());
    let (place, found) = written.evaluated(expression, region, &AwsCatalog::new(), environment)?;
    if !found.elsewhere.is_empty() {
        screen.note(&format!(
            "The stack has {}, which this does not touch: `ccprov validate` tells what is wrong.",
            report::count(found.elsewhere.len(), "problem")
        ));
    }
    let is_known = !document::has_pending(&found.value);
    let value = Rendered::of(&found.value).veiled(&environment.mask).value();
    if arguments.json {
        let value = is_known.then_some(&value);
        screen.data(&report::evaluated_json(expression, value, found.type_name, &found.from));
        return Ok(Exit::Done);
    }
    screen.data(&report::value_yaml(&value));
    screen.note(&format!("It is {}.", found.type_name));
    for (reference, at) in &found.from {
        screen.note(&format!("{reference} is from {at}."));
    }
    if !expression.contains("${") && !expression.trim_start().starts_with(['{', '[']) {
        screen.note(&format!(
            "Nothing in it is a reference: those are written '${{{}}}'.",
            if expression.contains('.') { expression } else { "queue.arn" }
        ));
    }
    for sentence in unknown(&place) {
        screen.note(&sentence);
    }
    Ok(Exit::Done)
}
