//! What the contract does not reach of a security group's life: groups that name each
//! other, rules of others, and who holds a group that is to go.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::support::emulator as emulators;
use crate::support::fault_proxy::{Fault, FaultProxy};
use crate::transcripts::Desk;

/// Each names the other.
const CIRCLE: &str = r#"stack: dev
region: us-east-1
resources:
  clients:
    kind: security_group
    vpc_id: vpc-00000001
    ingress: []
    egress:
      - { protocol: tcp, from_port: 9098, to_port: 9098, security_groups: ["${brokers.id}"] }
  brokers:
    kind: security_group
    vpc_id: vpc-00000001
    ingress:
      - { protocol: tcp, from_port: 9098, to_port: 9098, security_groups: ["${clients.id}"] }
      - { protocol: "-1", self: true }
    egress: []
"#;

#[test]
fn groups_that_name_each_other_come_and_go() {
    let desk = Desk::with(emulators::ministack().account(), CIRCLE);
    let applied = desk.must("apply -y stack.yaml", 0).to_string();
    assert!(applied.contains("2 added, 0 changed"), "{applied}");
    let planned = desk.must("plan stack.yaml", 0).to_string();
    assert!(planned.contains("No changes"), "{planned}");
    desk.must("destroy -y stack.yaml", 0);
    let planned = desk.must("plan stack.yaml", 0).to_string();
    assert!(planned.contains("2 to add"), "{planned}");
}

/// No emulator refuses to delete a group that is carried or named. The first two times EC2
/// does; between them the group takes back its rules that name others.
#[test]
fn a_group_that_is_held_is_tried_again_and_names_no_others() {
    let account = emulators::ministack().account();
    let refusals = AtomicUsize::new(0);
    let proxy = FaultProxy::start(&account.endpoint, move |_, call| {
        let is_held =
            call.is("ec2", "DeleteSecurityGroup") && refusals.fetch_add(1, Ordering::Relaxed) < 2;
        is_held.then_some(Fault::Says(400, "DependencyViolation", "it has a dependent object"))
    });
    let desk = Desk::with(account.through(&proxy.url()), CIRCLE);
    desk.must("apply -y stack.yaml", 0);
    desk.must("destroy -y stack.yaml --trace trace.json", 0);
    let trace = std::fs::read_to_string(desk.path("trace.json")).unwrap();
    assert!(trace.contains("RevokeSecurityGroup"), "{trace}");
    assert!(trace.contains("DescribeNetworkInterfaces"), "{trace}");
}

/// Who connects by the new rule and by the old one is let in all the time.
#[test]
fn what_comes_is_admitted_before_what_goes_is_revoked() {
    let account = emulators::ministack().account();
    let proxy = FaultProxy::start(&account.endpoint, |_, _| None);
    let to = |block: &str| {
        let rule =
            format!("- {{ protocol: tcp, from_port: 443, to_port: 443, cidr_blocks: [{block}] }}");
        format!(
            "stack: dev\nregion: us-east-1\nresources:\n  web:\n    kind: security_group\n    \
             vpc_id: vpc-00000001\n    ingress:\n      {rule}\n    egress:\n      {rule}\n"
        )
    };
    let desk = Desk::with(account.through(&proxy.url()), &to("10.0.0.0/16"));
    desk.applied();
    let before = proxy.to_string();
    desk.write("stack.yaml", &to("10.1.0.0/16"));
    desk.applied();
    let calls = proxy.to_string();
    let calls = calls.strip_prefix(&before).unwrap();
    for direction in ["Ingress", "Egress"] {
        let at = |verb: &str| {
            let call = format!("ec2:{verb}SecurityGroup{direction}");
            calls.find(&call).unwrap_or_else(|| panic!("no {call}{calls}"))
        };
        assert!(at("Authorize") < at("Revoke"), "{direction}{calls}");
    }
    desk.must("destroy -y stack.yaml", 0);
}
