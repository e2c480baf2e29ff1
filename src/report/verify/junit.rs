//! An inspection as `JUnit` XML, for Jenkins, GitLab, Azure, `CircleCI`, Buildkite.
//!
//! One suite for the stack, one case for each result. `failure` is a finding,
//! `error` that nobody could look: the two are never mixed. A case has at most
//! one of them, because readers take the first. GitLab shows their text and
//! not their `message`; so the text says it all. `file` and `line` of a case
//! are read by GitLab and others; the strict schema of Jenkins' xUnit plugin
//! (not of its `JUnit` plugin) is alone in not knowing them.

use std::time::Duration;

use crate::model::{CheckKind, Inspected, Verdict};
use crate::report::phrases::tame;

use super::blocks::Block;
use super::xml::Xml;
use super::{InspectionRecord, details};

/// The whole inspection as a document of `JUnit` XML.
pub fn junit_xml(record: &InspectionRecord<'_>) -> String {
    let totals = record.totals();
    let tests = totals.all().to_string();
    let failures = totals.failed.to_string();
    let errors = totals.not_looked_at.to_string();
    let skipped = totals.skipped.to_string();
    let time = seconds(record.took);
    let counts =
        [("tests", tests.as_str()), ("failures", &failures), ("errors", &errors), ("time", &time)];
    let more =
        [("skipped", skipped.as_str()), ("timestamp", record.started), ("file", record.file)];
    let mut xml = Xml::new();
    xml.open("testsuites", &[&[("name", "ccprov verify")], &counts[..]].concat());
    xml.open("testsuite", &[&[("name", record.stack)], &counts[..], &more[..]].concat());
    xml.open("properties", &[]);
    for (name, value) in [("account", &record.place.account), ("region", &record.place.region)] {
        xml.leaf("property", &[("name", name), ("value", value)], "");
    }
    xml.close();
    for result in record.results {
        write_case(&mut xml, record, result);
    }
    let left: Vec<String> = record.left_behind.iter().map(details::left_behind).collect();
    if !left.is_empty() {
        xml.leaf("system-err", &[], &left.join("\n"));
    }
    xml.close();
    xml.close();
    xml.into_text()
}

fn write_case(xml: &mut Xml, record: &InspectionRecord<'_>, result: &Inspected) {
    let name = format!("{} {}", result.check, tame(&result.subject));
    let class = format!("{}.{}", record.stack, class(result.kind));
    let location = record.location_of_result(result);
    let file = location.map_or(record.file, |location| &location.file);
    let line = location.map(|location| location.line.to_string());
    let time = seconds(result.took);
    let mut attributes =
        vec![("classname", class.as_str()), ("name", &name), ("time", &time), ("file", file)];
    attributes.extend(line.as_deref().map(|line| ("line", line)));
    xml.open("testcase", &attributes);
    let level = details::word(result.level);
    match &result.verdict {
        // A note is no failure: its text is that of a test that passed.
        Verdict::Passed | Verdict::Noted { .. } => {}
        Verdict::Failed { findings } => {
            let message = details::in_short(findings);
            let text = details::plain(record, &Block::of(result));
            xml.leaf("failure", &[("message", &message), ("type", level)], &text);
        }
        Verdict::Skipped { reason } | Verdict::NotExercised { reason } => {
            xml.leaf("skipped", &[("message", &tame(reason))], "");
        }
        Verdict::CouldNotLook { error } => {
            let kind = if error.code.is_empty() { "NoAnswer" } else { &error.code };
            let message = tame(&error.to_string());
            let text = details::plain(record, &Block::of(result));
            xml.leaf("error", &[("message", &message), ("type", kind)], &text);
        }
    }
    let out = system_out(record, result);
    if !out.is_empty() {
        xml.leaf("system-out", &[], &out);
    }
    xml.close();
}

/// All that was seen and noted, and the request id for the support case.
fn system_out(record: &InspectionRecord<'_>, result: &Inspected) -> String {
    if let Verdict::Noted { .. } = result.verdict {
        return details::plain(record, &Block::of(result));
    }
    let mut lines = details::observed(&result.observations);
    if let Verdict::CouldNotLook { error } = &result.verdict
        && let Some(id) = &error.request_id
    {
        lines.push(format!("request id {} of {}", tame(id), error.operation));
    }
    lines.join("\n")
}

fn class(kind: CheckKind) -> &'static str {
    match kind {
        CheckKind::Conformance => "conformance",
        CheckKind::Rule => "rule",
        CheckKind::Behaviour => "behaviour",
    }
}

