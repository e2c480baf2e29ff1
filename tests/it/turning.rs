//! What one stack makes anew while another holds it: the old object goes when that one has
//! turned to the new one, in one command.

use std::fs;

use ccprov::model::CallRecord;

use crate::support::binary::Transcript;
use crate::support::emulator;
use crate::support::fault_proxy::{Fault, FaultProxy};
use crate::support::request::Call;
use crate::support::trace;
use crate::transcripts::{Desk, check};

const PLATFORM: &str = r#"
stack: platform
region: us-east-1
resources:
  key: { kind: kms_key, multi_region: false }
  topic: { kind: sns_topic, name: news }
outputs: { key: "${key.arn}", topic: "${topic.arn}" }
"#;
const APP: &str = r#"
stack: app
region: us-east-1
uses: { platform: platform.yaml }
resources:
  queue: { kind: sqs_queue, kms_master_key_id: "${platform.key}", tags: { topic: "${platform.topic}" } }
outputs: { topic: "${platform.topic}" }
"#;
/// It hears of the platform by way of the app.
const AUDIT: &str = r#"
stack: audit
region: us-east-1
uses: { app: app.yaml }
resources: { log: { kind: sqs_queue, tags: { topic: "${app.topic}" } } }
"#;
const APPLY: &str = "apply -y --allow-data-loss platform.yaml audit.yaml app.yaml";

/// All of it is there, and the platform wants another key and another topic.
fn before() -> Desk {
    let desk = Desk::with(emulator::ministack().account(), "");
    write(&desk, PLATFORM);
    desk.must(APPLY, 0);
    write(&desk, &after());
    desk
}

fn after() -> String {
    PLATFORM
        .replace("multi_region: false", "multi_region: true")
        .replace("name: news", "name: late")
}

fn write(desk: &Desk, platform: &str) {
    for (name, text) in [("platform", platform), ("app", APP), ("audit", AUDIT)] {
        desk.write(&format!("{name}.yaml"), text);
    }
}

/// When a call was made on an object whose name holds a text, among all.
fn place(calls: &[CallRecord], operation: &str, object: &str) -> usize {
    let is_it = |call: &CallRecord| {
        call.operation == operation && call.object.as_ref().is_some_and(|it| it.contains(object))
    };
    let found = calls.iter().position(is_it);
    found.unwrap_or_else(|| panic!("no {operation} of {object}"))
}

#[test]
fn what_others_hold_goes_when_they_have_turned() {
    let desk = before();
    desk.must(&format!("{APPLY} --trace trace.json"), 0);
    let mut calls = trace::calls(&fs::read_to_string(desk.path("trace.json")).expect("a trace"));
    calls.sort_by_key(|call| call.start);
    let gone = [
        place(&calls, "ScheduleKeyDeletion", "platform-key"),
        place(&calls, "DeleteTopic", "news"),
    ];
    let turned = [
        place(&calls, "SetQueueAttributes", "app-queue"),
        place(&calls, "TagQueue", "app-queue"),
        place(&calls, "TagQueue", "audit-log"),
    ];
    assert!(turned.iter().max() < gone.iter().min(), "{turned:?} {gone:?}");
    desk.must("plan --detailed-exitcode platform.yaml app.yaml audit.yaml", 0);
}

#[test]
fn what_others_hold_stays_while_they_cannot_turn() {
    let desk = before();
    let denied = Fault::Says(403, "AccessDenied", "You may not do this");
    let is_it = move |_, call: &Call| (call.operation == "SetQueueAttributes").then_some(denied);
    let proxy = FaultProxy::start(&desk.account.endpoint, is_it);
    let broken = Desk::with(desk.account.through(&proxy.url()), "");
    write(&broken, &after());
    let run = broken.run(APPLY);
    for skipped in ["platform/key", "platform/topic", "audit/log"] {
        let line = format!("  {skipped}: skipped, because of app/queue");
        assert!(run.stderr.contains(&line), "{line}: {run}");
    }
    let calls = proxy.to_string();
    assert!(!calls.contains("ScheduleKeyDeletion") && !calls.contains("DeleteTopic"), "{calls}");
    // Whether others are done before that fails is anybody's guess.
    check("what_others_hold_stays", &[Transcript { stderr: String::new(), ..run }]);
    let plan = desk.must("plan platform.yaml", 0).stdout;
    assert_eq!(plan.matches("an earlier run has made its successor").count(), 2, "{plan}");
    desk.must(APPLY, 0);
    desk.must("plan --detailed-exitcode platform.yaml app.yaml audit.yaml", 0);
}

/// IAM knows a role at once, and SQS some seconds later: also one of another stack that the
/// same command has made. One that was there already is not waited for.
#[test]
fn what_a_stack_of_the_command_has_just_made_may_not_be_known_yet() {
    const TRUST: &str = "{ Statement: { Effect: Allow, Principal: { Service: lambda.amazonaws.com }, \
                         Action: \"sts:AssumeRole\" } }";
    let platform = format!(
        "stack: platform\nregion: us-east-1\nresources: {{ role: {{ kind: iam_role, \
         assume_role_policy: {TRUST} }} }}\noutputs: {{ role: \"${{role.arn}}\" }}\n"
    );
    let app = "stack: app\nregion: us-east-1\nuses: { platform: platform.yaml }\nresources:\n  \
               queue:\n    kind: sqs_queue\n    policy:\n      Statement:\n        \
               - { Effect: Allow, Principal: { AWS: \"${platform.role}\" }, Action: \"sqs:SendMessage\", Resource: \"${queue.arn}\" }\n";
    let unknown =
        Fault::Says(400, "InvalidAttributeValue", "Invalid value for the parameter Policy.");
    let is_queue = |call: &Call| call.operation == "CreateQueue";
    let desk = || {
        let account = emulator::ministack().account();
        let proxy = FaultProxy::nth(&account.endpoint, 0, is_queue, unknown);
        let desk = Desk::with(account.through(&proxy.url()), "");
        desk.write("platform.yaml", &platform);
        desk.write("app.yaml", app);
        (desk, proxy)
    };
    let (together, _proxy) = desk();
    together.must("apply -y platform.yaml app.yaml", 0);
    let (alone, _proxy) = desk();
    alone.must("apply -y platform.yaml", 0);
    alone.must("apply -y app.yaml", 6);
}
