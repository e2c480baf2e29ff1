//! Values with what stands in files put where a schema wants text of them.

use std::sync::Arc;

use serde_json::Value as Json;

use super::contents::{Content, file_of};
use super::expand::{Env, Expansion};
use super::source::Mark;
use super::spelling;
use super::tree::{Entry, Node, Value};
use crate::model::Diagnostic;

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
        if self.ground.library.contents.is_empty() {
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
