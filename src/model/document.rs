//! What a resource holds: a JSON object, paths into it, and facts that are
//! still pending.
//!
//! A document may need a value that AWS chooses only when another resource is
//! created (a KMS key's ARN). Such a *pending fact* stands inside a string as
//! a marker between two control characters, so that typed specs can carry it
//! as the string that it will become. No stack file brings such characters in
//! (`spec` refuses them), and no object: [`without_controls`] spells them. Nobody outside this file knows the marker's form.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Address, spelling};

/// The fields of a resource. Sorted by name, so that it always prints alike.
pub type Document = serde_json::Map<String, Value>;

const OPEN: char = '\u{1}';
const CLOSE: char = '\u{2}';
const BETWEEN: char = '\u{3}';

/// How a pending fact reads wherever people see it.
pub const KNOWN_AFTER_APPLY: &str = "(known after apply)";

/// One fact of one resource, as in `${claimcheck.key.arn}`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FactRef {
    /// The resource.
    pub address: Address,
    /// The fact's name, for example `arn`.
    pub fact: String,
}

impl FactRef {
    /// The text that stands for this fact inside a document until it is known.
    pub fn marker(&self) -> String {
        format!("{OPEN}{}{BETWEEN}{}{CLOSE}", self.address, self.fact)
    }
}

impl fmt::Display for FactRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "${{{}.{}}}", self.address, self.fact)
    }
}

/// Whether a text still waits for a fact.
pub fn is_pending(text: &str) -> bool {
    text.contains(OPEN)
}

/// A JSON text as a parser takes it: what stands for a fact in it is made of
/// characters that JSON wants escaped.
pub fn as_json(text: &str) -> Cow<'_, str> {
    if !is_pending(text) {
        return Cow::Borrowed(text);
    }
    let escaped =
        |text: String, sign: char| text.replace(sign, &format!("\\u{:04x}", u32::from(sign)));
    Cow::Owned([OPEN, BETWEEN, CLOSE].into_iter().fold(text.to_owned(), escaped))
}

