//! A value that somebody gives: a variable of a stack file, or a parameter of a
//! pattern. Both are declared in one form, and checked by one piece of code.
//!
//! What is declared becomes a JSON Schema, by which values are checked as the
//! documents of kinds are, and beside it what a schema does not do: the
//! defaults, also those of the keys within a map, are filled in.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::conform::Schema;
use super::elsewhere;
use super::shape::{self, A_PARAMETER, A_VARIABLE};
use super::suggest::{closest, shortened};
use super::tree::{Entry, Map, Node};
use crate::model::Diagnostic;

/// Who declares, and with which keys.
#[derive(Clone, Copy)]
pub(super) struct Owner {
    /// As in "the keys of a variable".
    called: &'static str,
    keys: &'static [&'static str],
}

/// A parameter of a pattern, and what a map or a list is made of.
pub(super) const PARAMETER: Owner = Owner { called: A_PARAMETER, keys: KEYS.split_at(11).0 };

/// A variable of a stack file.
pub(super) const VARIABLE: Owner = Owner { called: A_VARIABLE, keys: KEYS };

/// Every key of a declaration; the last is a variable's alone.
pub(super) const KEYS: &[&str] = &[
    "type",
    "description",
    "default",
    "minimum",
    "maximum",
    "pattern",
    "enum",
    "nullable",
    "keys",
    "entries",
    "items",
    "sensitive",
];

/// What is declared of one value.
#[derive(Debug)]
pub(super) struct Parameter {
    /// Its type, bounds and description, as JSON Schema. The same code checks
    /// parameters and resources, so both speak alike.
    pub(super) schema: Json,
    /// Its value where none is given.
    pub(super) default: Option<Node>,
    /// Whether it may stay without a value.
    pub(super) nullable: bool,
    /// What it is made of.
    pub(super) within: Within,
}

/// What is declared of the values within a value.
#[derive(Debug)]
pub(super) enum Within {
    /// Nothing.
    Anything,
    /// The keys of a map, and that there are no others.
    Keys(BTreeMap<String, Parameter>),
    /// Every value of a map whose keys are free.
    Entries(Box<Parameter>),
    /// Every item of a list.
    Items(Box<Parameter>),
}

impl Parameter {
    /// Whether it must be given.
    pub(super) fn is_required(&self) -> bool {
        self.default.is_none() && !self.nullable
    }

    /// One of which nothing is known.
    pub(super) fn anything() -> Self {
        let within = Within::Anything;
        Self { schema: json!({}), default: None, nullable: true, within }
    }

    /// Its type in the words of JSON Schema; `None` if nothing is known of it.
    pub(super) fn json_type(&self) -> Option<&str> {
        self.schema.get("type").and_then(Json::as_str)
    }

    /// The schema with the default beside it, for editors and pages.
    pub(super) fn described(&self) -> Json {
        let mut schema = self.schema.clone();
        if let (Some(fields), Some(default)) = (schema.as_object_mut(), &self.default) {
            fields.insert("default".to_owned(), default.to_json());
        }
        schema
    }
}

/// Whether a map under `vars` declares a variable, and is not the default of
/// one: it has a `type`, or nothing but keys of a declaration, or what looks
/// like one of them.
pub(super) fn is_declaration(node: &Node) -> bool {
    let Some(map) = node.as_map() else { return false };
    let is_near = |key: &String| closest(key, KEYS.iter().copied()).is_some();
    let is_key = |key: &String| KEYS.contains(&key.as_str());
    map.contains_key("type") || map.keys().any(is_key) && map.keys().all(is_near)
}

