//! Problems as people and programs read them: the look of the Rust compiler,
//! all at once, errors before warnings.

use annotate_snippets::{AnnotationKind, Element, Group, Level, Origin, Renderer, Snippet};
use serde::Serialize;

use crate::model::{Diagnostic, Location, Severity};

use super::pane::{foreign, one_line};
use super::phrases::count;
use super::style::{BAD, CHANGE, paint};

/// The version of the form.
pub const DIAGNOSTICS_FORMAT: &str = "ccprov.diagnostics/1";

/// No line is cut to fit a terminal: this is wider than any.
const NO_WIDTH: usize = 10_000;

/// All diagnostics as text with colour codes; the last line counts them.
/// Nothing for none.
pub fn diagnostics_text(diagnostics: &[Diagnostic]) -> String {
    let mut text = String::new();
    let renderer = Renderer::styled().term_width(NO_WIDTH);
    for diagnostic in sorted(diagnostics) {
        text.push_str(&renderer.render(&[group(&harmless(diagnostic))]));
        text.push_str("\n\n");
    }
    let (errors, warnings) = totals(diagnostics);
    let counts = [(errors, "error", BAD), (warnings, "warning", CHANGE)];
    let counts = counts.into_iter().filter(|(number, ..)| *number > 0);
    let counts: Vec<String> =
        counts.map(|(number, noun, style)| paint(style, count(number, noun))).collect();
    if !counts.is_empty() {
        text.push_str(&counts.join(", "));
        text.push('\n');
    }
    text
}

/// All diagnostics as indented JSON, with a line feed at the end.
pub fn diagnostics_json(diagnostics: &[Diagnostic]) -> String {
    let (errors, warnings) = totals(diagnostics);
    let diagnostics = sorted(diagnostics).into_iter().map(TellDiagnostic::from).collect();
    let told = TellDiagnostics { format: DIAGNOSTICS_FORMAT, errors, warnings, diagnostics };
    super::json::indented(&told)
}

fn sorted(diagnostics: &[Diagnostic]) -> Vec<&Diagnostic> {
    let mut sorted: Vec<&Diagnostic> = diagnostics.iter().collect();
    // Stable: within a severity they stay in the order of the file.
    sorted.sort_by_key(|diagnostic| diagnostic.severity);
    sorted
}

/// How many errors and warnings.
fn totals(diagnostics: &[Diagnostic]) -> (usize, usize) {
    let is_error = |diagnostic: &&Diagnostic| diagnostic.severity == Severity::Error;
    let errors = diagnostics.iter().filter(is_error).count();
    (errors, diagnostics.len() - errors)
}

/// The same without what words of others could do in it. The renderer indents
/// what has several lines, and takes care of the line of the file, whose
/// characters it counts.
fn harmless(diagnostic: &Diagnostic) -> Diagnostic {
    let mut harmless = diagnostic.clone();
    harmless.summary = foreign(&diagnostic.summary);
    harmless.detail = diagnostic.detail.as_deref().map(foreign);
    harmless.hints = diagnostic.hints.iter().map(|hint| foreign(hint)).collect();
    if let Some(location) = &mut harmless.location {
        location.file = one_line(&foreign(&location.file));
    }
    harmless
}

fn group(diagnostic: &Diagnostic) -> Group<'_> {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let mut elements: Vec<Element<'_>> = Vec::new();
    elements.extend(diagnostic.location.as_ref().map(place));
    // What to do comes first: many read no further.
    elements.extend(diagnostic.hints.iter().map(|hint| Level::HELP.message(hint).into()));
    elements.extend(diagnostic.detail.as_deref().map(|text| Level::NOTE.message(text).into()));
    Group::with_title(level.primary_title(&diagnostic.summary)).elements(elements)
}

/// The line with what is wrong in it marked, or its number alone where there is
/// no line to show: at the end of a file, or because it is too long.
fn place(location: &Location) -> Element<'_> {
    if location.text.is_empty() {
        let origin = Origin::path(&location.file).line(location.line);
        return origin.char_column(location.column).into();
    }
    snippet(location).into()
}

