//! An inspection as SARIF 2.1.0, for code scanning: findings beside the lines
//! of the stack file.
//!
//! A note is a result of level `note`; readers fail on none.
//!
//! What passed is not listed: the rules say what was looked for, and readers
//! take every result for a complaint. What was skipped is a result that does
//! not apply, suppressed with its reason. What could not look is no result
//! at all but a notification, and the run as a whole was not successful.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::model::document::{shown, shown_value};
use crate::model::{Address, CheckInfo, CloudError, Finding, Inspected, Location, Verdict};
use crate::report::phrases::tame;

use super::{InspectionRecord, details};

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// Names our way of telling findings apart; another way needs another name.
const FINGERPRINT: &str = "ccprovFinding/v1";

/// The whole inspection as indented SARIF, with a line feed at the end.
pub fn sarif_json(record: &InspectionRecord<'_>) -> String {
    let run = json!({
        "tool": { "driver": {
            "name": "ccprov",
            "semanticVersion": env!("CARGO_PKG_VERSION"),
            "rules": record.checks.iter().map(rule).collect::<Vec<Value>>(),
        } },
        "automationDetails": { "id": format!("ccprov-verify/{}/", record.stack) },
        // Our columns count characters.
        "columnKind": "unicodeCodePoints",
        "invocations": [invocation(record)],
        "results": results(record),
        "properties": {
            "stack": record.stack,
            "account": record.place.account,
            "region": record.place.region,
            "tookSeconds": record.took.as_secs_f64(),
            "totals": record.totals(),
        },
    });
    super::super::json::indented(&json!({ "$schema": SCHEMA, "version": "2.1.0", "runs": [run] }))
}

fn rule(info: &CheckInfo) -> Value {
    let CheckInfo { id, kind, level, summary, risk, remedy } = info;
    json!({
        "id": id,
        "shortDescription": { "text": summary },
        "fullDescription": { "text": format!("{summary} Otherwise: {risk}") },
        "help": {
            "text": format!("{risk} {remedy}"),
            "markdown": format!("**If it does not hold:** {risk}\n\n**What to do:** {remedy}"),
        },
        "defaultConfiguration": { "level": details::word(*level) },
        "properties": { "tags": [kind] },
    })
}

fn invocation(record: &InspectionRecord<'_>) -> Value {
    let not_looked: Vec<Value> = record
        .results
        .iter()
        .filter_map(|result| match &result.verdict {
            Verdict::CouldNotLook { error } => Some(notification(record, result, error)),
            Verdict::Passed
            | Verdict::Noted { .. }
            | Verdict::Failed { .. }
            | Verdict::Skipped { .. }
            | Verdict::NotExercised { .. } => None,
        })
        .collect();
    let left = record.left_behind.iter().map(
        |error| json!({ "level": "warning", "message": { "text": details::left_behind(error) } }),
    );
    let notifications: Vec<Value> = not_looked.into_iter().chain(left).collect();
    json!({
        // Whether the tool could do its work, not whether it found something.
        "executionSuccessful": record.totals().not_looked_at == 0,
        "startTimeUtc": record.started,
        "toolExecutionNotifications": notifications,
    })
}

fn notification(record: &InspectionRecord<'_>, result: &Inspected, error: &CloudError) -> Value {
    let text = format!("{}: {}", tame(&result.subject), tame(&error.to_string()));
    let text = details::with_hint(text, error.hint.as_deref());
    json!({
        "level": "error",
        "message": { "text": text },
        "associatedRule": rule_reference(record, &result.check),
        "locations": [location(record, record.location_of_result(result), None)],
        "properties": {
            "subject": result.subject,
            "operation": error.operation,
            "code": error.code,
            "requestId": error.request_id,
        },
    })
}

fn results(record: &InspectionRecord<'_>) -> Vec<Value> {
    let mut seen = Fingerprints::default();
    let mut told = Vec::new();
    for result in record.results {
        match &result.verdict {
            Verdict::Noted { findings } | Verdict::Failed { findings } => {
                let findings = findings.iter();
                told.extend(findings.map(|it| failed(record, result, (it, &mut seen))));
            }
            Verdict::Skipped { reason } => {
                told.push(skipped(record, result, (reason, &mut seen)));
            }
            Verdict::NotExercised { reason } => {
                told.push(not_exercised(record, result, (reason, &mut seen)));
            }
            Verdict::Passed | Verdict::CouldNotLook { .. } => {}
        }
    }
    told
}

