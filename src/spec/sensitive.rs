//! `sensitive`: the variables whose values nobody may see.

use std::collections::BTreeMap;

use super::expand::{Expansion, Ground};
use super::given::Given;
use super::parameter;
use super::shape;
use super::source::Mark;
use super::suggest::{did_you_mean, listed};
use super::tree::{Entry, Map, Node, Value};
use crate::model::{Diagnostic, Mask};

/// A variable whose value nobody may see, and where that is said.
pub(super) struct Secret<'a> {
    name: &'a str,
    at: &'a Mark,
}

/// Hides the value of every variable that `sensitive` names, or that is declared
/// as `sensitive: true`.
///
/// Comes before anything is told of the values: an override is hidden as it
/// was given, even if it is then found not to fit.
pub(super) fn hide<'a>(
    section: Option<&'a Entry>,
    declared: Option<&'a Map>,
    given: &BTreeMap<String, Given>,
    mask: &Mask,
    problems: &mut Vec<Diagnostic>,
) -> Vec<Secret<'a>> {
    let mut secrets = listed_ones(section, declared, problems);
    for (name, entry) in declared.into_iter().flatten() {
        let is_named = secrets.iter().any(|secret| secret.name == name);
        if !is_named && says_so(&entry.node) {
            secrets.push(Secret { name, at: &entry.key_at });
        }
    }
    for secret in &secrets {
        match given.get(secret.name) {
            Some(Given::Text(_, text)) => secret.conceal(text, mask, problems),
            Some(Given::Entry(entry)) => {
                for text in texts(&entry.node) {
                    secret.conceal(&text, mask, problems);
                }
            }
            None => {}
        }
    }
    secrets
}

/// Whether a declaration has `sensitive: true`. One that says it unclearly is
/// told of; until then it is meant.
fn says_so(node: &Node) -> bool {
    let said = parameter::is_declaration(node).then(|| node.get("sensitive")).flatten();
    said.is_some_and(|said| said.as_bool() != Some(false))
}

/// The variables that the key `sensitive` lists.
fn listed_ones<'a>(
    section: Option<&'a Entry>,
    declared: Option<&'a Map>,
    problems: &mut Vec<Diagnostic>,
) -> Vec<Secret<'a>> {
    let Some(entry) = section.filter(|entry| !entry.node.is_null()) else { return Vec::new() };
    let Some(items) = shape::list(&entry.node, "sensitive", problems) else { return Vec::new() };
    let known = || declared.into_iter().flat_map(Map::keys).map(String::as_str);
    let mut secrets = Vec::new();
    for item in items {
        let Some(name) = shape::text(item, "an item of `sensitive`", problems) else { continue };
        if known().any(|known| known == name) {
            secrets.push(Secret { name, at: &item.at });
            continue;
        }
        let problem = Diagnostic::error(format!("the stack declares no variable `{name}`"))
            .at(Some(item.at.location()))
            .because(format!("the variables are {}", listed(known())));
        problems.push(did_you_mean(problem, name, known()));
    }
    secrets
}

/// Hides the values that the variables have in the end: defaults may come from
/// the environment.
pub(super) fn hide_settled(
    secrets: &[Secret<'_>],
    ground: Ground<'_>,
    mask: &Mask,
    problems: &mut Vec<Diagnostic>,
) {
    for secret in secrets {
        let variable = ground.variables.get(secret.name);
        let Some(node) = variable.and_then(|variable| variable.node.as_ref()) else { continue };
        // What cannot be evaluated is told where it is used.
        let (value, _told_there) = Expansion::new(ground).evaluate_alone(node);
        let completed = Expansion::new(ground).variable_value(secret.name);
        for text in value.iter().chain(&completed).flat_map(texts) {
            secret.conceal(&text, mask, problems);
        }
    }
}

impl Secret<'_> {
    fn conceal(&self, text: &str, mask: &Mask, problems: &mut Vec<Diagnostic>) {
        if text.is_empty() {
            return;
        }
        if text.len() < Mask::SHORTEST {
            let name = self.name;
            let summary = format!("the value of `{name}` is too short to be hidden");
            let problem = Diagnostic::error(summary)
                .at(Some(self.at.location()))
                .because(format!("a sensitive value has at least {} characters", Mask::SHORTEST));
            problems.push(problem);
        }
        mask.hide(text);
    }
}

/// Every text and number of a value. Where a number is wanted, it may show in
/// another spelling than the one that was written.
fn texts(node: &Node) -> Vec<String> {
    match &node.value {
        Value::Null | Value::Bool(_) => Vec::new(),
        Value::Number(number) => vec![number.written.to_string(), number.value.to_string()],
        Value::Text(text) => vec![text.clone()],
        Value::List(items) => items.iter().flat_map(texts).collect(),
        Value::Map(map) => map.values().flat_map(|entry| texts(&entry.node)).collect(),
    }
}
