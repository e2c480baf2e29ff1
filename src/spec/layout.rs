//! A file of YAML laid out anew: blanks, line breaks and quotes, and nothing else.
//!
//! A crate does it, and is not believed: what it writes must mean the same, in the same order,
//! with every comment, or it is not taken.

use std::path::Path;
use std::sync::Arc;

use pretty_yaml::config::{FormatOptions, LayoutOptions, LineBreak};
use serde_json::Value as Json;

use super::files;
use super::source::Source;
use super::yaml;
use crate::model::Diagnostic;

/// How long a line may become before what stands in braces or brackets is broken into lines.
const WIDTH: usize = 120;

/// How often a text is laid out until nothing changes any more.
const ROUNDS: usize = 3;

/// The text of a file, and the same laid out.
///
/// # Errors
///
/// That it cannot be read, or is no YAML that a stack file may be.
pub fn lay_out_file(path: &Path) -> Result<(String, String), Diagnostic> {
    let (source, text) = files::read_text(path, &path.display().to_string())?;
    let laid_out = lay_out_source(&source, &text)?;
    Ok((text, laid_out))
}

/// A text laid out; `name` is what messages call it.
///
/// # Errors
///
/// That it is no YAML that a stack file may be.
pub fn lay_out(name: &str, text: &str) -> Result<String, Diagnostic> {
    lay_out_source(&Source::text(name, text), text)
}

fn lay_out_source(source: &Arc<Source>, text: &str) -> Result<String, Diagnostic> {
    let meaning = yaml::parse(source, text)?.to_json();
    let (mark, body) = match text.strip_prefix('\u{feff}') {
        Some(body) => ("\u{feff}", body),
        None => ("", text),
    };
    let mut laid_out = body.to_owned();
    for _ in 0..ROUNDS {
        let again = printed(&laid_out).ok_or_else(|| not_understood(source))?;
        let is_settled = again == laid_out;
        laid_out = again;
        if is_settled {
            return if is_kept(source, body, &meaning, &laid_out) {
                Ok(format!("{mark}{laid_out}"))
            } else {
                Err(not_understood(source))
            };
        }
    }
    Err(not_understood(source))
}

fn printed(text: &str) -> Option<String> {
    let line_break = if text.contains("\r\n") { LineBreak::Crlf } else { LineBreak::Lf };
    let layout = LayoutOptions { print_width: WIDTH, indent_width: 2, line_break };
    let options = FormatOptions { layout, ..FormatOptions::default() };
    pretty_yaml::format_text(text, &options).ok()
}

/// Whether it means the same, and nothing that was written is missing or elsewhere.
fn is_kept(source: &Arc<Source>, before: &str, meaning: &Json, after: &str) -> bool {
    let means = yaml::parse(source, after).map(|node| node.to_json());
    means.is_ok_and(|means| means == *meaning) && ink(before).eq(ink(after))
}

/// What is written, but for blanks, line breaks, quotes and what only separates.
fn ink(text: &str) -> impl Iterator<Item = char> {
    text.chars().filter(|c| !c.is_whitespace() && !matches!(c, '"' | '\'' | ',' | '\\'))
}

fn not_understood(source: &Arc<Source>) -> Diagnostic {
    Diagnostic::error("the file is left as it is: a new layout would not keep all of it")
        .at(Some(source.start().location()))
        .hint("spell what is unusual about it as other YAML does: tags, directives, `? ` keys")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(before: &str, after: &str) {
        assert_eq!(lay_out("a.yaml", before).unwrap(), after);
        assert_eq!(lay_out("a.yaml", after).unwrap(), after, "it is settled");
    }

    #[test]
    fn blanks_go_and_comments_stay() {
        check(
            "# A stack.\nstack:   claims\nvars: { n:3x ,  stage: 'dev'}  # here\n\n\n\nresources:\n    # first\n    queue: {kind: sqs_queue}\n",
            "# A stack.\nstack: claims\nvars: { n:3x, stage: \"dev\" } # here\n\nresources:\n  # first\n  queue: { kind: sqs_queue }\n",
        );
        check("a:\n- 1\n-   b # c\n", "a:\n  - 1\n  - b # c\n");
        check("b: 1\na: 2\n", "b: 1\na: 2\n");
    }

    #[test]
    fn texts_stay_what_they_are() {
        check("a: 'it''s  ${stack}'\nb: \"x\\ty\"\n", "a: 'it''s  ${stack}'\nb: \"x\\ty\"\n");
        check("a: \"012\"\nb: '${x | \"y\"}'\n", "a: \"012\"\nb: '${x | \"y\"}'\n");
        check("a: |\n    x\n      y\n\nb: >-\n    z\n", "a: |\n  x\n    y\n\nb: >-\n  z\n");
        check("base: &q { a: 1 }\nb: { <<: *q }\n", "base: &q { a: 1 }\nb: { <<: *q }\n");
    }

    #[test]
    fn what_is_no_stack_file_is_left_alone() {
        for text in ["a: [", "a: 1\na: 2\n", "a: !!binary x\n"] {
            lay_out("a.yaml", text).unwrap_err();
        }
    }

    #[test]
    fn line_ends_are_kept() {
        check("a:   1\r\nb: 2\r\n", "a: 1\r\nb: 2\r\n");
        check("\u{feff}a:   1\n", "\u{feff}a: 1\n");
    }

    /// Every stack and every example of the house is understood, and settles.
    #[test]
    fn stacks_are_laid_out() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut folders = vec![root.join("stacks"), root.join("src/aws/services")];
        let mut files = 0;
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|end| end == "yaml") {
                    let (_, text) = lay_out_file(&path).unwrap_or_else(|why| panic!("{why:?}"));
                    assert_eq!(lay_out("again", &text).unwrap(), text, "{}", path.display());
                    files += 1;
                }
            }
        }
        assert!(files > 50, "{files}");
    }

    #[test]
    fn what_was_written_is_compared_without_its_dress() {
        assert!(ink("a: 'b' # c").eq(ink("a:\n  \"b\" # c\n")));
        assert!(!ink("a: b # c").eq(ink("a: b")));
    }
}
