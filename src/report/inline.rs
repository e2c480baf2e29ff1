//! How values read on one line: the way a stack file would spell them, quoted only
//! where they would be mistaken for something else.

use serde_json::Value;

use crate::model::document::{self, KNOWN_AFTER_APPLY};

/// A list longer than this is written one element a line. A fixed number, not
/// the terminal's width, so that a plan reads the same wherever it is quoted.
pub(super) const SHORT: usize = 72;

/// A value that fits beside its label; `None` for those that need lines of
/// their own.
pub(super) fn inline(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => (!is_block(text)).then(|| scalar(text)),
        Value::Array(items) => {
            let items: Vec<String> = items
                .iter()
                .map(|item| if item.is_array() { None } else { inline(item) })
                .collect::<Option<_>>()?;
            let text = format!("[{}]", items.join(", "));
            (items.len() < 2 || text.chars().count() <= SHORT).then_some(text)
        }
        Value::Object(fields) => fields.is_empty().then(|| "{}".to_owned()),
        Value::Null | Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
    }
}

/// Whether a text is shown line by line. Other control characters are escaped,
/// so that a value cannot paint the terminal.
fn is_block(text: &str) -> bool {
    text.trim_end_matches('\n').contains('\n')
        && !text.contains(|c: char| c.is_control() && c != '\n' && c != '\t')
}

/// A text on one line. A pending fact reads as the reference that it stands
/// for, so that nothing around it is lost.
fn scalar(text: &str) -> String {
    if document::is_pending(text) {
        format!("{} {KNOWN_AFTER_APPLY}", reference(text))
    } else if needs_quotes(text) {
        Value::from(text).to_string()
    } else {
        text.to_owned()
    }
}

/// A value where the sentence around it leaves no doubt what is text: quoted
/// only if it would disturb the terminal.
pub(super) fn bare(value: &Value) -> String {
    let Value::String(text) = value else { return document::shown_value(value).to_string() };
    if document::is_pending(text) || text.is_empty() || text.contains(char::is_control) {
        scalar(text)
    } else {
        text.clone()
    }
}

/// A text as it is, with pending facts as `${address.fact}`.
pub(super) fn reference(text: &str) -> String {
    document::fill_text(text, &|fact| Some(fact.to_string()))
}

fn needs_quotes(text: &str) -> bool {
    text.is_empty()
        || text.trim() != text
        || text.contains(char::is_control)
        || text.contains(" -> ")
        || text.starts_with(['"', '(', '[', '{'])
        || matches!(text, "true" | "false" | "null")
        || text.parse::<f64>().is_ok()
}
