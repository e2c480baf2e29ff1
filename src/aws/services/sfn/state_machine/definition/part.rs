//! A map of a definition and where it stands, and what is told of it.
//!
//! What still waits for a fact is opaque: it is taken on trust, whatever it is to be.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use serde_json::{Map, Value};

use super::jsonata;
use super::language::Language;
use crate::model::document::is_pending;
use crate::model::{Path, Problem};

/// What is told so far, and the names that were seen.
#[derive(Debug, Default)]
pub(super) struct Walk {
    pub(super) told: Vec<Problem>,
    /// Every state by its name, wherever it stands: no two have one name.
    pub(super) names: BTreeMap<String, Path>,
}

impl Walk {
    pub(super) fn tell(&mut self, at: Path, message: impl Into<String>) {
        self.told.push(Problem::of("", message).at(at));
    }

    pub(super) fn advise(&mut self, at: Path, message: impl Into<String>, hint: impl Into<String>) {
        self.told.push(Problem::of("", message).at(at).hint(hint));
    }
}

/// A map within a definition.
#[derive(Clone, Debug)]
pub(super) struct Part<'a> {
    pub(super) fields: &'a Map<String, Value>,
    pub(super) path: Path,
}

impl<'a> Part<'a> {
    /// The map at a path, or the word that it is none.
    pub(super) fn of(value: &'a Value, path: Path, walk: &mut Walk) -> Option<Self> {
        match value {
            Value::Object(fields) => Some(Self { fields, path }),
            Value::String(text) if is_pending(text) => None,
            other => {
                walk.tell(path, format!("takes a map, and this is {}", words_of(other)));
                None
            }
        }
    }

    pub(super) fn at(&self, field: &str) -> Path {
        self.path.with_field(field)
    }

    pub(super) fn get(&self, field: &str) -> Option<&'a Value> {
        self.fields.get(field)
    }

    pub(super) fn has(&self, field: &str) -> bool {
        self.fields.contains_key(field)
    }

    /// Which of these fields it has.
    pub(super) fn those_of<'b>(&self, fields: &[&'b str]) -> Vec<&'b str> {
        fields.iter().filter(|field| self.has(field)).copied().collect()
    }

    /// A text that is known by now.
    pub(super) fn text(&self, field: &str, walk: &mut Walk) -> Option<&'a str> {
        match self.get(field)? {
            Value::String(text) if is_pending(text) => None,
            Value::String(text) => Some(text),
            other => {
                walk.tell(self.at(field), format!("takes a text, and this is {}", words_of(other)));
                None
            }
        }
    }

    pub(super) fn flag(&self, field: &str, walk: &mut Walk) -> Option<bool> {
        match self.get(field)? {
            Value::Bool(flag) => Some(*flag),
            other if waits(other) => None,
            other => {
                let message = format!("takes `true` or `false`, and this is {}", words_of(other));
                walk.tell(self.at(field), message);
                None
            }
        }
    }

    pub(super) fn list(&self, field: &str, walk: &mut Walk) -> Option<&'a [Value]> {
        match self.get(field)? {
            Value::Array(items) => Some(items),
            other if waits(other) => None,
            other => {
                walk.tell(self.at(field), format!("takes a list, and this is {}", words_of(other)));
                None
            }
        }
    }

    pub(super) fn part(&self, field: &str, walk: &mut Walk) -> Option<Self> {
        Self::of(self.get(field)?, self.at(field), walk)
    }

    /// A whole number within bounds; in JSONata an expression may stand for it.
    pub(super) fn whole(
        &self,
        field: &str,
        bounds: RangeInclusive<u64>,
        language: Language,
        walk: &mut Walk,
    ) -> Option<u64> {
        let value = self.get(field)?;
        if is_expression(value, language, &self.at(field), walk) || waits(value) {
            return None;
        }
        let number = value.as_u64().filter(|number| bounds.contains(number));
        if number.is_none() {
            let (least, most) = (bounds.start(), bounds.end());
            let found = match value {
                Value::Number(number) => number.to_string(),
                other => words_of(other).to_owned(),
            };
            let message =
                format!("takes a whole number from {least} to {most}, and this is {found}");
            walk.tell(self.at(field), message);
        }
        number
    }

    /// One of some words.
    pub(super) fn word<'b>(
        &self,
        field: &str,
        words: &[&'b str],
        walk: &mut Walk,
    ) -> Option<&'b str> {
        let text = self.text(field, walk)?;
        let found = words.iter().find(|word| **word == text).copied();
        if found.is_none() {
            let message = format!("takes {}, and `{text}` is none of them", words.join(", "));
            walk.tell(self.at(field), message);
        }
        found
    }

    /// At most one of some fields.
    pub(super) fn one_of(&self, fields: &[&str], walk: &mut Walk) {
        if let [first, second, ..] = self.those_of(fields)[..] {
            let message = format!("`{first}` says the same already");
            walk.advise(self.at(second), message, "take one of them out");
        }
    }

    /// That it has no fields but these.
    pub(super) fn no_others(&self, known: &[&str], walk: &mut Walk) {
        for field in self.fields.keys().filter(|field| !is_pending(field)) {
            if known.contains(&field.as_str()) {
                continue;
            }
            let message = format!("there is no `{field}` here");
            let hint = match crate::aws::near::nearest(field, known.iter().copied()) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("the fields here are {}", known.join(", ")),
            };
            walk.advise(self.at(field), message, hint);
        }
    }

    /// That it has a field.
    pub(super) fn needs(&self, field: &str, what: &str, walk: &mut Walk) -> bool {
        if !self.has(field) {
            walk.tell(self.path.clone(), format!("lacks `{field}`: {what}"));
        }
        self.has(field)
    }
}

/// Whether a value waits for a fact.
pub(super) fn waits(value: &Value) -> bool {
    value.as_str().is_some_and(is_pending)
}

/// Whether an expression of JSONata stands in the place of a value. What is wrong with it is
/// told.
pub(super) fn is_expression(value: &Value, language: Language, at: &Path, walk: &mut Walk) -> bool {
    let Some(text) = value.as_str().filter(|_| language == Language::Jsonata) else {
        return false;
    };
    if !jsonata::is_meant(text) {
        return false;
    }
    if let Some(message) = jsonata::fault(text) {
        walk.tell(at.clone(), message);
    }
    true
}

pub(super) fn words_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "`true` or `false`",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a map",
    }
}
