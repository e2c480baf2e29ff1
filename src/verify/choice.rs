//! Which checks are run, and what comes of what they find.

use std::collections::BTreeSet;

use crate::model::{CheckInfo, Finding, Level, Verdict};

/// Which checks to run.
#[derive(Clone, Debug)]
pub struct Choice {
    /// These alone; all where it is empty.
    pub only: BTreeSet<String>,
    /// Not these.
    pub skip: BTreeSet<String>,
    /// Not those whose findings are less bad.
    pub least: Level,
    /// What is less bad than this is noted, and fails nothing.
    pub fail_on: Level,
}

impl Choice {
    /// All checks; notes fail nothing.
    pub const ALL: Self = Self {
        only: BTreeSet::new(),
        skip: BTreeSet::new(),
        least: Level::Note,
        fail_on: Level::Warning,
    };

    /// Whether a check is chosen.
    pub fn takes(&self, info: &CheckInfo) -> bool {
        self.takes_one(info, None, info.level)
    }

    /// Whether one subject of a check is chosen, which may have a name and a level of
    /// its own.
    pub(super) fn takes_one(&self, info: &CheckInfo, name: Option<&str>, level: Level) -> bool {
        let named = |names: &BTreeSet<String>| {
            names.contains(info.id) || name.is_some_and(|name| names.contains(name))
        };
        (self.only.is_empty() || named(&self.only)) && !named(&self.skip) && level >= self.least
    }

    /// What findings of a level come to.
    pub(super) fn verdict(&self, level: Level, findings: Vec<Finding>) -> Verdict {
        match (findings.is_empty(), level >= self.fail_on) {
            (true, _) => Verdict::Passed,
            (false, true) => Verdict::Failed { findings },
            (false, false) => Verdict::Noted { findings },
        }
    }
}