/// What a declaration says, or nothing where it is wrong.
pub(super) fn read(
    name: &str,
    node: &Node,
    owner: Owner,
    problems: &mut Vec<Diagnostic>,
) -> Option<Parameter> {
    if let Some(word) = node.as_text().filter(|text| TYPES.iter().any(|(ours, _)| ours == text)) {
        let problem = Diagnostic::error(format!("`{name}` must be a map, not text"));
        let hint = format!("write `{name}: {{ type: {word} }}`");
        problems.push(problem.at(Some(node.at.location())).hint(hint));
        return None;
    }
    let map = shape::map(node, name, problems)?;
    shape::only_keys(map, owner.keys, owner.called, problems);
    let json_type = type_of(map, node, owner, problems)?;
    bounds_fit(map, json_type, problems)?;
    let within = within(map, problems)?;
    let schema = schema_of(map, json_type, &within);
    if let Err(message) = Schema::new(&schema) {
        problems.push(uncheckable(name, node, map, &message));
        return None;
    }
    let mut flag = |key: &str| match map.get(key) {
        Some(entry) => shape::flag(&entry.node, key, problems),
        None => Some(false),
    };
    // What `sensitive` says is read before anything else is: see `sensitive`.
    let (nullable, _) = (flag("nullable")?, flag("sensitive")?);
    let default = map.get("default").map(|entry| entry.node.clone());
    if let Some(nothing) = default.as_ref().filter(|it| it.is_null() && !nullable) {
        let problem = Diagnostic::error("nothing is no default").at(Some(nothing.at.location()));
        problems.push(problem.hint("`nullable: true` lets it stay without a value"));
    }
    let default = default.filter(|default| !default.is_null());
    Some(Parameter { schema, default, nullable, within })
}

fn schema_of(map: &Map, json_type: &str, within: &Within) -> Json {
    let mut schema = serde_json::Map::from_iter([("type".to_owned(), json!(json_type))]);
    for key in ["description", "minimum", "maximum", "pattern", "enum"] {
        if let Some(entry) = map.get(key) {
            schema.insert(key.to_owned(), entry.node.to_json());
        }
    }
    if let (Some(options), "string") = (map.get("enum").and_then(|e| e.node.as_list()), json_type) {
        let texts = options.iter().map(|option| match option.scalar_text() {
            Some(text) => json!(text),
            None => option.to_json(),
        });
        schema.insert("enum".to_owned(), texts.collect());
    }
    match within {
        Within::Anything => {}
        Within::Keys(keys) => {
            let fields = keys.iter().map(|(key, part)| (key.clone(), part.described()));
            let required = keys.iter().filter(|(_, part)| part.is_required());
            let required: Json = required.map(|(key, _)| key.as_str()).collect();
            schema.insert("properties".to_owned(), Json::Object(fields.collect()));
            schema.insert("required".to_owned(), required);
            schema.insert("additionalProperties".to_owned(), json!(false));
        }
        Within::Entries(part) => {
            schema.insert("additionalProperties".to_owned(), part.described());
        }
        Within::Items(part) => {
            schema.insert("items".to_owned(), part.described());
        }
    }
    Json::Object(schema)
}

/// What stands under `keys`, `entries` or `items`, of which there is one at most.
fn within(map: &Map, problems: &mut Vec<Diagnostic>) -> Option<Within> {
    let stated: Vec<(&str, &Entry)> = ["keys", "entries", "items"]
        .into_iter()
        .filter_map(|key| Some((key, map.get(key)?)))
        .collect();
    let (key, entry) = match stated.as_slice() {
        [] => return Some(Within::Anything),
        [one] => *one,
        [(first, _), (second, entry), ..] => {
            let summary = format!("a value has `{first}` or `{second}`, not both");
            let problem = Diagnostic::error(summary).at(Some(entry.key_at.location()));
            problems.push(problem.because(
                "`keys` names the keys of a map, `entries` says what is under any key, `items` is of a list",
            ));
            return None;
        }
    };
    if key != "keys" {
        let part = Box::new(read(key, &entry.node, PARAMETER, problems)?);
        return Some(if key == "items" { Within::Items(part) } else { Within::Entries(part) });
    }
    let mut keys = BTreeMap::new();
    for (name, entry) in shape::map(&entry.node, "keys", problems)? {
        let part = read(name, &entry.node, PARAMETER, problems);
        keys.insert(name.clone(), part.unwrap_or_else(Parameter::anything));
    }
    Some(Within::Keys(keys))
}

