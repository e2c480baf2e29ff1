//! What a stack leaves to others: the fields under `ignore_changes` of a
//! resource, and the tags under `ignore_tags` of the whole stack.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::conform::field_names;
use super::expand::{Env, Expansion};
use super::shape;
use super::suggest::{did_you_mean, listed};
use super::tree::{Entry, Node};
use crate::model::spelling::{Part, parts, spelled};
use crate::model::{Diagnostic, KindInfo};

/// Deepest chain of `$ref` and alternatives that is followed without a name between.
/// Schemas of our kinds need three.
const MAX_HOPS: usize = 16;

/// The tags of others, as the stack names them.
pub(super) fn tags(expansion: &mut Expansion<'_>, section: Option<&Entry>) -> Vec<String> {
    let mut patterns = BTreeSet::new();
    let Some(node) = section.and_then(|entry| expansion.evaluate(&entry.node, &Env::of(0))) else {
        return Vec::new();
    };
    if node.is_null() {
        return Vec::new();
    }
    let mut found = Vec::new();
    for item in shape::list(&node, "ignore_tags", &mut found).unwrap_or_default() {
        let Some(text) = shape::text(item, "an item of `ignore_tags`", &mut found) else {
            continue;
        };
        let beginning = text.strip_suffix('*').unwrap_or(text);
        if text.is_empty() || beginning.contains('*') {
            let problem = Diagnostic::error(format!("`{text}` names no tags"))
                .at(Some(item.at.location()))
                .because("an item is a key, or what keys begin with and a `*`: `kubernetes.io/*`");
            found.push(problem);
        } else {
            patterns.insert(text.to_owned());
        }
    }
    expansion.problems.append(&mut found);
    patterns.into_iter().collect()
}

/// The paths under `ignore_changes`; each must lead to something that the kind
/// can have.
pub(super) fn changes(node: &Node, kind: &KindInfo, found: &mut Vec<Diagnostic>) -> Vec<String> {
    let mut paths = BTreeSet::new();
    for item in shape::list(node, "ignore_changes", found).unwrap_or_default() {
        let Some(path) = shape::text(item, "an item of `ignore_changes`", found) else { continue };
        match lost(path, kind) {
            None => {
                paths.insert(path.to_owned());
            }
            Some(problem) => found.push(problem.at(Some(item.at.location()))),
        }
    }
    paths.into_iter().collect()
}

/// Why a path leads nowhere.
fn lost(path: &str, kind: &KindInfo) -> Option<Diagnostic> {
    let Some(parts) = parts(path) else {
        let problem = Diagnostic::error(format!("`{path}` is not a path to a field"));
        return Some(problem.because(
            "a path is names with one dot between two, `tags.LastSeen`; a name with dots stands in \
             brackets, `tags[kubernetes.io/x]`",
        ));
    };
    let mut here = forms(&kind.schema, &kind.schema);
    for (position, part) in parts.iter().enumerate() {
        let next = here.iter().flat_map(|form| below(form, part));
        let next: Vec<&Json> = next.flat_map(|schema| forms(&kind.schema, schema)).collect();
        // Which fields are left alone is said one by one.
        let is_vague = position == 0 && part.name().is_none();
        if next.is_empty() || is_vague {
            return Some(dead_end(&kind.name, &parts, position, &here));
        }
        here = next;
    }
    None
}

/// A name to which nothing leads from the forms that a value may have.
fn dead_end(kind: &str, parts: &[Part<'_>], position: usize, here: &[&Json]) -> Diagnostic {
    let (before, rest) = parts.split_at(position);
    let name = rest.first().map(Part::text).unwrap_or_default();
    let known: BTreeSet<&str> = here.iter().flat_map(|form| field_names(form)).collect();
    if known.is_empty() {
        let problem = Diagnostic::error(format!("there is nothing within `{}`", joined(before)))
            .because("it holds a single value");
        let Some((last, around)) = before.split_last().filter(|(_, around)| !around.is_empty())
        else {
            return problem;
        };
        let dotted: Vec<&str> = [last].into_iter().chain(rest).map(Part::text).collect();
        let meant = format!("{}{}", joined(around), spelled(&dotted.join(".")));
        return problem.hint(format!("a name with dots stands in brackets: `{meant}`"));
    }
    let owner = if before.is_empty() { kind.to_owned() } else { joined(before) };
    let problem = Diagnostic::error(format!("`{owner}` has no field `{name}`"))
        .because(format!("its fields are {}", listed(known.iter().copied())));
    did_you_mean(problem, name, known)
}

fn joined(parts: &[Part<'_>]) -> String {
    let all: String = parts.iter().map(|part| spelled(part.text())).collect();
    all.strip_prefix('.').unwrap_or(&all).to_owned()
}

/// Every form that a value of this schema may have.
fn forms<'a>(root: &'a Json, schema: &'a Json) -> Vec<&'a Json> {
    let (mut forms, mut open) = (Vec::new(), vec![(schema, 0)]);
    while let Some((schema, hops)) = open.pop() {
        if hops > MAX_HOPS {
            continue;
        }
        forms.push(schema);
        let target = schema.get("$ref").and_then(Json::as_str);
        let target = target.and_then(|text| root.pointer(text.strip_prefix('#')?));
        open.extend(target.map(|target| (target, hops + 1)));
        for key in ["anyOf", "oneOf", "allOf"] {
            let parts = schema.get(key).and_then(Json::as_array).into_iter().flatten();
            open.extend(parts.map(|part| (part, hops + 1)));
        }
    }
    forms
}

/// Where a name leads from one form: to a field, an item, or whatever there may be.
fn below<'a>(form: &'a Json, part: &Part<'_>) -> Vec<&'a Json> {
    const ANYTHING: &Json = &Json::Bool(true);
    let properties = form.get("properties").and_then(Json::as_object);
    let mut found: Vec<&Json> = properties
        .into_iter()
        .flatten()
        .filter(|(name, _)| part.admits(name))
        .map(|(_, field)| field)
        .collect();
    found.extend(form.get("items"));
    let others = form.get("additionalProperties").filter(|others| **others != Json::Bool(false));
    found.extend(others);
    let is_open = form == ANYTHING
        || has_type(form, "object")
            && properties.is_none()
            && form.get("additionalProperties").is_none()
        || has_type(form, "array") && form.get("items").is_none();
    if is_open {
        found.push(ANYTHING);
    }
    found
}

fn has_type(form: &Json, name: &str) -> bool {
    match form.get("type") {
        Some(Json::Array(all)) => all.iter().any(|one| one == name),
        Some(one) => one == name,
        None => false,
    }
}
