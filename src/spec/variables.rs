//! `vars`: defaults in the file, overridden from outside.

use std::collections::BTreeMap;

use super::source::Source;
use super::suggest::{closest, did_you_mean, listed};
use super::tree::{Map, Node, Value};
use super::yaml;
use crate::model::Diagnostic;

/// Every declared variable with the value that it has in this run.
///
/// An override is text. It takes the type of the default, so that `--var
/// max_receives=3` stays a number; a variable whose default is null takes it
/// as text.
pub(super) fn settle(
    declared: Option<&Map>,
    overrides: &BTreeMap<String, String>,
    problems: &mut Vec<Diagnostic>,
) -> BTreeMap<String, Node> {
    let nothing = Map::new();
    let declared = declared.unwrap_or(&nothing);
    for name in overrides.keys().filter(|name| !declared.contains_key(*name)) {
        let known = || declared.keys().map(String::as_str);
        let problem = Diagnostic::error(format!("the stack declares no variable `{name}`"))
            .because(format!("{}; the variables are {}", origin(name), listed(known())));
        problems.push(did_you_mean(problem, name, known()));
    }
    let mut settled = BTreeMap::new();
    for (name, entry) in declared {
        if !is_variable(name) {
            let problem = Diagnostic::error(format!("`{name}` cannot name a variable"))
                .at(Some(entry.key_at.location()))
                .because("a variable's name has letters, digits, dashes and underscores");
            problems.push(problem);
        }
        let node = match overrides.get(name).map(|text| typed(name, text, &entry.node)) {
            None => entry.node.clone(),
            Some(Ok(node)) => node,
            Some(Err(problem)) => {
                problems.push(problem);
                entry.node.clone()
            }
        };
        settled.insert(name.clone(), node);
    }
    settled
}

/// A sentence for each variable that is set for some stack, and not declared by
/// this one.
pub(super) fn unheard(declared: Option<&Map>, set: &BTreeMap<String, String>) -> Vec<String> {
    let known = || declared.into_iter().flat_map(Map::keys).map(String::as_str);
    let strange = set.keys().filter(|name| !known().any(|known| known == *name));
    let sentences = strange.map(|name| {
        let meant = closest(name, known()).map(|it| format!("; did you mean CCPROV_VAR_{it}?"));
        let meant = meant.unwrap_or_default();
        format!(
            "note: CCPROV_VAR_{name} is set, and the stack declares no variable `{name}`{meant}"
        )
    });
    sentences.collect()
}

fn is_variable(name: &str) -> bool {
    // As shells name their variables, and dashes: `CCPROV_VAR_name`.
    let mut characters = name.chars();
    characters.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && characters.all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
}

fn typed(name: &str, text: &str, default: &Node) -> Result<Node, Diagnostic> {
    let source = Source::text(format!("--var {name}"), text);
    let at = source.mark(1, 1, text.chars().count());
    let refuse = |wanted: &str| {
        Diagnostic::error(format!("`{text}` is not {wanted}"))
            .at(Some(at.location()))
            .because(format!("{}, whose default at {} is {wanted}", origin(name), default.at))
    };
    if text.chars().any(yaml::is_unprintable) {
        return Err(Diagnostic::error("the value holds a control character")
            .at(Some(source.start().location()))
            .because(origin(name)));
    }
    let wanted = default.type_name();
    let node = match &default.value {
        Value::Null | Value::Text(_) => return Ok(Node::text(text, &at)),
        Value::Bool(_) | Value::Number(_) | Value::List(_) | Value::Map(_) => {
            yaml::parse(&source, text).map_err(|_| refuse(wanted))?
        }
    };
    if node.type_name() == wanted { Ok(node) } else { Err(refuse(wanted)) }
}

fn origin(name: &str) -> String {
    format!("given by `--var {name}` or `CCPROV_VAR_{name}`")
}