/// `1.234`: no unit, no grouping, a point wherever one lives.
fn seconds(length: Duration) -> String {
    format!("{}.{:03}", length.as_secs(), length.subsec_millis())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use roxmltree::{Document, Node};

    use crate::report::fixtures::inspections;

    use super::*;

    type Names = &'static [&'static str];

    /// What may stand where, as the schema `junit-10.xsd` of Jenkins' xUnit
    /// plugin has it, as far as we write it: element, attributes that must be
    /// there, attributes that may, elements inside.
    const GRAMMAR: &[(&str, Names, Names, Names)] = &[
        ("testsuites", &[], &["name", "time", "tests", "failures", "errors"], &["testsuite"]),
        (
            "testsuite",
            &["name", "tests", "failures", "errors"],
            &["time", "skipped", "timestamp", "file"],
            &["properties", "testcase", "system-err"],
        ),
        ("properties", &[], &[], &["property"]),
        ("property", &["name", "value"], &[], &[]),
        // `file` and `line` are those of GitLab and pytest.
        (
            "testcase",
            &["name"],
            &["classname", "time", "file", "line"],
            &["failure", "error", "skipped", "system-out"],
        ),
        ("failure", &[], &["message", "type"], &[]),
        ("error", &[], &["message", "type"], &[]),
        ("skipped", &[], &["message", "type"], &[]),
        ("system-out", &[], &[], &[]),
        ("system-err", &[], &[], &[]),
    ];

    /// What is wrong with an element and all within.
    fn faults(node: Node<'_, '_>) -> Vec<String> {
        let name = node.tag_name().name();
        let Some((_, must, may, inside)) = GRAMMAR.iter().find(|(known, ..)| *known == name) else {
            return vec![format!("unknown element {name}")];
        };
        let missing = must.iter().filter(|key| node.attribute(**key).is_none());
        let mut faults: Vec<String> = missing.map(|key| format!("{name} without {key}")).collect();
        for attribute in node.attributes() {
            let key = attribute.name();
            if !must.contains(&key) && !may.contains(&key) {
                faults.push(format!("{name} with {key}"));
            }
            let is_number = |text: &str| text.parse::<f64>().is_ok_and(|it| it >= 0.0);
            let counts = ["tests", "failures", "errors", "skipped", "time", "line"];
            if counts.contains(&key) && !is_number(attribute.value()) {
                faults.push(format!("{key} is no number: {}", attribute.value()));
            }
        }
        for child in node.children().filter(Node::is_element) {
            let child_name = child.tag_name().name();
            if !inside.contains(&child_name) {
                faults.push(format!("{child_name} within {name}"));
            }
            faults.extend(self::faults(child));
        }
        faults
    }

    fn check(xml: &str, expected: &[&str]) {
        let document = Document::parse(xml).unwrap();
        assert_eq!(faults(document.root_element()), expected);
    }

    #[test]
    fn every_report_keeps_to_the_grammar() {
        for sample in [inspections::mixed(), inspections::well(), inspections::nothing()] {
            check(&junit_xml(&sample.record()), &[]);
        }
        insta::assert_snapshot!("junit_mixed", junit_xml(&inspections::mixed().record()));
    }

    #[test]
    fn the_grammar_refuses_what_the_schema_refuses() {
        check("<testsuites skipped='1'/>", &["testsuites with skipped"]);
        check(
            "<testsuite name='' tests='' failures='0'/>",
            &["testsuite without errors", "tests is no number: "],
        );
        check("<failure><b/></failure>", &["b within failure", "unknown element b"]);
    }

    #[test]
    fn the_counts_are_those_of_the_cases() {
        let xml = junit_xml(&inspections::mixed().record());
        let document = Document::parse(&xml).unwrap();
        let mut counted: BTreeMap<&str, usize> = BTreeMap::new();
        for node in document.descendants().filter(Node::is_element) {
            *counted.entry(node.tag_name().name()).or_default() += 1;
        }
        let suite = document.descendants().find(|node| node.has_tag_name("testsuite")).unwrap();
        for (attribute, element) in [
            ("tests", "testcase"),
            ("failures", "failure"),
            ("errors", "error"),
            ("skipped", "skipped"),
        ] {
            let told = suite.attribute(attribute).map(|count| count.parse().unwrap());
            assert_eq!(told, counted.get(element).copied(), "{attribute}");
        }
    }

    #[test]
    fn a_message_arrives_as_it_was() {
        let xml = junit_xml(&inspections::mixed().record());
        let document = Document::parse(&xml).unwrap();
        let messages: Vec<&str> =
            document.descendants().filter_map(|node| node.attribute("message")).collect();
        assert!(
            messages.contains(&"the body came back as <&\">]]> instead of the claim"),
            "{messages:?}"
        );
    }
}
