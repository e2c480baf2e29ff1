//! `{ file: ./definition.json }` in the place of a text: what stands in a file of the
//! checkout.
//!
//! Which maps mean a file is known only where they end up: to a kind that takes
//! a map there, `file` is a key like any other. So loading reads whatever could
//! be meant, and problems of files that nobody wants are told to nobody.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use serde_json::Value as Json;

use super::expand::{Env, Expansion};
use super::files::{self, Reach};
use super::source::{Mark, Source};
use super::spelling;
use super::tree::{Entry, Map, Node, Value};
use super::yaml;
use crate::model::Diagnostic;

/// The files that a stack may mean, by the file that names one and the path in it.
#[derive(Debug, Default)]
pub(super) struct Contents(BTreeMap<(String, String), Result<Arc<Content>, Diagnostic>>);

/// One file, read as text.
#[derive(Debug)]
pub(super) struct Content {
    path: PathBuf,
    source: Arc<Source>,
    text: String,
    /// What it says as YAML or JSON, once somebody wants to know.
    document: OnceLock<Result<Node, Diagnostic>>,
}

impl Contents {
    /// Reads every file that something in these entries could mean.
    pub(super) fn gather(&mut self, entries: &Map, reach: &Reach) {
        entries.values().for_each(|entry| self.gather_within(&entry.node, reach));
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

    /// The files that were read.
    pub(super) fn paths(&self) -> impl Iterator<Item = PathBuf> {
        self.0.values().flatten().map(|content| content.path.clone())
    }

    fn find(&self, path: &str, at: &Mark) -> Option<&Result<Arc<Content>, Diagnostic>> {
        self.0.get(&(at.source.name.clone(), path.to_owned()))
    }
}

/// The path in `{ file: PATH }`, and where it stands.
fn file_of(map: &Map) -> Option<(&str, &Mark)> {
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
    fn document(&self) -> Result<&Node, Diagnostic> {
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

/// What is wanted in the place of a map.
enum Wanted {
    Itself,
    Text,
    /// What the text says as YAML or JSON.
    Document,
}

impl Wanted {
    fn by(forms: &[&Json]) -> Self {
        let takes = |word: &str| {
            forms.iter().any(|form| spelling::is_typed(form) && spelling::admits(form, word))
        };
        let of_its_own = |form: &&Json| form.pointer("/properties/file").is_some();
        match (takes("string"), takes("object")) {
            _ if forms.iter().any(of_its_own) => Self::Itself,
            (true, true) => Self::Document,
            (true, false) => Self::Text,
            (false, _) => Self::Itself,
        }
    }
}

impl Expansion<'_> {
    /// The value with what stands in files put where a schema wants text of them.
    pub(super) fn with_files(&mut self, schema: &Json, node: Node, env: &Env) -> Option<Node> {
        if self.ground.library.contents.0.is_empty() {
            return Some(node);
        }
        self.filled(schema, &[schema], node, env)
    }

    fn filled(&mut self, root: &Json, schemas: &[&Json], node: Node, env: &Env) -> Option<Node> {
        let forms = spelling::forms(root, schemas);
        let Node { value, at } = node;
        let value = match value {
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) => value,
            Value::List(items) => {
                let within: Vec<&Json> =
                    forms.iter().filter_map(|form| spelling::items_of(form)).collect();
                let items = items.into_iter().map(|item| self.filled(root, &within, item, env));
                // All of them, so that all that is wrong is told.
                let items: Vec<Option<Node>> = items.collect();
                Value::List(items.into_iter().collect::<Option<_>>()?)
            }
            Value::Map(map) => {
                let wanted = file_of(&map).map_or(Wanted::Itself, |_| Wanted::by(&forms));
                match (wanted, file_of(&map)) {
                    (Wanted::Itself, _) | (_, None) => {}
                    (Wanted::Text, Some((path, at))) => return self.text_of(path, at, env),
                    (Wanted::Document, Some((path, at))) => return self.document_of(path, at, env),
                }
                let mut filled = Vec::new();
                for (key, Entry { key_at, node }) in map {
                    let within: Vec<&Json> =
                        forms.iter().filter_map(|form| spelling::field_of(form, &key)).collect();
                    let node = self.filled(root, &within, node, env);
                    filled.push(node.map(|node| (key, Entry { key_at, node })));
                }
                Value::Map(filled.into_iter().collect::<Option<_>>()?)
            }
        };
        Some(Node { value, at })
    }

    fn text_of(&mut self, path: &str, at: &Mark, env: &Env) -> Option<Node> {
        let content = self.content(path, at, env)?;
        let home = self.home_of(at, env);
        self.text(&content.text, &content.source.mark(1, 1, usize::MAX), &home)
    }

    fn document_of(&mut self, path: &str, at: &Mark, env: &Env) -> Option<Node> {
        let content = self.content(path, at, env)?;
        match content.document() {
            Ok(document) => {
                let home = self.home_of(at, env);
                self.evaluate(document, &home)
            }
            Err(problem) => {
                self.report(env.scope, problem);
                None
            }
        }
    }

    fn content(&mut self, path: &str, at: &Mark, env: &Env) -> Option<Arc<Content>> {
        let problem = match self.ground.library.contents.find(path, at) {
            Some(Ok(content)) => return Some(Arc::clone(content)),
            Some(Err(problem)) => problem.clone(),
            None => Diagnostic::error("the path of a file is written out")
                .at(Some(at.location()))
                .because("which files a stack means is known before any reference")
                .hint("choose between files: `{ when: ..., value: { file: ./a.json }, else: { file: ./b.json } }`"),
        };
        self.report(env.scope, problem);
        None
    }

    /// Where references in a file have a meaning: where the file is named, which may be the use
    /// of the pattern that takes it.
    fn home_of(&self, at: &Mark, env: &Env) -> Env {
        let mut home = env.clone();
        while let Some(usage) = &self.scopes[home.scope].usage {
            let mut resources = self.scopes[home.scope].resources.values();
            if resources.any(|entry| entry.key_at.source.name == at.source.name) {
                break;
            }
            home = usage.caller.clone();
        }
        home
    }
}
