//! The platform of `stacks/message_queues.yaml`: queues, a bus and their alarms from
//! nothing to nothing, on an emulator that evaluates policies; and what is said of a
//! platform as it is often written.
//!
//! What the system is for, its own probes say.

mod changes;
mod edges;
mod seed;

use serde_json::Value;

use crate::stand_in::StandIn;
use crate::support::binary::{Ccprov, Transcript};
use crate::support::emulator::{self, root};
use crate::transcripts::Desk;

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

/// A network, as somebody names it who brings up the cluster.
const NETWORK: [&str; 8] = [
    "--var",
    "vpc_id=vpc-0a1b2c3d4e5f60718",
    "--var",
    "subnet_ids=[subnet-0a1b2c3d4e5f60711, subnet-0a1b2c3d4e5f60712, subnet-0a1b2c3d4e5f60713]",
    "--var",
    "client_security_groups=[sg-0a1b2c3d4e5f60718]",
    "--var",
    "kafka=provisioned",
];

/// Offline, for no emulator has MSK: with a cluster of either sort, every rule holds.
#[test]
fn with_a_cluster_it_is_sound() {
    for kafka in ["kafka=provisioned", "kafka=serverless"] {
        let command = ["validate", "--rules", "--fail-on", "warning", STACK];
        let done =
            Ccprov::offline().run(&[&command, NETWORK.as_slice(), &["--var", kafka]].concat());
        assert_eq!(done.code, Some(0), "{done}");
    }
}

/// The whole of it, before a server that stands in for MSK.
#[test]
fn with_a_cluster_it_is_made_changed_and_removed() {
    let account = emulator::ministack().account();
    let stand_in = StandIn::before(&account);
    let ccprov = Ccprov::on(&account.through(&stand_in.url()));
    let must = |arguments: &[&str]| -> Transcript {
        let told = ["--var-file", VALUES, STACK];
        let done = ccprov.run(&[arguments, &NETWORK, &told].concat());
        assert_eq!(done.code, Some(0), "{done}");
        done
    };
    must(&["plan", "--strict"]);
    must(&["apply", "-y"]);
    must(&["plan", "--detailed-exitcode"]);
    let flat = must(&["output", "--format", "flat-json"]).stdout;
    let flat: Value = serde_json::from_str(&flat).expect("one object");
    assert!(
        flat["bootstrap_brokers_iam"].as_str().is_some_and(|it| it.contains(":9098")),
        "{flat:#}"
    );
    must(&["destroy", "-y", "--allow-data-loss"]);
    must(&["plan", "--destroy", "--detailed-exitcode"]);
}

/// What the README shows of the plan of the whole platform, which leaves out what is `...`, is
/// what is told, with the values that it shows.
#[test]
fn the_plan_of_the_readme_is_as_it_shows() {
    let readme = std::fs::read_to_string(root().join("README.md")).expect("a README");
    let between = |before: &str, after: &str| {
        let (_, rest) = readme.split_once(before).unwrap_or_else(|| panic!("no {before:?}"));
        rest.split_once(after).unwrap_or_else(|| panic!("no {after:?}")).0
    };
    let command = format!("$ ccprov plan {STACK} --var-file platform.yaml\n");
    let values = between("$ cat platform.yaml\n", &command);
    let shown = between(&command, "```");
    let account = emulator::ministack().account();
    let stand_in = StandIn::before(&account);
    let desk = Desk::with(account.through(&stand_in.url()), "");
    desk.write("platform.yaml", values);
    let values = desk.path("platform.yaml").display().to_string();
    let stack = root().join(STACK).display().to_string();
    let told = desk.run_exactly(&["plan", &stack, "--var-file", &values]);
    // Where the emulator is, and which account it gave, is nobody's to know.
    let plain = |line: &str| {
        let line = line.split(", at http:").next().unwrap_or_default();
        line.replace(&account.id, "123456789012").replace("[ACCOUNT]", "123456789012")
    };
    let mut lines = told.stdout.lines().map(plain);
    for line in shown.lines().filter(|line| *line != "...") {
        assert!(lines.any(|told| told == line), "README shows {line:?}:\n{told}");
    }
}
