//! A pattern: resources as data, with parameters.
//!
//! Reading one checks its shape; what it means under given parameters is the
//! business of [`expand`](super::expand).

use std::collections::BTreeMap;

use super::moves;
use super::parameter::{self, Parameter};
use super::shape;
use super::tree::{Map, Node};
use super::values;
use crate::model::Diagnostic;

/// A pattern as it is written.
#[derive(Debug, Default)]
pub(super) struct Pattern {
    /// What it is for.
    pub(super) description: Option<String>,
    /// What may be said under `with`.
    pub(super) parameters: BTreeMap<String, Parameter>,
    /// Named values, some of them lists of cases.
    pub(super) values: Map,
    /// The resources, as in a stack file.
    pub(super) resources: Map,
    /// Which of them had another name before, wherever it is used.
    pub(super) moved: Map,
    /// What others may refer to besides the resources.
    pub(super) outputs: Map,
    /// What `verify` tries of them.
    pub(super) probes: Map,
}

/// The pattern that a text describes, with everything that is wrong with it.
/// What is wrong is left out, so that the rest can still be used.
pub(super) fn read(root: &Node) -> (Pattern, Vec<Diagnostic>) {
    const KEYS: &[&str] =
        &["description", "parameters", "values", "resources", "moved", "outputs", "probes"];
    let mut problems = Vec::new();
    let empty = Map::new();
    if root.is_null() {
        let problem = Diagnostic::error("the file is empty").hint("begin with `resources:`");
        problems.push(problem.at(Some(root.at.source.start().location())));
        return (Pattern::default(), problems);
    }
    let map = shape::map(root, "a pattern", &mut problems).unwrap_or(&empty);
    shape::only_keys(map, KEYS, shape::A_PATTERN, &mut problems);
    if root.as_map().is_some() {
        shape::required(map, "resources", "the pattern", &root.at, &mut problems);
    }
    let mut section = |key: &str| -> Map {
        let node = root.get(key).filter(|node| !node.is_null());
        node.and_then(|node| shape::map(node, key, &mut problems)).cloned().unwrap_or_default()
    };
    let (declared, values) = (section("parameters"), section("values"));
    let (resources, outputs) = (section("resources"), section("outputs"));
    let (moved, probes) = (section("moved"), section("probes"));
    let description = root.get("description").and_then(|node| node.as_text()).map(str::to_owned);
    let parameters = parameters(&declared, &mut problems);
    values::check(&values, &mut problems);
    moves::check(&moved, &mut problems);
    check_outputs(&outputs, &resources, &mut problems);
    (Pattern { description, parameters, values, resources, moved, outputs, probes }, problems)
}

fn parameters(declared: &Map, problems: &mut Vec<Diagnostic>) -> BTreeMap<String, Parameter> {
    let mut sound = BTreeMap::new();
    for (name, entry) in declared {
        if shape::name(name, &entry.key_at, problems) {
            // One that is wrong is there all the same, or whoever uses it would be told, too.
            let parameter = parameter::read(name, &entry.node, parameter::PARAMETER, problems);
            sound.insert(name.clone(), parameter.unwrap_or_else(Parameter::anything));
        }
    }
    sound
}

fn check_outputs(outputs: &Map, resources: &Map, problems: &mut Vec<Diagnostic>) {
    for (name, entry) in outputs {
        shape::name(name, &entry.key_at, problems);
        if resources.contains_key(name) {
            let problem = Diagnostic::error(format!("`{name}` names a resource and an output"))
                .at(Some(entry.key_at.location()))
                .because("a reference from outside could mean either");
            problems.push(problem);
        }
    }
}
