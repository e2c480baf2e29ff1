//! The JSON Schema of a whole stack file, and of a pattern file, for editors: completion, hovers and
//! red lines while typing.
//!
//! Looser than [`check`](super::check()) where a schema cannot know better: a
//! reference may stand wherever a value may, and a file that others extend, or
//! that extends another, need not be whole.

mod existing;
mod header;
mod instructions;
mod uses;

use serde_json::{Map, Value as Json, json};

use self::instructions::{instruction, reference, values};
use super::artifacts;
use super::catalogue::parameters;
use super::entry::ENTRY_KEYS;
use super::patterns::{BuiltIn, PATTERNS};
use super::probes;
use super::spelling;
use super::yaml::MERGE;
use crate::model::{Catalog, KindInfo};

/// The schema of stack files over the kinds of a catalog and the built-in
/// patterns.
pub fn schema(catalog: &dyn Catalog) -> Json {
    schema_with(catalog, PATTERNS)
}

/// [`schema`] with the built-in patterns as an argument.
pub(super) fn schema_with(catalog: &dyn Catalog, built_in: &[BuiltIn]) -> Json {
    json!({
        "$schema": DIALECT,
        "title": "ccprov stack file",
        "description": "One stack: what one owner wants of one account in one region.",
        "type": "object",
        "additionalProperties": false,
        "properties": stack_properties(),
        "$defs": definitions(catalog, built_in),
    })
}

/// The schema of pattern files over the same kinds.
pub fn pattern_schema(catalog: &dyn Catalog) -> Json {
    json!({
        "$schema": DIALECT,
        "title": "ccprov pattern",
        "description": "Resources with parameters, for stack files to use.",
        "type": "object",
        "additionalProperties": false,
        "required": ["resources"],
        "properties": pattern_properties(),
        "$defs": definitions(catalog, PATTERNS),
    })
}

const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// What both sorts of files are made of.
fn definitions(catalog: &dyn Catalog, built_in: &[BuiltIn]) -> Json {
    let mut definitions = Map::from_iter([
        ("reference".to_owned(), reference()),
        ("instruction".to_owned(), instruction()),
        ("lifecycle".to_owned(), lifecycle()),
        ("parameter".to_owned(), parameter(false)),
        ("variable".to_owned(), parameter(true)),
    ]);
    let forms = probes::editor_definitions().into_iter();
    definitions.extend(forms.map(|(name, form)| (name, loosened(&form))));
    let mut rules = Vec::new();
    for kind in catalog.kinds() {
        rules.push(when_equal("kind", &kind.name, &format!("kind:{}", kind.name)));
        add_kind(kind, &mut definitions);
    }
    for pattern in built_in {
        rules.push(when_equal("pattern", pattern.name, &format!("pattern:{}", pattern.name)));
        definitions.insert(format!("pattern:{}", pattern.name), usage_schema(pattern));
    }
    definitions.insert("existing".to_owned(), existing::entry(catalog));
    definitions.insert("resource".to_owned(), resource(catalog, built_in, &rules));
    Json::Object(definitions)
}

fn pattern_properties() -> Json {
    json!({
        "description": { "type": "string", "description": "What the pattern is for." },
        "parameters": {
            "type": ["object", "null"],
            "description": "What may be said under `with`, by name; `${param.NAME}` reads one.",
            "propertyNames": { "pattern": NAMES },
            "additionalProperties": { "$ref": "#/$defs/parameter" },
        },
        "values": values(NAMES),
        "resources": {
            "type": "object",
            "description": "What the pattern is made of, by name.",
            "propertyNames": { "pattern": NAMES },
            "additionalProperties": { "$ref": "#/$defs/resource" },
        },
        "moved": header::moved(),
        "outputs": {
            "type": ["object", "null"],
            "description": "What may be referred to from outside, besides the resources.",
            "propertyNames": { "pattern": NAMES },
        },
        "probes": probes::editor_probes(NAMES),
    })
}

/// How resources, parameters, values and the outputs of patterns are called.
const NAMES: &str = "^[a-z][a-z0-9_-]*$";

/// How resources of a stack file are called: by such a name, or by a whole address.
const ADDRESSES: &str = "^[a-z][a-z0-9_-]*([.][A-Za-z0-9_-]+)*$";

