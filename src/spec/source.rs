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
    lines: Vec<String>,
}

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
        let length = self.line(line).chars().count();
        let column = column.clamp(1, length + 1);
        let width = width.clamp(1, (length + 1 - column).max(1));
        Mark { source: Arc::clone(self), line, column, width }
    }

    fn line(&self, line: usize) -> &str {
        self.lines.get(line - 1).map_or("", String::as_str)
    }
}

fn lines_of(text: &str) -> Vec<String> {
    text.strip_prefix('\u{feff}').unwrap_or(text).lines().map(str::to_owned).collect()
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
    /// For a diagnostic.
    pub(super) fn location(&self) -> Location {
        Location {
            file: self.source.name.clone(),
            line: self.line,
            column: self.column,
            width: self.width,
            text: self.source.line(self.line).to_owned(),
        }
    }

    /// The characters that are marked.
    pub(super) fn text(&self) -> String {
        self.source.line(self.line).chars().skip(self.column - 1).take(self.width).collect()
    }

    /// The first place from this mark on where the text reads `needle`; the
    /// mark itself if there is none. For the offender within a longer text.
    pub(super) fn narrowed_to(&self, needle: &str) -> Self {
        // A mark to the end of its line may be the first line of a block.
        let end = self.source.line(self.line).chars().count();
        let to_end = self.column + self.width > end;
        let last = if to_end { self.source.lines.len() } else { self.line };
        for line in self.line..=last {
            let before = if line == self.line { self.column - 1 } else { 0 };
            let tail: String = self.source.line(line).chars().skip(before).collect();
            if let Some(at) = tail.find(needle) {
                let column = before + 1 + tail[..at].chars().count();
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
    fn a_mark_narrows_to_what_is_wrong_within_it() {
        let source = Source::text("a.yaml", "arn: \"über ${x.y} end\"");
        let narrow = source.mark(1, 6, 40).narrowed_to("${x.y}").location();
        assert_eq!((narrow.column, narrow.width), (12, 6));
    }
}
