//! `ccprov render`: stacks with nothing left to work out, and where all of it came from.

use clap::Args;

use super::environment::Environment;
use super::exit::{Exit, Failure};
use super::options::Papers;
use super::screen::Screen;
use super::together::Together;
use crate::aws::AwsCatalog;
use crate::model::Place;
use crate::report;

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    #[command(flatten)]
    papers: Papers,

    /// As JSON, with where each value came from by its path
    #[arg(long)]
    pub(crate) json: bool,
}

pub(crate) fn run(
    arguments: &Arguments,
    environment: &Environment,
    screen: &Screen,
) -> Result<Exit, Failure> {
    let Papers { what, region } = &arguments.papers;
    let region = region.as_deref();
    let Together { files, .. } = Together::read(what, region, environment, screen)?;
    let (catalog, mut documents) = (AwsCatalog::new(), Vec::new());
    for (written, _) in &files {
        let (checked, rendered) = written.rendered(region, &catalog, environment)?;
        screen.problems(&checked.warnings);
        let rendered = rendered.veiled(&environment.mask);
        documents.push(if arguments.json {
            report::rendered_json(&rendered)
        } else {
            let notes = unknown(&checked.stack.place);
            let notes: Vec<&str> = notes.iter().map(String::as_str).collect();
            report::rendered_yaml(&rendered, &notes)
        });
    }
    screen.data(&if arguments.json {
        report::several_json(&documents)
    } else {
        report::several_yaml(&documents)
    });
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
