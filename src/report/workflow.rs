//! Workflow commands of GitHub Actions: lines of a log that appear beside the
//! lines of a file in a review.

use crate::model::{Diagnostic, Level, Location, Severity};

use super::pane::foreign;

/// A line for each diagnostic, errors before warnings, because GitHub shows ten
/// of a level for each step and drops the rest.
pub fn diagnostics_github(diagnostics: &[Diagnostic]) -> String {
    let mut sorted: Vec<&Diagnostic> = diagnostics.iter().collect();
    // Stable: within a severity they stay in order.
    sorted.sort_by_key(|diagnostic| diagnostic.severity);
    sorted.into_iter().map(of_diagnostic).collect()
}

fn of_diagnostic(diagnostic: &Diagnostic) -> String {
    let Diagnostic { severity, summary, location, detail, hints } = diagnostic;
    let level = match severity {
        Severity::Error => Level::Error,
        Severity::Warning => Level::Warning,
    };
    let notes = detail.iter().map(|detail| format!("\nnote: {detail}"));
    let helps = hints.iter().map(|hint| format!("\nhelp: {hint}"));
    let more: String = notes.chain(helps).collect();
    let message = foreign(&format!("{summary}{more}"));
    annotation(level, (location.as_ref(), None), "ccprov", &message)
}

/// `::error file=stacks/dev.yaml,line=6,title=retention::audit: ...`.
///
/// Where there is no location, the first line of the file is meant; where there
/// is no file either, the run as a whole.
pub(super) fn annotation(
    level: Level,
    (location, file): (Option<&Location>, Option<&str>),
    title: &str,
    message: &str,
) -> String {
    let command = match level {
        Level::Note => "notice",
        Level::Warning => "warning",
        Level::Error => "error",
    };
    let place = match (location, file) {
        (Some(Location { file, line, column, width, .. }), _) => {
            let (file, end) = (property(file), column + width);
            format!("file={file},line={line},col={column},endColumn={end},")
        }
        (None, Some(file)) => format!("file={},line=1,", property(file)),
        (None, None) => String::new(),
    };
    format!("::{command} {place}title={}::{}\n", property(title), data(message))
}

/// As the runner takes it back apart: `%` and line ends are encoded.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// In a property, its separators are encoded, too.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_message_can_end_its_line_or_begin_a_property() {
        let place = (None, Some("a:b,c%.yaml"));
        let text = annotation(Level::Note, place, "x,line=9::", "1%\r\n::error::");
        assert_eq!(
            text,
            "::notice file=a%3Ab%2Cc%25.yaml,line=1,title=x%2Cline=9%3A%3A::1%25%0D%0A::error::\n"
        );
    }

    #[test]
    fn problems_are_annotations_errors_first() {
        let at = Location {
            file: "stacks/dev.yaml".into(),
            line: 10,
            column: 5,
            width: 3,
            text: "    abc: 1".into(),
        };
        let told = diagnostics_github(&[
            Diagnostic::warning("q: letters get lost").because("they expire").hint("keep them"),
            Diagnostic::error("unknown field `abc`").at(Some(at)),
        ]);
        assert_eq!(
            told,
            "::error file=stacks/dev.yaml,line=10,col=5,endColumn=8,title=ccprov::unknown field `abc`\n\
             ::warning title=ccprov::q: letters get lost%0Anote: they expire%0Ahelp: keep them\n"
        );
    }
}
