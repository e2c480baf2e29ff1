//! A value against its JSON Schema, with every violation in our own words and
//! at its place in the file.

use std::collections::BTreeSet;

use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::paths::LocationSegment;
use jsonschema::{JsonType, PatternOptions, ValidationError, Validator};
use serde_json::{Value as Json, json};

use super::elsewhere;
use super::entry::ENTRY_KEYS;
use super::source::Mark;
use super::suggest::{MOST_LISTED, closest, did_you_mean, listed};
use super::told::MOST_KEPT;
use super::tree::{Entry, Map, Node, Value};
use crate::model::document::Segment;
use crate::model::{Diagnostic, KindInfo, Path, document};

/// A schema, ready to be used many times.
pub(super) struct Schema {
    validator: Validator,
    root: Json,
    /// The kind that it is of, and so where all its fields are told.
    kind: Option<String>,
}

impl Schema {
    /// Fails with the reason if the schema is none.
    pub(super) fn new(root: &Json) -> Result<Self, String> {
        // The engine that takes no more steps than a text has letters, whoever wrote the pattern.
        let options = jsonschema::options().with_pattern_options(PatternOptions::regex());
        let validator = options.build(root).map_err(|error| error.to_string())?;
        Ok(Self { validator, root: root.clone(), kind: None })
    }

    /// The schema of a kind's entries under `resources`.
    pub(super) fn of_kind(kind: &KindInfo) -> Result<Self, String> {
        Ok(Self { kind: Some(kind.name.clone()), ..Self::new(&kind.schema)? })
    }

    /// Everything about a value that the schema does not admit. `whole` is
    /// where a problem of the value as a whole is shown.
    ///
    /// Texts that wait for a fact are taken on trust, but never for numbers.
    pub(super) fn check(&self, node: &Node, whole: &Mark) -> Vec<Diagnostic> {
        let value = node.to_json();
        let subject = Subject { root: &self.root, node, whole, kind: self.kind.as_deref() };
        let errors: Vec<ValidationError<'_>> = self.validator.iter_errors(&value).collect();
        subject.explain_all(&errors).take(MOST_KEPT).collect()
    }
}

/// [`Schema::check`] for one value with a name of its own.
pub(super) fn check_value(name: &str, schema: &Json, node: &Node) -> Vec<Diagnostic> {
    let around = json!({ "type": "object", "properties": { name: schema } });
    let entry = Entry { key_at: node.at.clone(), node: node.clone() };
    let map = Node::new(Value::Map(Map::from([(name.to_owned(), entry)])), &node.at);
    match Schema::new(&around) {
        Ok(schema) => schema.check(&map, &node.at),
        Err(message) => vec![Diagnostic::error(message).at(Some(node.at.location()))],
    }
}

/// The fields that a schema names at its top.
pub(super) fn field_names(schema: &Json) -> Vec<&str> {
    let fields = schema.get("properties").and_then(Json::as_object);
    fields.into_iter().flat_map(|fields| fields.keys().map(String::as_str)).collect()
}

/// What is being checked.
struct Subject<'a> {
    root: &'a Json,
    node: &'a Node,
    whole: &'a Mark,
    kind: Option<&'a str>,
}