/// Bounds that would bind nothing: a schema ignores them without a word.
fn bounds_fit(map: &Map, json_type: &str, problems: &mut Vec<Diagnostic>) -> Option<()> {
    const OF: &[(&str, &[&str], &str)] = &[
        ("minimum", &["integer", "number"], "a number"),
        ("maximum", &["integer", "number"], "a number"),
        ("pattern", &["string"], "a text"),
        ("keys", &["object"], "a map"),
        ("entries", &["object"], "a map"),
        ("items", &["array"], "a list"),
    ];
    let astray = OF.iter().filter(|(_, types, _)| !types.contains(&json_type));
    let astray = astray.filter_map(|(key, _, of)| Some((key, of, map.get(*key)?)));
    let before = problems.len();
    problems.extend(astray.map(|(key, of, entry)| {
        let summary = format!("`{key}` is of {of}, and this is {}", called(json_type));
        Diagnostic::error(summary).at(Some(entry.key_at.location()))
    }));
    (problems.len() == before).then_some(())
}

/// What a regular expression may not do.
const REGULAR: &str = "a pattern has no look-around and no back-references, so that to check a text \
                       takes no longer than the text is long";

/// The problem of a parameter by whose schema nothing can be checked.
fn uncheckable(name: &str, node: &Node, map: &Map, message: &str) -> Diagnostic {
    let pattern = map.get("pattern").filter(|_| message.contains("\"regex\""));
    let Some((entry, pattern)) = pattern.and_then(|entry| Some((entry, entry.node.as_text()?)))
    else {
        let summary = format!("`{name}` cannot be checked: {message}");
        return Diagnostic::error(summary).at(Some(node.at.location()));
    };
    let summary = format!("`{}` is not a regular expression", shortened(pattern, 60));
    let problem = Diagnostic::error(summary).at(Some(entry.node.at.location()));
    if looks_around(pattern) { problem.because(REGULAR) } else { problem }
}

/// Whether a regular expression, which is none, may be one elsewhere.
fn looks_around(pattern: &str) -> bool {
    let looks = ["(?=", "(?!", "(?<"].iter().any(|look| pattern.contains(look));
    let after_backslash = pattern.split('\\').skip(1).filter_map(|rest| rest.chars().next());
    looks || after_backslash.into_iter().any(|next| next.is_ascii_digit())
}

/// Our types, and what JSON Schema calls them. `text` is `string`.
const TYPES: &[(&str, &str)] = &[
    ("string", "string"),
    ("text", "string"),
    ("integer", "integer"),
    ("number", "number"),
    ("boolean", "boolean"),
    ("list", "array"),
    ("map", "object"),
];

/// A type of JSON Schema in the words of messages.
fn called(json_type: &str) -> &'static str {
    match json_type {
        "string" => "a text",
        "array" => "a list",
        "object" => "a map",
        "boolean" => "a boolean",
        _ => "a number",
    }
}

/// The type that is stated, or follows from what the value is made of.
fn type_of(
    map: &Map,
    node: &Node,
    owner: Owner,
    problems: &mut Vec<Diagnostic>,
) -> Option<&'static str> {
    let Some(typed) = map.get("type") else {
        if map.contains_key("keys") || map.contains_key("entries") {
            return Some("object");
        }
        if map.contains_key("items") {
            return Some("array");
        }
        let whose = format!("the {}", owner.called.trim_start_matches("a "));
        let problem = shape::missing("type", &whose, &node.at);
        problems.push(as_default(problem, owner));
        return None;
    };
    let stated = shape::text(&typed.node, "type", problems)?;
    if let Some((_, json_type)) = TYPES.iter().find(|(ours, _)| *ours == stated) {
        return Some(json_type);
    }
    let of = if owner.called == A_VARIABLE { "variables" } else { "parameters" };
    let problem = Diagnostic::error(format!("`{stated}` is not a type of {of}"))
        .at(Some(typed.node.at.location()))
        .because("the types are `string`, `integer`, `number`, `boolean`, `list` and `map`");
    let ours = elsewhere::parameter_type(stated)
        .or_else(|| closest(stated, TYPES.iter().map(|(ours, _)| *ours)));
    problems.push(match ours {
        Some(ours) => problem.hint(format!("did you mean `{ours}`?")),
        None => as_default(problem, owner),
    });
    None
}

/// What to write if a map was meant as the value of a variable.
fn as_default(problem: Diagnostic, owner: Owner) -> Diagnostic {
    if owner.called != A_VARIABLE {
        return problem;
    }
    problem.hint("a map that is the variable's value stands so: `{ type: map, default: { ... } }`")
}
