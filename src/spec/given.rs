//! What is said of a stack's variables outside of its own files: on the command
//! line, in variable files, in the environment.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::files::{self, Reach};
use super::parameter;
use super::source::{Mark, Source};
use super::suggest::{all_of, did_you_mean, listed};
use super::tree::{Entry, Map, Node};
use crate::model::{Diagnostic, Location};

/// The folder beside a stack file that may hold a variable file of its name.
const FOLDER: &str = "vars";

/// Texts by the names of variables.
type Texts = BTreeMap<String, String>;

/// One value from outside.
pub(super) enum Given {
    /// A text that takes the variable's type.
    Text(Mark, String),
    /// What stands in a variable file.
    Entry(Entry),
}

/// A value of the command line for a variable that a stack does not declare.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stray {
    name: String,
    /// Where a variable file states it; `None` for `--var`.
    at: Option<Location>,
}

/// Every value from outside, by variable, and the variable files that were read.
#[derive(Default)]
pub(super) struct Outside {
    pub(super) given: BTreeMap<String, Given>,
    pub(super) files: Vec<PathBuf>,
    /// What the command line gives beside them.
    pub(super) strays: Vec<Stray>,
}

impl Outside {
    /// What overrides the defaults of a stack. The environment is the least: it
    /// may be meant for another. Then comes the variable file that lies beside
    /// the stack, then those of the command line, the last one over the first,
    /// and `--var` over all.
    pub(super) fn of(
        stack: &Path,
        (ambient, files, vars): (&Texts, &[PathBuf], &Texts),
        declared: Option<&Map>,
        problems: &mut Vec<Diagnostic>,
    ) -> Self {
        let nothing = Map::new();
        let declared = declared.unwrap_or(&nothing);
        let mut outside = Self::default();
        for (name, text) in ambient {
            if declared.contains_key(name) {
                outside.add_text(name, &format!("CCPROV_VAR_{name}"), text);
            }
        }
        if let Some(path) = beside(stack).filter(|path| path.exists()) {
            outside.add_file(&path, declared, problems);
            // It is this stack's alone.
            problems.extend(outside.strays.drain(..).map(|it| it.of_one(declared)));
        }
        for path in files {
            outside.add_file(path, declared, problems);
        }
        for (name, text) in vars {
            if declared.contains_key(name) {
                outside.add_text(name, &format!("--var {name}"), text);
            } else {
                outside.strays.push(Stray { name: name.clone(), at: None });
            }
        }
        outside
    }

    /// What a stack states of the variables of another that it uses, over all else.
    pub(super) fn state(
        &mut self,
        stated: &Map,
        declared: Option<&Map>,
        problems: &mut Vec<Diagnostic>,
    ) {
        let nothing = Map::new();
        let declared = declared.unwrap_or(&nothing);
        for (name, entry) in stated {
            if declared.contains_key(name) {
                self.given.insert(name.clone(), Given::Entry(entry.clone()));
                continue;
            }
            let problem =
                Diagnostic::error(format!("the stack that is used has no variable `{name}`"));
            let problem = problem
                .at(Some(entry.key_at.location()))
                .because(all_of("variables", declared.keys().map(String::as_str)));
            problems.push(did_you_mean(problem, name, declared.keys().map(String::as_str)));
        }
    }

    fn add_text(&mut self, name: &str, origin: &str, text: &str) {
        let source = Source::text(origin, text);
        let at = source.mark(1, 1, text.chars().count());
        self.given.insert(name.to_owned(), Given::Text(at, text.to_owned()));
    }

    fn add_file(&mut self, path: &Path, declared: &Map, problems: &mut Vec<Diagnostic>) {
        match read(path) {
            Ok((file, root)) => {
                self.files.push(file);
                self.add_values(&root, declared, problems);
            }
            Err(problem) => problems.push(problem),
        }
    }

    fn add_values(&mut self, root: &Node, declared: &Map, problems: &mut Vec<Diagnostic>) {
        if root.is_null() {
            return;
        }
        let Some(map) = root.as_map() else {
            let summary =
                format!("a variable file must be a map of values, not {}", root.type_name());
            let problem = Diagnostic::error(summary).at(Some(root.at.location()));
            problems.push(problem.hint("a line for each: `name: value`"));
            return;
        };
        for (name, entry) in map {
            let Some(declaration) = declared.get(name) else {
                let at = Some(entry.key_at.location());
                self.strays.push(Stray { name: name.clone(), at });
                continue;
            };
            if parameter::is_declaration(&entry.node)
                && parameter::is_declaration(&declaration.node)
            {
                problems.push(declared_again(name, entry, declaration));
                continue;
            }
            // Null counts as not given.
            if !entry.node.is_null() {
                self.given.insert(name.clone(), Given::Entry(entry.clone()));
            }
        }
    }
}

/// `vars/prod.yaml` beside `prod.yaml`.
pub(super) fn beside(stack: &Path) -> Option<PathBuf> {
    let name = Path::new(stack.file_stem()?).with_extension("yaml");
    Some(stack.parent().unwrap_or(Path::new("")).join(FOLDER).join(name))
}

/// A variable file. Whoever names it may name any; a link does not make it another.
fn read(path: &Path) -> Result<(PathBuf, Node), Diagnostic> {
    let name = path.display().to_string();
    if !files::is_yaml(path) {
        return Err(Diagnostic::error(format!("`{name}` is not a YAML file by its name"))
            .because("a variable file ends in .yaml or .yml"));
    }
    let (_, file) = Reach::of(path)?;
    match files::read(&file, &name) {
        Ok((_, root)) => Ok((file, root)),
        Err(mut problem) => {
            // Which of its values are sensitive is not known: the line is not repeated.
            if let Some(at) = &mut problem.location {
                at.text.clear();
            }
            Err(problem)
        }
    }
}

impl Stray {
    /// That it is one, where no other stack may declare it.
    pub(super) fn of_one(&self, declared: &Map) -> Diagnostic {
        let known = declared.keys().map(String::as_str).collect();
        self.problem("the stack declares no variable", &known)
    }

    /// That it is one, beside these variables; `nobody` says who does not declare it.
    pub(super) fn problem(&self, nobody: &str, known: &BTreeSet<&str>) -> Diagnostic {
        let Self { name, at } = self;
        let problem = Diagnostic::error(format!("{nobody} `{name}`")).at(at.clone());
        let problem = did_you_mean(problem, name, known.iter().copied());
        if at.is_none() {
            let known = listed(known.iter().copied());
            return problem.because(format!("given by `--var {name}`; the variables are {known}"));
        }
        let problem = problem.because(all_of("variables", known.iter().copied()));
        if name == "vars" || name == "variables" {
            return problem.hint("a variable file holds the names and values themselves");
        }
        problem
    }
}

fn declared_again(name: &str, entry: &Entry, declaration: &Entry) -> Diagnostic {
    Diagnostic::error(format!("`{name}` is declared in a variable file"))
        .at(Some(entry.node.at.location()))
        .because(format!("it is declared at {}; a variable file holds values", declaration.key_at))
        .hint(format!("write `{name}: VALUE`"))
}
