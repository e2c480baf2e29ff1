//! An inspection for programs: one JSON document, described in `docs/JSON.md`.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;

use crate::model::document::{shown, shown_value};
use crate::model::{Address, CheckKind, CloudError, Finding, Inspected, Level, Origin, Verdict};
use crate::report::diagnostics::TellLocation;
use crate::report::json::{TellError, indented, seconds};

use super::{InspectionRecord, InspectionTotals, nearest, patch};

/// The version of the form.
pub const RESULTS_FORMAT: &str = "ccprov.results/1";

/// The whole inspection as indented JSON, with a line feed at the end.
pub fn results_json(record: &InspectionRecord<'_>) -> String {
    let totals = record.totals();
    let results = record.results.iter();
    indented(&Tell {
        format: RESULTS_FORMAT,
        stack: record.stack,
        account: &record.place.account,
        region: &record.place.region,
        partition: &record.place.partition,
        file: record.file,
        started_at: record.started,
        took_seconds: record.took,
        success: totals.is_success(),
        totals,
        fail_on: record.fail_on,
        left_behind: record.left_behind.iter().map(TellError::from).collect(),
        results: results.map(|result| TellResult::of(result, record.origins)).collect(),
    })
}

#[derive(Serialize)]
struct Tell<'a> {
    format: &'static str,
    stack: &'a str,
    account: &'a str,
    region: &'a str,
    partition: &'a str,
    file: &'a str,
    started_at: &'a str,
    #[serde(serialize_with = "seconds")]
    took_seconds: Duration,
    success: bool,
    totals: InspectionTotals,
    fail_on: Level,
    left_behind: Vec<TellError<'a>>,
    results: Vec<TellResult<'a>>,
}

/// A result, in the document and in the stream alike.
#[derive(Serialize)]
pub(super) struct TellResult<'a> {
    check: &'a str,
    kind: CheckKind,
    level: Level,
    subject: &'a str,
    #[serde(serialize_with = "seconds")]
    took_seconds: Duration,
    #[serde(flatten)]
    verdict: TellVerdict<'a>,
    observations: Vec<TellObservation<'a>>,
}

/// [`Verdict`] as it is written.
#[derive(Serialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
enum TellVerdict<'a> {
    Passed,
    Noted { findings: Vec<TellFinding<'a>> },
    Failed { findings: Vec<TellFinding<'a>> },
    Skipped { reason: &'a str },
    NotExercised { reason: &'a str },
    CouldNotLook { error: TellError<'a> },
}

#[derive(Serialize)]
struct TellFinding<'a> {
    address: &'a Address,
    path: Option<String>,
    location: Option<TellLocation<'a>>,
    used_at: Option<TellLocation<'a>>,
    message: &'a str,
    expected: Option<Value>,
    actual: Option<Value>,
    hint: Option<&'a str>,
    patch: Option<String>,
}

/// A finding by itself, with the check that found it.
#[derive(Serialize)]
pub(in crate::report) struct TellFound<'a> {
    check: &'a str,
    level: Level,
    #[serde(flatten)]
    finding: TellFinding<'a>,
}

/// The findings of some results, one by one.
pub(in crate::report) fn tell_found<'a>(
    results: &'a [Inspected],
    origins: &'a BTreeMap<Address, Origin>,
) -> Vec<TellFound<'a>> {
    let of_result = |result: &'a Inspected| {
        let findings = match &result.verdict {
            Verdict::Noted { findings } | Verdict::Failed { findings } => findings.as_slice(),
            Verdict::Passed
            | Verdict::Skipped { .. }
            | Verdict::NotExercised { .. }
            | Verdict::CouldNotLook { .. } => &[],
        };
        findings.iter().map(|finding| TellFound {
            check: &result.check,
            level: result.level,
            finding: tell_finding(finding, origins),
        })
    };
    results.iter().flat_map(of_result).collect()
}

#[derive(Serialize)]
struct TellObservation<'a> {
    #[serde(serialize_with = "seconds")]
    at_seconds: Duration,
    seen: &'a str,
}

impl<'a> TellResult<'a> {
    /// A result, its findings placed.
    pub(super) fn of(result: &'a Inspected, origins: &'a BTreeMap<Address, Origin>) -> Self {
        let Inspected { check, kind, level, subject, verdict, took, observations } = result;
        let observations = observations.iter();
        Self {
            check,
            kind: *kind,
            level: *level,
            subject,
            took_seconds: *took,
            verdict: tell(verdict, origins),
            observations: observations
                .map(|seen| TellObservation { at_seconds: seen.at, seen: &seen.seen })
                .collect(),
        }
    }
}

fn tell<'a>(verdict: &'a Verdict, origins: &'a BTreeMap<Address, Origin>) -> TellVerdict<'a> {
    let told = |findings: &'a [Finding]| {
        findings.iter().map(|finding| tell_finding(finding, origins)).collect()
    };
    match verdict {
        Verdict::Passed => TellVerdict::Passed,
        Verdict::Noted { findings } => TellVerdict::Noted { findings: told(findings) },
        Verdict::Failed { findings } => TellVerdict::Failed { findings: told(findings) },
        Verdict::Skipped { reason } => TellVerdict::Skipped { reason },
        Verdict::NotExercised { reason } => TellVerdict::NotExercised { reason },
        Verdict::CouldNotLook { error } => {
            let error: &CloudError = error;
            TellVerdict::CouldNotLook { error: error.into() }
        }
    }
}

fn tell_finding<'a>(
    finding: &'a Finding,
    origins: &'a BTreeMap<Address, Origin>,
) -> TellFinding<'a> {
    let Finding { address, path, message, expected, actual, hint, .. } = finding;
    let origin = nearest(origins, address);
    TellFinding {
        address,
        path: path.as_ref().map(|path| shown(&path.to_string())),
        location: origin.map(|origin| TellLocation::from(&origin.at)),
        used_at: origin.and_then(|origin| origin.used.as_ref()).map(TellLocation::from),
        message,
        expected: expected.as_ref().map(shown_value),
        actual: actual.as_ref().map(shown_value),
        hint: hint.as_deref(),
        patch: patch(origins, finding),
    }
}

#[cfg(test)]
mod tests {
    use crate::report::fixtures::inspections;

    use super::*;

    #[test]
    fn programs_get_everything() {
        let sample = inspections::mixed();
        insta::assert_snapshot!("results_json_mixed", results_json(&sample.record()));
    }

    #[test]
    fn nothing_to_check_is_a_document_all_the_same() {
        let sample = inspections::nothing();
        insta::assert_snapshot!("results_json_nothing", results_json(&sample.record()));
    }
}
