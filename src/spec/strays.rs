//! What is said of variables outside of the files, and no stack of a command declares.

use std::collections::{BTreeMap, BTreeSet};

use super::load::StackFile;
use super::suggest::closest;
use super::told::in_order;
use crate::model::Diagnostic;

/// Everything that the command line says of variables and none of several stacks declares. Of
/// one that is named alone [`check`](super::check()) tells it.
pub fn strays(files: &[&StackFile]) -> Vec<Diagnostic> {
    let Some((first, others)) = files.split_first() else { return Vec::new() };
    let known = names(files);
    let stray = first.strays.iter().filter(|it| others.iter().all(|file| file.strays.contains(it)));
    let told = stray.map(|it| it.problem("none of the stacks declares a variable", &known));
    in_order(told.collect())
}

/// A sentence for each variable of the environment that neither a stack nor those that it uses
/// declare: it may be for another.
pub fn unheard(files: &[&StackFile], ambient: &BTreeMap<String, String>) -> Vec<String> {
    let nobody = match files {
        [_] => "the stack declares no variable",
        _ => "none of the stacks declares a variable",
    };
    let known = names(files);
    let strange = ambient.keys().filter(|name| !files.iter().any(|file| file.declares(name)));
    let sentences = strange.map(|name| {
        let meant = closest(name, known.iter().copied());
        let meant = meant.map(|it| format!("; did you mean CCPROV_VAR_{it}?")).unwrap_or_default();
        format!("note: CCPROV_VAR_{name} is set, and {nobody} `{name}`{meant}")
    });
    sentences.collect()
}

/// The variables of all of them.
fn names<'f>(files: &[&'f StackFile]) -> BTreeSet<&'f str> {
    files.iter().flat_map(|file| file.variables.keys()).map(String::as_str).collect()
}
