//! What the rules say of a stack before anything of it is applied.

use super::opened::Opened;
use super::others::with_others;
use crate::model::{CheckInfo, Diagnostic, Finding, Inspected, Level, Scene, Stack, Verdict};
use crate::report::{self, Alike};
use crate::verify::{Choice, RULES, excuse, judge};

/// Most findings that are told: whoever has more begins with these, as with
/// the problems of a stack file.
const MOST: usize = 100;

/// Every finding but mere notes, unless the stack file excuses it: as warnings, of which one that
/// several resources share is told once, and as many as can be read; and all as they are.
///
/// An excerpt is judged within the stack as it is declared: what is left out is not
/// taken for missing. Nothing is told of that, and nobody is asked about others. That of a
/// plan file was judged when the plan was made, and the rest of its stack is not known.
pub(crate) async fn of(opened: &Opened) -> (Vec<Diagnostic>, Vec<Inspected>) {
    let scene = match &opened.whole {
        Some(whole) => Scene::desired(whole, &opened.catalog),
        None if opened.is_excerpt() => return Default::default(),
        None => {
            let scene = Scene::desired(&opened.stack, &opened.catalog);
            with_others(opened, scene, &opened.alongside).await
        }
    };
    let choice = Choice { least: Level::Warning, ..Choice::ALL };
    let mut results = judge(&scene, &choice);
    for result in &mut results {
        excuse(result, &opened.stack.skips);
        if opened.is_excerpt() {
            leave_out(result, &opened.stack);
        }
    }
    let of_rule = |info: &CheckInfo| {
        let of_rule = |it: &&Inspected| it.check == info.id && it.verdict != Verdict::Passed;
        report::alike(results.iter().filter(of_rule))
    };
    let told = RULES.iter().flat_map(|rule| {
        of_rule(&rule.info).into_iter().map(|alike| diagnostic(&rule.info, &alike, opened))
    });
    let mut told: Vec<Diagnostic> = told.collect();
    let more = told.len().saturating_sub(MOST);
    if more > 0 {
        told.truncate(MOST);
        let rest = Diagnostic::warning(format!("{more} more findings are not shown"));
        told.push(rest.hint("`ccprov verify` tells all of them, once the stack lives"));
    }
    results.retain(|it| matches!(it.verdict, Verdict::Failed { .. } | Verdict::Noted { .. }));
    (told, results)
}

/// Takes out what is found of resources that nobody asks for.
fn leave_out(result: &mut Inspected, excerpt: &Stack) {
    let Some(findings) = result.verdict.findings_mut() else { return };
    findings.retain(|finding| excerpt.resources.contains_key(&finding.address));
    if findings.is_empty() {
        result.verdict = Verdict::Passed;
    }
}

fn diagnostic(info: &CheckInfo, alike: &Alike<'_>, opened: &Opened) -> Diagnostic {
    let Finding { address, message, hint, patch, .. } = alike.finding;
    let others: Vec<&str> = alike.addresses.iter().skip(1).map(|it| it.as_str()).collect();
    let origin = opened.origins.get(address);
    let used = origin.and_then(|origin| origin.used.as_ref());
    let mut detail = format!("{} ({})", info.risk, info.id);
    if let Some(used) = used {
        detail = format!("{detail}; in the pattern used at {}:{}", used.file, used.line);
    }
    if !others.is_empty() {
        detail = format!("{detail}; the same of {}", others.join(", "));
    }
    let told = Diagnostic::warning(format!("{address}: {message}"))
        .at(origin.map(|origin| origin.at.clone()))
        .because(detail);
    let patch = patch.as_ref().map(|yaml| origin.map_or(yaml.clone(), |it| it.spelled(yaml)));
    match (hint, patch) {
        (Some(hint), Some(patch)) => told.hint(format!("{hint}:\n{patch}")),
        (Some(hint), None) => told.hint(hint),
        (None, Some(patch)) => told.hint(format!("add:\n{patch}")),
        (None, None) => told,
    }
}