impl Subject<'_> {
    /// What follows from another mistake is left out: what is none of the options is not told to
    /// be no text either, and a field that is missing because its name is mistyped is not missing.
    fn explain_all(&self, errors: &[ValidationError<'_>]) -> impl Iterator<Item = Diagnostic> {
        let is_option =
            |error: &&ValidationError<'_>| matches!(error.kind(), ValidationErrorKind::Enum { .. });
        let options: BTreeSet<String> =
            errors.iter().filter(is_option).map(|e| e.instance_path().to_string()).collect();
        let meant: BTreeSet<(String, &str)> =
            errors.iter().flat_map(|error| self.meant_fields(error)).collect();
        let is_echo = move |error: &ValidationError<'_>| {
            let path = error.instance_path().to_string();
            match missing(error) {
                Some(field) => meant.contains(&(path, field)),
                None => is_of_type(error) && options.contains(&path),
            }
        };
        let told = errors.iter().filter(move |error| !is_echo(error));
        told.flat_map(|error| self.explain(error))
    }

    /// The known fields that unknown ones are meant for, with their place.
    fn meant_fields(&self, error: &ValidationError<'_>) -> Vec<(String, &str)> {
        let path = error.instance_path().to_string();
        let known = self.schema_around(error).map(field_names).unwrap_or_default();
        let ours = unexpected(error).iter().filter_map(|name| meant_field(name, &known));
        ours.map(|field| (path.clone(), field)).collect()
    }

    fn explain(&self, error: &ValidationError<'_>) -> Vec<Diagnostic> {
        let path = path_of(error);
        let pending = error.instance().as_str().is_some_and(document::is_pending);
        if pending && !matches!(error.kind(), ValidationErrorKind::Type { .. }) {
            return Vec::new();
        }
        match error.kind() {
            ValidationErrorKind::AdditionalProperties { unexpected }
            | ValidationErrorKind::UnevaluatedProperties { unexpected } => unexpected
                .iter()
                .filter_map(|name| self.unknown_field(error, &path, name))
                .take(MOST_KEPT)
                .collect(),
            ValidationErrorKind::AnyOf { context }
            | ValidationErrorKind::OneOfNotValid { context } => {
                self.no_alternative(error, &path, context)
            }
            ValidationErrorKind::PropertyNames { error: inner } => {
                let name = inner.instance().as_str().unwrap_or_default();
                let at = self.node.key_mark_at(&path.with_field(name));
                let summary = match self.bounds(inner, inner.kind()) {
                    Some(rule) => format!("the key `{name}` must be {rule}"),
                    None => format!("`{name}` is not admitted as a key"),
                };
                vec![Diagnostic::error(summary).at(Some(at.location()))]
            }
            ValidationErrorKind::Required { property } => {
                let name = property.as_str().unwrap_or_default();
                let at = if path.segments().is_empty() {
                    self.whole
                } else {
                    self.node.key_mark_at(&path)
                };
                let problem =
                    Diagnostic::error(format!("missing field `{}`", path.with_field(name)));
                vec![problem.at(Some(at.location()))]
            }
            kind => vec![self.simple(error, &path, kind)],
        }
    }

    fn unknown_field(
        &self,
        error: &ValidationError<'_>,
        path: &Path,
        name: &str,
    ) -> Option<Diagnostic> {
        if document::is_pending(name) {
            return None;
        }
        let known = self.schema_around(error).map(field_names).unwrap_or_default();
        let place = path.with_field(name);
        let problem = Diagnostic::error(format!("unknown field `{place}`"))
            .at(Some(self.node.key_mark_at(&place).location()));
        // Beside its fields an entry has keys that every kind has.
        let is_entry = self.kind.is_some() && path.segments().is_empty();
        let beside = if is_entry { ENTRY_KEYS } else { &[] };
        let of_kind = self.kind.and_then(|kind| elsewhere::attribute(kind, path.top(), name));
        let of_any = || elsewhere::in_an_entry(name).filter(|_| is_entry);
        if let Some(said) = of_kind.or_else(of_any) {
            return Some(problem.hint(said));
        }
        let around = error.instance();
        let said =
            elsewhere::instruction(around.as_object().into_iter().flat_map(|map| map.keys()));
        if let Some(said) = said.filter(|_| !is_entry) {
            return Some(problem.hint(said));
        }
        let meant = meant_field(name, &known).or_else(|| closest(name, beside.iter().copied()));
        Some(match (meant, self.kind) {
            (Some(meant), _) => problem.hint(format!("did you mean `{meant}`?")),
            (None, Some(kind)) if known.len() > MOST_LISTED => problem
                .because(format!("the fields here are {}", listed(known)))
                .hint(format!("`ccprov kinds {kind}` tells all")),
            (None, _) => problem.because(format!("the fields here are {}", listed(known))),
        })
    }

    /// A violation that is about one value and one keyword.
    fn simple(
        &self,
        error: &ValidationError<'_>,
        path: &Path,
        kind: &ValidationErrorKind,
    ) -> Diagnostic {
        match kind {
            ValidationErrorKind::Type { kind } => self.wrong_type(error, path, &types_of(kind)),
            ValidationErrorKind::Enum { options } => {
                let options = options.as_array().map(Vec::as_slice).unwrap_or_default();
                self.not_an_option(error, path, options)
            }
            ValidationErrorKind::Constant { expected_value } => {
                self.not_an_option(error, path, std::slice::from_ref(expected_value))
            }
            ValidationErrorKind::MinLength { limit: 1 } => {
                let place = self.node.mark_at(path);
                let problem = Diagnostic::error(format!("`{path}` must not be empty"));
                problem.at(Some(place.location()))
            }
            other => {
                let rule = match self.bounds(error, other) {
                    Some(rule) => format!("must be {rule}{}", instead(error.instance())),
                    None => "is not admitted here".to_owned(),
                };
                let place = self.node.mark_at(path);
                Diagnostic::error(format!("`{path}` {rule}")).at(Some(place.location()))
            }
        }
    }

    /// What a keyword asks of a value, in words that follow "must be".
    #[expect(clippy::wildcard_enum_match_arm, reason = "a foreign enum; the rest has no bound")]
    fn bounds(&self, error: &ValidationError<'_>, kind: &ValidationErrorKind) -> Option<String> {
        let rule = match kind {
            ValidationErrorKind::Minimum { .. } | ValidationErrorKind::Maximum { .. } => {
                let bound = |key: &str| self.schema_around(error).and_then(|s| s.get(key));
                match (bound("minimum"), bound("maximum")) {
                    (Some(least), Some(most)) => format!("from {least} to {most}"),
                    (Some(least), None) => format!("at least {least}"),
                    (None, Some(most)) => format!("at most {most}"),
                    (None, None) => return None,
                }
            }
            ValidationErrorKind::ExclusiveMaximum { limit } => format!("below {limit}"),
            ValidationErrorKind::ExclusiveMinimum { limit } => format!("above {limit}"),
            ValidationErrorKind::MultipleOf { multiple_of } => {
                format!("a multiple of {multiple_of}")
            }
            ValidationErrorKind::MaxLength { limit } => format!("at most {limit} characters long"),
            ValidationErrorKind::MinLength { limit } => format!("at least {limit} characters long"),
            ValidationErrorKind::MaxItems { limit } => format!("a list of at most {limit} items"),
            ValidationErrorKind::MinItems { limit } => format!("a list of at least {limit} items"),
            ValidationErrorKind::MaxProperties { limit } => {
                format!("a map of at most {limit} entries")
            }
            ValidationErrorKind::MinProperties { limit } => {
                format!("a map of at least {limit} entries")
            }
            ValidationErrorKind::UniqueItems => "a list without repetitions".to_owned(),
            ValidationErrorKind::Pattern { pattern } => format!("text that matches `{pattern}`"),
            ValidationErrorKind::Format { format } => format!("text of the form `{format}`"),
            _ => return None,
        };
        Some(rule)
    }

    fn wrong_type(
        &self,
        error: &ValidationError<'_>,
        path: &Path,
        wanted: &[JsonType],
    ) -> Diagnostic {
        let node = self.node.mark_at(path);
        let value = error.instance();
        let words: Vec<&str> = wanted.iter().map(|wanted| type_words(*wanted)).collect();
        let found = match value.as_ref() {
            Json::String(text) if document::is_pending(text) => "the fact of a resource".to_owned(),
            Json::Number(number) if wanted.contains(&JsonType::Integer) => number.to_string(),
            other => json_words(other).to_owned(),
        };
        let summary = format!("`{path}` must be {}, not {found}", words.join(" or "));
        let problem = Diagnostic::error(summary).at(Some(node.location()));
        let wants = |candidate: JsonType| wanted.contains(&candidate);
        let is_item = matches!(path.segments().last(), Some(Segment::Index(_)));
        match value.as_ref() {
            Json::Array(_) if is_item => problem.hint(
                "a list does not go into a list: write its items here, or one reference to it, which \
                 stands for them",
            ),
            // Not where the number came about by putting texts together.
            Json::String(text)
                if wants(JsonType::Integer)
                    && text.parse::<i64>().is_ok()
                    && node.text().contains(text) =>
            {
                problem.hint(format!("write {text} without quotes"))
            }
            Json::String(text) if wants(JsonType::Boolean) && is_boolean_word(text) => {
                problem.hint("YAML knows `true` and `false`, without quotes")
            }
            Json::Number(_) | Json::Bool(_) if wants(JsonType::String) => {
                problem.hint(format!("quote it: `\"{}\"`", node.text()))
            }
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Array(_) => {
                problem
            }
            Json::Object(map) => match self.said_of_map(path, map) {
                Some(said) => problem.hint(said),
                None => problem,
            },
        }
    }

    /// What is said of a map that stands where none can.
    fn said_of_map(
        &self,
        path: &Path,
        map: &serde_json::Map<String, Json>,
    ) -> Option<&'static str> {
        let attribute = |key: &String| elsewhere::attribute(self.kind?, path.top(), key);
        // What others put around the entries of a map is an entry here.
        let own = || match path.segments() {
            [_, .., document::Segment::Field(name)] => {
                elsewhere::attribute(self.kind?, path.top(), name)
            }
            _ => None,
        };
        let only = map.keys().next().filter(|_| map.len() == 1);
        let function = || only.and_then(|key| elsewhere::function(key));
        let instruction = || elsewhere::instruction(map.keys());
        own().or_else(|| map.keys().find_map(attribute)).or_else(function).or_else(instruction)
    }

    fn not_an_option(
        &self,
        error: &ValidationError<'_>,
        path: &Path,
        options: &[Json],
    ) -> Diagnostic {
        let words: Vec<String> = options
            .iter()
            .map(|option| option.as_str().map_or_else(|| option.to_string(), str::to_owned))
            .collect();
        let known = || words.iter().map(String::as_str);
        let one_of = if words.len() == 1 { "" } else { "one of " };
        let instead = instead(error.instance());
        let at = Some(self.node.mark_at(path).location());
        let wrong = error.instance().as_str().unwrap_or_default();
        if words.len() <= MOST_LISTED {
            let summary = format!("`{path}` must be {one_of}{}{instead}", listed(known()));
            let problem = Diagnostic::error(summary).at(at);
            let map = error.instance().as_object();
            return match map.and_then(|map| self.said_of_map(path, map)) {
                Some(said) => problem.hint(said),
                None => did_you_mean(problem, wrong, known()),
            };
        }
        let summary = format!("`{path}` cannot be {}", instead.trim_start_matches(", not "));
        let summary = if instead.is_empty() {
            format!("`{path}` must be one of {} words", words.len())
        } else {
            summary
        };
        let problem = Diagnostic::error(summary).at(at);
        match (closest(wrong, known()), self.kind) {
            (Some(right), _) => problem.hint(format!("did you mean `{right}`?")),
            (None, kind) => {
                let problem = problem.because(format!("it can be {}", listed(known())));
                let all = kind.map(|kind| format!("`ccprov kinds {kind}` tells all"));
                all.into_iter().fold(problem, Diagnostic::hint)
            }
        }
    }

    /// A value that may take one of several forms, and takes none. If one form
    /// has the right type, its own violations are what the user wants to hear.
    fn no_alternative(
        &self,
        error: &ValidationError<'_>,
        path: &Path,
        context: &[Vec<ValidationError<'static>>],
    ) -> Vec<Diagnostic> {
        let mut types = Vec::new();
        let mut options = Vec::new();
        let mut fitting: Vec<&[ValidationError<'static>]> = Vec::new();
        for errors in context {
            match errors.as_slice() {
                [only] if path_of(only) == *path => match only.kind() {
                    ValidationErrorKind::Type { kind } => types.extend(types_of(kind)),
                    ValidationErrorKind::Constant { expected_value } => {
                        options.push(expected_value.as_ref().clone());
                    }
                    ValidationErrorKind::Enum { options: more } => {
                        options.extend(more.as_array().into_iter().flatten().cloned());
                    }
                    _ => fitting.push(errors),
                },
                several => fitting.push(several),
            }
        }
        match (fitting.as_slice(), options.is_empty()) {
            ([], false) => vec![self.not_an_option(error, path, &options)],
            ([], true) => vec![self.wrong_type(error, path, &types)],
            ([errors], true) => self.explain_all(errors).collect(),
            (_, _) => {
                let forms: Vec<String> = fitting
                    .iter()
                    .filter_map(|errors| self.explain(errors.first()?).into_iter().next())
                    .map(|problem| problem.summary)
                    .collect();
                let problem = Diagnostic::error(format!("`{path}` has none of its possible forms"))
                    .at(Some(self.node.mark_at(path).location()))
                    .because(forms.join("; or "));
                vec![problem]
            }
        }
    }

    /// The schema whose keyword is violated.
    fn schema_around(&self, error: &ValidationError<'_>) -> Option<&Json> {
        let (around, _keyword) = error.schema_path().as_str().rsplit_once('/')?;
        self.root.pointer(around)
    }
}

/// The field that a violation says is missing.
fn missing<'e>(error: &'e ValidationError<'_>) -> Option<&'e str> {
    match error.kind() {
        ValidationErrorKind::Required { property } => property.as_str(),
        _ => None,
    }
}

/// The fields that a violation says are unknown.
fn unexpected<'e>(error: &'e ValidationError<'_>) -> &'e [String] {
    match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected }
        | ValidationErrorKind::UnevaluatedProperties { unexpected } => unexpected,
        _ => &[],
    }
}

