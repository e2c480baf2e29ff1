//! Disks that are full, and files that cannot be written: what was asked for is
//! there, or somebody is told that it is not; and what was there stays.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::Desk;
use crate::support::binary::Ccprov;
use crate::support::emulator;

const STACK: &str = r#"
stack: claims
region: us-east-1
resources:
  queue: { kind: sqs_queue }
outputs: { url: "${queue.url}" }
"#;
/// Open, so that a check fails.
const UNSOUND: &str = r#"
stack: claims
region: us-east-1
resources:
  queue:
    kind: sqs_queue
    policy: { Statement: [{ Sid: All, Effect: Allow, Principal: "*", Action: "sqs:*", Resource: "*" }] }
"#;
/// Takes nothing.
const FULL: &str = "/dev/full";
const TOLD: &str = "standard output cannot be written: No space left on device";

#[test]
fn an_answer_that_was_lost_is_an_error() {
    let ccprov = Ccprov::offline().at_home().stdout_to(FULL);
    fs::write(ccprov.home().join("stack.yaml"), STACK).unwrap();
    for line in [
        "--help",
        "validate stack.yaml",
        "validate --json stack.yaml",
        "kinds",
        "kinds --json",
        "schema",
        "completions bash",
        "verify --list",
    ] {
        let told = ccprov.run(&line.split_whitespace().collect::<Vec<_>>());
        assert_eq!(told.code, Some(1), "{told}");
        assert!(told.stderr.contains(TOLD), "{told}");
    }
    let account = emulator::ministack().account();
    let desk = Desk::with(account.clone(), STACK);
    desk.must("apply -y stack.yaml", 0);
    let desk = Desk::with(account, STACK).stdout_to(FULL);
    for line in [
        "plan stack.yaml",
        "plan --json stack.yaml",
        "plan --detailed-exitcode --destroy stack.yaml",
        "output stack.yaml",
        "output --format raw --name url stack.yaml",
        "output --format json stack.yaml",
        "list",
        "list --json",
        "iam --for plan stack.yaml",
        "verify --only conformance stack.yaml",
        "verify --only conformance --json stack.yaml",
    ] {
        let told = desk.must(line, 1);
        assert!(told.stderr.contains(TOLD), "{told}");
    }
}

#[test]
fn what_was_done_is_not_undone_by_a_full_disk() {
    let account = emulator::ministack().account();
    let desk = Desk::with(account.clone(), STACK);
    let traced = desk.must("apply -y --trace /dev/full stack.yaml", 0);
    assert!(traced.stderr.contains("/dev/full cannot be written"), "{traced}");
    assert!(traced.stdout.contains("Apply complete!"), "{traced}");
    let planned = desk.must("plan --trace /dev/full stack.yaml", 1);
    assert!(planned.stdout.contains("No changes."), "{planned}");
    // A plan that nobody could read is not carried out.
    let mute = Desk::with(account, STACK).stdout_to(FULL);
    let refused = mute.must("destroy -y stack.yaml", 1);
    assert!(refused.stderr.contains("the plan could not be told"), "{refused}");
    desk.must("plan --detailed-exitcode stack.yaml", 0);
    // With --json there is none to read.
    let destroyed = mute.must("destroy -y --json stack.yaml", 0);
    assert!(destroyed.stderr.contains(TOLD), "{destroyed}");
    desk.must("plan --detailed-exitcode stack.yaml", 2);
}

#[test]
fn a_report_that_cannot_be_written_changes_no_verdict() {
    let account = emulator::ministack().account();
    let desk = Desk::with(account, UNSOUND);
    desk.must("apply -y stack.yaml", 0);
    fs::create_dir_all(desk.path("reports/junit.xml")).unwrap();
    let line = "verify --report-dir reports stack.yaml --only";
    let unsound = desk.must(&format!("{line} wildcard_principal"), 4);
    assert!(unsound.stderr.contains("junit.xml cannot be written"), "{unsound}");
    let sound = desk.must(&format!("{line} conformance"), 1);
    assert!(sound.stdout.contains("1 passed, 0 failed"), "{sound}");
    assert!(desk.path("reports/results.json").is_file());
}

#[test]
fn a_plan_file_is_its_owners_and_whole() {
    let desk = Desk::with(emulator::ministack().account(), STACK);
    let mode = |path: &str| desk.path(path).metadata().unwrap().permissions().mode() & 0o777;
    desk.must("plan --out plan.json stack.yaml", 0);
    assert_eq!(mode("plan.json"), 0o600);
    fs::set_permissions(desk.path("plan.json"), fs::Permissions::from_mode(0o644)).unwrap();
    desk.must("plan --out plan.json stack.yaml", 0);
    assert_eq!(mode("plan.json"), 0o600, "whoever could read it once");
    // What is in the way of the file that takes its place.
    let before = fs::read(desk.path("plan.json")).unwrap();
    fs::create_dir(desk.path("folder")).unwrap();
    let refused = desk.must("plan --out folder stack.yaml", 1);
    assert!(refused.stderr.contains("folder cannot be written"), "{refused}");
    assert_eq!(fs::read(desk.path("plan.json")).unwrap(), before);
    let left: Vec<_> =
        fs::read_dir(desk.path("")).unwrap().flatten().map(|it| it.file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().ends_with(".part")), "{left:?}");
}
