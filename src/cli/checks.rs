//! The checks that there are, and the words in which the command line speaks of
//! them.

use std::sync::LazyLock;

use clap::ValueEnum;

use crate::aws::behaviours;
use crate::model::{CheckInfo, Level};
use crate::verify::{CONFORMANCE, RULES};

/// Every check there is: conformance, rules, behaviours, each sorted by id.
pub fn checks() -> Vec<CheckInfo> {
    let mut checks = vec![CONFORMANCE];
    checks.extend(RULES.iter().map(|rule| rule.info));
    checks.extend(behaviours::INFOS);
    checks
}

/// What a stack file may skip.
pub(crate) static IDS: LazyLock<Vec<&'static str>> =
    LazyLock::new(|| checks().iter().map(|check| check.id).collect());

/// The levels of findings, as words of the command line.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Severity {
    /// Everything
    Note,
    /// What is a weakness, or worse
    Warning,
    /// What is broken, or open
    Error,
}

impl From<Severity> for Level {
    fn from(severity: Severity) -> Self {
        match severity {
            Severity::Note => Self::Note,
            Severity::Warning => Self::Warning,
            Severity::Error => Self::Error,
        }
    }
}