fn failed(
    record: &InspectionRecord<'_>,
    result: &Inspected,
    (finding, seen): (&Finding, &mut Fingerprints),
) -> Value {
    let Finding { address, path, expected, actual, .. } = finding;
    let origin = record.origin_of(address);
    let used = origin.and_then(|origin| origin.used.as_ref());
    let related: Vec<Value> =
        used.map(|used| location(record, Some(used), None)).into_iter().collect();
    let hint = record.hint(&result.check, finding);
    let text = details::with_hint(details::in_a_line(finding), hint);
    let path = path.as_ref().map(|path| shown(&path.to_string()));
    let field = path.as_deref().unwrap_or_default();
    json!({
        "ruleId": result.check,
        "rule": rule_reference(record, &result.check),
        "kind": "fail",
        "level": details::word(result.level),
        "message": { "text": text },
        "locations": [location(record, origin.map(|origin| &origin.at), Some(address))],
        // Where the pattern is used that the place is in.
        "relatedLocations": related,
        "partialFingerprints": {
            FINGERPRINT: seen.of(&[record.stack, &result.check, address.as_str(), field]),
        },
        "properties": {
            "subject": result.subject,
            "path": path,
            "expected": expected.as_ref().map(shown_value),
            "actual": actual.as_ref().map(shown_value),
            "patch": record.patch(finding),
        },
    })
}

fn skipped(
    record: &InspectionRecord<'_>,
    result: &Inspected,
    (reason, seen): (&str, &mut Fingerprints),
) -> Value {
    let text = format!("{}: left out by the stack file", tame(&result.subject));
    let mut told = not_applicable(record, result, (text, seen));
    let suppression = json!({ "kind": "external", "status": "accepted", "justification": reason });
    told["suppressions"] = json!([suppression]);
    told
}

/// Nothing could be seen here, and nobody is to blame.
fn not_exercised(
    record: &InspectionRecord<'_>,
    result: &Inspected,
    (reason, seen): (&str, &mut Fingerprints),
) -> Value {
    let text = format!("{}: not exercised: {}", tame(&result.subject), tame(reason));
    not_applicable(record, result, (text, seen))
}

fn not_applicable(
    record: &InspectionRecord<'_>,
    result: &Inspected,
    (text, seen): (String, &mut Fingerprints),
) -> Value {
    json!({
        "ruleId": result.check,
        "rule": rule_reference(record, &result.check),
        "kind": "notApplicable",
        "level": "none",
        "message": { "text": text },
        "locations": [location(record, record.location_of_result(result), None)],
        "partialFingerprints": {
            FINGERPRINT: seen.of(&[record.stack, &result.check, &result.subject, ""]),
        },
    })
}

/// A check by its id, and by its position among the rules if it is there.
fn rule_reference(record: &InspectionRecord<'_>, check: &str) -> Value {
    let mut reference = Map::from_iter([("id".to_owned(), json!(check))]);
    if let Some(index) = record.checks.iter().position(|info| info.id == check) {
        reference.insert("index".into(), json!(index));
    }
    reference.into()
}

/// The place in the stack file; without a line, the file itself, since code
/// scanning refuses a result without a file.
fn location(
    record: &InspectionRecord<'_>,
    place: Option<&Location>,
    address: Option<&Address>,
) -> Value {
    let file = place.map_or(record.file, |place| &place.file);
    let mut physical =
        Map::from_iter([("artifactLocation".to_owned(), json!({ "uri": uri(file) }))]);
    if let Some(Location { line, column, width, .. }) = place {
        let region =
            json!({ "startLine": line, "startColumn": column, "endColumn": column + width });
        physical.insert("region".into(), region);
    }
    let mut location = Map::from_iter([("physicalLocation".to_owned(), physical.into())]);
    if let Some(address) = address {
        let logical = json!([{ "fullyQualifiedName": address, "kind": "resource" }]);
        location.insert("logicalLocations".into(), logical);
    }
    location.into()
}

