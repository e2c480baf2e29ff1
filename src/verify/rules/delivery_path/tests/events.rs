//! A bus with a rule to one of everything, wired wrongly in every way that stops an event. No
//! emulator asks any of these policies.

use std::fmt::Write;

use super::{Finding, RULE, Scene, judge};
use crate::verify::rules::tests::system::{pasted, system};
use crate::verify::rules::tests::{golden, tell, told_of};

const SOUND: &str = r#"
key:
  kind: kms_key
  policy:
    Version: "2012-10-17"
    Statement:
      - { Sid: Account, Effect: Allow, Principal: { AWS: "arn:aws:iam::${account}:root" }, Action: "kms:*", Resource: "*" }
      - { Sid: Events, Effect: Allow, Principal: { Service: events.amazonaws.com }, Action: ["kms:GenerateDataKey*", "kms:Decrypt"], Resource: "*" }
dead:
  kind: sqs_queue
  policy:
    Statement:
      - { Sid: Dead, Effect: Allow, Principal: { Service: events.amazonaws.com }, Action: "sqs:SendMessage", Resource: "${dead.arn}", Condition: { ArnEquals: { "aws:SourceArn": ["${route.arn}", "${bus.arn}"] } } }
queue:
  kind: sqs_queue
  kms_master_key_id: "${key.arn}"
  policy:
    Statement:
      - { Sid: Queue, Effect: Allow, Principal: { Service: events.amazonaws.com }, Action: "sqs:SendMessage", Resource: "${queue.arn}", Condition: { ArnLike: { "aws:SourceArn": "${route.arn}" } } }
      - { Sid: TlsOnly, Effect: Deny, Principal: "*", Action: "sqs:*", Resource: "${queue.arn}", Condition: { Bool: { "aws:SecureTransport": "false" } } }
topic:
  kind: sns_topic
  kms_master_key_id: "${key.arn}"
  policy:
    Statement:
      - { Sid: Topic, Effect: Allow, Principal: { Service: events.amazonaws.com }, Action: "sns:Publish", Resource: "${topic.arn}" }
private: { kind: sqs_queue, kms_master_key_id: "${key.arn}" }
logs: { kind: cloudwatch_log_group }
other: { kind: cloudwatch_event_bus }
bus: { kind: cloudwatch_event_bus, dead_letter_config: { arn: "${dead.arn}" } }
machines: { kind: iam_role, assume_role_policy: { Statement: { Effect: Allow, Principal: { Service: states.amazonaws.com }, Action: "sts:AssumeRole" } } }
workflow: { kind: sfn_state_machine, role_arn: "${machines.arn}", definition: { StartAt: Done, States: { Done: { Type: Succeed } } } }
role:
  kind: iam_role
  assume_role_policy: { Statement: [{ Sid: Take, Effect: Allow, Principal: { Service: events.amazonaws.com }, Action: "sts:AssumeRole", Condition: { ArnLike: { "aws:SourceArn": "arn:aws:events:*:${account}:rule/*" } } }] }
  inline_policies:
    deliver:
      Statement:
        - { Sid: Start, Effect: Allow, Action: "states:StartExecution", Resource: "${workflow.arn}" }
        - { Sid: Put, Effect: Allow, Action: "events:PutEvents", Resource: "${other.arn}" }
        - { Sid: Send, Effect: Allow, Action: "sqs:SendMessage", Resource: "${private.arn}" }
        - { Sid: Key, Effect: Allow, Action: ["kms:GenerateDataKey", "kms:Decrypt"], Resource: "${key.arn}" }
function:
  kind: lambda_function
  permissions: { Events: { principal: events.amazonaws.com, source_arn: "${route.arn}" } }
