//! Patterns as people are told of them: those that come with the program, and
//! files of the user's own.

use std::path::Path;

use serde_json::{Map as Fields, Value as Json, json};

use super::files;
use super::instruction;
use super::pattern::{self, Pattern};
use super::patterns::PATTERNS;
use super::tree::{Map, Node};
use crate::model::{Diagnostic, PatternInfo, PatternPart};

/// Every built-in pattern, sorted by name.
pub fn built_in_patterns() -> Vec<PatternInfo> {
    let info = |built_in: &super::BuiltIn| PatternInfo {
        example: Some(built_in.example.to_owned()),
        ..info(built_in.name, &built_in.read().0)
    };
    PATTERNS.iter().map(info).collect()
}

/// The pattern that a file holds, under the name by which a stack file in the
/// working folder would use it.
///
/// # Errors
///
/// Everything that is wrong with the file as it stands alone: what its resources
/// hold is only looked at when a stack uses it.
pub fn pattern_file(path: &Path) -> Result<PatternInfo, Vec<Diagnostic>> {
    let name = path.display().to_string();
    let (_, root) = files::read(path, &name).map_err(|problem| vec![problem])?;
    let (pattern, problems) = pattern::read(&root);
    if problems.is_empty() { Ok(info(&name, &pattern)) } else { Err(problems) }
}

fn info(name: &str, pattern: &Pattern) -> PatternInfo {
    PatternInfo {
        name: name.to_owned(),
        summary: pattern.description.clone().unwrap_or_default(),
        parameters: parameters(pattern),
        outputs: outputs(&pattern.outputs),
        resources: parts(&pattern.resources),
        example: None,
    }
}

/// The parameters as JSON Schema of what stands under `with`.
pub(super) fn parameters(pattern: &Pattern) -> Json {
    let mut properties = Fields::new();
    let mut required = Vec::new();
    for (name, parameter) in &pattern.parameters {
        properties.insert(name.clone(), parameter.described());
        if parameter.is_required() {
            required.push(name.clone());
        }
    }
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": required,
        "properties": properties,
    })
}

fn outputs(outputs: &Map) -> Vec<String> {
    let paths = |(name, entry): (&String, &super::tree::Entry)| match entry.node.as_map() {
        Some(within) if instruction::of(within).is_none() => {
            within.keys().map(|key| format!("{name}.{key}")).collect()
        }
        Some(_) | None => vec![name.clone()],
    };
    outputs.iter().flat_map(paths).collect()
}

fn parts(resources: &Map) -> Vec<PatternPart> {
    let text = |node: &Node, key: &str| node.get(key).and_then(Node::as_text).map(str::to_owned);
    let part = |(name, entry): (&String, &super::tree::Entry)| PatternPart {
        name: name.clone(),
        kind: text(&entry.node, "kind")
            .or_else(|| text(&entry.node, "pattern"))
            .unwrap_or_default(),
        varies: ["when", "unless", "for_each"].iter().any(|key| entry.node.get(key).is_some()),
    };
    resources.iter().map(part).collect()
}
