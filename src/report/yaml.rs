//! Values as a stack file writes them: enough YAML for examples.

use serde_json::Value;

use crate::model::Document;

use super::page::Page;

/// Writes the fields of a document.
pub(super) fn write(page: &mut Page, depth: usize, fields: &Document) {
    for (name, value) in fields {
        write_entry(page, depth, &format!("{}:", scalar(&Value::from(name.as_str()))), value);
    }
}

fn write_entry(page: &mut Page, depth: usize, head: &str, value: &Value) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            page.line(depth, head);
            write(page, depth + 1, fields);
        }
        Value::Array(items) if !items.iter().all(is_scalar) => {
            page.line(depth, head);
            for item in items {
                write_item(page, depth + 1, item);
            }
        }
        Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Array(_)
        | Value::Object(_) => page.line(depth, format!("{head} {}", scalar(value))),
    }
}

/// An element of a list: its first line goes behind the dash.
fn write_item(page: &mut Page, depth: usize, item: &Value) {
    let Value::Object(fields) = item else { return write_entry(page, depth, "-", item) };
    let mut inner = Page::default();
    write(&mut inner, 0, fields);
    for (position, line) in inner.into_text().lines().enumerate() {
        let dash = if position == 0 { "- " } else { "  " };
        page.line(depth, format!("{dash}{line}"));
    }
}

fn is_scalar(value: &Value) -> bool {
    !value.is_object() && !value.is_array()
}

/// A value on one line. JSON is YAML, so whatever is in doubt is JSON.
fn scalar(value: &Value) -> String {
    match value {
        Value::String(text) if is_plain(text) => text.clone(),
        Value::Array(items) => {
            format!("[{}]", items.iter().map(scalar).collect::<Vec<_>>().join(", "))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
            value.to_string()
        }
    }
}

/// Whether YAML reads the text as itself without quotes.
fn is_plain(text: &str) -> bool {
    const OTHER_THINGS: [&str; 9] = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];
    let safe = |c: char| c.is_ascii_alphanumeric() || "_-./ ".contains(c);
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && !text.ends_with(' ')
        && text.chars().all(safe)
        && !text.contains(" -")
        && !OTHER_THINGS.contains(&text.to_lowercase().as_str())
}
