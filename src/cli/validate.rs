//! `ccprov validate`: everything that can be known wrong without AWS.

use clap::Args;

use super::environment::Environment;
use super::exit::{Exit, Failure};
use super::opened::tell_unheard;
use super::options::What;
use super::screen::Screen;
use super::stack_path;
use crate::aws::{AwsCatalog, partition};
use crate::model::Place;
use crate::report;
use crate::spec::{self, StackFile};

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    #[command(flatten)]
    what: What,

    /// Tell problems as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

pub(crate) fn run(
    arguments: &Arguments,
    environment: &Environment,
    screen: &Screen,
) -> Result<Exit, Failure> {
    let (path, passed_over) = stack_path::find(arguments.what.stack.as_deref(), environment)?;
    let env = arguments.what.variables.env(environment);
    let inputs = arguments.what.variables.inputs(environment, &env);
    let file = spec::load(&path, &inputs).map_err(Failure::input)?;
    tell_unheard(&file, screen);
    let checked =
        spec::check(&file, &anywhere(&file, None, environment), &AwsCatalog::new(), &inputs);
    let checked = checked.map_err(Failure::input)?;
    let warnings = [passed_over, checked.warnings].concat();
    if arguments.json {
        screen.data(&report::diagnostics_json(&warnings));
        return Ok(Exit::Done);
    }
    if !warnings.is_empty() {
        screen.talk(&report::diagnostics_text(&warnings));
    }
    let count = checked.stack.resources.len();
    let stack = &checked.stack.name;
    screen.data(&format!("{} is valid: stack {stack}, {count} resources.", path.display()));
    Ok(Exit::Done)
}

/// A place to check a stack file for before anybody was asked: the region of
/// the command line if it says one.
pub(crate) fn anywhere(file: &StackFile, region: Option<&str>, environment: &Environment) -> Place {
    let region = region.or(file.region()).or(environment.region.as_deref());
    let region = region.unwrap_or(Place::NO_REGION);
    Place {
        partition: partition::of_region(region).into(),
        account: file.account().unwrap_or(Place::NO_ACCOUNT).to_owned(),
        region: region.to_owned(),
        endpoint: None,
    }
}
