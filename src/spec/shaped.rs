//! What is said of `${each.value...}` where there is no element to say it of.
//!
//! An element is looked into when there is one. Over an empty list, or a variable
//! that nobody gave yet, a slip would wait for the first element; where the
//! shape of the elements is declared, it need not.

use super::expand::{Env, Expansion};
use super::parameter::{Parameter, Within};
use super::reference::{self, Part, Reference};
use super::source::Mark;
use super::suggest::{did_you_mean, listed};
use super::tree::{Entry, Map, Node, Value};
use crate::model::Diagnostic;

impl<'a> Expansion<'a> {
    /// Tells of every reference within an entry to what no element of its
    /// `for_each` can have.
    pub(super) fn without_elements(&mut self, map: &'a Map, for_each: &'a Node, env: &Env) {
        let Some(element) = self.declared_element(for_each, env) else { return };
        let mut slips = Vec::new();
        for (key, entry) in map {
            if key != "for_each" {
                each_reference(&entry.node, &mut |reference, at| {
                    slips.extend(slip(element, reference, at));
                });
            }
        }
        for problem in slips {
            self.report(env.scope, problem);
        }
    }

    /// What is declared of the elements, if these are those of a variable or a
    /// parameter, or of what is within one.
    fn declared_element(&self, for_each: &Node, env: &Env) -> Option<&'a Parameter> {
        let parts = reference::parse(for_each.as_text()?).ok()?;
        let [Part::Reference(reference)] = parts.as_slice() else { return None };
        let (family, name, within) = match reference.names.0.as_slice() {
            [family, name, within @ ..] => (family.as_str(), name, within),
            [_] | [] => return None,
        };
        let declared = match (family, self.pattern(env.scope)) {
            ("param", Some(pattern)) => pattern.parameters.get(name)?,
            ("var", None) => self.ground.variables.get(name)?.parameter.as_ref()?,
            (_, Some(_) | None) => return None,
        };
        let collection =
            within.iter().try_fold(declared, |parameter, name| match &parameter.within {
                Within::Keys(keys) => keys.get(name),
                Within::Entries(part) => Some(part.as_ref()),
                Within::Anything | Within::Items(_) => None,
            })?;
        match &collection.within {
            Within::Entries(part) | Within::Items(part) => Some(part),
            Within::Anything | Within::Keys(_) => None,
        }
    }
}

/// Every reference of a value. What repeats on its own has elements of its own.
fn each_reference(node: &Node, visit: &mut dyn FnMut(&Reference, &Mark)) {
    match &node.value {
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
        Value::Text(text) => {
            for part in reference::parse(text).unwrap_or_default() {
                if let Part::Reference(reference) = part {
                    visit(&reference, &node.at);
                }
            }
        }
        Value::List(items) => items.iter().for_each(|item| each_reference(item, visit)),
        Value::Map(map) => {
            let is_elsewhere =
                |(key, _): &(&String, &Entry)| *key == "item" && map.contains_key("for_each");
            for (_, entry) in map.iter().filter(|entry| !is_elsewhere(entry)) {
                each_reference(&entry.node, visit);
            }
        }
    }
}

/// The problem of a reference to what an element of that shape cannot have.
fn slip(element: &Parameter, reference: &Reference, at: &Mark) -> Option<Diagnostic> {
    let [family, part, names @ ..] = reference.names.0.as_slice() else { return None };
    if (family.as_str(), part.as_str()) != ("each", "value") || !reference.chosen.is_empty() {
        return None;
    }
    let mut parameter = element;
    for (position, name) in names.iter().enumerate() {
        let keys = match &parameter.within {
            Within::Keys(keys) => keys,
            Within::Entries(part) => {
                parameter = part;
                continue;
            }
            Within::Anything | Within::Items(_) => return None,
        };
        let Some(part) = keys.get(name) else {
            let meant = keys.keys().map(|key| {
                let mut names = reference.names.clone();
                key.clone_into(&mut names.0[position + 2]);
                names.to_string()
            });
            let meant: Vec<String> = meant.collect();
            let known = listed(keys.keys().map(String::as_str));
            let shown = reference.names.to_string();
            let problem = Diagnostic::error(format!("`{shown}` refers to nothing"))
                .at(Some(at.narrowed_to(&reference.written).location()))
                .because(format!("the keys of an element are declared as {known}"));
            return Some(did_you_mean(problem, &shown, meant.iter().map(String::as_str)));
        };
        parameter = part;
    }
    None
}
