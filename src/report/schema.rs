//! A kind's JSON Schema as a list of fields, for people.
//!
//! Reads what `schemars` derives (draft 2020-12): `$ref` into `$defs`,
//! `anyOf` with `null` for what may be left out, `oneOf` with `const` for
//! enumerations whose members are described.

use serde_json::{Map, Value};

/// One field, however deep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Field {
    /// `redrive_policy.max_receive_count`, `rules[].id`.
    pub(super) path: String,
    /// In words: `integer`, `list of string`, `one of "a", "b"`.
    pub(super) shape: String,
    /// Whether the object that it belongs to cannot do without it.
    pub(super) required: bool,
    /// As JSON.
    pub(super) default: Option<String>,
    /// `0 to 900`, `at most 80 characters`, `matches ^[a-z]+$`.
    pub(super) bounds: Vec<String>,
    /// What it is for.
    pub(super) description: String,
    /// The words of an enumeration that has more than a row can hold, as JSON.
    pub(super) words: Vec<String>,
}

impl Field {
    /// Whether it is part of a policy, which has the same parts in every kind.
    pub(super) fn is_of_policy(&self) -> bool {
        let parts = ["Id", "Version", "Statement", "Statement[]"];
        self.path.split('.').skip(1).any(|name| parts.contains(&name))
    }
}

/// Most words of an enumeration that are told where it is used.
const MOST_WORDS: usize = 8;

/// Every field of a schema, in the order of the names, nested ones below
/// theirs.
pub(super) fn fields(schema: &Value) -> Vec<Field> {
    let mut reader = Reader { root: schema, open: Vec::new(), fields: Vec::new() };
    reader.read_properties("", schema);
    reader.fields
}

struct Reader<'a> {
    root: &'a Value,
    /// The definitions that are being read: one within itself is not read again.
    open: Vec<&'a str>,
    fields: Vec<Field>,
}

impl<'a> Reader<'a> {
    fn read_properties(&mut self, prefix: &str, schema: &'a Value) {
        let required = |name: &str| {
            let list = schema.get("required").and_then(Value::as_array);
            list.is_some_and(|list| list.iter().any(|item| item == name))
        };
        for (name, property) in
            schema.get("properties").and_then(Value::as_object).into_iter().flatten()
        {
            let path = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
            self.read_field(&path, property, required(name));
        }
    }

    fn read_field(&mut self, path: &str, schema: &'a Value, required: bool) {
        let resolved = self.resolve(schema);
        // What stands beside a reference is said of this field, and so wins.
        let said = |key: &str| schema.get(key).or_else(|| resolved.get(key));
        let description = said("description").and_then(Value::as_str).unwrap_or_default();
        self.keep(Field {
            path: path.to_owned(),
            shape: self.shape(resolved),
            required,
            default: said("default").filter(|value| !value.is_null()).map(Value::to_string),
            bounds: bounds(resolved),
            description: description.split_whitespace().collect::<Vec<_>>().join(" "),
            words: self.words(resolved),
        });
        self.read_below(path, schema);
    }

    /// One more field. One that several alternatives have (the `type` of a tagged
    /// union) is one field that may be any of theirs.
    fn keep(&mut self, field: Field) {
        match self.fields.iter_mut().find(|known| known.path == field.path) {
            Some(known) => {
                known.shape = either([std::mem::take(&mut known.shape), field.shape]);
                known.required &= field.required;
            }
            None => self.fields.push(field),
        }
    }

    /// The fields within a field: of an object, of a list's elements, of a map's
    /// values, of each alternative.
    fn read_below(&mut self, path: &str, schema: &'a Value) {
        let name = reference(schema);
        if name.is_some_and(|name| self.open.contains(&name)) {
            return;
        }
        self.open.extend(name);
        let resolved = self.resolve_one(schema);
        let items = resolved.get("items");
        // One object in the place of a list has the fields of the elements.
        if items.and_then(|items| items.get("properties")) != resolved.get("properties") {
            self.read_properties(path, resolved);
        }
        if let Some(items) = items {
            self.read_below(&format!("{path}[]"), items);
        }
        if let Some(values) = resolved.get("additionalProperties") {
            self.read_below(&format!("{path}.*"), values);
        }
        for alternative in alternatives(resolved) {
            self.read_below(path, alternative);
        }
        if name.is_some() {
            self.open.pop();
        }
    }

