//! What is given against what is declared: the value of a variable or of a
//! parameter, its defaults filled in.

use std::collections::BTreeMap;

use super::conform;
use super::expand::{Env, Expansion, Ground};
use super::parameter::{Parameter, Within};
use super::source::Mark;
use super::spelling;
use super::tree::{Entry, Map, Node, Value};
use super::variables::Variable;
use crate::model::Diagnostic;

/// What is wrong with the values of variables of a stack that gets no further:
/// of those that follow from nothing but themselves.
pub(super) fn faults(ground: Ground<'_>) -> Vec<Diagnostic> {
    let mut expansion = Expansion::new(ground);
    for (name, variable) in ground.variables {
        let mut refers = false;
        let node = variable.node.iter();
        node.for_each(|node| node.each_text(&mut |_, text, _| refers |= text.contains("${")));
        if !refers {
            expansion.variable_value(name);
        }
    }
    expansion.problems
}

impl<'a> Expansion<'a> {
    /// The value of a variable, if it keeps to what is declared of it.
    pub(super) fn variable_value(&mut self, name: &str) -> Option<Node> {
        let variable: &'a Variable = self.ground.variables.get(name)?;
        let node = self.evaluate(variable.node.as_ref()?, &Env::of(0))?;
        let Some(parameter) = &variable.parameter else { return Some(node) };
        if !node.is_null() {
            let place = format!("`{name}` is declared at {}", variable.at);
            return self.fitting((name, parameter), node, (0, 0), &place);
        }
        if parameter.nullable {
            return Some(node);
        }
        let problem = Diagnostic::error(format!("the variable `{name}` comes to nothing"))
            .at(Some(node.at.location()))
            .because(format!("`{name}` is declared at {}, and is not `nullable`", variable.at));
        self.report(0, problem);
        None
    }

    /// The value of a parameter with its defaults filled in, if it is as
    /// declared. `scopes` are those of the value and of the declaration; `place`
    /// says where else to look than at the value.
    pub(super) fn fitting(
        &mut self,
        (name, parameter): (&str, &Parameter),
        node: Node,
        scopes: (usize, usize),
        place: &str,
    ) -> Option<Node> {
        let node = self.with_files(&parameter.schema, node, &Env::of(scopes.0))?;
        let node = self.completed(parameter, node, &Env::of(scopes.1))?;
        // What a list or a map holds is taken where it ends up.
        let node = spelling::as_wanted(&parameter.schema, &node, &mut |_| {});
        let found = conform::check_value(name, &parameter.schema, &node);
        let sound = found.is_empty();
        for problem in found {
            let detail = match &problem.detail {
                Some(detail) => format!("{detail}; {place}"),
                None => place.to_owned(),
            };
            self.report(scopes.0, problem.because(detail));
        }
        sound.then_some(node)
    }

    /// The value with the defaults of all that it lacks within.
    fn completed(&mut self, parameter: &Parameter, node: Node, env: &Env) -> Option<Node> {
        let Node { value, at } = node;
        let value = match (&parameter.within, value) {
            (Within::Keys(keys), Value::Map(map)) => {
                Value::Map(self.with_keys(keys, map, &at, env)?)
            }
            (Within::Entries(part), Value::Map(map)) => {
                let mut done = Map::new();
                for (key, Entry { key_at, node }) in map {
                    let node = self.completed(part, stated(part, node), env)?;
                    done.insert(key, Entry { key_at, node });
                }
                Value::Map(done)
            }
            (Within::Items(part), Value::List(items)) => {
                let items = items.into_iter().map(|item| self.completed(part, item, env));
                Value::List(items.collect::<Option<_>>()?)
            }
            (Within::Anything | Within::Keys(_) | Within::Entries(_) | Within::Items(_), value) => {
                value
            }
        };
        Some(Node { value, at })
    }

    fn with_keys(
        &mut self,
        keys: &BTreeMap<String, Parameter>,
        mut map: Map,
        at: &Mark,
        env: &Env,
    ) -> Option<Map> {
        for (key, part) in keys {
            let given = map.remove(key).filter(|entry| !entry.node.is_null());
            let Entry { key_at, node } = match (given, &part.default) {
                (Some(entry), _) => entry,
                (None, Some(default)) => {
                    Entry { key_at: at.clone(), node: self.evaluate(default, env)? }
                }
                (None, None) if part.nullable => {
                    self.spend(1, at)?;
                    Entry { key_at: at.clone(), node: Node::new(Value::Null, at) }
                }
                // That it is missing is the schema's to tell.
                (None, None) => continue,
            };
            let node = self.completed(part, node, env)?;
            map.insert(key.clone(), Entry { key_at, node });
        }
        Some(map)
    }
}

/// An entry that says nothing, `audit: ~`, is one that states no key.
fn stated(part: &Parameter, node: Node) -> Node {
    match part.within {
        Within::Keys(_) if node.is_null() => Node { value: Value::Map(Map::new()), at: node.at },
        Within::Keys(_) | Within::Entries(_) | Within::Items(_) | Within::Anything => node,
    }
}
