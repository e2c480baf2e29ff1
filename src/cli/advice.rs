//! What the rules say of a stack before anything of it is applied.

use super::opened::Opened;
use crate::model::{Diagnostic, Finding, Inspected, Level, Scene, Verdict};
use crate::verify::inspect::excuse;
use crate::verify::{Choice, RULES, judge};

/// Most findings that are told: whoever has more begins with these, as with
/// the problems of a stack file.
const MOST: usize = 100;

/// Every finding but mere notes, unless the stack file excuses it; as many as
/// can be read.
pub(crate) fn of(opened: &Opened) -> Vec<Diagnostic> {
    let scene = Scene::desired(&opened.stack, &opened.catalog);
    let choice = Choice { least: Level::Warning, ..Choice::ALL };
    let (mut told, mut more) = (Vec::new(), 0);
    for mut inspected in judge(&scene, &choice) {
        excuse(&mut inspected, &opened.stack.skips);
        if let Verdict::Failed { findings } = &inspected.verdict {
            let shown = &findings[..findings.len().min(MOST - told.len())];
            told.extend(shown.iter().map(|finding| diagnostic(&inspected, finding, opened)));
            more += findings.len() - shown.len();
        }
    }
    if more > 0 {
        let rest = Diagnostic::warning(format!("{more} more findings are not shown"));
        told.push(rest.hint("`ccprov verify` tells all of them, once the stack lives"));
    }
    told
}

fn diagnostic(inspected: &Inspected, finding: &Finding, opened: &Opened) -> Diagnostic {
    let Finding { address, message, hint, patch, .. } = finding;
    let rule = RULES.iter().find(|rule| rule.info.id == inspected.check);
    let mut told = Diagnostic::warning(format!("{address}: {message}"))
        .at(opened.locations.get(address).cloned());
    if let Some(rule) = rule {
        told = told.because(format!("{} ({})", rule.info.risk, rule.info.id));
    }
    match (hint, patch) {
        (Some(hint), Some(patch)) => told.hint(format!("{hint}:\n{patch}")),
        (Some(hint), None) => told.hint(hint),
        (None, Some(patch)) => told.hint(format!("add:\n{patch}")),
        (None, None) => told,
    }
}