    /// The schema itself, behind one reference.
    fn resolve_one(&self, schema: &'a Value) -> &'a Value {
        let definition = reference(schema).and_then(|name| self.root.get("$defs")?.get(name));
        definition.unwrap_or(schema)
    }

    /// The schema behind references and behind the `null` of what may be left
    /// out.
    fn resolve(&self, schema: &'a Value) -> &'a Value {
        let schema = self.resolve_one(schema);
        match alternatives(schema).as_slice() {
            // No schema is its own alternative, so this ends.
            [only] => self.resolve(only),
            _ => schema,
        }
    }

    fn shape(&self, schema: &'a Value) -> String {
        if let Some(members) = self.members(schema) {
            return match members.as_slice() {
                [only] => only.clone(),
                many if many.len() > MOST_WORDS => format!("one of {} values", many.len()),
                _ => format!("one of {}", members.join(", ")),
            };
        }
        let alternatives = alternatives(schema);
        if !alternatives.is_empty() {
            return either(alternatives.iter().map(|schema| self.shape(self.resolve(schema))));
        }
        let types = match schema.get("type") {
            Some(Value::String(name)) => vec![name.as_str()],
            Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        let types = types.iter().filter(|name| **name != "null");
        let shape = either(types.map(|name| self.typed(name, schema)));
        if shape.is_empty() { "any value".to_owned() } else { shape }
    }

    fn typed(&self, name: &str, schema: &'a Value) -> String {
        let of = |key: &str| schema.get(key).filter(|inner| inner.is_object());
        match name {
            "array" => match of("items") {
                Some(items) => format!("list of {}", self.shape(self.resolve(items))),
                None => "list".to_owned(),
            },
            "object" => match of("additionalProperties") {
                Some(values) => format!("map of {}", self.shape(self.resolve(values))),
                None => "object".to_owned(),
            },
            other => other.to_owned(),
        }
    }

    /// The members of an enumeration that is too long to be told in place, or of what a list
    /// holds.
    fn words(&self, schema: &'a Value) -> Vec<String> {
        let items = schema.get("items").map(|items| self.resolve(items));
        let members = self.members(items.unwrap_or(schema)).unwrap_or_default();
        if members.len() > MOST_WORDS { members } else { Vec::new() }
    }

    /// The members of an enumeration, if the schema is one.
    fn members(&self, schema: &'a Value) -> Option<Vec<String>> {
        if let Some(only) = schema.get("const") {
            return Some(vec![only.to_string()]);
        }
        if let Some(members) = schema.get("enum").and_then(Value::as_array) {
            return Some(
                members.iter().filter(|member| !member.is_null()).map(Value::to_string).collect(),
            );
        }
        let described = schema.get("oneOf")?.as_array()?;
        let members = described.iter().map(|member| self.members(self.resolve_one(member)));
        Some(members.collect::<Option<Vec<_>>>()?.concat())
    }
}

/// The name of the definition that a schema refers to.
fn reference(schema: &Value) -> Option<&str> {
    schema.get("$ref")?.as_str()?.strip_prefix("#/$defs/")
}

/// `a or b`, each once.
fn either(shapes: impl IntoIterator<Item = String>) -> String {
    let mut distinct: Vec<String> = Vec::new();
    for shape in shapes {
        if !distinct.contains(&shape) {
            distinct.push(shape);
        }
    }
    distinct.join(" or ")
}

/// What a value may be, besides `null`.
fn alternatives(schema: &Value) -> Vec<&Value> {
    let lists = ["anyOf", "oneOf", "allOf"].iter().filter_map(|key| schema.get(key)?.as_array());
    lists.flatten().filter(|schema| schema.get("type").is_none_or(|name| name != "null")).collect()
}

fn bounds(schema: &Value) -> Vec<String> {
    let empty = Map::new();
    let schema = schema.as_object().unwrap_or(&empty);
    let between = |low: &str, high: &str, unit: &str| {
        let number = |key: &str| schema.get(key).filter(|value| value.is_number());
        match (number(low), number(high)) {
            (Some(low), Some(high)) if low == high => Some(format!("exactly {low}{unit}")),
            (Some(low), Some(high)) => Some(format!("{low} to {high}{unit}")),
            (Some(low), None) if low == 1 => {
                Some(format!("at least 1{}", unit.trim_end_matches('s')))
            }
            (Some(low), None) => Some(format!("at least {low}{unit}")),
            (None, Some(high)) => Some(format!("at most {high}{unit}")),
            (None, None) => None,
        }
    };
    // Unsigned integers carry a `minimum` of 0 that says nothing.
    let is_unsigned =
        schema.get("format").and_then(Value::as_str).is_some_and(|f| f.starts_with("uint"));
    let numbers =
        between("minimum", "maximum", "").filter(|text| !(is_unsigned && text == "at least 0"));
    let pattern = schema.get("pattern").and_then(Value::as_str);
    let elsewhere = [
        // That a text is not empty goes without saying.
        between("minLength", "maxLength", " characters")
            .filter(|text| text != "at least 1 character"),
        between("minItems", "maxItems", " elements"),
        pattern.map(|pattern| format!("matches {pattern}")),
    ];
    numbers.into_iter().chain(elsewhere.into_iter().flatten()).collect()
}
