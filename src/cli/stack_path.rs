//! Which stack file is meant, when none is named.

use std::path::{Path, PathBuf};

use super::environment::Environment;
use super::exit::Failure;
use crate::model::{Diagnostic, Severity};
use crate::spec;

/// Where stack files are looked for: beside whoever types, and in the folder that they use to have.
const FOLDERS: [&str; 2] = [".", "stacks"];

/// The stack file that is meant where there are others beside it.
const USUAL: &str = "stack.yaml";

/// The named file, else `$CCPROV_STACK`, else `stack.yaml`, else the only stack file
/// here and in `stacks/`; and what was passed over there, because it is no file that a stack may be.
pub(crate) fn find(
    named: Option<&Path>,
    environment: &Environment,
) -> Result<(PathBuf, Vec<Diagnostic>), Failure> {
    if let Some(path) = named.or(environment.stack.as_deref()) {
        return Ok((path.to_owned(), Vec::new()));
    }
    let (mut candidates, passed_over) = candidates();
    if let Some(usual) = candidates.iter().find(|path| path.as_os_str() == USUAL) {
        return Ok((usual.clone(), passed_over));
    }
    if candidates.len() == 1 {
        return Ok((candidates.remove(0), passed_over));
    }
    let problem = Diagnostic::error("no stack file is named")
        .hint("name one: `ccprov plan stacks/dev.yaml`, or set CCPROV_STACK");
    let several: Vec<String> = candidates.iter().map(|path| path.display().to_string()).collect();
    let problem = if several.is_empty() {
        problem.because("there is none here, nor in stacks/")
    } else {
        problem.because(format!("there are several: {}", several.join(", ")))
    };
    Err(Failure::input([vec![problem], passed_over].concat()))
}

/// The YAML files there that name a stack. What they extend does not.
fn candidates() -> (Vec<PathBuf>, Vec<Diagnostic>) {
    let entries = FOLDERS.iter().filter_map(|folder| std::fs::read_dir(folder).ok()).flatten();
    let mut paths: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .map(|path| path.strip_prefix(".").map(Path::to_owned).unwrap_or(path))
        .filter(|path| path.extension().is_some_and(|end| end == "yaml" || end == "yml"))
        .collect();
    paths.sort();
    let mut passed_over = Vec::new();
    paths.retain(|path| match spec::peek(path) {
        Ok(text) => text.lines().any(|line| line.starts_with("stack:")),
        Err(mut problem) => {
            problem.severity = Severity::Warning;
            passed_over.push(problem);
            false
        }
    });
    (paths, passed_over)
}