/// What declares a parameter of a pattern, or a variable.
fn parameter(is_variable: bool) -> Json {
    let part = json!({ "$ref": "#/$defs/parameter" });
    let mut schema = json!({
        "type": "object",
        "anyOf": [
            { "required": ["type"] },
            { "required": ["keys"] },
            { "required": ["entries"] },
            { "required": ["items"] },
        ],
        "additionalProperties": false,
        "properties": {
            "type": {
                "enum": ["string", "text", "integer", "number", "boolean", "list", "map"],
                "description": "Of what type its value is.",
            },
            "description": { "type": "string", "description": "What it is for." },
            "default": { "description": "Its value where none is given. Without, it must be given." },
            "nullable": { "type": "boolean", "description": "Whether it may stay without a value." },
            "minimum": { "type": "number", "description": "The least that it may be." },
            "maximum": { "type": "number", "description": "The most that it may be." },
            "pattern": {
                "type": "string",
                "description": "A regular expression that fits its text; no look-around and no \
                                back-references.",
            },
            "enum": { "type": "array", "description": "What it may be, and nothing else." },
            "keys": {
                "type": "object",
                "description": "The keys of a map, and that there are no others.",
                "additionalProperties": part,
            },
            "entries": { "description": "What stands under any key of a map.", "$ref": part["$ref"] },
            "items": { "description": "What every item of a list is.", "$ref": part["$ref"] },
        },
    });
    if is_variable {
        schema["properties"]["sensitive"] =
            json!({ "type": "boolean", "description": "Whether nobody may see its value." });
    }
    schema
}

fn stack_properties() -> Json {
    json!({
        "stack": {
            "type": "string",
            "description": "The stack's name, and so the owner of everything below: 1 to 40 \
                            lowercase letters, digits and dashes.",
        },
        "was": {
            "description": "The name that the stack had before, or a list of all, the newest \
                            first: its objects keep their names, and what carries one is claimed.",
            "anyOf": [
                { "type": "string" },
                { "type": "array", "items": { "type": "string" } },
            ],
        },
        "account": {
            "type": "string",
            "description": "The account that the stack may be applied to: 12 digits, quoted.",
        },
        "region": { "type": "string", "description": "For example `eu-central-1`." },
        "role": header::role(),
        "extends": {
            "type": "string",
            "description": "A file, relative to this one, that this one is laid over.",
        },
        "uses": uses::editor_uses(NAMES),
        "vars": {
            "type": "object",
            "description": "Variables, each with its default, or declared with its type and \
                            bounds; `${var.NAME}` reads one, `--var NAME=VALUE` gives one.",
            "additionalProperties": {
                "if": { "type": "object", "required": ["type"] },
                "then": { "$ref": "#/$defs/variable" },
            },
        },
        "sensitive": {
            "type": "array",
            "description": "Variables whose values are never shown.",
            "items": { "type": "string" },
        },
        "values": values(NAMES),
        "tags": {
            "type": "object",
            "description": "Tags of every resource that can carry tags.",
            "additionalProperties": {
                "anyOf": [
                    { "type": ["string", "number", "boolean", "null"] },
                    { "$ref": "#/$defs/reference" },
                ],
            },
        },
        "ignore_tags": {
            "type": "array",
            "description": "Tags of others, by key or, with a `*` at the end, by what keys begin \
                            with. Unless a resource states them, they are neither compared nor removed.",
            "items": { "type": "string", "minLength": 1 },
        },
        "resources": {
            "type": "object",
            "description": "What the stack wants, by name.",
            "propertyNames": { "pattern": ADDRESSES },
            "additionalProperties": { "$ref": "#/$defs/resource" },
        },
        "moved": header::moved(),
        "existing": existing::section(NAMES),
        "outputs": { "type": "object", "description": "What to tell after an apply, by name." },
        "checks": checks(),
        "probes": probes::editor_probes(ADDRESSES),
        "lock": header::lock(),
    })
}

