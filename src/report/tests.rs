//! Every window with hostile words wherever words of others may be: nothing that
//! it tells can hide, turn around or forge a line, or give an order.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::fixtures::{self, Paper, Screen, inspections, laced};
use super::pane::{kept, told};
use super::*;
use crate::model::{Diagnostic, Found, Holder, Lease, Location, Lock};

/// All that must not arrive, behind a word.
const POISON: &str = "\n::error::x\n  ::set-output name=a::b\n##[error]y ##vso[z]\u{1b}[2J\u{1b}[8m\
    \u{1b}]0;t\u{7}\u{9b}31m\u{202e}\u{2066}\u{200b}\u{2028}\u{feff}\r\u{7f}\u{0}\nFORGED line";

/// The text behind the pane, as a person or a runner gets it.
fn check(window: &str, text: &str) {
    for colour in [true, false] {
        let text = told(text, colour);
        // Of our colours nothing is left but their codes.
        let text = fixtures::plain(&text);
        let bad = text.chars().find(|c| {
            (c.is_control() && *c != '\n')
                || "\u{202e}\u{2066}\u{200b}\u{2028}\u{feff}".contains(*c)
        });
        assert_eq!(bad, None, "{window}: {text}");
        assert!(!text.contains("##[") && !text.contains("##vso["), "{window}: {text}");
        for line in text.lines() {
            assert!(!line.trim_start().starts_with("::"), "{window}: {line}");
            assert!(!line.starts_with("FORGED"), "{window}: {line}");
        }
    }
    assert!(text.contains("FORGED"), "{window} tells nothing hostile: {text}");
}

/// What programs read says the same behind the pane as before.
fn check_json(window: &str, text: &str) {
    for line in told(text, false).lines().zip(text.lines()) {
        assert!(!line.0.contains(['\u{202e}', '\u{7f}', '\u{9b}']), "{window}: {}", line.0);
    }
    check_quietly(window, &told(text, false));
    let whole = |text: &str| {
        serde_json::Deserializer::from_str(text).into_iter::<Value>().collect::<Result<Vec<_>, _>>()
    };
    assert_eq!(whole(&told(text, false)).unwrap(), whole(text).unwrap(), "{window}");
}

fn check_quietly(window: &str, text: &str) {
    assert!(!text.contains("##[") && !text.contains("##vso["), "{window}: {text}");
    assert!(text.lines().all(|line| !line.trim_start().starts_with("::")), "{window}: {text}");
}

#[test]
fn plans() {
    for plan in [fixtures::all_new(), fixtures::mixed(), fixtures::all_gone()] {
        let mut plan = laced(&plan, POISON);
        for change in &mut plan.changes {
            change.notes.push(format!("note{POISON}"));
        }
        check("plan", &plan_text(&plan, PlanDetail::FULL));
        check("plan", &plan_text(&plan, PlanDetail::CHANGES));
        let remarks = [Diagnostic::warning(format!("a{POISON}")).hint(format!("b{POISON}"))];
        let record = PlanRecord { warnings: &remarks, refusals: &remarks, ..PlanRecord::of(&plan) };
        check_json("plan --json", &plan_json(record));
        let text = kept(&plan_md(record));
        assert!(!text.contains(['\u{1b}', '\u{202e}', '\u{7f}', '\u{9b}']), "plan.md: {text}");
        for line in diagnostics_github(&remarks).lines() {
            assert!(line.starts_with("::warning "), "{line}");
        }
    }
}

#[test]
fn outputs() {
    let outputs = BTreeMap::from([
        (format!("a{POISON}"), json!({ POISON: [POISON, POISON], "b": POISON })),
        ("c".to_owned(), json!(POISON)),
    ]);
    check("output", &outputs_text(&outputs));
    check_json("output --format json", &outputs_json(&outputs));
}

