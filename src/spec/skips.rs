//! `checks.skip`: the checks that a stack leaves out, each with a reason.

use super::expand::{Env, Expansion};
use super::shape;
use super::suggest::{did_you_mean, listed};
use super::tree::{Map, Node};
use crate::model::{Address, Diagnostic, Skip};

const KEYS: &[&str] = &["check", "resources", "reason"];

/// Every skip that is well said; the problems of the others go to the expansion.
pub(super) fn of(
    expansion: &mut Expansion<'_>,
    section: Option<&Map>,
    known: &[&str],
) -> Vec<Skip> {
    let Some(section) = section else { return Vec::new() };
    let mut found = Vec::new();
    shape::only_keys(section, &["skip"], "`checks`", &mut found);
    let written = section.get("skip").filter(|entry| !entry.node.is_null());
    let items = written.and_then(|entry| shape::list(&entry.node, "skip", &mut found));
    expansion.problems.append(&mut found);
    let items = items.unwrap_or_default();
    items.iter().filter_map(|item| skip(expansion, item, known)).collect()
}

fn skip(expansion: &mut Expansion<'_>, item: &Node, known: &[&str]) -> Option<Skip> {
    let mut found = Vec::new();
    let map = shape::map(item, "an item of `skip`", &mut found);
    let (check, reason) = match map {
        Some(map) => {
            shape::only_keys(map, KEYS, "an item of `skip`", &mut found);
            (check(map, item, known, &mut found), reason(map, item, &mut found))
        }
        None => (None, None),
    };
    expansion.problems.append(&mut found);
    let resources = resources(expansion, map?)?;
    Some(Skip { check: check?, resources, reason: reason? })
}

fn check(map: &Map, item: &Node, known: &[&str], found: &mut Vec<Diagnostic>) -> Option<String> {
    let entry = shape::required(map, "check", "the skip", &item.at, found)?;
    let id = shape::text(&entry.node, "check", found)?;
    if known.contains(&id) {
        return Some(id.to_owned());
    }
    let problem = Diagnostic::error(format!("there is no check `{id}`"))
        .at(Some(entry.node.at.location()))
        .because(format!("the checks are {}", listed(known.iter().copied())));
    found.push(did_you_mean(problem, id, known.iter().copied()));
    None
}

/// Whoever leaves a check out says why, to the next who reads the file.
fn reason(map: &Map, item: &Node, found: &mut Vec<Diagnostic>) -> Option<String> {
    let Some(entry) = map.get("reason").filter(|entry| !entry.node.is_null()) else {
        let problem = shape::missing("reason", "the skip", &item.at);
        found.push(problem.hint("say why it does not matter here"));
        return None;
    };
    let reason = shape::text(&entry.node, "reason", found)?.trim();
    if reason.is_empty() {
        let problem = Diagnostic::error("the reason is empty").at(Some(entry.node.at.location()));
        found.push(problem.hint("say why it does not matter here"));
        return None;
    }
    Some(reason.to_owned())
}

fn resources(expansion: &mut Expansion<'_>, map: &Map) -> Option<Vec<Address>> {
    let Some(entry) = map.get("resources").filter(|entry| !entry.node.is_null()) else {
        return Some(Vec::new());
    };
    let mut found = Vec::new();
    let items = shape::list(&entry.node, "resources", &mut found);
    if items.is_some_and(<[Node]>::is_empty) {
        let problem = Diagnostic::error("`resources` names none");
        let problem = problem.at(Some(entry.node.at.location()));
        found.push(problem.hint("leave it out to skip the check for all"));
    }
    expansion.problems.append(&mut found);
    let named: Option<Vec<Vec<Address>>> =
        items?.iter().map(|item| expansion.named_by(item, &Env::of(0))).collect();
    named.map(|named| named.into_iter().flatten().collect())
}
