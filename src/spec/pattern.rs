//! A pattern: resources as data, with parameters.
//!
//! Reading one checks its shape; what it means under given parameters is the
//! business of [`expand`](super::expand).

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::conform::Schema;
use super::elsewhere;
use super::shape;
use super::suggest::shortened;
use super::tree::{Map, Node};
use super::values;
use crate::model::Diagnostic;

/// A pattern as it is written.
#[derive(Debug, Default)]
pub(super) struct Pattern {
    /// What it is for.
    pub(super) description: Option<String>,
    /// What may be said under `with`.
    pub(super) parameters: BTreeMap<String, Parameter>,
    /// Named values, some of them lists of cases.
    pub(super) values: Map,
    /// The resources, as in a stack file.
    pub(super) resources: Map,
    /// What others may refer to besides the resources.
    pub(super) outputs: Map,
}

/// One parameter.
#[derive(Debug)]
pub(super) struct Parameter {
    /// Its type, bounds and description, as JSON Schema. The same code checks
    /// parameters and resources, so both speak alike.
    pub(super) schema: Json,
    /// Its value where none is given.
    pub(super) default: Option<Node>,
    /// Whether it may stay without a value.
    pub(super) nullable: bool,
}

impl Parameter {
    /// Whether every use of the pattern must give it.
    pub(super) fn is_required(&self) -> bool {
        self.default.is_none() && !self.nullable
    }

    /// One of which nothing is known.
    fn anything() -> Self {
        Self { schema: json!({}), default: None, nullable: true }
    }
}

/// The pattern that a text describes, with everything that is wrong with it.
/// What is wrong is left out, so that the rest can still be used.
pub(super) fn read(root: &Node) -> (Pattern, Vec<Diagnostic>) {
    const KEYS: &[&str] = &["description", "parameters", "values", "resources", "outputs"];
    let mut problems = Vec::new();
    let empty = Map::new();
    if root.is_null() {
        let problem = Diagnostic::error("the file is empty").hint("begin with `resources:`");
        problems.push(problem.at(Some(root.at.source.start().location())));
        return (Pattern::default(), problems);
    }
    let map = shape::map(root, "a pattern", &mut problems).unwrap_or(&empty);
    shape::only_keys(map, KEYS, shape::A_PATTERN, &mut problems);
    if root.as_map().is_some() {
        shape::required(map, "resources", "the pattern", &root.at, &mut problems);
    }
    let mut section = |key: &str| -> Map {
        let node = root.get(key).filter(|node| !node.is_null());
        node.and_then(|node| shape::map(node, key, &mut problems)).cloned().unwrap_or_default()
    };
    let (declared, values) = (section("parameters"), section("values"));
    let (resources, outputs) = (section("resources"), section("outputs"));
    let description = root.get("description").and_then(|node| node.as_text()).map(str::to_owned);
    let parameters = parameters(&declared, &mut problems);
    values::check(&values, &mut problems);
    check_outputs(&outputs, &resources, &mut problems);
    (Pattern { description, parameters, values, resources, outputs }, problems)
}

fn parameters(declared: &Map, problems: &mut Vec<Diagnostic>) -> BTreeMap<String, Parameter> {
    let mut sound = BTreeMap::new();
    for (name, entry) in declared {
        if shape::name(name, &entry.key_at, problems) {
            // One that is wrong is there all the same, or whoever uses it would be told, too.
            let parameter = parameter(name, &entry.node, problems);
            sound.insert(name.clone(), parameter.unwrap_or_else(Parameter::anything));
        }
    }
    sound
}

/// What a regular expression may not do.
const REGULAR: &str = "a pattern has no look-around and no back-references, so that to check a text \
                       takes no longer than the text is long";

fn parameter(name: &str, node: &Node, problems: &mut Vec<Diagnostic>) -> Option<Parameter> {
    const KEYS: &[&str] =
        &["type", "description", "default", "minimum", "maximum", "pattern", "enum", "nullable"];
    let map = shape::map(node, name, problems)?;
    shape::only_keys(map, KEYS, "a parameter", problems);
    let typed = shape::required(map, "type", "the parameter", &node.at, problems)?;
    let json_type = json_type(&typed.node, problems)?;
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
    let schema = Json::Object(schema);
    if let Err(message) = Schema::new(&schema) {
        problems.push(uncheckable(name, node, map, &message));
        return None;
    }
    let nullable = match map.get("nullable") {
        Some(entry) => shape::flag(&entry.node, "nullable", problems)?,
        None => false,
    };
    let default = map.get("default").map(|entry| entry.node.clone());
    Some(Parameter { schema, default, nullable })
}

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

/// Our five types in the words of JSON Schema.
fn json_type(node: &Node, problems: &mut Vec<Diagnostic>) -> Option<&'static str> {
    let json_type = match shape::text(node, "type", problems)? {
        "string" => "string",
        "integer" => "integer",
        "boolean" => "boolean",
        "list" => "array",
        "map" => "object",
        other => {
            let problem = Diagnostic::error(format!("`{other}` is not a type of parameters"))
                .at(Some(node.at.location()))
                .because("the types are `string`, `integer`, `boolean`, `list` and `map`");
            problems.push(match elsewhere::parameter_type(other) {
                Some(ours) => problem.hint(format!("did you mean `{ours}`?")),
                None => problem,
            });
            return None;
        }
    };
    Some(json_type)
}

fn check_outputs(outputs: &Map, resources: &Map, problems: &mut Vec<Diagnostic>) {
    for (name, entry) in outputs {
        shape::name(name, &entry.key_at, problems);
        if resources.contains_key(name) {
            let problem = Diagnostic::error(format!("`{name}` names a resource and an output"))
                .at(Some(entry.key_at.location()))
                .because("a reference from outside could mean either");
            problems.push(problem);
        }
    }
}