route:
  kind: cloudwatch_event_rule
  event_bus_name: "${bus.name}"
  event_pattern: { source: [shop] }
  targets:
    queue: { arn: "${queue.arn}", dead_letter_config: { arn: "${dead.arn}" } }
    private: { arn: "${private.arn}", role_arn: "${role.arn}" }
    topic: { arn: "${topic.arn}" }
    function: { arn: "${function.arn}" }
    machine: { arn: "${workflow.arn}", role_arn: "${role.arn}" }
    bus: { arn: "${other.arn}", role_arn: "${role.arn}" }
    logs: { arn: "${logs.arn}" }
    stream: { arn: "arn:aws:kinesis:us-east-1:123456789012:stream/records", role_arn: "${role.arn}" }
    api: { arn: "arn:aws:events:us-east-1:123456789012:api-destination/theirs/1", role_arn: "${role.arn}" }
"#;

/// What is changed of it, and how.
const SABOTAGES: &[(&str, &str, &str)] = &[
    (
        "the queue admits another service",
        "Sid: Queue, Effect: Allow, Principal: { Service: events.",
        "Sid: Queue, Effect: Allow, Principal: { Service: sns.",
    ),
    (
        "the queue admits another rule",
        r#"ArnLike: { "aws:SourceArn": "${route.arn}" }"#,
        r#"ArnLike: { "aws:SourceArn": "arn:aws:events:us-east-1:123456789012:rule/dev-route" }"#,
    ),
    (
        "the queue admits the bus, not its rule",
        r#"ArnLike: { "aws:SourceArn": "${route.arn}" }"#,
        r#"ArnLike: { "aws:SourceArn": "${bus.arn}" }"#,
    ),
    (
        "the queue denies who is of no account",
        r#"Bool: { "aws:SecureTransport": "false" }"#,
        r#"StringNotEquals: { "aws:PrincipalAccount": "123456789012" }"#,
    ),
    (
        "the key does not admit EventBridge",
        "Sid: Events, Effect: Allow, Principal: { Service: events.",
        "Sid: Events, Effect: Allow, Principal: { Service: sns.",
    ),
    (
        "the key lets it decrypt alone",
        r#"["kms:GenerateDataKey*", "kms:Decrypt"]"#,
        r#""kms:Decrypt""#,
    ),
    (
        "the key admits it for this account",
        r#""kms:Decrypt"], Resource: "*" }"#,
        r#""kms:Decrypt"], Resource: "*", Condition: { StringEquals: { "aws:SourceAccount": "123456789012" } } }"#,
    ),
    (
        "the topic admits it for the rule",
        r#"Action: "sns:Publish", Resource: "${topic.arn}" }"#,
        r#"Action: "sns:Publish", Resource: "${topic.arn}", Condition: { ArnLike: { "aws:SourceArn": "${route.arn}" } } }"#,
    ),
    (
        "the topic admits the account alone",
        "Sid: Topic, Effect: Allow, Principal: { Service: events.amazonaws.com }",
        r#"Sid: Topic, Effect: Allow, Principal: { AWS: "arn:aws:iam::123456789012:root" }"#,
    ),
    (
        "the topic has AWS's own key",
        "kind: sns_topic\n  kms_master_key_id: \"${key.arn}\"",
        "kind: sns_topic\n  kms_master_key_id: alias/aws/sns",
    ),
    (
        "the function admits another service",
        "principal: events.amazonaws.com",
        "principal: s3.amazonaws.com",
    ),
    (
        "the function admits another rule",
        r#"source_arn: "${route.arn}""#,
        r#"source_arn: "arn:aws:events:us-east-1:123456789012:rule/other""#,
    ),
    (
        "EventBridge cannot take the role on",
        "Sid: Take, Effect: Allow, Principal: { Service: events.",
        "Sid: Take, Effect: Allow, Principal: { Service: scheduler.",
    ),
    (
        "the role is for rules of another account",
        "arn:aws:events:*:${account}:rule/*",
        "arn:aws:events:*:210987654321:rule/*",
    ),
    (
        "the role may not start",
        r#"Action: "states:StartExecution""#,
        r#"Action: "states:DescribeExecution""#,
    ),
    (
        "the role starts another",
        r#"Resource: "${workflow.arn}""#,
        r#"Resource: "${workflow.arn}:1""#,
    ),
    ("the role may not put", r#"Action: "events:PutEvents""#, r#"Action: "events:PutRule""#),
    (
        "the role may not send",
        r#"Sid: Send, Effect: Allow, Action: "sqs:SendMessage""#,
        r#"Sid: Send, Effect: Allow, Action: "sqs:GetQueueUrl""#,
    ),
    (
        "the role may not use the key",
        r#"["kms:GenerateDataKey", "kms:Decrypt"], Resource: "${key.arn}""#,
        r#""kms:Decrypt", Resource: "${key.arn}""#,
    ),
    (
        "no role starts the state machine",
        r#"{ arn: "${workflow.arn}", role_arn: "${role.arn}" }"#,
        r#"{ arn: "${workflow.arn}" }"#,
    ),
    (
        "the dead letters of the target are not admitted",
        r#"["${route.arn}", "${bus.arn}"]"#,
        r#"["${bus.arn}"]"#,
    ),
    (
        "the dead letters of the bus are not admitted",
        r#"["${route.arn}", "${bus.arn}"]"#,
        r#"["${route.arn}"]"#,
    ),
];

fn sabotaged(from: &str, to: &str) -> Scene {
    let text = SOUND.replacen(from, to, 1);
    assert_ne!(text, SOUND, "sabotage changes something: {from}");
    system(&text)
}

#[test]
fn what_is_sound_passes() {
    let judgement = judge(&system(SOUND));
    assert_eq!(judgement.findings(), Vec::<&Finding>::new());
    golden!(told_of(&RULE, &[("sound", system(SOUND))]));
}

#[test]
fn every_wrong_wire_is_found_and_mended_by_what_is_told() {
    let mut text = String::new();
    for (title, from, to) in SABOTAGES {
        let scene = sabotaged(from, to);
        let judgement = judge(&scene);
        let findings = judgement.findings();
        let is_open = judgement.0.iter().any(|it| it.subject.contains("aws:SourceAccount"));
        assert!(!findings.is_empty() || is_open, "{title}");
        writeln!(text, "## {title}").unwrap();
        for finding in &findings {
            tell(finding, &mut text);
        }
        text.push('\n');
        let without: Vec<&Finding> =
            findings.into_iter().filter(|finding| finding.patch.is_none()).collect();
        let left = pasted(&RULE, &scene);
        assert_eq!(left.iter().collect::<Vec<_>>(), without, "{title}");
    }
    golden!(text);
}

/// What is right in another way, and what no document tells.
#[test]
fn nobody_is_alarmed_for_nothing() {
    let theirs = |arn: &str| {
        sabotaged(r#"topic: { arn: "${topic.arn}" }"#, &format!("topic: {{ arn: \"{arn}\" }}"))
    };
    golden!(told_of(
        &RULE,
        &[
            (
                "the role of the rule",
                sabotaged(
                    r"  event_pattern: { source: [shop] }",
                    "  role_arn: \"${role.arn}\"\n  event_pattern: { source: [shop] }"
                )
            ),
            (
                "a queue that admits by account",
                sabotaged(
                    r#"ArnLike: { "aws:SourceArn": "${route.arn}" }"#,
                    r#"StringEquals: { "aws:SourceAccount": "${account}" }"#
                )
            ),
            ("a topic of others", theirs("arn:aws:sns:us-east-1:123456789012:theirs")),
            (
                "a function of others",
                theirs("arn:aws:lambda:us-east-1:123456789012:function:theirs")
            ),
            (
                "a bus without a role",
                sabotaged(
                    r#"{ arn: "${other.arn}", role_arn: "${role.arn}" }"#,
                    r#"{ arn: "${other.arn}" }"#
                )
            ),
            (
                "a role of others",
                sabotaged(
                    r#"private: { arn: "${private.arn}", role_arn: "${role.arn}" }"#,
                    r#"private: { arn: "${private.arn}", role_arn: "arn:aws:iam::123456789012:role/theirs" }"#
                )
            ),
        ]
    ));
}
