//! `{ file: ./definition.json }` in the place of a text: what stands in a file of the
//! checkout.
//!
//! Which maps mean a file is known only where they end up: to a kind that takes
//! a map there, `file` is a key like any other. So loading reads whatever could
//! be meant, and problems of files that nobody wants are told to nobody.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use super::files::{self, Reach};
use super::source::{Mark, Source};
use super::tree::{Map, Node, Value};
use super::yaml;
use crate::model::Diagnostic;

/// The files that a stack may mean, by the file that names one and the path in it.
#[derive(Debug, Default)]
pub(super) struct Contents(BTreeMap<(String, String), Result<Arc<Content>, Diagnostic>>);

/// One file, read as text.
#[derive(Debug)]
pub(super) struct Content {
    path: PathBuf,
    pub(super) source: Arc<Source>,
    pub(super) text: String,
    /// What it says as YAML or JSON, once somebody wants to know.
    document: OnceLock<Result<Node, Diagnostic>>,
}

impl Contents {
    /// Reads every file that something in these entries could mean.
    pub(super) fn gather(&mut self, entries: &Map, reach: &Reach) {
        for entry in entries.values() {
            self.gather_within(&entry.node, reach);
        }
    }

    pub(super) fn gather_within(&mut self, node: &Node, reach: &Reach) {
        match &node.value {
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) => {}
            Value::List(items) => items.iter().for_each(|item| self.gather_within(item, reach)),
            Value::Map(map) => match file_of(map) {
                Some((path, at)) => {
                    let key = (at.source.name.clone(), path.to_owned());
                    self.0.entry(key).or_insert_with(|| read(path, at, reach).map(Arc::new));
                }
                None => self.gather(map, reach),
            },
        }
    }

    /// Whether nothing could mean a file.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The files that were read.
    pub(super) fn paths(&self) -> impl Iterator<Item = PathBuf> {
        self.0.values().flatten().map(|content| content.path.clone())
    }

    pub(super) fn find(&self, path: &str, at: &Mark) -> Option<&Result<Arc<Content>, Diagnostic>> {
        self.0.get(&(at.source.name.clone(), path.to_owned()))
    }
}

/// The path in `{ file: PATH }`, and where it stands.
pub(super) fn file_of(map: &Map) -> Option<(&str, &Mark)> {
    let entry = map.get("file").filter(|_| map.len() == 1)?;
    Some((entry.node.as_text()?, &entry.node.at))
}

fn read(written: &str, at: &Mark, reach: &Reach) -> Result<Content, Diagnostic> {
    let (path, name) = reach.resolve_text(written, at)?;
    let (source, text) =
        files::read_text(&path, &name).map_err(|problem| files::named_at(problem, Some(at)))?;
    let text = text.replace("\r\n", "\n");
    if text.contains(yaml::is_unprintable) {
        return Err(Diagnostic::error(format!("`{written}` holds control characters"))
            .at(Some(at.location()))
            .because("only tabs and line breaks are admitted in a text"));
    }
    Ok(Content { path, source, text, document: OnceLock::new() })
}

impl Content {
    pub(super) fn document(&self) -> Result<&Node, Diagnostic> {
        // YAML knows no tabs that indent, and JSON has none within its texts.
        let is_json = self.path.extension().is_some_and(|end| end == "json");
        let read = || {
            let read = yaml::parse(&self.source, &self.text.replace('\t', " "));
            read.map_err(|mut problem| {
                if is_json {
                    problem.summary = problem.summary.replace("not valid YAML", "not valid JSON");
                }
                problem
            })
        };
        self.document.get_or_init(read).as_ref().map_err(Clone::clone)
    }
}
