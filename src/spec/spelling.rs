//! What stands without quotes, as its place wants it: the text that was
//! written, or the number or boolean that YAML takes it for.
//!
//! `012345678901` is an account id where the schema of a field wants a text,
//! and twelve billion where it wants a number. Nobody's digits are changed in
//! silence: a place that would take either is told of what it would not keep.

use serde_json::{Number, Value as Json};

use super::tree::{Entry, Map, Node, Plain, Value};
use crate::model::Diagnostic;

/// Deepest chain of `$ref` and alternatives that is followed without stepping
/// into the value. Schemas of our kinds need three.
const MAX_HOPS: usize = 16;

/// What a schema that says nothing of a value says of it.
const ANYTHING: &Json = &Json::Bool(true);

/// The value with every scalar as its schema wants it. `either` is asked to
/// look at numbers whose schema takes texts and numbers alike; they stay.
pub(super) fn as_wanted(schema: &Json, node: &Node, either: &mut dyn FnMut(&Node)) -> Node {
    Spelling { root: schema, either }.value(&[schema], node)
}

/// The value where nobody says what is wanted: a scalar that would not read as
/// it was written is a text.
pub(super) fn as_read(node: &Node) -> Node {
    let value = match &node.value {
        Value::Bool(flag) if flag.value.to_string() != *flag.written => as_text(&flag.written),
        Value::Number(number) if printed(node) != *number.written => as_text(&number.written),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) => node.value.clone(),
        Value::List(items) => Value::List(items.iter().map(as_read).collect()),
        Value::Map(map) => Value::Map(mapped(map, |_, node| as_read(node))),
    };
    Node { value, at: node.at.clone() }
}

/// As it would be printed: `0.0` is 0.
fn printed(node: &Node) -> String {
    node.to_json().to_string()
}

/// The problem of a number, in a place that takes texts too, that would lose
/// what was written.
pub(super) fn doubt(node: &Node) -> Option<Diagnostic> {
    let Value::Number(number) = &node.value else { return None };
    if is_kept(number) {
        return None;
    }
    let written = &number.written;
    let problem = Diagnostic::error(format!("`{written}` could be a number or a text"))
        .at(Some(node.at.location()))
        .because(format!("as a number it is {}", node.to_json()))
        .hint(format!("quote the text: `\"{written}\"`"));
    Some(problem)
}

/// Whether the number is all that was written: JSON's own spelling, and no
/// more digits than are kept.
fn is_kept(number: &Plain<Number>) -> bool {
    // Every decimal of so many digits has a float of its own.
    const DIGITS: usize = 15;
    let is_json = serde_json::from_str::<Number>(&number.written).is_ok();
    let mantissa = number.written.split(['e', 'E']).next().unwrap_or_default();
    let digits = mantissa.bytes().filter(u8::is_ascii_digit).count();
    is_json && (!number.value.is_f64() || digits <= DIGITS)
}

fn as_text(written: &str) -> Value {
    Value::Text(written.to_owned())
}

fn mapped(map: &Map, mut of: impl FnMut(&str, &Node) -> Node) -> Map {
    map.iter()
        .map(|(key, entry)| {
            let node = of(key, &entry.node);
            (key.clone(), Entry { key_at: entry.key_at.clone(), node })
        })
        .collect()
}

/// Whether a schema of such types wants a text, for which a scalar without
/// quotes may stand. Not where a map could: its text has a form of its own.
pub(super) fn takes_plain(types: &Json) -> bool {
    let has = |wanted: &str| match types {
        Json::String(one) => one == wanted,
        Json::Array(several) => several.iter().any(|one| one == wanted),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::Object(_) => false,
    };
    has("string") && !has("object")
}

struct Spelling<'a, 'b> {
    root: &'a Json,
    either: &'b mut dyn FnMut(&Node),
}

