//! What a text says, with the place of every value and key.
//!
//! One tree type serves from the parser to the kind's document: loading builds
//! it, merging and substituting turn trees into trees, and only the last step
//! drops the marks ([`Node::to_json`]).

use std::collections::BTreeMap;

use serde_json::Number;

use super::source::Mark;
use crate::model::{Path, document};

/// A value and where it was written.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) value: Value,
    pub(super) at: Mark,
}

/// What a value can be: JSON's types.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Null,
    Bool(Plain<bool>),
    Number(Plain<Number>),
    Text(String),
    List(Vec<Node>),
    Map(Map),
}

/// What stands without quotes and is no text to YAML, with the characters that
/// say so. `012345678901` is a number there and an account to its writer: which
/// of the two is wanted is known only where it ends up.
#[derive(Clone, Debug)]
pub(super) struct Plain<T> {
    /// What YAML takes it for.
    pub(super) value: T,
    /// As it was written, byte for byte.
    pub(super) written: Box<str>,
}

/// Entries by key. Sorted, so that whatever follows from a map does not depend
/// on the order in which it was written.
pub(super) type Map = BTreeMap<String, Entry>;

/// What stands under one key.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) key_at: Mark,
    pub(super) node: Node,
}

impl Node {
    pub(super) fn new(value: Value, at: &Mark) -> Self {
        Self { value, at: at.clone() }
    }

    pub(super) fn text(text: impl Into<String>, at: &Mark) -> Self {
        Self::new(Value::Text(text.into()), at)
    }

