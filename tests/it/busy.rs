//! Log groups and alarms while CloudWatch is busy, slow or not alone: whatever it says,
//! the same command converges, and the next plan is empty.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::support::aws;
use crate::support::aws_rules::{AwsRules, Lag};
use crate::support::binary::{Ccprov, Transcript};
use crate::support::emulator::{self, Account};
use crate::support::fault_proxy::{Fault, FaultProxy};
use crate::transcripts::Desk;

const GROUP: &str = "
stack: busy
region: us-east-1
resources:
  group: { kind: cloudwatch_log_group, name: busy/group, retention_in_days: 7, tags: { team: a } }
";
const ALARM: &str = "
stack: busy
region: us-east-1
resources:
  alarm:
    kind: cloudwatch_metric_alarm
    name: busy-alarm
    namespace: Busy
    metric_name: lost
    statistic: Sum
    period: 60
    evaluation_periods: 1
    comparison_operator: GreaterThanThreshold
    threshold: 0
    tags: { team: a }
";
const ABORTED: Fault = Fault::Says(
    400,
    "OperationAbortedException",
    "A conflicting operation is currently in progress against this resource. Please try again.",
);

/// The same stack with another value of what can change.
fn changed(stack: &str) -> String {
    stack
        .replace("retention_in_days: 7", "retention_in_days: 14")
        .replace("threshold: 0", "threshold: 1")
        .replace("team: a", "team: b")
}

fn desk(account: &Account, url: &str, stack: &str) -> Desk {
    Desk::with(account.through(url), stack)
}

/// A life, in which the first call of an operation fares so: nothing of it is seen by
/// whoever runs the commands.
fn passes(stack: &str, operation: &'static str, fault: Fault) {
    let account = emulator::ministack().account();
    let proxy = FaultProxy::first(&account.endpoint, operation, fault);
    let desk = desk(&account, &proxy.url(), stack);
    let must = |line: &str| {
        let told = desk.run(line);
        assert_eq!(told.code, Some(0), "{operation} {fault:?}\n{told}{proxy}");
    };
    must("apply -y stack.yaml");
    must("plan --detailed-exitcode stack.yaml");
    desk.write("stack.yaml", &changed(stack));
    must("apply -y stack.yaml");
    must("plan --detailed-exitcode stack.yaml");
    must("destroy -y --allow-data-loss stack.yaml");
    assert_eq!(proxy.befallen().len(), 1, "{operation} {fault:?} {proxy}");
}

#[test]
fn a_busy_log_group_is_waited_for() {
    for operation in ["CreateLogGroup", "PutRetentionPolicy", "DeleteLogGroup", "TagResource"] {
        for fault in [ABORTED, Fault::Throttle, Fault::Error503, Fault::ResetBefore] {
            passes(GROUP, operation, fault);
        }
    }
    for fault in [Fault::Throttle, Fault::Cut] {
        passes(GROUP, "DescribeLogGroups", fault);
        passes(GROUP, "ListTagsForResource", fault);
    }
}

#[test]
fn a_busy_alarm_is_waited_for() {
    for operation in ["PutMetricAlarm", "TagResource", "DeleteAlarms"] {
        for fault in [Fault::Throttle, Fault::Error500, Fault::ResetBefore, Fault::ResetAfter] {
            passes(ALARM, operation, fault);
        }
    }
    let conflict =
        Fault::Says(400, "ConcurrentModificationException", "More than one process tried");
    passes(ALARM, "PutMetricAlarm", conflict);
    for fault in [Fault::Throttle, Fault::Cut] {
        passes(ALARM, "DescribeAlarms", fault);
        passes(ALARM, "ListTagsForResource", fault);
    }
}

/// The policy of a fresh key takes its time to be seen by CloudWatch Logs.
#[test]
fn a_key_that_is_not_usable_yet_is_waited_for() {
    let with_key = GROUP.replace("tags:", "kms_key_id: \"${key.arn}\", tags:")
        + "  key: { kind: kms_key, deletion_window_in_days: 7 }\n";
    for code in ["AccessDeniedException", "InvalidParameterException"] {
        let says = "The specified KMS key does not exist or is not allowed to be used";
        passes(&with_key, "CreateLogGroup", Fault::Says(400, code, says));
    }
}

/// What a read says after a write may be old: retention, tags, whether there is one.
#[test]
fn what_is_shown_late_is_waited_for() {
    for (stack, lag) in
        [(GROUP, Lag::ONCE), (GROUP, Lag::FLIPS), (ALARM, Lag::ONCE), (ALARM, Lag::FLIPS)]
    {
        let account = emulator::ministack().account();
        let proxy = FaultProxy::under(AwsRules::new(&account, lag));
        let desk = desk(&account, &proxy.url(), stack);
        let must = |line: &str| {
            let told = desk.run(line);
            assert_eq!(told.code, Some(0), "{told}{proxy}");
            proxy.rules().expect("rules").settle();
        };
        must("apply -y stack.yaml");
        must("plan --detailed-exitcode stack.yaml");
        desk.write("stack.yaml", &changed(stack));
        must("apply -y stack.yaml");
        must("plan --detailed-exitcode stack.yaml");
        must("destroy -y --allow-data-loss stack.yaml");
        assert!(proxy.lagged() > 0, "{proxy}");
    }
}

