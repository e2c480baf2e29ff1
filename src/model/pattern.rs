//! A pattern, as people are told of it.

use serde_json::Value;

/// What can be said of a pattern without using it.
#[derive(Clone, Debug, PartialEq)]
pub struct PatternInfo {
    /// What a stack file writes behind `pattern:`.
    pub name: String,
    /// What it is for; may be empty.
    pub summary: String,
    /// JSON Schema of its parameters, with their defaults.
    pub parameters: Value,
    /// What may be referred to as `${NAME.…}`, besides the resources: a name, or
    /// the path of a value within a map.
    pub outputs: Vec<String>,
    /// The resources by name, each with its kind or, in quotes, the pattern that
    /// it uses, and whether it depends on a parameter that there is one.
    pub resources: Vec<PatternPart>,
    /// A whole stack file that uses it; none for a pattern of the user's own.
    pub example: Option<String>,
}

/// One entry under the `resources` of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatternPart {
    /// Its name within the pattern.
    pub name: String,
    /// Its kind, or the pattern that it uses.
    pub kind: String,
    /// Whether there may be none of it, or several.
    pub varies: bool,
}
