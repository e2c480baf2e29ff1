//! The platform of `stacks/message_queues.yaml`: queues, a bus and their alarms from
//! nothing to nothing, on an emulator that evaluates policies; and what is said of a
//! platform as it is often written.
//!
//! What the system is for, its own probes say.

mod edges;
mod seed;

use serde_json::Value;

use crate::support::binary::{Ccprov, Transcript};
use crate::support::emulator;

const STACK: &str = "stacks/message_queues.yaml";
/// As the demo has it: without what no emulator has.
const VALUES: &str = "scripts/demo/message_queues.yaml";

/// Every setting of the queues that can change where they are, two at a time, and what
/// a rule, an archive and an alarm are told.
const CHANGES: [&[&str]; 2] = [
    &["--var", "archive_retention_days=7", "--var", "allowed_principals=['000000000000']"],
    &["--var", "archive_retention_days=0"],
];

#[test]
fn the_platform_is_made_proven_changed_and_removed() {
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
    must(&["verify", "--exclusive"]);
    let flat = must(&["output", "--format", "flat-json"]).stdout;
    let flat: Value = serde_json::from_str(&flat).expect("one object");
    assert_eq!(flat["event_bus_name"], "orion-dev-events");
    let billing = flat["queue_urls.billing"].as_str().expect("a URL");
    assert!(billing.ends_with("/orion-dev-billing.fifo"), "{flat:#}");

    for change in CHANGES {
        must(&[&["apply", "-y"], change].concat());
        must(&[&["plan", "--detailed-exitcode"], change].concat());
    }
    must(&["destroy", "-y"]);
    must(&["plan", "--destroy", "--detailed-exitcode"]);
}