/// A path as a URI reference: what may not stand in one is percent-encoded.
fn uri(file: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/!$&'()*+,;=@".contains(&byte);
    let path: String = file
        .replace('\\', "/")
        .bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect();
    if path.starts_with('/') { format!("file://{path}") } else { path }
}

/// What a finding is about, without what may change from run to run: the same
/// finding keeps its fingerprint when its message or its line changes. Those
/// that are about the same are told apart by their order.
#[derive(Default)]
struct Fingerprints(BTreeMap<u128, usize>);

impl Fingerprints {
    fn of(&mut self, about: &[&str]) -> String {
        let digest = Sha256::digest(about.join("\0"));
        // Half of it tells apart more findings than there will ever be.
        let half = digest.iter().take(16).fold(0, |half, byte| (half << 8) | u128::from(*byte));
        let times = self.0.entry(half).or_default();
        *times += 1;
        format!("{half:032x}:{times}")
    }
}

#[cfg(test)]
mod tests {
    use crate::report::fixtures::inspections;

    use super::*;

    /// See `tests/it/schemas/README.md`.
    const OFFICIAL: &str = include_str!("../../../tests/it/schemas/sarif-2.1.0.json");

    /// What the schema says against a document.
    fn faults(sarif: &Value) -> Vec<String> {
        // One of its patterns has a bracket too many, which strict readers refuse.
        let mended = OFFICIAL.replace("[a-zA-Z]{2}]?$", "[a-zA-Z]{2}\\\\]?$");
        assert_ne!(mended, OFFICIAL, "the schema does not need mending any more");
        let schema = serde_json::from_str(&mended).unwrap();
        let schema = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
        schema.iter_errors(sarif).map(|fault| fault.to_string()).collect()
    }

    fn told(sample: &inspections::Sample) -> Value {
        serde_json::from_str(&sarif_json(&sample.record())).unwrap()
    }

    #[test]
    fn every_report_keeps_to_the_official_schema() {
        for sample in [inspections::mixed(), inspections::well(), inspections::nothing()] {
            assert_eq!(faults(&told(&sample)), [""; 0]);
        }
    }

    #[test]
    fn the_schema_would_notice() {
        let mut sarif = told(&inspections::mixed());
        sarif["runs"][0]["results"][0]["level"] = json!("fatal");
        sarif["runs"][0]["invocations"][0]["startTimeUtc"] = json!("yesterday");
        sarif["runs"][0]["results"][1]["where"] = json!("here");
        assert_eq!(faults(&sarif).len(), 3, "{:?}", faults(&sarif));
    }

    #[test]
    fn findings_skips_and_failures_to_look_are_three_things() {
        let told = sarif_json(&inspections::mixed().record())
            .replace(concat!("\"", env!("CARGO_PKG_VERSION"), "\""), "\"VERSION\"");
        insta::assert_snapshot!("sarif_mixed", told);
    }

    #[test]
    fn a_finding_keeps_its_fingerprint_when_its_words_change() {
        let prints = |sample: &inspections::Sample| {
            let results = told(sample)["runs"][0]["results"].as_array().unwrap().clone();
            results.iter().map(|it| it["partialFingerprints"].clone()).collect::<Vec<Value>>()
        };
        let mut sample = inspections::mixed();
        let before = prints(&sample);
        for result in &mut sample.results {
            if let Verdict::Failed { findings } = &mut result.verdict {
                for finding in findings {
                    finding.message.push_str(", again");
                }
            }
        }
        assert_eq!(prints(&sample), before);
        let different: std::collections::BTreeSet<String> =
            before.iter().map(Value::to_string).collect();
        assert_eq!(different.len(), before.len());
    }

    #[test]
    fn paths_become_references() {
        assert_eq!(uri("stacks/dev.yaml"), "stacks/dev.yaml");
        assert_eq!(uri("my stacks\\größe #1.yaml"), "my%20stacks/gr%C3%B6%C3%9Fe%20%231.yaml");
        assert_eq!(uri("/srv/dev.yaml"), "file:///srv/dev.yaml");
    }
}