/// A limit of the account is no matter of time: it is told, and a run after it goes on.
#[test]
fn a_limit_that_is_reached_is_told_and_the_next_run_goes_on() {
    for (stack, operation, code) in [
        (GROUP, "CreateLogGroup", "LimitExceededException"),
        (ALARM, "PutMetricAlarm", "LimitExceeded"),
    ] {
        let fault = Fault::Says(400, code, "Resource limit exceeded.");
        ends_and_goes_on(stack, operation, fault);
    }
}

/// A run that is refused, until the next.
fn ends_and_goes_on(stack: &str, operation: &'static str, fault: Fault) {
    let account = emulator::ministack().account();
    let is_refused = Arc::new(AtomicBool::new(true));
    let refused = Arc::clone(&is_refused);
    let proxy = FaultProxy::start(&account.endpoint, move |_, call| {
        (call.operation == operation && refused.load(Ordering::Relaxed)).then_some(fault)
    });
    let desk = desk(&account, &proxy.url(), stack);
    let told = desk.run("apply -y stack.yaml");
    assert_ne!(told.code, Some(0), "{told}{proxy}");
    let Fault::Says(_, code, _) = fault else { panic!("nothing is said by {fault:?}") };
    assert!(told.to_string().contains(code), "{told}{proxy}");
    is_refused.store(false, Ordering::Relaxed);
    goes_on(&desk);
}

fn goes_on(desk: &Desk) {
    desk.must("apply -y stack.yaml", 0);
    desk.must("plan --detailed-exitcode stack.yaml", 0);
}

/// A run that ended between the calls of a creation left half of it.
#[test]
fn half_a_log_group_is_made_whole() {
    for (operation, fault) in [
        ("CreateLogGroup", Fault::KillAfter),
        ("PutRetentionPolicy", Fault::KillBefore),
        ("PutRetentionPolicy", Fault::KillAfter),
    ] {
        let account = emulator::ministack().account();
        let proxy = FaultProxy::first(&account.endpoint, operation, fault);
        let ccprov = Ccprov::on(&account.through(&proxy.url())).at_home();
        std::fs::write(ccprov.home().join("stack.yaml"), GROUP).expect("a file");
        let told = ccprov.run_told(&["apply", "-y", "stack.yaml"], |process| proxy.hunt(process));
        assert_ne!(told.code, Some(0), "{operation} {fault:?} {told}{proxy}");
        goes_on(&Desk::with(account, GROUP));
    }
    // The right to make one is there, and that to say how long it keeps what it has is not.
    let denied = Fault::Says(400, "AccessDeniedException", "not authorized to perform it");
    ends_and_goes_on(GROUP, "PutRetentionPolicy", denied);
}

/// Whoever writes logs may make the group first: before the plan, or after it.
#[test]
fn a_log_group_that_its_writer_made_is_nobodys() {
    let account = emulator::ministack().account();
    make(&account);
    let early = Desk::with(account.clone(), GROUP);
    tells_how(&early.run("apply -y stack.yaml"));

    let account = emulator::ministack().account();
    let (writer, is_made) = (account.clone(), AtomicBool::new(false));
    let proxy = FaultProxy::visited(
        &account.endpoint,
        Box::new(move |_, request, _| {
            let is_first = request.call().operation == "CreateLogGroup"
                && !is_made.swap(true, Ordering::Relaxed);
            let writer = writer.clone();
            Box::pin(async move {
                if is_first {
                    let logs = aws_sdk_cloudwatchlogs::Client::new(&aws::config(&writer));
                    let made = logs.create_log_group().log_group_name("busy/group").send().await;
                    made.expect("the writer makes it");
                }
            })
        }),
    );
    let late = desk(&account, &proxy.url(), GROUP);
    let appeared = late.run("apply -y stack.yaml");
    assert!(
        appeared.to_string().contains("it belongs to nobody, and was not touched"),
        "{appeared}"
    );
    tells_how(&late.run("apply -y stack.yaml"));
    late.write("stack.yaml", &GROUP.replace("tags:", "lifecycle: { adopt: true }, tags:"));
    late.must("apply -y stack.yaml", 0);
    late.must("plan --detailed-exitcode stack.yaml", 0);
}

#[tokio::main(flavor = "current_thread")]
async fn make(account: &Account) {
    let logs = aws_sdk_cloudwatchlogs::Client::new(&aws::config(account));
    logs.create_log_group().log_group_name("busy/group").send().await.expect("a group");
}

/// It is left alone, and how to take it over is said.
fn tells_how(told: &Transcript) {
    let text = told.to_string();
    assert!(told.code != Some(0) && text.contains("adopt"), "{told}");
}