fn checks() -> Json {
    json!({
        "description": "What `ccprov verify` leaves out.",
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "skip": { "type": "array", "items": {
                "type": "object",
                "required": ["check", "reason"],
                "additionalProperties": false,
                "properties": {
                    "check": { "type": "string", "description": "The id, as `ccprov verify --list` tells it." },
                    "resources": some_resources(),
                    "reason": { "type": "string", "minLength": 1, "description": "Why it does not matter." },
                },
            } },
            "welcome": { "type": "array", "items": {
                "type": "object",
                "required": ["who", "reason"],
                "additionalProperties": false,
                "properties": {
                    "who": { "type": "string", "description": "Who may be there undeclared: an endpoint, the principal of a grant, a bucket. `*` is any text." },
                    "resources": some_resources(),
                    "reason": { "type": "string", "minLength": 1, "description": "Why they are welcome." },
                },
            } },
        },
    })
}

fn some_resources() -> Json {
    json!({
        "description": "Addresses; a pattern's name stands for all of its resources. Default: all.",
        "type": "array",
        "items": { "type": "string" },
    })
}

fn lifecycle() -> Json {
    let flag = |description: &str| {
        json!({
            "description": description,
            "anyOf": [{ "type": "boolean" }, { "$ref": "#/$defs/reference" }],
        })
    };
    json!({
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "prevent_destroy": flag("Refuse every plan that would delete or replace it."),
            "adopt": flag("Take over an existing object that nobody owns."),
            "patience": patience(),
            "ignore_changes": {
                "description": "Fields, and what lies within them, that are not compared: \
                                `tags.LastSeen`, `tags[a.b]`, `tags.*`.",
                "type": "array",
                "items": { "type": "string" },
            },
        },
    })
}

fn patience() -> Json {
    let deadline = |what: &str| {
        json!({
            "description": format!("How long {what} may take: `90s`, `20m`, `1h 30m`."),
            "type": "string",
        })
    };
    json!({
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "create": deadline("its creation"),
            "update": deadline("a change"),
            "delete": deadline("its deletion"),
        },
    })
}

/// One entry under `resources`.
fn resource(catalog: &dyn Catalog, built_in: &[BuiltIn], rules: &[Json]) -> Json {
    let kinds: Vec<Json> = catalog
        .kinds()
        .iter()
        .map(|kind| json!({ "const": kind.name, "description": kind.summary }))
        .collect();
    let names: Vec<Json> =
        built_in.iter().map(|pattern| json!({ "const": pattern.name })).collect();
    let path = json!({ "type": "string", "pattern": "/|\\.ya?ml$", "description": "A file." });
    let patterns: Vec<Json> = names.into_iter().chain([path]).collect();
    json!({
        "type": "object",
        "not": { "required": ["kind", "pattern"] },
        "properties": {
            "kind": { "description": "What it is.", "oneOf": nonempty(kinds) },
            "pattern": { "description": "A built-in pattern or a path.", "anyOf": patterns },
        },
        "allOf": rules,
    })
}

/// `oneOf` of nothing is no schema.
fn nonempty(alternatives: Vec<Json>) -> Vec<Json> {
    if alternatives.is_empty() { vec![json!({ "type": "string" })] } else { alternatives }
}

fn when_equal(key: &str, value: &str, definition: &str) -> Json {
    json!({
        "if": { "properties": { key: { "const": value } }, "required": [key] },
        "then": { "$ref": format!("#/$defs/{definition}") },
    })
}

/// The kind's schema with the keys that every resource has.
fn add_kind(kind: &KindInfo, definitions: &mut Map<String, Json>) {
    let written = artifacts::as_written(kind);
    let mut own = loosened(&renamed(&written, &kind.name));
    let Some(schema) = own.as_object_mut() else { return };
    if let Some(Json::Object(inner)) = schema.remove("$defs") {
        for (name, definition) in inner {
            definitions.insert(format!("{}:{name}", kind.name), definition);
        }
    }
    schema.remove("$schema");
    schema.insert("description".to_owned(), json!(kind.summary));
    let fields = schema.entry("properties").or_insert_with(|| json!({}));
    if let Some(fields) = fields.as_object_mut() {
        for key in ENTRY_KEYS {
            fields.entry(*key).or_insert_with(|| common_key(key));
        }
    }
    definitions.insert(format!("kind:{}", kind.name), own);
}

