//! What was found out of the world, and counts as if the files said it.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::model::{Address, Facts, document};

/// What a check is told beside the files. Nothing, at first: a check says what it would
/// have to know, somebody looks, and it is made again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Learned {
    /// Names of resources for which the file states none, in the fields that are for that.
    pub names: BTreeMap<Address, String>,
    /// Facts of what is referred to and not the stack's own, by what stands before the fact
    /// in a reference.
    pub facts: BTreeMap<Address, Facts>,
}

/// The texts of outputs that are known, by the paths that lead to them: what others may be
/// told of them.
pub fn texts_of(outputs: &BTreeMap<String, Json>) -> Facts {
    let mut found = Facts::new();
    for (name, value) in outputs {
        texts(value, name, &mut found);
    }
    found
}

fn texts(value: &Json, path: &str, found: &mut Facts) {
    match value {
        Json::String(text) if !document::is_pending(text) => {
            found.insert(path.to_owned(), text.clone());
        }
        Json::Array(items) => {
            items.iter().enumerate().for_each(|(at, it)| texts(it, &format!("{path}.{at}"), found));
        }
        Json::Object(fields) => {
            fields.iter().for_each(|(key, it)| texts(it, &format!("{path}.{key}"), found));
        }
        Json::String(_) | Json::Null | Json::Bool(_) | Json::Number(_) => {}
    }
}
