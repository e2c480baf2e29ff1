//! What the rules have in common: their list, what they say of the stacks that
//! come with ccprov, and how their own tests look at them.

mod examples;
pub(crate) mod system;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::Path;

use serde_json::json;

use super::{RULES, Rule};
use crate::aws::AwsCatalog;
use crate::model::{Address, Diagnostic, Finding, Level, Mask, Place, Scene};
use crate::spec::{self, Checked, Inputs};

/// A golden text: reviewed as a file, without the call that made it.
macro_rules! golden {
    ($text:expr) => {
        insta::with_settings!({ omit_expression => true }, { insta::assert_snapshot!($text) })
    };
}
pub(super) use golden;

/// A stack file, checked.
pub(super) fn checked(path: &Path, checks: &[&str]) -> Result<Checked, Vec<Diagnostic>> {
    let mask = Mask::default();
    let env = |name: &str| Ok(Some(format!("the {name} of a test")));
    let inputs = Inputs {
        vars: BTreeMap::new(),
        ambient: BTreeMap::new(),
        files: &[],
        env: &env,
        checks,
        mask: &mask,
    };
    let place = Place {
        partition: "aws".into(),
        account: "123456789012".into(),
        region: "us-east-1".into(),
        endpoint: None,
    };
    let file = spec::load(path, &inputs)?;
    // Where a file says otherwise, it is right.
    let region = file.region().map_or(place.region.clone(), str::to_owned);
    spec::check(&file, &Place { region, ..place }, &AwsCatalog::new(), &inputs)
}

/// What a stack file wants.
pub(super) fn desired(path: &Path) -> Scene {
    let checked = checked(path, &[]).unwrap();
    Scene::desired(&checked.stack, &AwsCatalog::new())
}

/// These resources.
pub(crate) fn scene(resources: &str) -> Scene {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("stack.yaml");
    let indented =
        resources.trim().lines().fold(String::new(), |text, line| text + "  " + line + "\n");
    std::fs::write(&path, format!("stack: dev\nregion: us-east-1\nresources:\n{indented}"))
        .unwrap();
    desired(&path)
}

/// These resources, as they may live: `queue` has a dead-letter queue that no stack
/// file may name.
pub(super) fn redriven(resources: &str, to: &str) -> Scene {
    let mut scene = scene(resources);
    let queue = scene.exhibits.get_mut(&Address::new("queue")).unwrap();
    let redrive = json!({ "dead_letter_queue": to, "max_receive_count": 3 });
    queue.document.insert("redrive_policy".into(), redrive);
    scene
}

/// What a rule says of several stacks.
pub(super) fn told(rule: &Rule, stacks: &[(&str, &str)]) -> String {
    let scenes: Vec<(&str, Scene)> =
        stacks.iter().map(|(title, resources)| (*title, scene(resources))).collect();
    told_of(rule, &scenes)
}

/// What a rule says of several scenes.
pub(super) fn told_of(rule: &Rule, scenes: &[(&str, Scene)]) -> String {
    let mut text = String::new();
    for (title, scene) in scenes {
        let judgement = (rule.judge)(scene);
        let subjects: Vec<&str> = judgement.0.iter().map(|it| it.subject.as_str()).collect();
        writeln!(text, "## {title}\n{}", subjects.join(", ")).unwrap();
        for finding in judgement.findings() {
            tell(finding, &mut text);
        }
        text.push('\n');
    }
    text
}

/// A finding with all that it has.
pub(super) fn tell(finding: &Finding, text: &mut String) {
    let Finding { address, path, message, expected, actual, hint, patch, level } = finding;
    writeln!(text, "- {address}: {message}").unwrap();
    let path = path.as_ref().map(ToString::to_string);
    let level = level.map(|level| format!("{level:?}").to_lowercase());
    let [expected, actual] = [expected, actual].map(|it| it.as_ref().map(ToString::to_string));
    for (name, line) in [
        ("level", level.as_ref()),
        ("at", path.as_ref()),
        ("expected", expected.as_ref()),
        ("actual", actual.as_ref()),
        ("hint", hint.as_ref()),
    ] {
        if let Some(line) = line {
            writeln!(text, "  {name}: {line}").unwrap();
        }
    }
    for line in patch.iter().flat_map(|patch| patch.lines()) {
        writeln!(text, "  | {line}").unwrap();
    }
}

/// The stacks that come with ccprov.
pub(super) fn shipped(name: &str) -> Scene {
    desired(&Path::new(env!("CARGO_MANIFEST_DIR")).join("stacks").join(name))
}

#[test]
fn rules_are_sorted_and_have_one_id_each() {
    let ids: Vec<&str> = RULES.iter().map(|rule| rule.info.id).collect();
    assert!(ids.is_sorted(), "{ids:?}");
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
}

#[test]
fn texts_are_of_one_form() {
    for Rule { info, because, .. } in RULES {
        for text in [info.summary, info.risk, info.remedy, *because] {
            assert!(
                text.ends_with('.') && text.starts_with(char::is_uppercase),
                "{}: {text}",
                info.id
            );
        }
    }
}

/// The first word of a rule's reason is its level, so that the two cannot part.
#[test]
fn every_level_has_a_reason() {
    for Rule { info, because, .. } in RULES {
        let level = match info.level {
            Level::Note => "A note",
            Level::Warning => "A warning",
            Level::Error => "An error",
        };
        let reason = because.strip_prefix(level).unwrap_or_default();
        assert!(reason.starts_with([':', ' ']), "{}: {because}", info.id);
    }
}

/// Rules that nothing of those stacks concerns.
const IDLE: &[&str] = &[
    "alarm_metric",
    "alarm_path",
    "broker_access",
    "called_fifo",
    "composite_children",
    "consumer_lag",
    "delay",
    "environment_access",
    "event_key",
    "event_loop",
    "event_pattern",
    "failure_destination",
    "filter_policy",
    "function_image",
    "function_role",
    "kafka_network",
    "kafka_support",
    "kafka_versions",
    "log_group_key",
    "machine_access",
    "machine_role",
    "machine_surplus",
    "mapping_concurrency",
    "mapping_visibility",
    "open_ingress",
    "partial_failures",
    "rules_of_group",
    "shared_role",
    "topic_replication",
    "two_readers",
    "undelivered_events",
];

#[test]
fn the_stacks_that_come_along_are_sound() {
    for name in ["dev.yaml", "prod.yaml"] {
        let scene = shipped(name);
        for rule in RULES {
            let judgement = (rule.judge)(&scene);
            // Nobody filters there, holds messages back, is alarmed, or runs a function.
            let is_idle = IDLE.contains(&rule.info.id);
            let has_subject = !judgement.0.is_empty() || is_idle;
            assert!(has_subject, "{} looks at something of {name}", rule.info.id);
            let found = judgement.findings();
            assert!(found.is_empty(), "{} in {name}: {found:?}", rule.info.id);
        }
    }
}
