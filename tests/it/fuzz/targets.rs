//! What must hold for any bytes at all. Each function panics if it does not.
//!
//! The binaries of `fuzz/` are these functions and nothing else, so that what
//! a fuzzer finds on nightly Rust fails here on stable. This file names no
//! other of the tests.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use ccprov::aws::AwsCatalog;
use ccprov::aws::policy::Policy;
use ccprov::model::{Diagnostic, Mask, Place};
use ccprov::plan::{SavedPlan, SavedPlans, Today, held};
use ccprov::report::{PlanDetail, diagnostics_json, diagnostics_text, plan_text};
use ccprov::spec::{self, Inputs};

/// Made once: every kind derives its schema.
static CATALOG: LazyLock<AwsCatalog> = LazyLock::new(AwsCatalog::new);

/// A hundred, and the one that says how many more there are.
const MOST_PROBLEMS: usize = 101;
/// Longest text of a problem, and longest line that is shown with it.
const LONGEST_TEXT: usize = 3_000;

/// A stack file is sound, or somebody is told where it is not.
pub(crate) fn stack_file(bytes: &[u8]) {
    let folder = tempfile::tempdir().expect("a folder");
    // Two folders deep: a stack may read what lies beside its own folder.
    let home = folder.path().join("checkout/stacks");
    fs::create_dir_all(&home).expect("a folder");
    let path = home.join("stack.yaml");
    fs::write(&path, bytes).expect("a file of our own");
    if let Err(problems) = checked(&path) {
        well_told(&problems);
    }
}

/// A text means something wherever a stack file takes one, or somebody is told.
pub(crate) fn references(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    // A text of JSON is one of YAML, in double quotes.
    let text = serde_json::to_string(&text).expect("a text");
    let stack = format!(
        r#"stack: dev
vars: {{ text: hello, number: 5, flag: true, list: [a, b], map: {{ a: 1 }}, own: {text} }}
resources:
  dlq: {{ kind: sqs_queue }}
  each: {{ kind: sqs_queue, for_each: [a, {text}], name: "x-${{each.key}}" }}
  queue:
    kind: sqs_queue
    name: {text}
    delay_seconds: {text}
    when: {text}
    depends_on: [{text}]
    tags: {{ {text}: {text} }}
    policy: {{ Statement: [{{ for_each: {text}, item: {{ Effect: Allow, Action: {text} }} }}] }}
    lifecycle: {{ ignore_changes: [{text}] }}
outputs: {{ out: {text} }}
"#
    );
    stack_file(stack.as_bytes());
}

/// A canonical policy is its own canonical form.
pub(crate) fn policy(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Some(seen) = Policy::seen(text, "aws") {
        is_canonical(&seen);
    }
    if let Ok(wanted) = serde_json::from_str::<Policy>(text) {
        is_canonical(&wanted.in_partition("aws"));
    }
}

/// A plan file is refused, or is read as it was written.
pub(crate) fn plan_file(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Ok(saved) = SavedPlans::read(&text) {
        let again = saved.to_text().expect("what was JSON");
        assert_eq!(SavedPlans::read(&again), Ok(saved));
    }
    let Ok(saved) = SavedPlan::read(&text) else { return };
    let again = serde_json::to_string(&saved).expect("what was JSON");
    let again = SavedPlan::read(&again).expect("what we wrote");
    assert_eq!(again, saved);
    if let Err(refusal) = saved.check(&saved.plan.place) {
        assert_eq!(refusal.hints, ["make the plan again"], "{refusal:?}");
    }
    if let Ok(held) = held(&saved.plan, &Today::default(), &*CATALOG) {
        plan_text(&held.plan, PlanDetail::CHANGES);
    }
}

fn checked(path: &Path) -> Result<(), Vec<Diagnostic>> {
    let environment = |name: &str| Ok((name == "USER").then(|| "jane".to_owned()));
    let mask = Mask::default();
    let inputs = Inputs {
        vars: BTreeMap::new(),
        ambient: BTreeMap::new(),
        files: &[],
        env: &environment,
        checks: &["tls_only"],
        mask: &mask,
    };
    let file = spec::load(path, &inputs)?;
    let place = Place {
        partition: "aws".to_owned(),
        account: file.account().unwrap_or("123456789012").to_owned(),
        region: file.region().unwrap_or("eu-central-1").to_owned(),
        endpoint: None,
    };
    spec::check(&file, &place, &*CATALOG, &inputs)?;
    Ok(())
}

fn well_told(problems: &[Diagnostic]) {
    assert!((1..=MOST_PROBLEMS).contains(&problems.len()), "{} problems", problems.len());
    let is_placed = |problem: &Diagnostic| problem.location.is_some();
    assert!(problems.iter().any(is_placed), "nowhere: {problems:#?}");
    for problem in problems {
        let line = problem.location.as_ref().map(|at| &at.text);
        let texts = [Some(&problem.summary), problem.detail.as_ref(), line];
        for text in texts.into_iter().flatten().chain(&problem.hints) {
            assert!(text.chars().count() <= LONGEST_TEXT, "too much: {problem:#?}");
        }
    }
    diagnostics_text(problems);
    diagnostics_json(problems);
}

fn is_canonical(policy: &Policy) {
    let again = Policy::seen(&policy.text(), "aws");
    assert_eq!(again.as_ref(), Some(policy), "it changes when it is read again");
}
