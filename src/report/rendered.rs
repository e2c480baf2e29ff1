//! A stack, or one value, as YAML that loads again, with where it came from as
//! comments; and as JSON.

use serde_json::{Map, Value, json};

use super::json::indented;
use crate::model::document::shown_value;
use crate::model::{Rendered, RenderedShape};

/// Longest list that stands on one line.
const SHORT: usize = 72;

/// As YAML, each of `notes` a comment before it.
pub fn rendered_yaml(rendered: &Rendered, notes: &[&str]) -> String {
    let mut text = String::new();
    for note in notes {
        text.extend(["# ", note, "\n"]);
    }
    match &rendered.shape {
        RenderedShape::Map(fields) if !fields.is_empty() => write_map(&mut text, 0, fields),
        RenderedShape::List(items) if !items.is_empty() && one_line(items).is_none() => {
            write_list(&mut text, 0, items);
        }
        RenderedShape::Scalar(_) | RenderedShape::Map(_) | RenderedShape::List(_) => {
            write_value(&mut text, 0, "", rendered);
        }
    }
    text
}

/// As `ccprov.render/1`: the same fields, and where they came from by their paths.
pub fn rendered_json(rendered: &Rendered) -> String {
    let mut whole = Map::from_iter([("format".to_owned(), json!("ccprov.render/1"))]);
    if let Value::Object(fields) = rendered.value() {
        whole.extend(fields);
    }
    let origins = rendered.origins().into_iter();
    let origins: Map<String, Value> =
        origins.map(|(path, from)| (path.to_string(), from.into())).collect();
    whole.insert("origins".to_owned(), Value::Object(origins));
    indented(&whole)
}

/// What an expression comes to, as `ccprov.eval/1`. What is not known has no value.
pub fn evaluated_json(
    expression: &str,
    value: Option<&Value>,
    type_name: &str,
    from: &[(String, String)],
) -> String {
    let place = |(reference, at): &(String, String)| json!({ "reference": reference, "at": at });
    indented(&json!({
        "format": "ccprov.eval/1",
        "expression": expression,
        "known": value.is_some(),
        "type": type_name,
        "value": value,
        "from": from.iter().map(place).collect::<Value>(),
    }))
}

/// A value as YAML; what is known after an apply says so.
pub fn value_yaml(value: &Value) -> String {
    rendered_yaml(&Rendered::of(&shown_value(value)), &[])
}

fn write_map(out: &mut String, depth: usize, fields: &[(String, Rendered)]) {
    for (key, value) in fields {
        write_value(out, depth, &format!("{}:", scalar(&key.as_str().into())), value);
    }
}

fn write_list(out: &mut String, depth: usize, items: &[Rendered]) {
    for item in items {
        let mut below = String::new();
        match &item.shape {
            // The first field stands beside the dash.
            RenderedShape::Map(fields) if !fields.is_empty() && item.from.is_none() => {
                write_map(&mut below, depth + 1, fields);
                out.push_str(&indent(depth));
                out.push_str("- ");
                out.push_str(&below[indent(depth + 1).len()..]);
            }
            RenderedShape::Scalar(_) | RenderedShape::List(_) | RenderedShape::Map(_) => {
                write_value(out, depth, "-", item);
            }
        }
    }
}

/// One value behind its key or dash.
fn write_value(out: &mut String, depth: usize, lead: &str, value: &Rendered) {
    let from = value.from.as_deref().map(comment).unwrap_or_default();
    let mut line = |text: &str| {
        let gap = if lead.is_empty() || text.is_empty() { "" } else { " " };
        out.extend([&indent(depth), lead, gap, text, &from, "\n"]);
    };
    match &value.shape {
        RenderedShape::Scalar(Value::String(text)) if is_block(text) => {
            let lines = text.strip_suffix('\n');
            line(if lines.is_some() { "|" } else { "|-" });
            for part in lines.unwrap_or(text).split('\n') {
                let before = if part.is_empty() { String::new() } else { indent(depth + 1) };
                out.extend([&before, part, "\n"]);
            }
        }
        RenderedShape::Scalar(value) => line(&scalar(value)),
        RenderedShape::Map(fields) if fields.is_empty() => line("{}"),
        RenderedShape::Map(fields) => {
            line("");
            write_map(out, depth + 1, fields);
        }
        RenderedShape::List(items) => {
            let short = one_line(items);
            line(short.as_deref().unwrap_or_default());
            if short.is_none() {
                write_list(out, depth + 1, items);
            }
        }
    }
}

