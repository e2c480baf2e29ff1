//! A problem that a person has to act on, with its place and what to try.

use serde::{Deserialize, Serialize};

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Nothing goes on.
    Error,
    /// Goes on, but ought to be seen.
    Warning,
}

/// Where in a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Location {
    /// The file as the user named it.
    pub file: String,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// How many characters the offender spans on its first line; at least 1.
    pub width: usize,
    /// The whole of that line, for the snippet; empty if it is too long to show.
    pub text: String,
}

/// One problem. Problems are collected, not thrown: a file with five mistakes
/// gets five diagnostics.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnostic {
    /// How bad.
    pub severity: Severity,
    /// What is wrong: a lowercase sentence without a full stop.
    pub summary: String,
    /// Where, if it stands in a file.
    pub location: Option<Location>,
    /// Why it is wrong, when the summary does not say it all.
    pub detail: Option<String>,
    /// What to try, one idea each.
    pub hints: Vec<String>,
}

impl Diagnostic {
    /// An error without a place.
    pub fn error(summary: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            summary: summary.into(),
            location: None,
            detail: None,
            hints: Vec::new(),
        }
    }

    /// A warning without a place.
    pub fn warning(summary: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(summary) }
    }

    /// The same at a place.
    #[must_use]
    pub fn at(mut self, location: Option<Location>) -> Self {
        self.location = location;
        self
    }

    /// The same with a reason.
    #[must_use]
    pub fn because(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// The same with one more thing to try.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// The same beside those of other stacks, if there are any: where no place says so, the
    /// stack does.
    #[must_use]
    pub fn of_stack(self, stack: Option<&str>) -> Self {
        match (stack, &self.location) {
            (Some(stack), None) => {
                Self { summary: format!("stack {stack}: {}", self.summary), ..self }
            }
            (Some(_) | None, _) => self,
        }
    }
}
