//! `ccprov patterns`: what may be said to a pattern, and what comes of it.

use std::path::{Path, PathBuf};

use clap::Args;

use super::exit::{Exit, Failure};
use super::screen::Screen;
use crate::model::{Diagnostic, PatternInfo};
use crate::report;
use crate::spec::{built_in_patterns, pattern_file};

/// Where people keep patterns of their own, seen from the working folder.
const FOLDERS: [&str; 2] = ["patterns", "stacks/patterns"];

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// One pattern: a built-in one, or the file of your own
    /// [default: a list of all that are built in, and of the files in `patterns/` and `stacks/patterns/`]
    pattern: Option<String>,
}

pub(crate) fn run(arguments: &Arguments, screen: &Screen) -> Result<Exit, Failure> {
    let built_in = built_in_patterns();
    let text = if let Some(name) = &arguments.pattern {
        report::pattern_text(&chosen(name, built_in)?)
    } else {
        let own = FOLDERS.iter().flat_map(|folder| files_in(Path::new(folder)));
        // A file that is no pattern is told of when somebody asks for it.
        let own = own.filter_map(|path| pattern_file(&path).ok());
        let all: Vec<PatternInfo> = built_in.into_iter().chain(own).collect();
        report::patterns_text(&all)
    };
    screen.data(&text);
    Ok(Exit::Done)
}

fn chosen(name: &str, built_in: Vec<PatternInfo>) -> Result<PatternInfo, Failure> {
    let names: Vec<String> = built_in.iter().map(|pattern| pattern.name.clone()).collect();
    if let Some(found) = built_in.into_iter().find(|pattern| pattern.name == name) {
        return Ok(found);
    }
    let path = Path::new(name);
    if path.extension().is_some() || name.contains('/') {
        return pattern_file(path).map_err(Failure::input);
    }
    let problem = Diagnostic::error(format!("there is no pattern {name}"))
        .hint(format!("built in are: {}", names.join(", ")))
        .hint("a pattern of your own is named by its path: `patterns/NAME.yaml`");
    Err(problem.into())
}

/// The YAML files of a folder, sorted by name; none where there is no such folder.
fn files_in(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let is_yaml =
        |path: &PathBuf| path.extension().is_some_and(|ending| ending == "yaml" || ending == "yml");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(is_yaml).collect();
    files.sort();
    files
}