fn indent(depth: usize) -> String {
    "  ".repeat(depth)
}

/// Names of files may hold anything.
fn comment(from: &str) -> String {
    format!("  # {}", from.replace(char::is_control, "?"))
}

/// Scalars on one line, if they are few and nothing is to be said of one.
fn one_line(items: &[Rendered]) -> Option<String> {
    let item = |item: &Rendered| match (&item.shape, &item.from) {
        (RenderedShape::Scalar(value), None) => Some(scalar(value)),
        (RenderedShape::Scalar(_) | RenderedShape::List(_) | RenderedShape::Map(_), _) => None,
    };
    let text = format!("[{}]", items.iter().map(item).collect::<Option<Vec<_>>>()?.join(", "));
    (text.chars().count() <= SHORT).then_some(text)
}

/// Whether a text is written line by line: one that begins with a blank would have
/// to say how far it is indented.
fn is_block(text: &str) -> bool {
    let lines = text.strip_suffix('\n').unwrap_or(text);
    lines.contains('\n')
        && !lines.ends_with('\n')
        && !lines.starts_with(char::is_whitespace)
        && !text.contains(|c: char| c.is_control() && c != '\n')
}

/// On one line, as every reader of YAML takes it, also between brackets: quoted as
/// JSON quotes where it could be taken for anything but a text.
fn scalar(value: &Value) -> String {
    match value {
        Value::String(text) if is_plain(text) => text.clone(),
        Value::String(_)
        | Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::Array(_)
        | Value::Object(_) => value.to_string(),
    }
}

fn is_plain(text: &str) -> bool {
    const WORDS: &[&str] = &["true", "false", "null", "yes", "no", "on", "off", "y", "n"];
    let is_inner = |c: char| c.is_ascii_alphanumeric() || "-_./:@*+()= ".contains(c);
    // 012, 0x1f, 1e5, 12:30 and 2012-10-17 are no texts to one reader or another.
    let is_number = text.starts_with(|c: char| c.is_ascii_digit())
        && text.chars().all(|c| c.is_ascii_hexdigit() || "xoXO_.:+-".contains(c));
    text.starts_with(|c: char| c.is_ascii_alphanumeric() || "/_(".contains(c))
        && text.chars().all(is_inner)
        && !text.contains(": ")
        && !text.ends_with([':', ' '])
        && !is_number
        && !WORDS.contains(&text.to_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: &Value, expected: &str) {
        assert_eq!(value_yaml(value), expected, "{value}");
    }

    #[test]
    fn a_text_is_quoted_where_it_could_be_anything_else() {
        check(&json!("arn:aws:sqs:eu-west-1:1:q"), "arn:aws:sqs:eu-west-1:1:q\n");
        for text in ["2012-10-17", "012", "0x1f", "yes", "Null", "a: b", "a:", "${a.b}", "", "*"] {
            check(&text.into(), &format!("\"{text}\"\n"));
        }
        check(&json!("a\tb"), "\"a\\tb\"\n");
    }

    #[test]
    fn what_is_long_stands_line_by_line() {
        check(&json!({ "a": "x\ny\n", "b": "x\n\ny" }), "a: |\n  x\n  y\nb: |-\n  x\n\n  y\n");
        check(&json!("x\n\n"), "\"x\\n\\n\"\n");
        check(&json!({ "a": [{ "b": 1, "c": [] }, [2]] }), "a:\n  - b: 1\n    c: []\n  - [2]\n");
    }

    #[test]
    fn where_a_value_came_from_stands_behind_it() {
        let value = Rendered { from: Some("a.yaml:3".into()), ..Rendered::of(&json!(5)) };
        let fields = vec![("delay".to_owned(), value)];
        let map = Rendered { shape: RenderedShape::Map(fields), from: None };
        assert_eq!(rendered_yaml(&map, &["note"]), "# note\ndelay: 5  # a.yaml:3\n");
        assert!(rendered_json(&map).contains("\"delay\": \"a.yaml:3\""));
    }
}
