//! Findings as workflow commands of GitHub Actions: lines on standard output
//! that appear beside the stack file's lines in a review.

use std::cmp::Reverse;

use crate::model::{Inspected, Level, Verdict};
use crate::report::phrases::tame;
use crate::report::workflow::annotation;

use super::{InspectionRecord, details};

/// A line for each finding, for each check that could not look, and for what was
/// not exercised; the worst
/// first, because GitHub shows ten of a level for each step and drops the rest.
pub fn github_annotations(record: &InspectionRecord<'_>) -> String {
    let mut results: Vec<&Inspected> = record.results.iter().collect();
    // Stable: within a level they stay in order.
    results.sort_by_key(|result| Reverse(level(result)));
    results.into_iter().flat_map(|result| lines(record, result)).collect()
}

/// Not to have looked is as bad as it gets.
fn level(result: &Inspected) -> Level {
    match result.verdict {
        Verdict::CouldNotLook { .. } => Level::Error,
        Verdict::Passed
        | Verdict::Noted { .. }
        | Verdict::Failed { .. }
        | Verdict::Skipped { .. } => result.level,
        // Nobody's fault.
        Verdict::NotExercised { .. } => Level::Note,
    }
}

fn lines(record: &InspectionRecord<'_>, result: &Inspected) -> Vec<String> {
    let line = |location, title: &str, text: &str| {
        annotation(level(result), (location, Some(record.file)), title, text)
    };
    match &result.verdict {
        Verdict::Passed | Verdict::Skipped { .. } => Vec::new(),
        Verdict::NotExercised { reason } => {
            let title = format!("{} not exercised", result.check);
            let text = format!("{}: {}", tame(&result.subject), tame(reason));
            vec![line(record.location_of_result(result), &title, &text)]
        }
        Verdict::Noted { findings } | Verdict::Failed { findings } => findings
            .iter()
            .map(|finding| {
                let hint = record.hint(&result.check, finding);
                let text = details::with_hint(details::in_a_line(finding), hint);
                line(record.location_of(&finding.address), &result.check, &text)
            })
            .collect(),
        Verdict::CouldNotLook { error } => {
            let title = format!("{} could not look", result.check);
            let text = format!("{}: {}", tame(&result.subject), tame(&error.to_string()));
            let text = details::with_hint(text, error.hint.as_deref());
            vec![line(record.location_of_result(result), &title, &text)]
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::report::fixtures::inspections;

    use super::*;

    #[test]
    fn findings_are_annotations_the_worst_first() {
        let told = github_annotations(&inspections::mixed().record());
        insta::assert_snapshot!("annotations_mixed", told);
        assert_eq!(github_annotations(&inspections::well().record()), "");
    }
}
