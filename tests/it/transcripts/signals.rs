//! Ctrl-C, SIGTERM and SIGHUP during an apply: nothing new begins, what is left is
//! told, and the same command goes on.

use std::time::Duration;

use super::{Desk, check};
use crate::support::binary::Transcript;
use crate::support::delay_proxy::DelayProxy;
use crate::support::emulator;

/// One after the other, so that each run tells the same.
const CHAIN: &str = r"
stack: claims
region: us-east-1
resources:
  a: { kind: sqs_queue }
  b: { kind: sqs_queue, depends_on: [a] }
  c: { kind: sqs_queue, depends_on: [b] }
";

/// How far away AWS is: the time that a signal has to arrive during a call. It
/// is sent when a line says that the call begins.
const FAR: Duration = Duration::from_millis(400);

/// Runs a command far from AWS until a signal ends it; the rest is near.
fn interrupted(near: &Desk, stack: &str, line: &str, (when, signal): (&str, &str)) -> Transcript {
    let proxy = DelayProxy::start(emulator::ministack().url(), FAR);
    let far = Desk::with(near.account.through(&proxy.url()), stack);
    let transcript = far.run_until(line, &[(when, signal)]);
    assert_eq!(transcript.code, Some(130), "{transcript}");
    transcript
}

fn apply_is_interrupted_by(signal: &str) {
    let desk = Desk::with(emulator::ministack().account(), CHAIN);
    let interrupted = interrupted(&desk, CHAIN, "apply -y stack.yaml", ("b: creating", signal));
    let left = desk.run("plan --detailed-exitcode stack.yaml");
    let resumed = desk.run("apply -y stack.yaml");
    desk.must("plan --detailed-exitcode stack.yaml", 0);
    check(&format!("interrupted_by_{signal}"), &[interrupted, left, resumed]);
}

#[test]
fn an_apply_stops_at_ctrl_c() {
    apply_is_interrupted_by("INT");
}

#[test]
fn an_apply_stops_at_sigterm() {
    apply_is_interrupted_by("TERM");
}

/// The terminal is closed. Under `nohup`, which whoever runs the tests hands on,
/// that is nobody's business.
#[test]
fn an_apply_stops_at_sighup() {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|bits| u64::from_str_radix(bits.trim(), 16).ok());
    if ignored.is_none_or(|ignored| ignored & 1 == 0) {
        apply_is_interrupted_by("HUP");
    }
}

#[test]
fn a_destroy_stops_too() {
    let desk = Desk::with(emulator::ministack().account(), WITH_KEY);
    desk.must("apply -y stack.yaml", 0);
    let command = "destroy -y --stack claims --region us-east-1";
    let interrupted = interrupted(&desk, WITH_KEY, command, ("queue: deleting", "INT"));
    check("destroy_interrupted", &[interrupted, desk.run(command), desk.run("list")]);
}

/// `-v` tells when AWS was asked, so that the signal comes while it reads.
#[test]
fn whoever_only_reads_says_that_nothing_was_changed() {
    let desk = Desk::with(emulator::ministack().account(), CHAIN);
    for line in ["plan -v stack.yaml", "apply -v -y stack.yaml", "list -v --region us-east-1"] {
        let told = interrupted(&desk, CHAIN, line, ("sts:GetCallerIdentity", "INT"));
        assert!(told.stderr.contains("interrupted before anything was changed"), "{told}");
    }
}

/// A key goes when all else is gone.
const WITH_KEY: &str = r#"
stack: claims
region: us-east-1
resources:
  key: { kind: kms_key }
  queue: { kind: sqs_queue, kms_master_key_id: "${key.arn}" }
"#;
