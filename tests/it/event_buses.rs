//! What the contract does not reach of an event bus's life: a busy service, and a bus
//! that was made in part.

use std::collections::BTreeSet;
use std::sync::Mutex;

use crate::support::emulator;
use crate::support::fault_proxy::{Fault, FaultProxy};
use crate::transcripts::Desk;

/// moto has one account for all: the stack's name tells the tests apart.
fn stack(name: &str) -> String {
    format!("stack: {name}\n{RESOURCES}").replace("NAME", name)
}

const RESOURCES: &str = r#"region: us-east-1
resources:
  bus:
    kind: cloudwatch_event_bus
    policy:
      Statement:
        - Sid: Partner
          Effect: Allow
          Principal: { AWS: "123456789012" }
          Action: events:PutEvents
          Resource: "arn:aws:events:us-east-1:${account}:event-bus/NAME-bus"
"#;

/// Two changes of one bus that meet: one of them is refused, and tried again.
#[test]
fn a_busy_bus_is_asked_again() {
    let emulator = emulator::moto();
    let met = Mutex::new(BTreeSet::new());
    let proxy = FaultProxy::start(emulator.url(), move |_, call| {
        let is_first = || met.lock().is_ok_and(|mut met| met.insert(call.operation.clone()));
        let writes = ["CreateEventBus", "PutPermission", "TagResource", "DeleteEventBus"];
        let busy = Fault::Says(400, "ConcurrentModificationException", "two at a time");
        (writes.contains(&call.operation.as_str()) && is_first()).then_some(busy)
    });
    let desk = Desk::with(emulator.account().through(&proxy.url()), &stack("busy"));
    desk.must("apply -y stack.yaml", 0);
    desk.must("plan --detailed-exitcode stack.yaml", 0);
    desk.write("stack.yaml", &format!("{}    tags: {{ team: a }}\n", stack("busy")));
    desk.must("apply -y stack.yaml", 0);
    desk.must("destroy -y stack.yaml", 0);
    let met: BTreeSet<String> =
        proxy.befallen().into_iter().map(|(call, _)| call.operation).collect();
    assert_eq!(
        met.into_iter().collect::<Vec<_>>(),
        ["CreateEventBus", "DeleteEventBus", "PutPermission", "TagResource"]
    );
}

/// The bus is there and its policy is not: the next run sees that, and adds it.
#[test]
fn a_bus_that_was_made_in_part_is_completed() {
    let account = emulator::moto().account();
    let refusing = FaultProxy::start(emulator::moto().url(), |_, call| {
        let refused = Fault::Says(400, "OperationDisabledException", "not now");
        (call.operation == "PutPermission").then_some(refused)
    });
    let desk = Desk::with(account.clone().through(&refusing.url()), &stack("part"));
    let failed = desk.must("apply -y stack.yaml", 6);
    assert!(failed.stderr.contains("events:PutPermission"), "{failed}");
    let desk = Desk::with(account, &stack("part"));
    let plan = desk.must("plan --detailed-exitcode stack.yaml", 2);
    assert!(plan.stdout.contains("policy"), "{plan}");
    desk.must("apply -y stack.yaml", 0);
    desk.must("plan --detailed-exitcode stack.yaml", 0);
    desk.must("destroy -y stack.yaml", 0);
}
