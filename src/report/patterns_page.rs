//! Patterns: a page of Markdown for each that is built in (`docs/patterns/*.md`),
//! and the same on a terminal (`ccprov patterns`).

use crate::model::{PatternInfo, PatternPart};

use super::page::Page;
use super::pane::{foreign, one_line};
use super::schema::{Field, fields};
use super::style::{FAINT, HINT, STRONG, paint};

/// Every pattern with what it is for, one a line.
pub fn patterns_text(patterns: &[PatternInfo]) -> String {
    let width = patterns.iter().map(|pattern| pattern.name.chars().count()).max().unwrap_or(0);
    let mut page = Page::default();
    for PatternInfo { name, summary, .. } in patterns {
        let gap = " ".repeat(width - name.chars().count());
        page.line(0, format!("{}{gap}  {}", paint(STRONG, foreign(name)), foreign(summary)));
    }
    page.into_text()
}

/// One pattern on a terminal, with colour codes. What a file of others says does
/// nothing to it.
pub fn pattern_text(pattern: &PatternInfo) -> String {
    let mut page = Page::default();
    page.line(
        0,
        format!("{}: {}", paint(STRONG, foreign(&pattern.name)), foreign(&pattern.summary)),
    );
    if let Some(example) = &pattern.example {
        section(&mut page, "Example");
        page.lines(1, example);
    }
    section(&mut page, "Parameters, under `with:`");
    for field in parameters(pattern) {
        let shape = paint(FAINT, foreign(&terms(&field).join(", ")));
        page.line(1, format!("{}  {shape}", paint(STRONG, foreign(&field.path))));
        page.lines(3, &foreign(&field.description));
    }
    section(&mut page, "Outputs, to refer to as ${NAME.output}");
    for output in &pattern.outputs {
        page.line(1, paint(STRONG, foreign(output)));
    }
    section(&mut page, "Resources, to refer to as ${NAME.resource.fact}");
    for PatternPart { name, kind, varies } in &pattern.resources {
        let when = if *varies { paint(FAINT, " (depends on parameters)") } else { String::new() };
        page.line(1, format!("{}  {}{when}", paint(STRONG, foreign(name)), foreign(kind)));
    }
    page.into_text()
}

fn section(page: &mut Page, title: &str) {
    page.gap();
    page.verbatim(paint(HINT, title));
}

/// One pattern as a page of Markdown.
pub fn pattern_page(pattern: &PatternInfo) -> String {
    let PatternInfo { name, summary, example, .. } = pattern;
    let mut page = Page::default();
    page.verbatim(format!("# {name}\n\n{summary}\n"));
    if let Some(example) = example {
        page.verbatim(format!("## Example\n\n```yaml\n{example}```\n"));
    }
    page.verbatim("## Parameters\n\nWhat may stand under `with:`.\n");
    page.verbatim("| Parameter | Type | Default | Bounds | |\n| --- | --- | --- | --- | --- |");
    for field in parameters(pattern) {
        let default = match &field.default {
            Some(default) => format!("`{}`", cell(default)),
            None if field.required => "required".to_owned(),
            None => String::new(),
        };
        let (shape, bounds) = (cell(&field.shape), cell(&field.bounds.join(", ")));
        let text = cell(&field.description);
        page.verbatim(format!("| `{}` | {shape} | {default} | {bounds} | {text} |", field.path));
    }
    page.verbatim("\n## Outputs\n\nWhat may be referred to as `${NAME.output}`.\n");
    for output in &pattern.outputs {
        page.verbatim(format!("- `{output}`"));
    }
    page.verbatim("\n## Resources\n\nTheir facts may be referred to as `${NAME.resource.fact}`.\n");
    for PatternPart { name, kind, varies } in &pattern.resources {
        let when = if *varies { ", depending on the parameters" } else { "" };
        page.verbatim(format!("- `{name}`: [{kind}](../kinds/{kind}.md){when}"));
    }
    page.into_text()
}

/// The parameters, with their types in the words of pattern files; first those that must be given.
fn parameters(pattern: &PatternInfo) -> Vec<Field> {
    let mut parameters = fields(&pattern.parameters);
    parameters.sort_by_key(|parameter| !parameter.required);
    for parameter in &mut parameters {
        if parameter.shape == "object" {
            "map".clone_into(&mut parameter.shape);
        }
    }
    parameters
}

/// What there is to say of a parameter beside its name.
fn terms(field: &Field) -> Vec<String> {
    let mut terms = vec![field.shape.clone()];
    terms.extend(field.required.then(|| "required".to_owned()));
    terms.extend(field.default.as_ref().map(|default| format!("default {default}")));
    terms.extend(field.bounds.iter().map(|bound| one_line(bound).clone()));
    terms
}

/// A text within a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::report::fixtures::plain;

    use super::*;

    fn mailbox() -> PatternInfo {
        PatternInfo {
            name: "mailbox".into(),
            summary: "A queue with its dead-letter queue.".into(),
            parameters: json!({
                "type": "object",
                "required": ["queue_name"],
                "properties": {
                    "queue_name": { "type": "string", "pattern": "^a|b$", "description": "Its name." },
                    "tries": { "type": "integer", "minimum": 1, "maximum": 9, "default": 5 },
                },
            }),
            outputs: vec!["queue.arn".into(), "url".into()],
            resources: vec![
                PatternPart { name: "dlq".into(), kind: "sqs_queue".into(), varies: false },
                PatternPart { name: "key".into(), kind: "kms_key".into(), varies: true },
            ],
            example: Some("stack: a\nresources: {}\n".into()),
        }
    }

    #[test]
    fn a_pattern_fills_a_page() {
        insta::assert_snapshot!("pattern_page", pattern_page(&mailbox()));
        insta::assert_snapshot!("pattern_text", plain(&pattern_text(&mailbox())));
    }

    #[test]
    fn patterns_are_a_list() {
        let own = PatternInfo { name: "./a.yaml".into(), summary: "Mine.".into(), ..mailbox() };
        assert_eq!(
            plain(&patterns_text(&[mailbox(), own])),
            "mailbox   A queue with its dead-letter queue.\n./a.yaml  Mine.\n"
        );
    }

    #[test]
    fn what_others_wrote_does_nothing_to_a_terminal() {
        let hostile = PatternInfo { summary: "\u{1b}[2J\u{202e}".into(), ..mailbox() };
        assert!(!plain(&pattern_text(&hostile)).contains(['\u{1b}', '\u{202e}']));
    }
}
