//! `ccprov kinds`: what may be stated of a kind.

use clap::Args;
use serde_json::json;

use super::exit::{Exit, Failure};
use super::screen::Screen;
use crate::aws::AwsCatalog;
use crate::model::{Catalog, Diagnostic, KindInfo, LandmarkInfo};
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
    let landmark = |name: &String| catalog.landmarks().iter().find(|it| it.name == *name);
    if let Some(landmark) = arguments.kind.as_ref().and_then(landmark) {
        let text = if arguments.json {
            json(&[], std::slice::from_ref(landmark))?
        } else {
            report::landmark_text(landmark)
        };
        screen.data(&text);
        return Ok(Exit::Done);
    }
    let chosen = match &arguments.kind {
        Some(name) => Some(catalog.kind(name).ok_or_else(|| unknown(name, &catalog))?),
        None => None,
    };
    let text = match (chosen, arguments.json) {
        (Some(kind), false) => report::kind_text(kind),
        (Some(kind), true) => json(std::slice::from_ref(kind), &[])?,
        (None, false) => {
            let kinds = report::kinds_text(catalog.kinds());
            format!("{kinds}\n{}", report::landmarks_text(catalog.landmarks()))
        }
        (None, true) => json(catalog.kinds(), catalog.landmarks())?,
    };
    screen.data(&text);
    Ok(Exit::Done)
}

fn json(kinds: &[KindInfo], landmarks: &[LandmarkInfo]) -> Result<String, Failure> {
    let list = json!({ "format": "ccprov.kinds/1", "kinds": kinds, "looked_up_only": landmarks });
    serde_json::to_string_pretty(&list)
        .map_err(|error| Failure::plain(format!("the kinds cannot be written: {error}")))
}

fn unknown(name: &str, catalog: &AwsCatalog) -> Failure {
    if PATTERNS.iter().any(|pattern| pattern.name == name) {
        return Diagnostic::error(format!("{name} is no kind, but a pattern"))
            .hint(format!("`ccprov patterns {name}` tells of it"))
            .into();
    }
    let names = catalog.sights().iter().map(|sight| sight.kind.as_str());
    did_you_mean(Diagnostic::error(format!("there is no kind {name}")), name, names)
        .hint("`ccprov kinds` lists them")
        .into()
}
