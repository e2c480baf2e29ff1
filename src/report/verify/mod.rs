//! How an inspection is told: to people, to pipelines, and while it runs.
//!
//! Every form is a pure function of one [`InspectionRecord`], so that they
//! cannot disagree. None knows a cloud, a clock or a file: what they tell of
//! the time is handed in, and where their text goes is up to the front desk.

mod annotations;
mod blocks;
mod cause;
mod details;
mod junit;
mod markdown;
mod pages;
mod progress;
mod results_json;
mod sarif;
mod text;
mod xml;

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use crate::model::{
    Address, CheckInfo, CloudError, Finding, Inspected, Level, Location, Origin, Place, Verdict,
};

pub use annotations::github_annotations;
pub use blocks::{Alike, alike};
pub use junit::junit_xml;
pub use markdown::summary_md;
pub use pages::{check_page, checks_json, checks_page, checks_text};
pub use progress::{
    InspectionView, JsonInspection, LiveInspection, PlainInspection, VERIFY_FORMAT,
};
pub use results_json::{RESULTS_FORMAT, results_json};
pub(super) use results_json::{TellFound, tell_found};
pub use sarif::sarif_json;
pub use text::{rules_text, verify_text};

/// An inspection that is over, with all that there is to tell of it.
#[derive(Clone, Copy, Debug)]
pub struct InspectionRecord<'a> {
    /// The stack's name.
    pub stack: &'a str,
    /// Account and region.
    pub place: &'a Place,
    /// The stack file as the user named it: to blame where no line is known.
    pub file: &'a str,
    /// Where resources are written.
    pub origins: &'a BTreeMap<Address, Origin>,
    /// What the checks say of themselves: those that ran at least.
    pub checks: &'a [CheckInfo],
    /// When it began, in UTC as RFC 3339 has it: `2026-01-31T10:00:00Z`.
    pub started: &'a str,
    /// How long it took.
    pub took: Duration,
    /// What came of it.
    pub results: &'a [Inspected],
    /// Findings that are less bad are noted, and fail nothing.
    pub fail_on: Level,
    /// What stands in the way of removing what exercises made. No verdict
    /// depends on it.
    pub left_behind: &'a [CloudError],
}

impl<'a> InspectionRecord<'a> {
    /// How many checks came to what.
    pub fn totals(&self) -> InspectionTotals {
        let mut totals = InspectionTotals::default();
        self.results.iter().for_each(|result| totals.add(result));
        totals
    }

    /// Where a resource is written, or else the nearest thing around it.
    fn origin_of(&self, address: &Address) -> Option<&'a Origin> {
        nearest(self.origins, address)
    }

    /// The line of it.
    fn location_of(&self, address: &Address) -> Option<&'a Location> {
        self.origin_of(address).map(|origin| &origin.at)
    }

    /// The YAML that puts a finding right, as its file spells it.
    fn patch(&self, finding: &Finding) -> Option<String> {
        patch(self.origins, finding)
    }

    /// Where the first resource stands that a result is about.
    fn location_of_result(&self, result: &Inspected) -> Option<&'a Location> {
        if let Some(finding) = result.verdict.findings().first() {
            return self.location_of(&finding.address);
        }
        let first = result.subject.split([' ', ',']).next().unwrap_or_default();
        self.location_of(&Address::new(first))
    }

    /// What a check says of itself.
    fn info(&self, check: &str) -> Option<&'a CheckInfo> {
        self.checks.iter().find(|info| info.id == check)
    }

    /// What to try about a finding: its own idea, or else the check's remedy.
    fn hint<'b>(&self, check: &str, finding: &'b Finding) -> Option<&'b str>
    where
        'a: 'b,
    {
        finding.hint.as_deref().or_else(|| self.info(check).map(|info| info.remedy))
    }
}

/// Where a resource is written, or else the nearest thing around it.
fn nearest<'a>(origins: &'a BTreeMap<Address, Origin>, address: &Address) -> Option<&'a Origin> {
    let mut name = address.as_str();
    loop {
        if let Some(origin) = origins.get(&Address::new(name)) {
            return Some(origin);
        }
        name = name.rsplit_once('.')?.0;
    }
}

/// The YAML that puts a finding right, as the file spells it that it is for.
fn patch(origins: &BTreeMap<Address, Origin>, finding: &Finding) -> Option<String> {
    let patch = finding.patch.as_deref()?;
    let origin = nearest(origins, &finding.address);
    Some(origin.map_or_else(|| patch.to_owned(), |origin| origin.spelled(patch)))
}

/// How many checks came to what. A check of several subjects counts for each.
/// As text it leaves out what is noted: that is no part of the result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct InspectionTotals {
    /// What holds.
    pub passed: usize,
    /// What does not, and is too mild to fail.
    pub noted: usize,
    /// What does not.
    pub failed: usize,
    /// What the stack file leaves out, and what cannot be exercised here.
    pub skipped: usize,
    /// What nobody knows.
    pub not_looked_at: usize,
}

impl InspectionTotals {
    /// Whether everything that matters was seen to hold.
    pub fn is_success(self) -> bool {
        self.failed == 0 && self.not_looked_at == 0
    }

    fn add(&mut self, result: &Inspected) {
        let total = match result.verdict {
            Verdict::Passed => &mut self.passed,
            Verdict::Noted { .. } => &mut self.noted,
            Verdict::Failed { .. } => &mut self.failed,
            Verdict::Skipped { .. } | Verdict::NotExercised { .. } => &mut self.skipped,
            Verdict::CouldNotLook { .. } => &mut self.not_looked_at,
        };
        *total += 1;
    }

    /// How many checks there were.
    pub fn all(self) -> usize {
        self.passed + self.noted + self.failed + self.skipped + self.not_looked_at
    }
}

impl fmt::Display for InspectionTotals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { passed, noted: _, failed, skipped, not_looked_at } = self;
        write!(f, "{passed} passed, {failed} failed, {skipped} skipped, ")?;
        write!(f, "{not_looked_at} not looked at")
    }
}

#[cfg(test)]
mod tests {
    use crate::report::fixtures::inspections;

    use super::*;

    #[test]
    fn a_resource_without_a_line_stands_where_its_pattern_does() {
        let sample = inspections::mixed();
        let record = sample.record();
        let line = |address: &str| record.location_of(&Address::new(address)).map(|it| it.line);
        assert_eq!(line("audit"), Some(14));
        assert_eq!(line("claimcheck.role.batch"), Some(6));
        assert_eq!(line("elsewhere.audit"), None);
    }

    #[test]
    fn nothing_is_counted_twice() {
        let sample = inspections::mixed();
        let totals = sample.record().totals();
        assert_eq!(totals.to_string(), "8 passed, 7 failed, 2 skipped, 2 not looked at");
        assert_eq!(totals.all(), sample.results.len());
    }

    #[test]
    fn not_to_have_looked_is_no_success() {
        let totals = InspectionTotals { passed: 1, not_looked_at: 1, ..Default::default() };
        assert!(!totals.is_success());
        assert!(InspectionTotals { passed: 1, skipped: 1, ..Default::default() }.is_success());
    }
}
