//! Lines of text with indentation: what every text view is built on.

use super::pane::one_line;

/// The depth of what belongs to a line at some depth that begins with a sign, or
/// with none: signs are as wide as one depth.
pub(super) fn below(depth: usize, sign: &str) -> usize {
    if sign.is_empty() { depth + 1 } else { depth + 2 }
}

/// A text under construction. A depth of one is two columns.
#[derive(Default)]
pub(super) struct Page {
    text: String,
}

impl Page {
    /// One more line, and no more than one: a line feed within a name draws no
    /// line of its own.
    pub(super) fn line(&mut self, depth: usize, text: impl AsRef<str>) {
        let text = text.as_ref();
        if !text.is_empty() {
            self.text.push_str(&"  ".repeat(depth));
            self.text.push_str(&one_line(text));
        }
        self.text.push('\n');
    }

    /// A text of ours as it stands, line feeds and all.
    pub(super) fn verbatim(&mut self, text: impl AsRef<str>) {
        self.text.push_str(text.as_ref());
        self.text.push('\n');
    }

    /// An empty line between what is there and what follows; never two, and
    /// none at the top.
    pub(super) fn gap(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    /// Every line of a text of several lines.
    pub(super) fn lines(&mut self, depth: usize, text: &str) {
        for line in text.lines() {
            self.line(depth, line);
        }
    }

    /// The whole text; every line ends in a line feed.
    pub(super) fn into_text(self) -> String {
        self.text
    }
}