fn common_key(key: &str) -> Json {
    match key {
        "lifecycle" => json!({ "$ref": "#/$defs/lifecycle" }),
        "depends_on" => json!({
            "description": "Addresses that must exist before, for what no reference shows.",
            "type": "array",
            "items": { "type": "string" },
        }),
        "for_each" => json!({ "description": "One resource for each element of a map or list." }),
        "when" => json!({ "description": "Only if this is true." }),
        "unless" => json!({ "description": "Only if this is false." }),
        _ => json!({}),
    }
}

fn usage_schema(built_in: &BuiltIn) -> Json {
    let (pattern, _) = built_in.read();
    let mut with = parameters(&pattern);
    if let Some(all) = with.get_mut("properties").and_then(Json::as_object_mut) {
        for schema in all.values_mut() {
            *schema = or_reference(schema);
        }
    }
    let needs_some = with["required"].as_array().is_some_and(|required| !required.is_empty());
    let required = if needs_some { json!(["with"]) } else { json!([]) };
    json!({
        "description": pattern.description.unwrap_or_default(),
        "additionalProperties": false,
        "required": required,
        "properties": {
            "pattern": {},
            "for_each": common_key("for_each"),
            "when": common_key("when"),
            "unless": common_key("unless"),
            "with": with,
        },
    })
}

/// The schema with its references led to where its definitions will stand.
fn renamed(schema: &Json, kind: &str) -> Json {
    match schema {
        Json::Object(fields) => fields
            .iter()
            .map(|(key, value)| {
                let target = value.as_str().and_then(|text| text.strip_prefix("#/$defs/"));
                match (key.as_str(), target) {
                    ("$ref", Some(name)) => (key.clone(), json!(format!("#/$defs/{kind}:{name}"))),
                    (_, _) => (key.clone(), renamed(value, kind)),
                }
            })
            .collect(),
        Json::Array(items) => items.iter().map(|item| renamed(item, kind)).collect(),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => schema.clone(),
    }
}

/// The schema with references admitted for every value inside of it, and
/// instructions for every item of a list.
fn loosened(schema: &Json) -> Json {
    let Json::Object(fields) = schema else { return schema.clone() };
    let mut loose = Map::new();
    for (key, value) in fields {
        let value = match (key.as_str(), value) {
            ("properties", Json::Object(all)) => {
                let merged = (MERGE.to_owned(), json!({ "$ref": "#/$defs/reference" }));
                let own = all.iter().map(|(name, field)| (name.clone(), or_reference(field)));
                own.chain([merged]).collect()
            }
            ("$defs", Json::Object(all)) => {
                all.iter().map(|(name, field)| (name.clone(), loosened(field))).collect()
            }
            ("items", Json::Object(_)) => json!({
                "anyOf": [or_reference(value), { "$ref": "#/$defs/instruction" }],
            }),
            ("additionalProperties", Json::Object(_)) => or_reference(value),
            // A text may stand without quotes, whatever YAML takes it for.
            ("type", _) if spelling::takes_plain(value) => with_plain(value),
            ("anyOf" | "oneOf" | "allOf", Json::Array(parts)) => {
                parts.iter().map(loosened).collect()
            }
            (_, _) => value.clone(),
        };
        loose.insert(key.clone(), value);
    }
    Json::Object(loose)
}

/// Some types with those of scalars that are no texts.
fn with_plain(types: &Json) -> Json {
    let written = match types {
        Json::Array(several) => several.clone(),
        one => vec![one.clone()],
    };
    let more = ["number", "boolean"].map(|word| json!(word));
    let more = more.into_iter().filter(|word| !written.contains(word));
    written.iter().cloned().chain(more).collect()
}

/// The value or a reference. What editors show on hover stays outside.
fn or_reference(schema: &Json) -> Json {
    let Json::Object(fields) = schema else { return schema.clone() };
    let mut outer = Map::new();
    for key in ["description", "default", "deprecated", "title"] {
        if let Some(value) = fields.get(key) {
            outer.insert(key.to_owned(), value.clone());
        }
    }
    outer.insert("anyOf".to_owned(), json!([loosened(schema), { "$ref": "#/$defs/reference" }]));
    Json::Object(outer)
}
