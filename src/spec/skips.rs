//! `checks`: what a stack leaves out of its inspection, each with a reason:
//! whole checks (`skip`), and who may be there undeclared (`welcome`).

use super::expand::{Env, Expansion};
use super::shape;
use super::suggest::{did_you_mean, listed};
use super::tree::{Map, Node};
use crate::model::{Address, Diagnostic, Skip};

const SKIP: &[&str] = &["check", "resources", "reason"];
const WELCOME: &[&str] = &["who", "resources", "reason"];
/// The check that looks for who is not declared.
const UNDECLARED: &str = "undeclared";

/// Every skip that is well said; the problems of the others go to the expansion.
pub(super) fn of(
    expansion: &mut Expansion<'_>,
    section: Option<&Map>,
    known: &[&str],
) -> Vec<Skip> {
    let Some(section) = section else { return Vec::new() };
    let mut found = Vec::new();
    shape::only_keys(section, &["skip", "welcome"], "`checks`", &mut found);
    let mut items = |name: &str| {
        let written = section.get(name).filter(|entry| !entry.node.is_null());
        written.and_then(|entry| shape::list(&entry.node, name, &mut found)).unwrap_or_default()
    };
    let (skips, welcome) = (items("skip"), items("welcome"));
    expansion.problems.append(&mut found);
    let skips = skips.iter().filter_map(|item| skip(expansion, item, known)).collect::<Vec<_>>();
    let welcome = welcome.iter().filter_map(|item| welcomed(expansion, item));
    skips.into_iter().chain(welcome.collect::<Vec<_>>()).collect()
}

fn skip(expansion: &mut Expansion<'_>, item: &Node, known: &[&str]) -> Option<Skip> {
    let mut found = Vec::new();
    let map = shape::map(item, "an item of `skip`", &mut found);
    let (check, reason) = match map {
        Some(map) => {
            shape::only_keys(map, SKIP, "an item of `skip`", &mut found);
            (check(map, item, known, &mut found), reason(map, item, &mut found))
        }
        None => (None, None),
    };
    expansion.problems.append(&mut found);
    let resources = resources(expansion, map?)?;
    Some(Skip { check: check?, resources, who: None, reason: reason? })
}

/// Somebody who may be there though nobody declares them. Who it is may refer
/// to variables.
fn welcomed(expansion: &mut Expansion<'_>, item: &Node) -> Option<Skip> {
    let mut found = Vec::new();
    let map = shape::map(item, "an item of `welcome`", &mut found);
    let (who, reason) = match map {
        Some(map) => {
            shape::only_keys(map, WELCOME, "an item of `welcome`", &mut found);
            let who = shape::required(map, "who", "the welcome", &item.at, &mut found);
            (who.map(|entry| &entry.node), reason(map, item, &mut found))
        }
        None => (None, None),
    };
    expansion.problems.append(&mut found);
    let who = expansion.evaluate(who?, &Env::of(0))?;
    let mut found = Vec::new();
    let who = shape::text(&who, "who", &mut found).map(str::to_owned);
    expansion.problems.append(&mut found);
    let resources = resources(expansion, map?)?;
    Some(Skip { check: UNDECLARED.to_owned(), resources, who: Some(who?), reason: reason? })
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
