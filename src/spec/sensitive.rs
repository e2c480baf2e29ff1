//! `sensitive`: the variables whose values nobody may see.

use std::collections::BTreeMap;

use super::expand::{Expansion, Ground};
use super::shape;
use super::suggest::{did_you_mean, listed};
use super::tree::{Entry, Map, Node, Value};
use crate::model::{Diagnostic, Mask};

/// Hides the value of every variable that `sensitive` names.
///
/// Comes before anything is told of the values: an override is hidden as it
/// was given, even if it is then found not to fit.
pub(super) fn hide<'a>(
    section: Option<&'a Entry>,
    declared: Option<&Map>,
    overrides: &BTreeMap<String, String>,
    mask: &Mask,
    problems: &mut Vec<Diagnostic>,
) -> Vec<&'a Node> {
    let Some(entry) = section.filter(|entry| !entry.node.is_null()) else { return Vec::new() };
    let Some(items) = shape::list(&entry.node, "sensitive", problems) else { return Vec::new() };
    let nothing = Map::new();
    let declared = declared.unwrap_or(&nothing);
    let mut names = Vec::new();
    for item in items {
        let Some(name) = shape::text(item, "an item of `sensitive`", problems) else { continue };
        if !declared.contains_key(name) {
            let known = || declared.keys().map(String::as_str);
            let problem = Diagnostic::error(format!("the stack declares no variable `{name}`"))
                .at(Some(item.at.location()))
                .because(format!("the variables are {}", listed(known())));
            problems.push(did_you_mean(problem, name, known()));
            continue;
        }
        if let Some(given) = overrides.get(name) {
            conceal(given, item, mask, problems);
        }
        names.push(item);
    }
    names
}

/// Hides the values that the variables have in the end: defaults may come from
/// the environment.
pub(super) fn hide_settled(
    names: &[&Node],
    ground: Ground<'_>,
    mask: &Mask,
    problems: &mut Vec<Diagnostic>,
) {
    for item in names {
        let Some(node) = item.as_text().and_then(|name| ground.variables.get(name)) else {
            continue;
        };
        // What cannot be evaluated is told where it is used.
        let (value, _told_there) = Expansion::new(ground).evaluate_alone(node);
        for text in value.iter().flat_map(texts) {
            conceal(&text, item, mask, problems);
        }
    }
}

fn conceal(text: &str, item: &Node, mask: &Mask, problems: &mut Vec<Diagnostic>) {
    if text.is_empty() {
        return;
    }
    if text.len() < Mask::SHORTEST {
        let name = item.as_text().unwrap_or_default();
        let problem = Diagnostic::error(format!("the value of `{name}` is too short to be hidden"))
            .at(Some(item.at.location()))
            .because(format!("a sensitive value has at least {} characters", Mask::SHORTEST));
        problems.push(problem);
    }
    mask.hide(text);
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
