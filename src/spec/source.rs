//! A text that the user wrote, and places in it.
//!
//! Every value of the spec carries a [`Mark`], so that a problem found late
//! (by a schema, by a kind, in a pattern's innards) still points at the
//! characters that caused it.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::model::Location;

/// One text: a file, a built-in pattern, or the value of a `--var`.
#[derive(Debug)]
pub(super) struct Source {
    /// As people know it: the path that they gave, or `<pattern claim_check>`.
    pub(super) name: String,
    /// Where it was read from. `None` for what did not come from a file.
    pub(super) path: Option<PathBuf>,
    lines: Vec<Line>,
}

/// A line, and how many characters it has: counting them for every mark would
/// take hours where a megabyte stands in one line.
#[derive(Debug)]
struct Line {
    text: String,
    length: usize,
}

/// Longest line that a diagnostic repeats. Generated files may be one line.
const LONGEST_SHOWN: usize = 500;

impl Source {
    /// A source that was read from a file.
    pub(super) fn file(name: impl Into<String>, path: &Path, text: &str) -> Arc<Self> {
        Arc::new(Self { name: name.into(), path: Some(path.to_owned()), lines: lines_of(text) })
    }

    /// A source that has no file.
    pub(super) fn text(name: impl Into<String>, text: &str) -> Arc<Self> {
        Arc::new(Self { name: name.into(), path: None, lines: lines_of(text) })
    }

    /// The mark of the beginning: for problems of the text as a whole.
    pub(super) fn start(self: &Arc<Self>) -> Mark {
        self.mark(1, 1, 1)
    }

    /// A mark in this text. Out-of-range numbers end up at the nearest place
    /// that exists: a parser may report the end of input one line too far.
    pub(super) fn mark(self: &Arc<Self>, line: usize, column: usize, width: usize) -> Mark {
        let line = line.clamp(1, self.lines.len().max(1));
        let length = self.length(line);
        let column = column.clamp(1, length + 1);
        let width = width.clamp(1, (length + 1 - column).max(1));
        Mark { source: Arc::clone(self), line, column, width }
    }

    fn line(&self, line: usize) -> &str {
        self.lines.get(line - 1).map_or("", |line| line.text.as_str())
    }

    fn length(&self, line: usize) -> usize {
        self.lines.get(line - 1).map_or(0, |line| line.length)
    }

    /// The line from a column on.
    fn tail(&self, line: usize, column: usize) -> &str {
        let (text, before) = (self.line(line), column - 1);
        let is_ascii = text.len() == self.length(line);
        let start = if is_ascii {
            before
        } else {
            text.char_indices().nth(before).map_or(text.len(), |(byte, _)| byte)
        };
        text.get(start..).unwrap_or_default()
    }
}

fn lines_of(text: &str) -> Vec<Line> {
    let line = |text: &str| Line { text: text.to_owned(), length: text.chars().count() };
    text.strip_prefix('\u{feff}').unwrap_or(text).lines().map(line).collect()
}

/// A place in a [`Source`]. Counts as [`Location`] does.
#[derive(Clone)]
pub(super) struct Mark {
    pub(super) source: Arc<Source>,
    line: usize,
    column: usize,
    width: usize,
}

impl Mark {
    /// Whether a diagnostic points here.
    pub(super) fn is_at(&self, location: &Location) -> bool {
        (self.line, self.column) == (location.line, location.column)
            && self.source.name == location.file
    }

    /// Whether it stands in the same file, and not above.
    pub(super) fn is_below(&self, other: &Self) -> bool {
        self.line >= other.line && self.source.name == other.source.name
    }

    /// For a diagnostic.
    pub(super) fn location(&self) -> Location {
        let is_shown = self.source.length(self.line) <= LONGEST_SHOWN;
        let text = if is_shown { self.source.line(self.line) } else { "" };
        Location {
            file: self.source.name.clone(),
            line: self.line,
            column: self.column,
            width: self.width,
            text: text.to_owned(),
        }
    }

    /// The characters that are marked.
    pub(super) fn text(&self) -> String {
        self.source.tail(self.line, self.column).chars().take(self.width).collect()
    }

    /// The whole of its line.
    pub(super) fn line_start(&self) -> Self {
        self.source.mark(self.line, 1, usize::MAX)
    }

    /// Whether it is where what stands behind a key begins: on its line, or below it
    /// with nothing between but blank lines and comments.
    pub(super) fn follows(&self, key: &Self) -> bool {
        let says = |line: usize| {
            let text = self.source.line(line).trim_start();
            !text.is_empty() && !text.starts_with('#')
        };
        self.is_below(key) && !(key.line + 1..self.line).any(says)
    }

    /// Where it is, for who looks for it: what is no text of lines has no line.
    pub(super) fn place(&self) -> String {
        let has_lines = self.source.path.is_some() || self.source.name.starts_with('<');
        if has_lines { self.to_string() } else { self.source.name.clone() }
    }

    /// The first tab that indents its line, from the line of this mark on to the
    /// next that says anything.
    pub(super) fn tab_below(&self) -> Option<Self> {
        let said = |line: &usize| !self.source.line(*line).trim().is_empty();
        let lines = (self.line..=self.source.lines.len()).filter(said).take(2);
        lines.into_iter().find_map(|line| {
            let text = self.source.line(line);
            let indentation = &text[..text.len() - text.trim_start().len()];
            let tab = indentation.chars().position(|character| character == '\t')?;
            let tabs = indentation.chars().skip(tab).take_while(|c| *c == '\t').count();
            Some(self.source.mark(line, tab + 1, tabs))
        })
    }

    /// The first place from this mark on where the text reads `needle`; the
    /// mark itself if there is none. For the offender within a longer text.
    pub(super) fn narrowed_to(&self, needle: &str) -> Self {
        // A mark to the end of its line may be the first line of a block.
        let to_end = self.column + self.width > self.source.length(self.line);
        let last = if to_end { self.source.lines.len() } else { self.line };
        for line in self.line..=last {
            let first = if line == self.line { self.column } else { 1 };
            let tail = self.source.tail(line, first);
            if let Some(at) = tail.find(needle) {
                let column = first + tail[..at].chars().count();
                return self.source.mark(line, column, needle.chars().count());
            }
        }
        self.clone()
    }
}

/// `stacks/dev.yaml:12`, as it is spoken of in running text.
impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.source.name, self.line)
    }
}

/// Short, because trees of thousands of marks are printed in failing tests.
impl fmt::Debug for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}+{}", self.source.name, self.line, self.column, self.width)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_stays_within_its_text() {
        let source = Source::text("a.yaml", "key: value\nlast");
        let beyond = source.mark(9, 9, 9).location();
        assert_eq!((beyond.line, beyond.column, beyond.width), (2, 5, 1));
        assert_eq!(beyond.text, "last");
    }

    #[test]
    fn a_very_long_line_is_not_repeated() {
        let text = format!("{}\n{}", "x".repeat(LONGEST_SHOWN), "y".repeat(LONGEST_SHOWN + 1));
        let source = Source::text("a.yaml", &text);
        assert_eq!(source.mark(1, 7, 1).location().text.len(), LONGEST_SHOWN);
        let long = source.mark(2, 7, 1).location();
        assert_eq!((long.column, long.text.as_str()), (7, ""));
    }

    #[test]
    fn a_mark_narrows_to_what_is_wrong_within_it() {
        let source = Source::text("a.yaml", "arn: \"über ${x.y} end\"");
        let narrow = source.mark(1, 6, 40).narrowed_to("${x.y}").location();
        assert_eq!((narrow.column, narrow.width), (12, 6));
    }
}