fn is_of_type(error: &ValidationError<'_>) -> bool {
    matches!(error.kind(), ValidationErrorKind::Type { .. })
}

/// The known field that an unknown one is meant for.
fn meant_field<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let theirs = elsewhere::field(name, known);
    let theirs = theirs.and_then(|ours| known.iter().copied().find(|known| *known == ours));
    theirs.or_else(|| closest(name, known.iter().copied()))
}

fn path_of(error: &ValidationError<'_>) -> Path {
    error.instance_path().segments().fold(Path::default(), |path, segment| match segment {
        LocationSegment::Property(name) => path.with_field(name),
        LocationSegment::Index(index) => path.with_index(index),
    })
}

/// Null is left out: a field that is null counts as not stated, so nobody
/// needs to hear that it is possible.
fn types_of(kind: &TypeKind) -> Vec<JsonType> {
    let all: Vec<JsonType> = match kind {
        TypeKind::Single(single) => vec![*single],
        TypeKind::Multiple(several) => several.iter().collect(),
    };
    all.into_iter().filter(|found| !matches!(found, JsonType::Null)).collect()
}

fn type_words(wanted: JsonType) -> &'static str {
    match wanted {
        JsonType::Null => "nothing",
        JsonType::Boolean => "`true` or `false`",
        JsonType::Integer => "a whole number",
        JsonType::Number => "a number",
        JsonType::String => "text",
        JsonType::Array => "a list",
        JsonType::Object => "a map",
    }
}

fn json_words(value: &Json) -> &'static str {
    match value {
        Json::Null => "nothing",
        Json::Bool(_) => "a boolean",
        Json::Number(_) => "a number",
        Json::String(_) => "text",
        Json::Array(_) => "a list",
        Json::Object(_) => "a map",
    }
}

fn is_boolean_word(text: &str) -> bool {
    ["true", "false", "yes", "no", "on", "off"].contains(&text.to_lowercase().as_str())
}

/// `, not 50000`: what stands there, if it is short enough to repeat.
fn instead(value: &Json) -> String {
    const LONGEST: usize = 40;
    match value {
        Json::Number(number) => format!(", not {number}"),
        Json::String(text) if text.len() <= LONGEST => format!(", not `{text}`"),
        Json::String(_) | Json::Null | Json::Bool(_) | Json::Array(_) | Json::Object(_) => {
            String::new()
        }
    }
}
