//! The event processor, wired wrongly in every way that stops an event.

use std::fmt::Write;

use serde_json::json;

use super::{Finding, RULE, Scene, judge};
use crate::model::{Address, Exhibit, Identity, Other};
use crate::verify::rules::tests::system::{pasted, system};
use crate::verify::rules::tests::{golden, tell, told_of};

/// A queue, a table with a stream, a function that reads both, and where what it
/// fails at goes.
const SOUND: &str = r#"
key: { kind: kms_key }
events_dead: { kind: sqs_queue, fifo_queue: true }
events:
  kind: sqs_queue
  fifo_queue: true
  kms_master_key_id: "${key.arn}"
  redrive_policy: { dead_letter_queue: "${events_dead.arn}", max_receive_count: 3 }
  policy:
    Statement:
      - { Sid: TlsOnly, Effect: Deny, Principal: "*", Action: "sqs:*", Resource: "${events.arn}", Condition: { Bool: { "aws:SecureTransport": "false" } } }
ledger: { kind: dynamodb_table, hash_key: { name: id, type: S }, stream_view_type: NEW_IMAGE, kms_key_id: "${key.arn}" }
failed: { kind: sqs_queue, kms_master_key_id: "${key.arn}" }
done: { kind: sns_topic }
uploads: { kind: s3_bucket }
role:
  kind: iam_role
  assume_role_policy: { Statement: { Effect: Allow, Principal: { Service: lambda.amazonaws.com }, Action: "sts:AssumeRole" } }
  inline_policies:
    work:
      Statement:
        - { Sid: Read, Effect: Allow, Action: ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"], Resource: "${events.arn}" }
        - { Sid: Stream, Effect: Allow, Action: ["dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:DescribeStream", "dynamodb:ListStreams"], Resource: "${ledger.arn}/stream/*" }
        - { Sid: Send, Effect: Allow, Action: "sqs:SendMessage", Resource: "${failed.arn}" }
        - { Sid: Tell, Effect: Allow, Action: "sns:Publish", Resource: "${done.arn}" }
        - { Sid: Key, Effect: Allow, Action: ["kms:Decrypt", "kms:GenerateDataKey"], Resource: "${key.arn}" }
processor:
  kind: lambda_function
  role: "${role.arn}"
  dead_letter_config: { target_arn: "${failed.arn}" }
  event_invoke_config: { destination_config: { on_success: { destination: "${done.arn}" } } }
  permissions:
    Uploads: { principal: s3.amazonaws.com, source_arn: "${uploads.arn}", source_account: "${account}" }
    Done: { principal: sns.amazonaws.com, source_arn: "${done.arn}" }
mapping:
  kind: lambda_event_source_mapping
  event_source_arn: "${events.arn}"
  function_name: "${processor.arn}"
changes:
  kind: lambda_event_source_mapping
  event_source_arn: "${ledger.stream_arn}"
  function_name: "${processor.arn}:live"
  destination_config: { on_failure: { destination: "${failed.arn}" } }
notification:
  kind: s3_bucket_notification
  bucket: "${uploads.name}"
  lambda_function: [{ lambda_function_arn: "${processor.arn}", events: ["s3:ObjectCreated:*"] }]
subscription: { kind: sns_subscription, topic_arn: "${done.arn}", protocol: lambda, endpoint: "${processor.arn}" }
"#;

/// What is changed of it, and how.
const SABOTAGES: &[(&str, &str, &str)] = &[
    ("the role may not delete", r#""sqs:DeleteMessage", "#, ""),
    (
        "the role reads another queue",
        r#""sqs:GetQueueAttributes"], Resource: "${events.arn}""#,
        r#""sqs:GetQueueAttributes"], Resource: "${failed.arn}""#,
    ),
    ("the role may not read the stream", r#""dynamodb:GetRecords", "#, ""),
    ("the role means the table, not its stream", "${ledger.arn}/stream/*", "${ledger.arn}"),
    (
        "the role may not decrypt",
        r#"["kms:Decrypt", "kms:GenerateDataKey"]"#,
        r#""kms:GenerateDataKey""#,
    ),
    (
        "the role may decrypt through others",
        r#"Resource: "${key.arn}" }"#,
        r#"Resource: "${key.arn}", Condition: { StringEquals: { "kms:ViaService": s3.us-east-1.amazonaws.com } } }"#,
    ),
    ("the role may not send", r#"Action: "sqs:SendMessage""#, r#"Action: "sqs:GetQueueUrl""#),
    ("the role may not publish", r#"Action: "sns:Publish""#, r#"Action: "sns:Subscribe""#),
    (
        "the role is denied",
        "        - { Sid: Send,",
        r#"        - { Sid: Never, Effect: Deny, Action: "sqs:*", Resource: "${events.arn}" }
        - { Sid: Send,"#,
    ),
    (
        "the queue denies the account",
        "      - { Sid: TlsOnly,",
        r#"      - { Sid: Nobody, Effect: Deny, Principal: { AWS: "${account}" }, Action: "sqs:ReceiveMessage", Resource: "${events.arn}" }
      - { Sid: TlsOnly,"#,
    ),
    (
        "the key is its administrators' alone",
        "key: { kind: kms_key }",
        r#"key: { kind: kms_key, policy: { Statement: [{ Effect: Allow, Principal: { AWS: "arn:aws:iam::123456789012:role/admin" }, Action: "kms:*", Resource: "*" }] } }"#,
    ),
    ("the key is disabled", "key: { kind: kms_key }", "key: { kind: kms_key, is_enabled: false }"),
    ("the table has no stream", ", stream_view_type: NEW_IMAGE", ""),
    (
        "no permission for the bucket",
        "principal: s3.amazonaws.com",
        "principal: elasticloadbalancing.amazonaws.com",
    ),
    (
        "a permission for another bucket",
        r#"source_arn: "${uploads.arn}""#,
        r#"source_arn: "arn:aws:s3:::other""#,
    ),
    ("no permission for the topic", "sns.amazonaws.com", "events.amazonaws.com"),
    (
        "the boundary allows less",
        "  inline_policies:",
        "  permissions_boundary: \"arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole\"\n  inline_policies:",
    ),
];

fn sabotaged(from: &str, to: &str) -> Scene {
    let text = SOUND.replace(from, to);
    assert_ne!(text, SOUND, "sabotage changes something: {from}");
    system(&text)
}

#[test]
fn what_is_sound_passes() {
    let judgement = judge(&system(SOUND));
    assert_eq!(judgement.findings(), Vec::<&Finding>::new());
    let subjects: Vec<&str> = judgement.0.iter().map(|it| it.subject.as_str()).collect();
    assert_eq!(
        subjects,
        [
            "events -> events_dead",
            "uploads -> processor",
            "done -> processor",
            "events -> processor",
            "ledger -> processor",
            "processor -> failed",
            "processor -> done",
        ]
    );
}

#[test]
fn every_wrong_wire_is_found_and_mended_by_what_is_told() {
    let mut text = String::new();
    for (title, from, to) in SABOTAGES {
        let scene = sabotaged(from, to);
        let judgement = judge(&scene);
        let findings = judgement.findings();
        assert!(!findings.is_empty(), "{title}");
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

/// What is right in another way than the usual one, and what no document tells.
#[test]
fn nobody_is_alarmed_for_nothing() {
    let managed = |names: &[&str]| {
        let arns: Vec<String> =
            names.iter().map(|name| format!("\"arn:aws:iam::aws:policy/{name}\"")).collect();
        let own = SOUND.find("        - { Sid: Read,").unwrap()
            ..SOUND.find("        - { Sid: Send,").unwrap();
        let mut text = SOUND.to_owned();
        text.replace_range(own, "");
        let with = format!("  managed_policy_arns: [{}]\n  inline_policies:", arns.join(", "));
        system(&text.replace("  inline_policies:", &with))
    };
    let poll = "service-role/AWSLambdaSQSQueueExecutionRole";
    let stream = "service-role/AWSLambdaDynamoDBExecutionRole";
    let attached = SOUND.replace("role:\n  kind: iam_role", "more: { kind: iam_policy, policy: { Statement: [{ Effect: Allow, Action: \"sqs:*\", Resource: \"arn:aws:sqs:*:*:dev-*\" }] } }\nrole:\n  kind: iam_role\n  managed_policy_arns: [\"${more.arn}\"]");
    golden!(told_of(
        &RULE,
        &[
            ("AWS's own policies", managed(&[poll, stream])),
            ("one that nobody knows", managed(&[poll, "service-role/Other"])),
            ("an administrator", managed(&["AdministratorAccess"])),
            ("attached, with wildcards", system(&attached.replace("\"sqs:DeleteMessage\", ", ""))),
            (
                "a condition that holds",
                sabotaged(
                    r#"Resource: "${events.arn}" }"#,
                    r#"Resource: "${events.arn}", Condition: { StringEquals: { "aws:ResourceAccount": "123456789012" } } }"#
                )
            ),
            (
                "a condition that nobody knows",
                sabotaged(
                    r#"Resource: "${events.arn}" }"#,
                    r#"Resource: "${events.arn}", Condition: { StringEquals: { "aws:PrincipalTag/team": events } } }"#
                )
            ),
            (
                "a network that nobody knows",
                sabotaged(
                    r#"Bool: { "aws:SecureTransport": "false" }"#,
                    r#"StringNotEquals: { "aws:SourceVpce": vpce-1 }"#
                )
            ),
            (
                "by the stream's own ARN",
                sabotaged("${ledger.arn}/stream/*", "${ledger.stream_arn}")
            ),
            ("the key names the role", system(SOUND).admitting("key", "kms:*")),
            (
                "the queue names the role",
                sabotaged("\"sqs:DeleteMessage\", ", "").admitting("events", "sqs:DeleteMessage")
            ),
            (
                "a role of others",
                sabotaged(
                    "role: \"${role.arn}\"",
                    "role: \"arn:aws:iam::123456789012:role/theirs\""
                )
            ),
            (
                "a queue of others",
                sabotaged(
                    "event_source_arn: \"${events.arn}\"",
                    &format!("event_source_arn: \"{THEIRS}\"")
                )
            ),
            (
                "a queue of others that denies",
                sabotaged(
                    "event_source_arn: \"${events.arn}\"",
                    &format!("event_source_arn: \"{THEIRS}\"")
                )
                .denied()
            ),
            (
                "a function of others",
                sabotaged("function_name: \"${processor.arn}\"", "function_name: \"theirs\"")
            ),
        ]
    ));
}

const THEIRS: &str = "arn:aws:sqs:us-east-1:123456789012:theirs";

impl Scene {
    /// A resource's own policy lets the role do something, and says nothing else.
    fn admitting(mut self, name: &str, action: &str) -> Self {
        let role = self.exhibits[&Address::new("role")].fact("arn").to_owned();
        let exhibit = self.exhibits.get_mut(&Address::new(name)).unwrap();
        let statement = json!({
            "Effect": "Allow", "Principal": { "AWS": role }, "Action": action, "Resource": "*"
        });
        exhibit.document.insert("policy".into(), json!({ "Statement": [statement] }));
        self
    }

    /// Somebody else's queue was looked at.
    fn denied(mut self) -> Self {
        let policy = json!({ "Statement": [{
            "Sid": "Closed", "Effect": "Deny", "Principal": { "AWS": "*" }, "Action": "sqs:ReceiveMessage", "Resource": THEIRS
        }] });
        let queue = Exhibit {
            address: Address::new(THEIRS),
            kind: "sqs_queue".into(),
            identity: Identity("theirs".into()),
            document: [("policy".to_owned(), policy)].into_iter().collect(),
            facts: [("arn".to_owned(), THEIRS.to_owned())].into(),
        };
        self.others.insert(THEIRS.to_owned(), Other::Seen(queue));
        self
    }
}