    pub(super) fn as_text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::List(_) | Value::Map(_) => {
                None
            }
        }
    }

    pub(super) fn as_bool(&self) -> Option<bool> {
        match &self.value {
            Value::Bool(flag) => Some(flag.value),
            Value::Null | Value::Text(_) | Value::Number(_) | Value::List(_) | Value::Map(_) => {
                None
            }
        }
    }

    pub(super) fn as_list(&self) -> Option<&[Self]> {
        match &self.value {
            Value::List(items) => Some(items),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::Map(_) => {
                None
            }
        }
    }

    pub(super) fn as_map(&self) -> Option<&Map> {
        match &self.value {
            Value::Map(map) => Some(map),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::List(_) => {
                None
            }
        }
    }

    pub(super) fn as_map_mut(&mut self) -> Option<&mut Map> {
        match &mut self.value {
            Value::Map(map) => Some(map),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::List(_) => {
                None
            }
        }
    }

    /// What stands under a key of a map.
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        self.as_map()?.get(key).map(|entry| &entry.node)
    }

    pub(super) fn is_null(&self) -> bool {
        matches!(self.value, Value::Null)
    }

    /// Null, `false`, empty text, empty list and empty map are false; all
    /// else, also `0`, is true. A pending fact is text, and so true.
    pub(super) fn is_true(&self) -> bool {
        match &self.value {
            Value::Null => false,
            Value::Bool(flag) => flag.value,
            Value::Number(_) => true,
            Value::Text(text) => !text.is_empty(),
            Value::List(items) => !items.is_empty(),
            Value::Map(map) => !map.is_empty(),
        }
    }

    /// The scalar as a text: what was written. `None` for null, lists and maps.
    pub(super) fn scalar_text(&self) -> Option<&str> {
        match &self.value {
            Value::Bool(flag) => Some(&flag.written),
            Value::Number(number) => Some(&number.written),
            Value::Text(text) => Some(text),
            Value::Null | Value::List(_) | Value::Map(_) => None,
        }
    }

    /// What it is, in the words of messages.
    pub(super) fn type_name(&self) -> &'static str {
        match &self.value {
            Value::Null => "nothing",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::Text(_) => "text",
            Value::List(_) => "a list",
            Value::Map(_) => "a map",
        }
    }

    /// How many values it consists of, itself included.
    pub(super) fn size(&self) -> usize {
        match &self.value {
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) => 1,
            Value::List(items) => 1 + items.iter().map(Self::size).sum::<usize>(),
            Value::Map(map) => 1 + map.values().map(|entry| entry.node.size()).sum::<usize>(),
        }
    }

    /// How many lists and maps are within each other; 0 for a scalar.
    pub(super) fn depth(&self) -> usize {
        let deepest = match &self.value {
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) => return 0,
            Value::List(items) => items.iter().map(Self::depth).max(),
            Value::Map(map) => map.values().map(|entry| entry.node.depth()).max(),
        };
        1 + deepest.unwrap_or(0)
    }

    /// The value alone. A field that is null counts as not stated, and goes.
    pub(super) fn to_json(&self) -> serde_json::Value {
        match &self.value {
            Value::Null => serde_json::Value::Null,
            Value::Bool(flag) => flag.value.into(),
            Value::Number(number) => whole(&number.value).into(),
            Value::Text(text) => text.clone().into(),
            Value::List(items) => items.iter().map(Self::to_json).collect(),
            Value::Map(map) => serde_json::Value::Object(fields_of(map)),
        }
    }

    /// The same of what its user says word for word: where null is written, it stays. One that
    /// something came to says that there is nothing, there as elsewhere.
    pub(super) fn to_json_as_said(&self) -> serde_json::Value {
        match &self.value {
            Value::Map(map) => {
                let said = map.iter().filter(|(_, entry)| entry.node.is_said());
                said.map(|(key, entry)| (key.clone(), entry.node.to_json_as_said())).collect()
            }
            Value::List(items) => items.iter().map(Self::to_json_as_said).collect(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) => self.to_json(),
        }
    }

    /// Whether it is something, or null where that is written.
    pub(super) fn is_said(&self) -> bool {
        !self.is_null() || ["null", "Null", "NULL", "~"].contains(&self.at.text().as_str())
    }

    /// Where the value at `path` stands: the value itself, or the innermost
    /// value around it that exists.
    pub(super) fn mark_at(&self, path: &Path) -> &Mark {
        let mut node = self;
        for segment in path.segments() {
            match node.child(segment) {
                Some(child) => node = child,
                None => break,
            }
        }
        &node.at
    }

    /// What stands at a path, if anything does.
    pub(super) fn at_path(&self, path: &Path) -> Option<&Self> {
        path.segments().iter().try_fold(self, |node, segment| node.child(segment))
    }

    /// Where the last key of `path` stands; falls back to [`Node::mark_at`]
    /// where the path ends in a list position or does not exist.
    pub(super) fn key_mark_at(&self, path: &Path) -> &Mark {
        let mut node = self;
        let mut mark = &self.at;
        for segment in path.segments() {
            let Some(child) = node.child(segment) else { break };
            mark = match (&node.value, segment) {
                (Value::Map(map), document::Segment::Field(name)) => {
                    map.get(name).map_or(&child.at, |entry| &entry.key_at)
                }
                (
                    Value::Null
                    | Value::Bool(_)
                    | Value::Number(_)
                    | Value::Text(_)
                    | Value::List(_)
                    | Value::Map(_),
                    document::Segment::Field(_) | document::Segment::Index(_),
                ) => &child.at,
            };
            node = child;
        }
        mark
    }

    fn child(&self, segment: &document::Segment) -> Option<&Self> {
        match segment {
            document::Segment::Field(name) => self.get(name),
            document::Segment::Index(index) => self.as_list()?.get(*index),
        }
    }

    /// The same tree with every text replaced, keys included.
    pub(super) fn map_texts(&self, replace: &dyn Fn(&str) -> String) -> Self {
        let value = match &self.value {
            Value::Null | Value::Bool(_) | Value::Number(_) => self.value.clone(),
            Value::Text(text) => Value::Text(replace(text)),
            Value::List(items) => {
                Value::List(items.iter().map(|item| item.map_texts(replace)).collect())
            }
            Value::Map(map) => Value::Map(
                map.iter()
                    .map(|(key, entry)| {
                        let node = entry.node.map_texts(replace);
                        (replace(key), Entry { key_at: entry.key_at.clone(), node })
                    })
                    .collect(),
            ),
        };
        Self { value, at: self.at.clone() }
    }

    /// Every text within, keys included, with the path of its value.
    pub(super) fn each_text(&self, visit: &mut dyn FnMut(&Path, &str, &Mark)) {
        self.texts_below(&Path::default(), visit);
    }

    fn texts_below(&self, path: &Path, visit: &mut dyn FnMut(&Path, &str, &Mark)) {
        match &self.value {
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
            Value::Text(text) => visit(path, text, &self.at),
            Value::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    item.texts_below(&path.with_index(index), visit);
                }
            }
            Value::Map(map) => {
                for (key, entry) in map {
                    let below = path.with_field(key);
                    visit(&below, key, &entry.key_at);
                    entry.node.texts_below(&below, visit);
                }
            }
        }
    }
}

/// `30.0` is the integer 30 to JSON Schema, but not to typed readers.
fn whole(number: &Number) -> Number {
    // Up to 2^53 every integer has a float of its own.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    match number.as_f64() {
        Some(float) if number.is_f64() && float.fract() == 0.0 && float.abs() <= EXACT =>
        {
            #[expect(clippy::cast_possible_truncation, reason = "whole, and below 2^53")]
            Number::from(float as i64)
        }
        Some(_) | None => number.clone(),
    }
}

/// A map without its marks and without the fields that are null.
pub(super) fn fields_of(map: &Map) -> serde_json::Map<String, serde_json::Value> {
    map.iter()
        .filter(|(_, entry)| !entry.node.is_null())
        .map(|(key, entry)| (key.clone(), entry.node.to_json()))
        .collect()
}
