//! A tree with every reference replaced by what it means.

use super::expand::{Env, Expansion};
use super::instruction;
use super::lookup::Found;
use super::reference::{self, Part, Reference};
use super::source::Mark;
use super::tree::{Entry, Map, Node, Value};
use super::yaml::{MAX_DEPTH, MERGE};
use crate::model::Diagnostic;

/// A text of this length counts as one value of the budget.
const BYTES_PER_VALUE: usize = 64;

impl Expansion<'_> {
    /// The value with nothing left to look up; `None` if something in it means
    /// nothing, which was told.
    pub(super) fn evaluate(&mut self, node: &Node, env: &Env) -> Option<Node> {
        self.spend(1, &node.at)?;
        self.deeper(&node.at, |this| match &node.value {
            Value::Null | Value::Bool(_) | Value::Number(_) => Some(node.clone()),
            Value::Text(text) => this.text(text, &node.at, env),
            Value::List(items) => this.nested(|this| this.list(items, &node.at, env)),
            Value::Map(map) => match instruction::of(map) {
                Some(instruction) => this.carry_out(&instruction, &node.at, env),
                None => this.nested(|this| this.map(map, &node.at, env)),
            },
        })
    }

    fn nested<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> T {
        self.nesting += 1;
        let done = work(self);
        self.nesting -= 1;
        done
    }

    fn map(&mut self, map: &Map, at: &Mark, env: &Env) -> Option<Node> {
        let mut sound = true;
        let mut done = Map::new();
        for (key, entry) in map.iter().filter(|(key, _)| *key != MERGE) {
            let key_node = self.text(key, &entry.key_at, env);
            let node = self.evaluate(&entry.node, env);
            let (Some(key_node), Some(node)) = (key_node, node) else {
                sound = false;
                continue;
            };
            let Some(key) = key_node.scalar_text().map(str::to_owned) else {
                let summary = format!("a key must be text, not {}", key_node.type_name());
                let problem = Diagnostic::error(summary).at(Some(entry.key_at.location()));
                self.report(env.scope, problem);
                sound = false;
                continue;
            };
            let entry = Entry { key_at: entry.key_at.clone(), node };
            if let Some(first) = done.insert(key.clone(), entry) {
                let shown = crate::model::document::shown(&key);
                let problem = Diagnostic::error(format!("`{shown}` is given twice"))
                    .at(Some(first.key_at.location()))
                    .because("two keys come to the same once their references are replaced");
                self.report(env.scope, problem);
                sound = false;
            }
        }
        sound &= self.merge(map, &mut done, env).is_some();
        sound.then(|| Node::new(Value::Map(done), at))
    }

    /// Puts what `<<: "${value.name}"` stands for beneath the map's own keys.
    pub(super) fn merge(&mut self, map: &Map, done: &mut Map, env: &Env) -> Option<()> {
        let Some(entry) = map.get(MERGE) else { return Some(()) };
        let below = self.evaluate(&entry.node, env)?;
        match below.value {
            Value::Map(other) => {
                for (key, entry) in other {
                    done.entry(key).or_insert(entry);
                }
                return Some(());
            }
            Value::Null => return Some(()),
            Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::List(_) => {}
        }
        let summary = format!("`<<` merges a map, not {}", below.type_name());
        let problem = Diagnostic::error(summary).at(Some(entry.node.at.location()));
        let hint = "write an alias, `<<: *name`, or a reference, `<<: \"${value.name}\"`";
        self.report(env.scope, problem.hint(hint));
        None
    }

    pub(super) fn text(&mut self, text: &str, at: &Mark, env: &Env) -> Option<Node> {
        self.spend(text.len() / BYTES_PER_VALUE, at)?;
        let parts = match reference::parse(text) {
            Ok(parts) => parts,
            Err(fault) => {
                let problem = Diagnostic::error(fault.message)
                    .at(Some(at.narrowed_to(&fault.piece).location()))
                    .hint(fault.hint);
                self.report(env.scope, problem);
                return None;
            }
        };
        if let [Part::Reference(reference)] = parts.as_slice() {
            return self.whole(reference, at, env);
        }
        let mut sound = true;
        let mut joined = String::new();
        for part in &parts {
            match part {
                Part::Literal(text) => joined.push_str(text),
                Part::Reference(reference) => match self.within_text(reference, at, env) {
                    Some(text) => joined.push_str(&text),
                    None => sound = false,
                },
            }
        }
        self.spend_text(&joined, at)?;
        sound.then(|| Node::text(joined, at))
    }

    /// Takes from the budget what a text that was made counts.
    pub(super) fn spend_text(&mut self, text: &str, at: &Mark) -> Option<()> {
        self.spend(text.len() / BYTES_PER_VALUE, at)
    }

    /// A text that is one reference becomes what it refers to, whatever its
    /// type, with the place where that was written: a bound that a parameter
    /// breaks is shown where the parameter was given.
    fn whole(&mut self, reference: &Reference, at: &Mark, env: &Env) -> Option<Node> {
        match self.find(reference, at, env)? {
            Found::Value(node) => {
                self.spend(node.size(), at)?;
                if self.nesting + node.depth() > MAX_DEPTH {
                    let summary = format!("references nest values more than {MAX_DEPTH} deep");
                    self.report(env.scope, Diagnostic::error(summary).at(Some(at.location())));
                    return None;
                }
                Some(node)
            }
            Found::Fact(fact) => Some(Node::text(fact.marker(), at)),
        }
    }

    fn within_text(&mut self, reference: &Reference, at: &Mark, env: &Env) -> Option<String> {
        let node = match self.find(reference, at, env)? {
            Found::Fact(fact) => return Some(fact.marker()),
            Found::Value(node) => node,
        };
        let text = node.scalar_text().map(str::to_owned);
        if text.is_none() {
            let problem = if node.is_null() {
                Diagnostic::error(format!("`{}` has no value", reference.names))
                    .because("nothing cannot be a part of a text")
            } else {
                Diagnostic::error(format!("`{}` is {}", reference.names, node.type_name()))
                    .because("only texts, numbers and booleans can be a part of a text")
                    .hint(match (&node.value, node.get("default")) {
                        (Value::List(_), _) => {
                            "alone it becomes the value itself; one text of a list is \
                             `{ join: LIST, with: \", \" }`"
                        }
                        (_, Some(_)) => {
                            "a default stands right behind the name: `vars: { name: 5 }`"
                        }
                        (_, None) => {
                            "a text that is this reference and nothing else becomes the value itself"
                        }
                    })
            };
            let at = at.narrowed_to(&reference.written);
            self.report(env.scope, problem.at(Some(at.location())));
        }
        text
    }
}