impl<'a> Spelling<'a, '_> {
    /// The value under schemas of which one at least is to admit it.
    fn value(&mut self, schemas: &[&'a Json], node: &Node) -> Node {
        let forms = forms(self.root, schemas);
        let value = match &node.value {
            Value::Null | Value::Text(_) => node.value.clone(),
            Value::Bool(flag) => match Taken::by(&forms, "boolean") {
                Taken::AsText => as_text(&flag.written),
                Taken::AsItIs | Taken::Either => node.value.clone(),
            },
            Value::Number(number) => match Taken::by(&forms, "number") {
                Taken::AsText => as_text(&number.written),
                Taken::AsItIs => node.value.clone(),
                Taken::Either => {
                    (self.either)(node);
                    node.value.clone()
                }
            },
            Value::List(items) => {
                let within: Vec<&Json> = forms.iter().filter_map(|form| items_of(form)).collect();
                Value::List(items.iter().map(|item| self.value(&within, item)).collect())
            }
            Value::Map(map) => Value::Map(mapped(map, |key, node| {
                let within: Vec<&Json> =
                    forms.iter().filter_map(|form| field_of(form, key)).collect();
                self.value(&within, node)
            })),
        };
        Node { value, at: node.at.clone() }
    }
}

/// The schemas that some schemas stand for: what they refer to, and each of their
/// alternatives.
pub(super) fn forms<'a>(root: &'a Json, schemas: &[&'a Json]) -> Vec<&'a Json> {
    let mut found = Vec::new();
    for schema in schemas {
        forms_of(root, schema, 0, &mut found);
    }
    found
}

fn forms_of<'a>(root: &'a Json, schema: &'a Json, hops: usize, found: &mut Vec<&'a Json>) {
    if hops > MAX_HOPS {
        return;
    }
    let mut stands_for_others = false;
    let referred = schema.get("$ref").and_then(Json::as_str);
    let target = referred.and_then(|text| root.pointer(text.strip_prefix('#')?));
    let parts = ["anyOf", "oneOf", "allOf"]
        .iter()
        .filter_map(|key| schema.get(key).and_then(Json::as_array))
        .flatten();
    for part in target.into_iter().chain(parts) {
        stands_for_others = true;
        forms_of(root, part, hops + 1, found);
    }
    if !stands_for_others {
        found.push(schema);
    }
}

/// How a scalar without quotes is taken.
enum Taken {
    AsText,
    AsItIs,
    Either,
}

impl Taken {
    /// By some schemas; `own` is the type that YAML takes the scalar for.
    fn by(forms: &[&Json], own: &str) -> Self {
        // A map could stand here as well: its text has a form of its own.
        let has_map = forms.iter().any(|form| types_of(form).is_some() && admits(form, "object"));
        let text = forms.iter().any(|form| admits(form, "string")) && !has_map;
        let is_own = |form: &&Json| admits(form, own) || own == "number" && admits(form, "integer");
        let itself = forms.iter().any(is_own);
        match (text, itself) {
            (true, false) => Self::AsText,
            (true, true) => Self::Either,
            (false, true | false) => Self::AsItIs,
        }
    }
}

/// The types that a schema admits; `None` for all.
fn types_of(form: &Json) -> Option<Json> {
    if let Some(types) = form.get("type") {
        return Some(types.clone());
    }
    let options = match (form.get("enum"), form.get("const")) {
        (Some(options), _) => options.as_array().cloned()?,
        (None, Some(option)) => vec![option.clone()],
        (None, None) => return None,
    };
    let word = |option: &Json| match option {
        Json::Null => "null",
        Json::Bool(_) => "boolean",
        Json::Number(_) => "number",
        Json::String(_) => "string",
        Json::Array(_) => "array",
        Json::Object(_) => "object",
    };
    Some(options.iter().map(word).collect())
}

pub(super) fn items_of(form: &Json) -> Option<&Json> {
    admits(form, "array").then(|| form.get("items").unwrap_or(ANYTHING))
}

pub(super) fn field_of<'a>(form: &'a Json, key: &str) -> Option<&'a Json> {
    if !admits(form, "object") {
        return None;
    }
    let named = form.get("properties").and_then(|fields| fields.get(key));
    let other = || form.get("additionalProperties").unwrap_or(ANYTHING);
    Some(named.unwrap_or_else(other)).filter(|schema| **schema != Json::Bool(false))
}

/// Whether a schema says of what type a value is.
pub(super) fn is_typed(form: &Json) -> bool {
    types_of(form).is_some()
}

pub(super) fn admits(form: &Json, wanted: &str) -> bool {
    types_of(form).is_none_or(|types| match &types {
        Json::Array(several) => several.iter().any(|one| one == wanted),
        one => one == wanted,
    })
}
