//! What is said of a stack's variables outside of its own files: on the command
//! line, in variable files, in the environment.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::files::{self, Reach};
use super::parameter;
use super::source::{Mark, Source};
use super::suggest::{all_of, did_you_mean, listed};
use super::tree::{Entry, Map, Node};
use crate::model::Diagnostic;

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

/// Every value from outside, by variable, and the variable files that were read.
#[derive(Default)]
pub(super) struct Outside {
    pub(super) given: BTreeMap<String, Given>,
    pub(super) files: Vec<PathBuf>,
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
        let beside = beside(stack).filter(|path| path.exists());
        for path in beside.iter().chain(files) {
            match read(path) {
                Ok((file, root)) => {
                    outside.files.push(file);
                    outside.add_file(&root, declared, problems);
                }
                Err(problem) => problems.push(problem),
            }
        }
        for (name, text) in vars {
            let origin = format!("--var {name}");
            if declared.contains_key(name) {
                outside.add_text(name, &origin, text);
                continue;
            }
            let problem = undeclared(name, declared);
            let detail = format!("given by `{origin}`; the variables are {}", known(declared));
            problems.push(problem.because(detail));
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

    fn add_file(&mut self, root: &Node, declared: &Map, problems: &mut Vec<Diagnostic>) {
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
                problems.push(unknown(name, entry, declared));
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

fn undeclared(name: &str, declared: &Map) -> Diagnostic {
    let problem = Diagnostic::error(format!("the stack declares no variable `{name}`"));
    did_you_mean(problem, name, declared.keys().map(String::as_str))
}

fn known(declared: &Map) -> String {
    listed(declared.keys().map(String::as_str))
}

fn unknown(name: &str, entry: &Entry, declared: &Map) -> Diagnostic {
    let problem = undeclared(name, declared).at(Some(entry.key_at.location()));
    let problem = problem.because(all_of("variables", declared.keys().map(String::as_str)));
    if name == "vars" || name == "variables" {
        return problem.hint("a variable file holds the names and values themselves");
    }
    problem
}

fn declared_again(name: &str, entry: &Entry, declaration: &Entry) -> Diagnostic {
    Diagnostic::error(format!("`{name}` is declared in a variable file"))
        .at(Some(entry.node.at.location()))
        .because(format!("it is declared at {}; a variable file holds values", declaration.key_at))
        .hint(format!("write `{name}: VALUE`"))
}
