//! The event pipeline of `stacks/`, with its functions, from nothing to nothing: on an
//! emulator that runs them and the workflow, and holds functions to the rights of their
//! roles.
//!
//! What the system is for, its own probes say.

mod edges;

use std::collections::BTreeMap;

use serde_json::Value;

use crate::support::binary::{Ccprov, Transcript};
use crate::support::emulator::{self, root};

const STACK: &str = "stacks/event_pipeline.yaml";
/// As the demo has it: nobody waits for long until what fails is where it belongs.
const VALUES: &str = "scripts/demo/event_pipeline.yaml";

const FUNCTIONS: [&str; 4] =
    ["payment_enricher", "payment_processor", "payment_trigger", "payment_validator"];

const PROBES: [&str; 6] = [
    "a_payment_is_kept_enriched",
    "a_repeated_payment_is_kept_once",
    "an_execution_answers_what_is_kept",
    "an_execution_fails_with_its_reason",
    "an_invalid_payment_is_refused_with_its_reason",
    "what_the_trigger_fails_at_is_a_dead_letter",
];

#[test]
fn payments_are_kept_once_and_enriched_or_refused_with_a_reason() {
    for function in FUNCTIONS {
        let built = root().join("target/functions").join(function).join("bootstrap");
        assert!(built.exists(), "{} is not built; run: make functions", built.display());
    }
    let account = emulator::ministack_enforcing_tls().account();
    let ccprov = Ccprov::on(&account);
    let must = |arguments: &[&str]| -> Transcript {
        let done = ccprov.run(&[arguments, &["--var-file", VALUES, STACK]].concat());
        assert_eq!(done.code, Some(0), "{done}");
        done
    };
    must(&["validate", "--rules", "--fail-on", "warning"]);
    must(&["plan", "--strict"]);
    must(&["apply", "-y"]);
    must(&["plan", "--detailed-exitcode"]);
    let proof = must(&["verify", "--exclusive"]);
    for check in PROBES.iter().chain(&["alarm_fires"]) {
        let passed = proof.stdout.lines().any(|line| line.contains('✓') && line.contains(check));
        assert!(passed, "{check} did not pass:\n{proof}");
    }
    let flat = must(&["output", "--format", "flat-json"]).stdout;
    let flat: BTreeMap<String, Value> = serde_json::from_str(&flat).expect("one object");
    assert_eq!(flat["functions.validator"], "event-processing-validator-dev");
    assert!(flat.values().all(Value::is_string), "{flat:?}");

    let changed = ["--var", "keep_days=30", "--var", "log_retention_days=14"];
    must(&[&["apply", "-y"], changed.as_slice()].concat());
    must(&[&["plan", "--detailed-exitcode"], changed.as_slice()].concat());
    must(&["destroy", "-y"]);
    must(&["plan", "--destroy", "--detailed-exitcode"]);
}