fn snippet(location: &Location) -> Snippet<'_, annotate_snippets::Annotation<'_>> {
    let first = location.column.saturating_sub(1);
    let start = byte_of(&location.text, first);
    let end = byte_of(&location.text, first + location.width.max(1));
    Snippet::source(&location.text)
        .path(&location.file)
        .line_start(location.line)
        .annotation(AnnotationKind::Primary.span(start..end))
}

/// Where a character begins; the end of the text if it has no such character.
fn byte_of(text: &str, character: usize) -> usize {
    text.char_indices().nth(character).map_or(text.len(), |(byte, _)| byte)
}

#[derive(Serialize)]
struct TellDiagnostics<'a> {
    format: &'static str,
    errors: usize,
    warnings: usize,
    diagnostics: Vec<TellDiagnostic<'a>>,
}

/// One diagnostic, for programs.
#[derive(Serialize)]
pub(super) struct TellDiagnostic<'a> {
    severity: &'static str,
    summary: &'a str,
    location: Option<TellLocation<'a>>,
    detail: Option<&'a str>,
    hints: &'a [String],
}

/// A place in a file, for programs.
#[derive(Serialize)]
pub(super) struct TellLocation<'a> {
    file: &'a str,
    line: usize,
    column: usize,
    width: usize,
    text: &'a str,
}

impl<'a> From<&'a Diagnostic> for TellDiagnostic<'a> {
    fn from(diagnostic: &'a Diagnostic) -> Self {
        Self {
            severity: match diagnostic.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
            },
            summary: &diagnostic.summary,
            location: diagnostic.location.as_ref().map(TellLocation::from),
            detail: diagnostic.detail.as_deref(),
            hints: &diagnostic.hints,
        }
    }
}

impl<'a> From<&'a Location> for TellLocation<'a> {
    fn from(location: &'a Location) -> Self {
        let Location { file, line, column, width, text } = location;
        Self { file, line: *line, column: *column, width: *width, text }
    }
}

#[cfg(test)]
mod tests {
    use crate::report::fixtures::plain;

    use super::*;

    fn at(line: usize, column: usize, width: usize, text: &str) -> Location {
        Location { file: "stacks/dev.yaml".into(), line, column, width, text: text.into() }
    }

    fn problems() -> Vec<Diagnostic> {
        vec![
            Diagnostic::warning("vars.max_receives is never used").at(Some(at(
                4,
                9,
                12,
                "vars: { max_receives: 5 }",
            ))),
            Diagnostic::error("unknown field `visibility_timeout` of sqs_queue")
                .at(Some(at(10, 5, 18, "    visibility_timeout: 30")))
                .hint("did you mean `visibility_timeout_seconds`?"),
            Diagnostic::error("the value is too large")
                .at(Some(at(12, 25, 5, "    name: größe, delay: 90000")))
                .because("delay_seconds of sqs_queue is at most 900")
                .hint("use 900 or less")
                .hint("for longer delays, schedule the message instead"),
            Diagnostic::error("the stack is pinned to account 123456789012")
                .because("the credentials belong to account 000000000000"),
        ]
    }

    #[test]
    fn problems_look_like_those_of_the_compiler() {
        insta::assert_snapshot!("diagnostics", plain(&diagnostics_text(&problems())));
        insta::assert_snapshot!("diagnostics_json", diagnostics_json(&problems()));
    }

    #[test]
    fn no_problems_are_no_text() {
        assert_eq!(diagnostics_text(&[]), "");
    }

    #[test]
    fn a_place_beyond_the_line_is_its_end() {
        let beyond = Diagnostic::error("unexpected end").at(Some(at(1, 40, 9, "short")));
        insta::assert_snapshot!("diagnostics_beyond_the_line", plain(&diagnostics_text(&[beyond])));
    }
}
