//! `ccprov kinds`: what may be stated of a kind.

use clap::Args;
use serde_json::json;

use super::exit::{Exit, Failure};
use super::screen::Screen;
use crate::aws::AwsCatalog;
use crate::model::{Catalog, Diagnostic, KindInfo};
use crate::report;
use crate::spec::{PATTERNS, did_you_mean};

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// One kind [default: a list of all]
    kind: Option<String>,

    /// Tell everything as JSON, schemas included
    #[arg(long)]
    pub(crate) json: bool,
}

pub(crate) fn run(arguments: &Arguments, screen: &Screen) -> Result<Exit, Failure> {
    let catalog = AwsCatalog::new();
    let chosen = match &arguments.kind {
        Some(name) => Some(catalog.kind(name).ok_or_else(|| unknown(name, &catalog))?),
        None => None,
    };
    let text = match (chosen, arguments.json) {
        (Some(kind), false) => report::kind_text(kind),
        (Some(kind), true) => json(std::slice::from_ref(kind))?,
        (None, false) => report::kinds_text(catalog.kinds()),
        (None, true) => json(catalog.kinds())?,
    };
    screen.data(&text);
    Ok(Exit::Done)
}

fn json(kinds: &[KindInfo]) -> Result<String, Failure> {
    let list = json!({ "format": "ccprov.kinds/1", "kinds": kinds });
    serde_json::to_string_pretty(&list)
        .map_err(|error| Failure::plain(format!("the kinds cannot be written: {error}")))
}

fn unknown(name: &str, catalog: &AwsCatalog) -> Failure {
    if PATTERNS.iter().any(|pattern| pattern.name == name) {
        return Diagnostic::error(format!("{name} is no kind, but a pattern"))
            .hint(format!("`ccprov patterns {name}` tells of it"))
            .into();
    }
    let names = catalog.kinds().iter().map(|kind| kind.name.as_str());
    did_you_mean(Diagnostic::error(format!("there is no kind {name}")), name, names)
        .hint("`ccprov kinds` lists them")
        .into()
}
