//! How values read: beside their label where they are short, below it else, and
//! never cut.

use serde_json::Value;

use crate::model::Document;

pub(super) use super::inline::{SHORT, bare, inline, reference};
use super::page::{Page, below};
use super::policy;

/// Where a value is written: its label and what surrounds it.
pub(super) struct Label<'a> {
    /// Of the label.
    pub(super) depth: usize,
    /// Empty, or a painted sign with a blank.
    pub(super) sign: &'a str,
    /// The field's name.
    pub(super) name: &'a str,
    /// How wide names are hereabouts.
    pub(super) width: usize,
    /// Said after a value on the same line, or after the name of a block.
    pub(super) remark: &'a str,
}

impl Label<'_> {
    /// Where that which belongs to this label is written.
    pub(super) fn inner_depth(&self) -> usize {
        below(self.depth, self.sign)
    }

    /// The label with something on its line.
    pub(super) fn with(&self, text: &str) -> String {
        let Self { sign, name, width, remark, .. } = self;
        format!("{sign}{name:width$}  {text}{remark}")
    }

    /// The label alone, as the head of a block.
    pub(super) fn alone(&self) -> String {
        format!("{}{}{}", self.sign, self.name, self.remark)
    }
}

/// Writes fields, their inline values aligned.
pub(super) fn write_fields(page: &mut Page, depth: usize, fields: &Document) {
    let width = width_of(fields);
    for (name, value) in fields {
        let name = reference(name);
        write(page, &Label { depth, sign: "", name: &name, width, remark: "" }, value);
    }
}

/// How wide a column of these fields' names is: as the widest that has its
/// value beside it.
fn width_of(fields: &Document) -> usize {
    let beside = fields.iter().filter(|(_, value)| inline(value).is_some());
    beside.map(|(name, _)| reference(name).chars().count()).max().unwrap_or(0)
}

/// Writes one value under its label: beside it if it is short, else below.
pub(super) fn write(page: &mut Page, label: &Label<'_>, value: &Value) {
    if let Some(text) = inline(value) {
        return page.line(label.depth, label.with(&text));
    }
    page.line(label.depth, label.alone());
    let depth = label.inner_depth();
    match value {
        Value::Object(fields) if policy::is_policy(value) => write_policy(page, depth, fields),
        Value::Object(fields) => write_fields(page, depth, fields),
        Value::Array(items) => items.iter().for_each(|item| write_item(page, depth, "• ", item)),
        Value::String(text) => page.lines(depth, &reference(text)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Writes one element of a list after a bullet or sign.
pub(super) fn write_item(page: &mut Page, depth: usize, sign: &str, item: &Value) {
    if let Some(text) = inline(item) {
        return page.line(depth, format!("{sign}{text}"));
    }
    if policy::is_statement(item) {
        return write_statement(page, depth, sign, item);
    }
    let name = ["id", "name", "Sid"].iter().find_map(|key| item.get(key)?.as_str());
    match (name.map(reference), item) {
        (Some(name), _) => {
            write(page, &Label { depth, sign, name: &name, width: 0, remark: "" }, item);
        }
        (None, Value::Object(fields)) => write_nameless(page, depth, sign, fields),
        (None, _) => write(page, &Label { depth, sign, name: "list", width: 0, remark: "" }, item),
    }
}

/// Writes a policy document statement by statement.
pub(super) fn write_policy(page: &mut Page, depth: usize, policy: &Document) {
    write_fields(page, depth, &policy::beside_statements(policy));
    for statement in policy::statements(policy) {
        write_statement(page, depth, "", statement);
    }
}

/// Writes one statement as a sentence. Elements that are no part of it follow as
/// plain fields.
fn write_statement(page: &mut Page, depth: usize, sign: &str, statement: &Value) {
    policy::write_sentence(page, depth, sign, statement);
    for (name, value) in policy::unknown_elements(statement) {
        let label = Label { depth: below(depth, sign), sign: "", name, width: 0, remark: "" };
        write(page, &label, value);
    }
}

/// The first field stands beside the bullet or sign, the others below it.
fn write_nameless(page: &mut Page, depth: usize, sign: &str, fields: &Document) {
    let mut block = Page::default();
    write_fields(&mut block, 0, fields);
    for (at, line) in block.into_text().lines().enumerate() {
        let before = if at == 0 { sign } else { "  " };
        page.line(depth, format!("{before}{line}"));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::model::{Address, FactRef};

    use super::*;

    fn check(value: &Value, expected: &str) {
        let mut page = Page::default();
        write(&mut page, &Label { depth: 0, sign: "", name: "f", width: 1, remark: "" }, value);
        assert_eq!(page.into_text(), expected);
    }

    #[test]
    fn a_text_is_quoted_only_where_it_would_be_mistaken() {
        check(&json!("arn:aws:sqs:*"), "f  arn:aws:sqs:*\n");
        check(&json!(5), "f  5\n");
        check(&json!("5"), "f  \"5\"\n");
        check(&json!("true"), "f  \"true\"\n");
        check(&json!(""), "f  \"\"\n");
        check(&json!(" a"), "f  \" a\"\n");
        check(&json!("(known after apply)"), "f  \"(known after apply)\"\n");
        check(&json!("\u{1b}[31mred"), "f  \"\\u001b[31mred\"\n");
    }

    #[test]
    fn short_lists_stand_beside_their_name_and_long_ones_below() {
        check(&json!([]), "f  []\n");
        check(&json!(["a", 1]), "f  [a, 1]\n");
        let long = "x".repeat(80);
        check(&json!([long]), &format!("f  [{long}]\n"));
        check(&json!([long, "b"]), &format!("f\n  • {long}\n  • b\n"));
        check(&json!([{ "id": "old", "days": 1 }]), "f\n  • old\n      days  1\n      id    old\n");
    }

    #[test]
    fn nothing_of_a_text_is_lost() {
        check(&json!("one\n  two\n"), "f\n  one\n    two\n");
        check(&json!("one\r\ntwo"), "f  \"one\\r\\ntwo\"\n");
    }

    #[test]
    fn a_pending_fact_reads_as_the_reference_that_it_stands_for() {
        let fact = FactRef { address: Address::new("key"), fact: "arn".into() }.marker();
        check(&json!(format!("{fact}/*")), "f  ${key.arn}/* (known after apply)\n");
    }
}
