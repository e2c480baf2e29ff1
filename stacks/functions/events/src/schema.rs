//! One JSON Schema, and what it says of a value in words that repeat nothing of it.

use jsonschema::error::{ValidationError, ValidationErrorKind};
use jsonschema::{Draft, PatternOptions, Validator};
use serde_json::Value;

/// Most faults that are told of one value: the first ones say what is wrong.
const MOST_FAULTS: usize = 5;

/// A schema, read once. Every object of it says what it holds, so that no name that
/// a value chose gets into a fault.
#[derive(Debug)]
pub struct Schema(Validator);

impl Schema {
    /// # Errors
    /// Why the text is no JSON Schema.
    pub fn new(text: &str) -> Result<Self, String> {
        let schema = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let validator = jsonschema::options()
            .with_draft(Draft::Draft202012)
            .should_validate_formats(true)
            .should_ignore_unknown_formats(false)
            // Linear in the text that is matched, whatever a pattern says.
            .with_pattern_options(PatternOptions::regex())
            .build(&schema);
        validator.map(Self).map_err(|error| error.to_string())
    }

    /// What is wrong with a value that goes by this name: at most five faults.
    pub fn faults(&self, name: &str, value: &Value) -> Vec<String> {
        self.0.iter_errors(value).take(MOST_FAULTS).map(|error| told(name, &error)).collect()
    }
}

/// Which place breaks which rule. The path holds names of the schema and numbers.
fn told(name: &str, error: &ValidationError<'_>) -> String {
    let rule = match error.kind() {
        ValidationErrorKind::Required { property } => {
            format!("lacks {}", property.as_str().unwrap_or("a property"))
        }
        ValidationErrorKind::AdditionalProperties { .. } => "has unknown properties".to_owned(),
        ValidationErrorKind::FalseSchema => "must not be there".to_owned(),
        ValidationErrorKind::Format { format } => format!("is no {format}"),
        kind => format!("breaks {}", kind.keyword()),
    };
    format!("{name}{} {rule}", error.instance_path())
}
