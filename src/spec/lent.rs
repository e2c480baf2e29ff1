//! What is known of the outputs of other stacks.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::source::Mark;
use super::tree::{Entry, Map, Node, Plain, Value};
use crate::model::{Address, FactRef, Facts, document};

/// What other stacks lend to one.
#[derive(Default)]
pub(super) struct Lent {
    /// By the names that the stack has for them.
    pub(super) stacks: BTreeMap<String, LentBy>,
    /// The texts that are known, as facts of these names; and whatever else was learned.
    pub(super) facts: BTreeMap<Address, Facts>,
}

/// What one of them lends.
pub(super) struct LentBy {
    /// Its file, as people know it.
    pub(super) file: String,
    /// What it promises; `None` if its file could not be read, which is told.
    pub(super) names: Option<BTreeSet<String>>,
    /// What that is; `None` if it is not sound, which is told.
    pub(super) outputs: Option<BTreeMap<String, Json>>,
}

impl Lent {
    pub(super) const NONE: Self = Self { stacks: BTreeMap::new(), facts: BTreeMap::new() };

    /// The text behind a fact, if it is one of these and known.
    pub(super) fn known(&self, fact: &FactRef) -> Option<&String> {
        self.facts.get(&fact.address)?.get(&fact.fact)
    }

    /// An output as a stack refers to it: each text of it is a fact.
    pub(super) fn node(&self, alias: &str, output: &str, at: &Mark) -> Option<Node> {
        let value = self.stacks.get(alias)?.outputs.as_ref()?.get(output)?;
        Some(node(value, &FactRef { address: Address::new(alias), fact: part(output) }, at))
    }
}

/// Every text of some outputs that is known, by its path: as facts of their stack.
pub fn texts_of(outputs: &BTreeMap<String, Json>) -> Facts {
    let mut found = Facts::new();
    for (name, value) in outputs {
        texts(value, &part(name), &mut found);
    }
    found
}

fn texts(value: &Json, fact: &str, found: &mut Facts) {
    match value {
        Json::String(text) => {
            if !document::is_pending(text) {
                found.insert(fact.to_owned(), text.clone());
            }
        }
        Json::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                texts(item, &format!("{fact}.{index}"), found);
            }
        }
        Json::Object(fields) => {
            for (key, item) in fields {
                texts(item, &format!("{fact}.{}", part(key)), found);
            }
        }
        Json::Null | Json::Bool(_) | Json::Number(_) => {}
    }
}

/// One name of a path that is joined by dots.
pub(super) fn part(name: &str) -> String {
    name.replace('.', "\\.")
}

/// The output that a fact is of.
pub(super) fn output_of(fact: &FactRef) -> &str {
    fact.fact.split('.').next().unwrap_or_default()
}

fn node(value: &Json, fact: &FactRef, at: &Mark) -> Node {
    let inner = |name: &str| FactRef {
        address: fact.address.clone(),
        fact: format!("{}.{name}", fact.fact),
    };
    let value = match value {
        Json::Null => Value::Null,
        Json::Bool(value) => {
            Value::Bool(Plain { value: *value, written: value.to_string().into() })
        }
        Json::Number(value) => {
            Value::Number(Plain { value: value.clone(), written: value.to_string().into() })
        }
        Json::String(_) => Value::Text(fact.marker()),
        Json::Array(items) => {
            let items = items.iter().enumerate();
            Value::List(items.map(|(at_, it)| node(it, &inner(&at_.to_string()), at)).collect())
        }
        Json::Object(fields) => {
            let entry = |(key, item): (&String, &Json)| {
                let node = node(item, &inner(&part(key)), at);
                (key.clone(), Entry { key_at: at.clone(), node })
            };
            Value::Map(fields.iter().map(entry).collect::<Map>())
        }
    };
    Node::new(value, at)
}
