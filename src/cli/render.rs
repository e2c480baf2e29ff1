//! `ccprov render`: the stack with nothing left to work out, and where it came from.

use clap::Args;

use super::environment::Environment;
use super::exit::{Exit, Failure};
use super::options::Paper;
use super::screen::Screen;
use super::written::Written;
use crate::aws::AwsCatalog;
use crate::model::Place;
use crate::report;

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    #[command(flatten)]
    paper: Paper,

    /// As JSON, with where each value came from by its path
    #[arg(long)]
    pub(crate) json: bool,
}

pub(crate) fn run(
    arguments: &Arguments,
    environment: &Environment,
    screen: &Screen,
) -> Result<Exit, Failure> {
    let written = Written::read(&arguments.paper.what, environment, screen)?;
    let (checked, rendered) =
        written.rendered(arguments.paper.region.as_deref(), &AwsCatalog::new(), environment)?;
    screen.problems(&checked.warnings);
    let rendered = rendered.veiled(&environment.mask);
    if arguments.json {
        screen.data(&report::rendered_json(&rendered));
    } else {
        let notes = unknown(&checked.stack.place);
        let notes: Vec<&str> = notes.iter().map(String::as_str).collect();
        screen.data(&report::rendered_yaml(&rendered, &notes));
    }
    Ok(Exit::Done)
}

/// What stands in names for what nobody said.
pub(crate) fn unknown(place: &Place) -> Vec<String> {
    let mut notes = Vec::new();
    if !place.knows_account() {
        notes.push(format!("The account is not known here: {} stands for it.", place.account));
    }
    if !place.knows_region() {
        notes.push(format!("The region is not known here: {} stands for it.", place.region));
    }
    notes
}
