//! `ccprov render` and `ccprov eval`: what a stack comes to, where nobody is asked.

use serde_json::Value;

use super::check;
use crate::support::binary::Ccprov;

const STACK: &str = "stack: orders
extends: base.yaml
account: \"123456789012\"
sensitive: [password]
resources:
  sales:
    pattern: ./patterns/queue.yaml
    with: { delay: \"${var.delay}\", key: \"${key.arn}\" }
  topic:
    kind: sns_topic
    display_name: { file: ./title.txt }
    lifecycle: { prevent_destroy: true, patience: { create: 90s } }
  audit:
    kind: sqs_queue
    for_each: [eu, US_2]
    delay_seconds: \"${value.slow.delay}\"
    policy: { <<: \"${value.policy}\" }
    depends_on: [sales]
    tags: { password: \"${var.password}\", literal: \"$${stack} ${aws:username}\" }
  key: { kind: kms_key }
checks:
  skip: [{ check: dead_letter_queue, resources: [audit], reason: nobody is on call }]
outputs:
  queue: \"${sales.queue.arn}\"
  audits: \"${audit.*.name}\"
  key: \"key ${key.arn}\"
";

const BASE: &str = "region: eu-west-1
vars: { delay: 1, password: \"first line\\nsecond line\" }
values:
  slow: { delay: 30 }
  policy:
    Statement:
      - { Sid: Own, Effect: Allow, Principal: { AWS: \"${account}\" }, Action: \"sqs:*\", Resource: \"*\" }
tags: { Team: \"012\" }
";

const PATTERN: &str = "parameters:
  delay: { type: integer }
  key: { type: string }
resources:
  queue:
    kind: sqs_queue
    delay_seconds: \"${param.delay}\"
    kms_master_key_id: \"${param.key}\"
outputs: {}
";

fn offline() -> Ccprov {
    let ccprov = Ccprov::offline().at_home();
    std::fs::create_dir(ccprov.home().join("patterns")).unwrap();
    for (name, text) in [
        ("stack.yaml", STACK),
        ("base.yaml", BASE),
        ("patterns/queue.yaml", PATTERN),
        ("title.txt", "All orders"),
        ("vars.yaml", "delay: 7\n"),
    ] {
        std::fs::write(ccprov.home().join(name), text).unwrap();
    }
    ccprov
}

#[test]
fn a_stack_is_told_with_all_of_it_worked_out() {
    let ccprov = offline();
    let session = [
        ccprov.run(&["render", "stack.yaml", "--var-file", "vars.yaml"]),
        ccprov.run(&["render", "stack.yaml", "--var", "delay=9", "--json"]),
        ccprov.run(&["render", "stack.yaml", "--region", "us-east-1", "--var", "delay=x"]),
    ];
    check("rendered", &session);
}

#[test]
fn what_is_rendered_renders_as_itself() {
    let ccprov = offline();
    let render = |file: &str| {
        let told = ccprov.run(&["render", "--json", file]);
        let mut told: Value = serde_json::from_str(&told.stdout).unwrap();
        told.as_object_mut().unwrap().remove("origins").unwrap();
        told
    };
    // What is veiled is lost.
    let open = STACK.replace("sensitive: [password]\n", "");
    std::fs::write(ccprov.home().join("stack.yaml"), open).unwrap();
    let yaml = ccprov.run(&["render", "stack.yaml"]).stdout;
    std::fs::write(ccprov.home().join("again.yaml"), &yaml).unwrap();
    let first = render("stack.yaml");
    assert!(first["resources"]["audit.US_2"].is_object(), "{first:#}");
    assert_eq!(first, render("again.yaml"), "{yaml}");
}

/// What a stack was called, and what it has of others, is told again as it is written.
#[test]
fn what_is_renamed_and_used_renders_as_itself() {
    let ccprov = offline();
    let role = "arn:aws:iam::123456789012:role/deployer";
    let stack = format!(
        "stack: orders
was: shop
region: eu-west-1
role: {{ arn: \"{role}\", external_id: orders-prod }}
vars: {{ stage: prod }}
uses: {{ platform: {{ file: platform.yaml, vars: {{ stage: \"${{var.stage}}\" }} }} }}
existing:
  key: {{ kind: kms_key, alias: alias/shared }}
  vpc: {{ kind: vpc, tags: {{ Name: main }} }}
  nets: {{ kind: subnet, vpc: \"${{existing.vpc.id}}\", tags: {{ tier: private }}, count: 2 }}
moved: {{ old: new, mail: post, inbox.a: inbox.b, crates: boxes }}
resources:
  new: {{ kind: sqs_queue, kms_master_key_id: \"${{existing.key.arn}}\" }}
  post: {{ pattern: ./patterns/queue.yaml, with: {{ delay: 3, key: \"${{platform.key}}\" }} }}
  boxes: {{ pattern: ./patterns/renamed.yaml }}
  inbox: {{ kind: sqs_queue, for_each: [b], tags: {{ of: \"${{platform.topic}}\" }} }}
  role:
    kind: iam_role
    assume_role_policy: {{ Statement: {{ Effect: Allow, Principal: {{ Service: lambda.amazonaws.com }}, Action: \"sts:AssumeRole\" }} }}
outputs: {{ nets: \"${{existing.nets.*.id}}\", key: \"${{platform.key}}\", new: \"${{new.arn}}\" }}
"
    );
    let platform = "stack: platform
region: eu-west-1
vars: { stage: dev }
resources: { key: { kind: kms_key }, topic: { kind: sns_topic, name: \"news-${var.stage}\" } }
outputs: { key: \"${key.arn}\", topic: \"${topic.arn}\" }
";
    let renamed = "moved: { dead: dlq }\nresources: { dlq: { kind: sqs_queue } }\n";
    for (name, text) in
        [("platform.yaml", platform), ("patterns/renamed.yaml", renamed), ("whole.yaml", &stack)]
    {
        std::fs::write(ccprov.home().join(name), text).unwrap();
    }
    let render = |file: &str| {
        let told = ccprov.run(&["render", "--json", file]);
        assert_eq!(told.code, Some(0), "{told}");
        let mut told: Value = serde_json::from_str(&told.stdout).unwrap();
        told.as_object_mut().unwrap().remove("origins").unwrap();
        told
    };
    let yaml = ccprov.run(&["render", "whole.yaml"]).stdout;
    std::fs::write(ccprov.home().join("again.yaml"), &yaml).unwrap();
    let first = render("whole.yaml");
    assert_eq!(first["uses"]["platform"]["vars"]["stage"], "prod", "{yaml}");
    assert_eq!(first["outputs"]["new"], "arn:aws:sqs:eu-west-1:123456789012:shop-old", "{first:#}");
    assert_eq!(first, render("again.yaml"), "{yaml}");
    let validated = ccprov.run(&["validate", "again.yaml"]);
    assert_eq!(validated.code, Some(0), "{validated}");
}

#[test]
fn one_expression_is_worked_out() {
    let ccprov = offline();
    let eval = |expression: &str| ccprov.run(&["eval", expression, "stack.yaml"]);
    let session = [
        eval("${sales.queue.arn}"),
        eval("${value.policy}"),
        eval("${audit.*.arn}"),
        eval("in ${region}: ${var.delay}"),
        eval("${key.arn}"),
        eval("{ join: \"${audit.*.name}\", with: \", \" }"),
        eval("${var.password}"),
        eval("sales.queue.arn"),
        eval("${value.slwo}"),
        eval("${audit.eu.arm}"),
        ccprov.run(&["eval", "${var.delay}", "stack.yaml", "--var", "delay=9", "--json"]),
        ccprov.run(&["eval", "${key.arn}", "stack.yaml", "--json"]),
    ];
    check("evaluated", &session);
}
