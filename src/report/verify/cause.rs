//! Why a behaviour is not as it should be, guessed from what else is wrong.
//!
//! A behaviour sees that nothing arrives; a comparison or a rule sees why.

use crate::model::{Address, CheckKind, Finding, Inspected, Level};

use super::InspectionRecord;

/// The first error that a comparison or a rule found at a resource that the
/// behaviour is about. A comparison comes first: what was changed behind the
/// stack file's back is often the reason for what the rules complain of.
pub(super) fn most_likely<'a>(
    record: &InspectionRecord<'a>,
    result: &Inspected,
) -> Option<(&'a Inspected, &'a Finding)> {
    if result.kind != CheckKind::Behaviour {
        return None;
    }
    let concerned = addresses(result);
    let is_static = |other: &&Inspected| match other.kind {
        CheckKind::Conformance | CheckKind::Rule => other.level == Level::Error,
        CheckKind::Behaviour => false,
    };
    let mut errors: Vec<&Inspected> = record.results.iter().filter(is_static).collect();
    errors.sort_by_key(|other| other.kind);
    errors.into_iter().find_map(|other| {
        let found =
            other.verdict.findings().iter().find(|found| concerned.contains(&found.address));
        found.map(|finding| (other, finding))
    })
}

/// The resources that a result names.
fn addresses(result: &Inspected) -> Vec<Address> {
    let words = result.subject.split([' ', ',']).filter(|word| !word.is_empty());
    let blamed = result.verdict.findings().iter().map(|finding| finding.address.clone());
    blamed.chain(words.map(Address::new)).collect()
}

#[cfg(test)]
mod tests {
    use crate::report::fixtures::inspections;

    use super::*;

    /// What is blamed for the result of a subject.
    fn check(sample: &inspections::Sample, subject: &str, expected: Option<&str>) {
        let record = sample.record();
        let result = sample.results.iter().rfind(|result| result.subject == subject).unwrap();
        let cause = most_likely(&record, result).map(|(_, finding)| finding.message.as_str());
        assert_eq!(cause, expected, "{subject}");
    }

    #[test]
    fn an_error_at_a_resource_of_the_path_explains_it() {
        let mut sample = inspections::mixed();
        let drift = Some("delay_seconds is not as declared");
        check(&sample, "claimcheck.queue to claimcheck.dlq", drift);
        check(&sample, "elsewhere", None);
        sample.results.reverse();
        sample.results.retain(|result| result.kind != CheckKind::Conformance);
        check(&sample, "claimcheck.queue to claimcheck.dlq", None);
    }

    #[test]
    fn a_weakness_explains_nothing_and_no_rule_needs_a_cause() {
        let sample = inspections::mixed();
        check(&sample, "audit", None);
        check(&sample, "old", None);
    }
}