#[test]
fn runs() {
    let all =
        [fixtures::smooth(), fixtures::failing(), fixtures::crashing(), fixtures::interrupted()];
    let plan = laced(&fixtures::all_new(), POISON);
    for events in all {
        let events: Vec<_> = events.iter().map(|event| laced(event, POISON)).collect();
        let (log, lines, screen) = (Paper::default(), Paper::default(), Screen::default());
        let mut record = RunRecord::default();
        let mut views = FanOut::new()
            .with(&mut record)
            .with(Plain::new(Box::new(log.clone())))
            .with(JsonLines::new(Box::new(lines.clone())).of(vec![PlanRecord::of(&plan)]))
            .with(Live::new(Box::new(screen.clone()), true));
        fixtures::watch(&mut views, &events);
        drop(views);
        check("progress", &log.raw());
        check_json("progress --json", &lines.raw());
        check("live progress", &screen.written());
        assert_eq!(
            told(&screen.written(), true),
            screen.written(),
            "it is behind the pane already"
        );
        let outputs = BTreeMap::from([("a".to_owned(), json!(POISON))]);
        for run in [RunOf::Apply, RunOf::Destroy] {
            check("summary", &summary_text(&record, run, &outputs, &format!("ccprov{POISON}")));
        }
        check_json("trace", &trace_json(record.ended(), std::time::Duration::ZERO, &[]));
    }
}

#[test]
fn inspections() {
    let mut sample = inspections::mixed();
    let notices: Vec<_> = sample.notices().iter().map(|notice| laced(notice, POISON)).collect();
    sample.results = sample.results.iter().map(|result| laced(result, POISON)).collect();
    let record = sample.record();
    let (log, lines, screen) = (Paper::default(), Paper::default(), Screen::default());
    let mut views: [Box<dyn InspectionView + '_>; 3] = [
        Box::new(PlainInspection::new(Box::new(log.clone()))),
        Box::new(JsonInspection::new(Box::new(lines.clone()), record.origins)),
        Box::new(LiveInspection::new(Box::new(screen.clone()), true)),
    ];
    for view in &mut views {
        for notice in &notices {
            view.show(notice);
        }
        view.finish(&record);
    }
    drop(views);
    check("inspection", &log.raw());
    check_json("verify --json", &lines.raw());
    check("live inspection", &screen.written());
    check("verify", &verify_text(&record));
    check_json("results.json", &results_json(&record));
    check_json("results.sarif", &sarif_json(&record));
    for (window, text) in [("junit.xml", junit_xml(&record)), ("summary.md", summary_md(&record))] {
        let text = kept(&text);
        assert!(!text.contains(['\u{1b}', '\u{202e}', '\u{7f}', '\u{9b}']), "{window}: {text}");
    }
    for line in github_annotations(&record).lines() {
        let (_, order) = line.split_once("::").unwrap();
        assert!(["error ", "warning ", "notice "].iter().any(|it| order.starts_with(it)), "{line}");
    }
}

#[test]
fn diagnostics() {
    let location = Location {
        file: format!("stacks/dev{POISON}.yaml"),
        line: 3,
        column: 1,
        width: 4,
        text: POISON.replace('\n', " "),
    };
    let problem = Diagnostic::error(format!("summary{POISON}"))
        .because(format!("detail{POISON}"))
        .hint(format!("hint{POISON}"));
    let nowhere = Location { text: String::new(), ..location.clone() };
    for problem in [problem.clone(), problem.clone().at(Some(location)), problem.at(Some(nowhere))]
    {
        check("diagnostics", &diagnostics_text(std::slice::from_ref(&problem)));
        check_json("diagnostics --json", &diagnostics_json(&[problem]));
    }
}

#[test]
fn leases() {
    let lease = Lease {
        format: Lease::FORMAT.into(),
        stack: "claims".into(),
        holder: Holder { process: "ada".into(), caller: "arn".into() },
        command: "ccprov apply".into(),
        since: "2026-01-31T10:00:00Z".into(),
        lifetime_seconds: 60,
        nonce: "n".into(),
        renewals: 3,
    };
    let found =
        Found { lease: laced(&lease, POISON), version: "v".into(), age: std::time::Duration::ZERO };
    let lock = Lock { bucket: "ops-locks".into(), key: "claims.lease".into(), account: None };
    check("lease", &lease_text(&found, &lock));
    check("lease", &lease_holder(&found));
}
