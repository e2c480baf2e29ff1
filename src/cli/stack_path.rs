//! Which stack file is meant, when none is named.

use std::path::{Path, PathBuf};

use super::environment::Environment;
use super::exit::Failure;
use crate::model::Diagnostic;

/// Where stack files are looked for.
const FOLDER: &str = "stacks";

/// The named file, else `$CCPROV_STACK`, else the only stack file in `stacks/`.
pub(crate) fn find(named: Option<&Path>, environment: &Environment) -> Result<PathBuf, Failure> {
    if let Some(path) = named.or(environment.stack.as_deref()) {
        return Ok(path.to_owned());
    }
    let mut candidates = candidates();
    if candidates.len() == 1 {
        return Ok(candidates.remove(0));
    }
    let problem = Diagnostic::error("no stack file is named")
        .hint("name one: `ccprov plan stacks/dev.yaml`, or set CCPROV_STACK");
    let several: Vec<String> = candidates.iter().map(|path| path.display().to_string()).collect();
    Err(if several.is_empty() {
        problem.because(format!("there is none in {FOLDER}/ either"))
    } else {
        problem.because(format!("{FOLDER}/ has several: {}", several.join(", ")))
    }
    .into())
}

/// The YAML files in `stacks/` that name a stack. What they extend does not.
fn candidates() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(FOLDER).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|end| end == "yaml" || end == "yml"))
        .filter(|path| names_a_stack(path))
        .collect();
    paths.sort();
    paths
}

fn names_a_stack(path: &Path) -> bool {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.lines().any(|line| line.starts_with("stack:"))
}
