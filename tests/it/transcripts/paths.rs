//! A role and a policy under a path that the stack states: found by it, moved
//! with it, and gone when nobody states it any more.

use super::Desk;
use crate::support::emulator;

const STACK: &str = r#"
stack: claims
region: us-east-1
vars: { path: /team/ }
resources:
  read:
    kind: iam_policy
    path: "${var.path}"
    policy: { Statement: { Effect: Allow, Action: "sqs:ReceiveMessage", Resource: "arn:aws:sqs:us-east-1:*:a" } }
  worker:
    kind: iam_role
    path: "${var.path}"
    assume_role_policy:
      Statement: { Effect: Allow, Principal: { Service: lambda.amazonaws.com }, Action: "sts:AssumeRole" }
    managed_policy_arns: ["${read.arn}"]
outputs: { role: "${worker.arn}", policy: "${read.arn}" }
"#;

#[test]
fn a_path_is_part_of_the_arn_and_another_makes_another() {
    let desk = Desk::with(emulator::ministack().account(), STACK);
    let planned = desk.run("plan stack.yaml");
    assert!(planned.to_string().contains("/team/"), "{planned}");
    desk.must("apply -y stack.yaml", 0);
    let role = |path: &str| {
        let told = desk.must("output --format raw --name role stack.yaml", 0);
        assert!(told.stdout.ends_with(&format!(":role{path}claims-worker-us-east-1\n")), "{told}");
    };
    role("/team/ccprov/claims/");
    desk.must("plan --detailed-exitcode stack.yaml", 0);
    for path in ["/other/of/them/", "/"] {
        let moved = STACK.replace("path: /team/", &format!("path: {path}"));
        desk.write("stack.yaml", &moved);
        desk.must("plan --detailed-exitcode stack.yaml", 2);
        desk.must("apply -y stack.yaml", 0);
        desk.must("plan --detailed-exitcode stack.yaml", 0);
        role(&format!("{path}ccprov/claims/"));
    }
    desk.write("stack.yaml", STACK);
    desk.must("apply -y stack.yaml", 0);
    // No file says any more which path it was.
    let listed = desk.must("list --stack claims", 0);
    assert!(listed.stdout.contains("/team/ccprov/claims/"), "{listed}");
    desk.must("destroy -y --stack claims", 0);
    let left = desk.run("list");
    assert!(!left.stdout.contains("claims"), "{left}");
}
