//! The words of an inspection: what is checked, and what came of it.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Address, CloudError, Path};

/// How a check finds out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckKind {
    /// Compares what is declared with what lives.
    Conformance,
    /// Judges documents; calls nobody.
    Rule,
    /// Exercises the system and watches what it does.
    Behaviour,
}

/// How bad a finding is. The words, and their order, are those of SARIF.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Worth knowing.
    Note,
    /// A weakness: it works, until something else happens.
    Warning,
    /// Broken, or open.
    Error,
}

/// One check, as its page in `docs/checks/` tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CheckInfo {
    /// For example `delivery_path`.
    pub id: &'static str,
    /// How it finds out.
    pub kind: CheckKind,
    /// How bad a finding is.
    pub level: Level,
    /// What holds where it passes: one sentence.
    pub summary: &'static str,
    /// What happens where it does not hold: one sentence.
    pub risk: &'static str,
    /// What to do about it: one sentence.
    pub remedy: &'static str,
}

/// One thing that is not as it should be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// The resource that has to change.
    pub address: Address,
    /// The field of it, if one is to blame.
    pub path: Option<Path>,
    /// What is wrong: a lowercase sentence without a full stop.
    pub message: String,
    /// What was expected, where there is a value to show.
    pub expected: Option<Value>,
    /// What was seen instead.
    pub actual: Option<Value>,
    /// What to try: the check's remedy, or something nearer.
    pub hint: Option<String>,
    /// YAML that puts it right, to be pasted into the stack file.
    pub patch: Option<String>,
    /// How bad it is, where that is milder than its check's level.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<Level>,
}

impl Finding {
    /// What is wrong with a resource.
    pub fn new(address: &Address, message: impl Into<String>) -> Self {
        Self {
            address: address.clone(),
            path: None,
            message: message.into(),
            expected: None,
            actual: None,
            hint: None,
            patch: None,
            level: None,
        }
    }

    /// The same, in one field.
    #[must_use]
    pub fn at(mut self, path: Path) -> Self {
        self.path = Some(path);
        self
    }

    /// The same with something to try.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same, worth knowing and no more.
    #[must_use]
    pub fn as_note(mut self) -> Self {
        self.level = Some(Level::Note);
        self
    }

    /// The same with what puts it right.
    #[must_use]
    pub fn patch(mut self, yaml: impl Into<String>) -> Self {
        self.patch = Some(yaml.into());
        self
    }
}

/// What a check came to. Not to have seen is never to have passed.
///
/// Whether a finding fails or is only noted is decided once, by who inspects,
/// and from its level: every form of report then says the same.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Verdict {
    /// It holds.
    Passed,
    /// It does not, and that is worth knowing: it fails nothing.
    Noted {
        /// Why: at least one.
        findings: Vec<Finding>,
    },
    /// It does not.
    Failed {
        /// Why: at least one.
        findings: Vec<Finding>,
    },
    /// The stack file says that it does not matter.
    Skipped {
        /// As the stack file has it.
        reason: String,
    },
    /// It cannot be exercised here, which is nobody's fault: nothing was seen.
    NotExercised {
        /// Why not: a phrase.
        reason: String,
    },
    /// Nobody knows.
    CouldNotLook {
        /// What stood in the way.
        error: Box<CloudError>,
    },
}

impl Verdict {
    /// What was found, whether it fails or not.
    pub fn findings(&self) -> &[Finding] {
        match self {
            Self::Noted { findings } | Self::Failed { findings } => findings,
            Self::Passed
            | Self::Skipped { .. }
            | Self::NotExercised { .. }
            | Self::CouldNotLook { .. } => &[],
        }
    }

    /// The same, to be changed.
    pub fn findings_mut(&mut self) -> Option<&mut Vec<Finding>> {
        match self {
            Self::Noted { findings } | Self::Failed { findings } => Some(findings),
            Self::Passed
            | Self::Skipped { .. }
            | Self::NotExercised { .. }
            | Self::CouldNotLook { .. } => None,
        }
    }
}

/// One check of one subject, done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Inspected {
    /// The check's id.
    pub check: String,
    /// How it found out.
    pub kind: CheckKind,
    /// How bad its findings are.
    pub level: Level,
    /// What was checked, for people: an address, or a path of several.
    pub subject: String,
    /// What came of it.
    pub verdict: Verdict,
    /// How long it took.
    pub took: Duration,
    /// What was seen on the way, in order.
    pub observations: Vec<Observation>,
}

/// What a check saw while it waited.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observation {
    /// Since the check began.
    pub at: Duration,
    /// A phrase.
    pub seen: String,
}

/// A check that the stack file leaves out, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skip {
    /// The check's id.
    pub check: String,
    /// Of these resources; of all where there is none.
    pub resources: Vec<Address>,
    /// Only what it finds of these: whom a finding names, with `*` for any text.
    #[serde(default)]
    pub who: Option<String>,
    /// Why: never empty.
    pub reason: String,
}

impl Skip {
    /// Whether it leaves a check of a resource out.
    pub fn covers(&self, check: &str, address: &Address) -> bool {
        self.who.is_none() && self.speaks_of(check, address)
    }

    /// Whether it leaves a finding of a check out.
    pub fn excuses(&self, check: &str, finding: &Finding) -> bool {
        let named = |who: &str| {
            finding.actual.as_ref().and_then(Value::as_str).is_some_and(|it| is_like(who, it))
        };
        self.speaks_of(check, &finding.address) && self.who.as_deref().is_none_or(named)
    }

    fn speaks_of(&self, check: &str, address: &Address) -> bool {
        self.check == check && (self.resources.is_empty() || self.resources.contains(address))
    }
}

/// Whether a text is what a pattern says, in which `*` is any text, also none.
fn is_like(pattern: &str, text: &str) -> bool {
    let Some((begin, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut left) = text.strip_prefix(begin) else { return false };
    loop {
        if is_like(rest, left) {
            return true;
        }
        let mut letters = left.chars();
        if letters.next().is_none() {
            return false;
        }
        left = letters.as_str();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_any_text() {
        for (pattern, text, expected) in [
            ("arn:aws:sqs:*:2:audit", "arn:aws:sqs:us-east-1:2:audit", true),
            ("arn:aws:sqs:*:2:audit", "arn:aws:sqs:us-east-1:3:audit", false),
            ("*", "", true),
            ("a*b*c", "abcbc", true),
            ("a*b*c", "abcb", false),
            ("a", "ab", false),
        ] {
            assert_eq!(is_like(pattern, text), expected, "{pattern} {text}");
        }
    }
}