/// A value as JSON text, sorted by keys and without blanks. What stands for a fact
/// stays as it is, so that the fact can be put in its place.
pub fn json_text(value: &Value) -> String {
    let sorted =
        |parts: Vec<String>, open: char, close: char| format!("{open}{}{close}", parts.join(","));
    match value {
        Value::String(text) => quoted(text),
        Value::Array(items) => sorted(items.iter().map(json_text).collect(), '[', ']'),
        Value::Object(fields) => {
            let field =
                |(key, item): (&String, &Value)| format!("{}:{}", quoted(key), json_text(item));
            sorted(fields.iter().map(field).collect(), '{', '}')
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}

/// A text in quotes, escaped but for the signs of markers.
fn quoted(text: &str) -> String {
    let signs = [OPEN, BETWEEN, CLOSE];
    let plain = |part: &str| {
        let text = Value::from(part).to_string();
        text[1..text.len() - 1].to_owned()
    };
    let mut quoted = String::from('"');
    for part in text.split_inclusive(signs) {
        let sign = part.chars().next_back().filter(|last| signs.contains(last));
        quoted.push_str(&plain(sign.map_or(part, |sign| &part[..part.len() - sign.len_utf8()])));
        quoted.extend(sign);
    }
    quoted.push('"');
    quoted
}

/// Whether anything within a value still waits for a fact.
pub fn has_pending(value: &Value) -> bool {
    match value {
        Value::String(text) => is_pending(text),
        Value::Array(items) => items.iter().any(has_pending),
        Value::Object(fields) => fields.iter().any(|(k, v)| is_pending(k) || has_pending(v)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Every fact that a value waits for.
pub fn pending_facts(value: &Value) -> BTreeSet<FactRef> {
    let mut found = BTreeSet::new();
    collect(value, &mut found);
    found
}

fn collect(value: &Value, found: &mut BTreeSet<FactRef>) {
    match value {
        Value::String(text) => {
            substitute(text, &mut |fact| {
                found.insert(fact);
                None
            });
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        Value::Object(fields) => {
            for (key, item) in fields {
                collect(&Value::String(key.clone()), found);
                collect(item, found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// What `find` finds in the first text or key of a value that has it.
pub fn find_text<T>(value: &Value, find: &dyn Fn(&str) -> Option<T>) -> Option<T> {
    match value {
        Value::String(text) => find(text),
        Value::Array(items) => items.iter().find_map(|item| find_text(item, find)),
        Value::Object(fields) => {
            fields.iter().find_map(|(key, item)| find(key).or_else(|| find_text(item, find)))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

/// Every text within a document, with its path. Keys are none of them.
pub fn each_text(document: &Document, visit: &mut dyn FnMut(&Path, &str)) {
    for (field, value) in document {
        texts_below(&Path::field(field.clone()), value, visit);
    }
}

fn texts_below(path: &Path, value: &Value, visit: &mut dyn FnMut(&Path, &str)) {
    match value {
        Value::String(text) => visit(path, text),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                texts_below(&path.with_index(index), item, visit);
            }
        }
        Value::Object(fields) => {
            for (field, item) in fields {
                texts_below(&path.with_field(field), item, visit);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The same value with every pending fact that `known` can tell put in place.
///
/// ```
/// use ccprov::model::{Address, FactRef, document};
/// use serde_json::json;
///
/// let arn = FactRef { address: Address::new("key"), fact: "arn".into() };
/// let wanted = json!({ "kms_master_key_id": arn.marker() });
/// let filled = document::fill(&wanted, &|_| Some("arn:aws:kms:…".to_owned()));
/// assert_eq!(filled, json!({ "kms_master_key_id": "arn:aws:kms:…" }));
/// ```
pub fn fill(value: &Value, known: &dyn Fn(&FactRef) -> Option<String>) -> Value {
    match value {
        Value::String(text) => Value::String(fill_text(text, known)),
        Value::Array(items) => items.iter().map(|item| fill(item, known)).collect(),
        Value::Object(fields) => Value::Object(
            fields.iter().map(|(k, v)| (fill_text(k, known), fill(v, known))).collect(),
        ),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}

/// [`fill`] for one text.
pub fn fill_text(text: &str, known: &dyn Fn(&FactRef) -> Option<String>) -> String {
    substitute(text, &mut |fact| known(&fact))
}

/// The text as people may see it: a pending fact is never shown as a marker.
pub fn shown(text: &str) -> String {
    if is_pending(text) { KNOWN_AFTER_APPLY.to_owned() } else { text.to_owned() }
}

/// The value as people may see it; see [`shown`].
pub fn shown_value(value: &Value) -> Value {
    match value {
        Value::String(text) => Value::String(shown(text)),
        Value::Array(items) => items.iter().map(shown_value).collect(),
        Value::Object(fields) => {
            Value::Object(fields.iter().map(|(k, v)| (shown(k), shown_value(v))).collect())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}

/// What somebody else wrote, with its control characters spelled as JSON spells
/// them: none of it can be a marker. Line breaks and tabs stay.
#[must_use]
pub fn without_controls(value: Value) -> Value {
    let is_bad = |c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t');
    let spelled = |text: String| {
        if !text.contains(is_bad) {
            return text;
        }
        let spell = |c: char| if is_bad(c) { format!("\\u{:04x}", c as u32) } else { c.into() };
        text.chars().map(spell).collect()
    };
    match value {
        Value::String(text) => Value::String(spelled(text)),
        Value::Array(items) => items.into_iter().map(without_controls).collect(),
        Value::Object(fields) => Value::Object(
            fields.into_iter().map(|(key, item)| (spelled(key), without_controls(item))).collect(),
        ),
        Value::Null | Value::Bool(_) | Value::Number(_) => value,
    }
}

fn substitute(text: &str, known: &mut dyn FnMut(FactRef) -> Option<String>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(OPEN) {
        let Some(length) = rest[start..].find(CLOSE) else { break };
        let (marker, after) = rest[start..].split_at(length + CLOSE.len_utf8());
        out.push_str(&rest[..start]);
        let inner = marker.trim_matches([OPEN, CLOSE]);
        let (address, fact) = inner.split_once(BETWEEN).unwrap_or((inner, ""));
        let wanted = FactRef { address: Address::new(address), fact: fact.to_owned() };
        match known(wanted) {
            Some(value) => out.push_str(&value),
            None => out.push_str(marker),
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

/// One step of a [`Path`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Segment {
    /// A position in a list, from 0.
    Index(usize),
    /// A field of an object.
    Field(String),
}

/// Where in a document something stands: `redrive_policy.max_receive_count`,
/// `policy.Statement[AllowS3]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Path(Vec<Segment>);

impl Path {
    /// The path of a field at the top of a document.
    pub fn field(name: impl Into<String>) -> Self {
        Self(vec![Segment::Field(name.into())])
    }

    /// This path and one field further.
    #[must_use]
    pub fn with_field(&self, name: impl Into<String>) -> Self {
        self.with(Segment::Field(name.into()))
    }

    /// This path and one list position further.
    #[must_use]
    pub fn with_index(&self, index: usize) -> Self {
        self.with(Segment::Index(index))
    }

    fn with(&self, segment: Segment) -> Self {
        let mut segments = self.0.clone();
        segments.push(segment);
        Self(segments)
    }

    /// The steps from the top.
    pub fn segments(&self) -> &[Segment] {
        &self.0
    }

    /// The name of the field at the top of the document; empty for the
    /// document itself.
    pub fn top(&self) -> &str {
        match self.0.first() {
            Some(Segment::Field(name)) => name,
            Some(Segment::Index(_)) | None => "",
        }
    }

    /// Whether this path is what `pattern` names, or lies within it. A pattern
    /// is spelled as [`spelling`] tells; `*` stands for any name.
    ///
    /// ```
    /// use ccprov::model::Path;
    ///
    /// let path = Path::field("policy").with_field("Statement").with_index(0).with_field("Principal");
    /// assert!(path.is_within("policy.Statement.*.Principal"));
    /// assert!(path.is_within("policy"));
    /// assert!(!path.is_within("tags"));
    /// assert!(Path::field("tags").with_field("a.b").is_within("tags[a.b]"));
    /// ```
    pub fn is_within(&self, pattern: &str) -> bool {
        let Some(pattern) = spelling::parts(pattern) else { return false };
        let is_meant = |(part, segment): (&spelling::Part<'_>, &Segment)| match segment {
            Segment::Index(index) => part.admits(&index.to_string()),
            Segment::Field(name) => part.admits(name),
        };
        self.0.len() >= pattern.len() && pattern.iter().zip(&self.0).all(is_meant)
    }

    /// Whether this path is what `pattern` names, and not something within it.
    pub fn is_at(&self, pattern: &str) -> bool {
        let parts = spelling::parts(pattern).map(|parts| parts.len());
        parts == Some(self.0.len()) && self.is_within(pattern)
    }

    /// The paths of what it lies within, the innermost first.
    pub fn around(&self) -> impl Iterator<Item = Self> {
        (1..self.0.len()).rev().map(|length| Self(self.0[..length].to_vec()))
    }

    /// What stands at this path in a document.
    pub fn get<'a>(&self, document: &'a Document) -> Option<&'a Value> {
        let (first, rest) = self.0.split_first()?;
        let Segment::Field(name) = first else { return None };
        rest.iter().try_fold(document.get(name)?, |value, segment| match segment {
            Segment::Index(index) => value.get(index),
            Segment::Field(name) => value.get(name),
        })
    }
}

impl Path {
    /// [`get`](Self::get), to be changed.
    pub fn get_mut<'a>(&self, document: &'a mut Document) -> Option<&'a mut Value> {
        let (first, rest) = self.0.split_first()?;
        let Segment::Field(name) = first else { return None };
        rest.iter().try_fold(document.get_mut(name)?, |value, segment| match segment {
            Segment::Index(index) => value.get_mut(index),
            Segment::Field(name) => value.get_mut(name),
        })
    }
}

/// As [`spelling`] reads it.
impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, segment) in self.0.iter().enumerate() {
            match segment {
                Segment::Index(index) => write!(f, "[{index}]")?,
                Segment::Field(name) => {
                    let spelled = spelling::spelled(name);
                    let is_first = position == 0;
                    f.write_str(
                        spelled.strip_prefix('.').filter(|_| is_first).unwrap_or(&spelled),
                    )?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn key_arn() -> FactRef {
        FactRef { address: Address::new("claimcheck.key"), fact: "arn".into() }
    }

    #[test]
    fn a_pending_fact_is_found_filled_and_never_shown() {
        let value = json!({ "a": [format!("x {} y", key_arn().marker())], "b": 1 });
        assert_eq!(pending_facts(&value), BTreeSet::from([key_arn()]));
        assert_eq!(shown_value(&value), json!({ "a": [KNOWN_AFTER_APPLY], "b": 1 }));
        let filled = fill(&value, &|fact| (fact == &key_arn()).then(|| "ARN".to_owned()));
        assert_eq!(filled, json!({ "a": ["x ARN y"], "b": 1 }));
        assert!(!has_pending(&filled));
    }

    #[test]
    fn nobody_else_brings_a_marker() {
        let foreign = json!({ key_arn().marker(): ["\u{1b}[2J", "a\r\n\tb"], "n": 1 });
        let tamed = without_controls(foreign);
        assert!(!has_pending(&tamed), "{tamed}");
        let key = "\\u0001claimcheck.key\\u0003arn\\u0002";
        assert_eq!(tamed, json!({ key: ["\\u001b[2J", "a\r\n\tb"], "n": 1 }));
    }

    #[test]
    fn an_unknown_fact_stays_pending() {
        let text = key_arn().marker();
        assert_eq!(fill_text(&text, &|_| None), text);
    }

    #[test]
    fn a_path_prints_as_it_is_spoken() {
        let path = Path::field("lifecycle_rules").with_index(2).with_field("id");
        assert_eq!(path.to_string(), "lifecycle_rules[2].id");
        assert_eq!(Path::field("tags").with_field("a.b").to_string(), "tags[a.b]");
    }

    #[test]
    fn a_fact_may_stand_in_json() {
        let fact = FactRef { address: Address::new("queue"), fact: "arn".into() }.marker();
        let text = format!(r#"{{ "Resource": "{fact}/*" }}"#);
        let read: Value = serde_json::from_str(&as_json(&text)).unwrap();
        assert_eq!(read, serde_json::json!({ "Resource": format!("{fact}/*") }));
        assert_eq!(as_json("{}"), "{}");
    }
}
