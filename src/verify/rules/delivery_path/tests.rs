//! The claim check, broken in every way that stops a message.

mod events;
mod functions;

use std::fmt::Write;

use serde_json::{Value, json};

use super::*;
use crate::model::{Address, Document};
use crate::verify::rules::tests::{golden, shipped, tell, told};

const KEY: &str = "kms_master_key_id";

/// One way to break it.
type Sabotage = (&'static str, fn(&mut Scene));

const SABOTAGES: &[Sabotage] = &[
    ("the key does not admit S3", |scene| drop(scene, "key", "BucketPublishesToEncryptedTopic")),
    ("the key does not admit SNS", |scene| drop(scene, "key", "TopicDeliversToEncryptedQueue")),
    ("the key lets S3 only decrypt", |scene| {
        set(scene, "key", "BucketPublishesToEncryptedTopic", "Action", json!("kms:Decrypt"));
    }),
    ("the key lets SNS only encrypt", |scene| {
        set(scene, "key", "TopicDeliversToEncryptedQueue", "Action", json!("kms:GenerateDataKey*"));
    }),
    ("the key is that of another topic", |scene| {
        let other =
            json!({ "ArnLike": { "aws:SourceArn": "arn:aws:sns:us-east-1:123456789012:other" } });
        set(scene, "key", "TopicDeliversToEncryptedQueue", "Condition", other);
    }),
    ("the key is disabled", |scene| field(scene, "key", "is_enabled", json!(false))),
    ("the topic does not admit S3", |scene| drop(scene, "topic", "BucketPublishes")),
    ("the topic has no policy", |scene| field(scene, "topic", "policy", Value::Null)),
    ("the topic admits another bucket", |scene| {
        let other = json!({ "ArnLike": { "aws:SourceArn": "arn:aws:s3:::other" } });
        set(scene, "topic", "BucketPublishes", "Condition", other);
    }),
    ("the topic admits another account", |scene| {
        let other = json!({ "StringEquals": { "aws:SourceAccount": "210987654321" } });
        set(scene, "topic", "BucketPublishes", "Condition", other);
    }),
    ("the topic has AWS's own key", |scene| field(scene, "topic", KEY, json!("alias/aws/sns"))),
    ("the queue has AWS's own key", |scene| field(scene, "queue", KEY, json!("alias/aws/sqs"))),
    ("the queue has no policy", |scene| field(scene, "queue", "policy", Value::Null)),
    ("the queue admits people alone", |scene| {
        let people = json!({ "AWS": "arn:aws:iam::123456789012:root" });
        set(scene, "queue", "TopicSends", "Principal", people);
    }),
    ("the queue's policy is that of another", |scene| {
        let other = json!("arn:aws:sqs:us-east-1:123456789012:other");
        set(scene, "queue", "TopicSends", "Resource", other);
    }),
    ("the queue denies whoever is of no organisation", |scene| {
        let stranger = json!({ "StringNotEquals": { "aws:PrincipalOrgID": "o-1" } });
        set(scene, "queue", "TlsOnly", "Condition", stranger);
    }),
    ("the dead-letter queue takes nothing", |scene| {
        field(
            scene,
            "dlq",
            "redrive_allow_policy",
            json!({ "permission": "denyAll", "source_queues": [] }),
        );
    }),
    ("the dead-letter queue is that of another queue", |scene| {
        let others = ["arn:aws:sqs:us-east-1:123456789012:other"];
        field(
            scene,
            "dlq",
            "redrive_allow_policy",
            json!({ "permission": "byQueue", "source_queues": others }),
        );
    }),
];

fn found(scene: &Scene) -> Vec<Finding> {
    judge(scene).findings().into_iter().cloned().collect()
}

fn document<'a>(scene: &'a mut Scene, name: &str) -> &'a mut Document {
    let address = Address::new("claimcheck").join(name);
    &mut scene.exhibits.get_mut(&address).unwrap().document
}

fn field(scene: &mut Scene, name: &str, field: &str, value: Value) {
    let old = document(scene, name).insert(field.into(), value.clone());
    assert_ne!(old, Some(value), "sabotage changes something");
}

fn statements<'a>(scene: &'a mut Scene, name: &str) -> &'a mut Vec<Value> {
    document(scene, name)["policy"]["Statement"].as_array_mut().unwrap()
}

fn drop(scene: &mut Scene, name: &str, sid: &str) {
    let statements = statements(scene, name);
    let before = statements.len();
    statements.retain(|statement| statement["Sid"] != sid);
    assert_eq!(statements.len(), before - 1, "{name} has {sid}");
}

fn set(scene: &mut Scene, name: &str, sid: &str, element: &str, value: Value) {
    let mut found = statements(scene, name).iter_mut().filter(|statement| statement["Sid"] == sid);
    found.next().unwrap()[element] = value;
}

#[test]
fn every_sabotage_is_found() {
    let mut text = String::new();
    for (title, sabotage) in SABOTAGES {
        let mut scene = shipped("dev.yaml");
        sabotage(&mut scene);
        let findings = found(&scene);
        assert!(!findings.is_empty(), "{title}");
        writeln!(text, "## {title}").unwrap();
        for finding in &findings {
            tell(finding, &mut text);
        }
        text.push('\n');
    }
    golden!(text);
}

/// Puts a patch into the scene, as an apply would read it.
fn apply(scene: &mut Scene, finding: &Finding) {
    let patch: Value = serde_saphyr::from_str(finding.patch.as_deref().unwrap()).unwrap();
    let patch = resolved(scene, patch);
    let exhibit = scene.exhibits.get_mut(&finding.address).unwrap();
    match patch {
        Value::Array(added) => {
            exhibit.document["policy"]["Statement"].as_array_mut().unwrap().extend(added);
        }
        Value::Object(fields) => exhibit.document.extend(fields),
        other => panic!("a patch is a list of statements, or fields: {other}"),
    }
}

/// With every reference replaced by what it stands for.
fn resolved(scene: &Scene, value: Value) -> Value {
    match value {
        Value::String(text) => {
            let text = text.replace("${account}", &scene.place.account);
            let arns = scene.exhibits.values().map(|it| (patch::arn_of(it), it.fact("arn")));
            Value::String(arns.fold(text, |text, (reference, arn)| text.replace(&reference, arn)))
        }
        Value::Array(items) => items.into_iter().map(|item| resolved(scene, item)).collect(),
        Value::Object(fields) => {
            fields.into_iter().map(|(name, item)| (name, resolved(scene, item))).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value,
    }
}

#[test]
fn a_patch_puts_it_right() {
    for (title, sabotage) in SABOTAGES {
        let mut scene = shipped("dev.yaml");
        sabotage(&mut scene);
        let findings = found(&scene);
        for finding in findings.iter().filter(|finding| finding.patch.is_some()) {
            apply(&mut scene, finding);
        }
        let left = found(&scene);
        // What is denied is not for a statement more to allow.
        let denied: Vec<Finding> = findings.into_iter().filter(|it| it.patch.is_none()).collect();
        assert_eq!(left, denied, "{title}");
    }
}

#[test]
fn what_nobody_can_tell_is_not_judged() {
    golden!(told(
        &RULE,
        &[
            (
                "elsewhere",
                "
topic: { kind: sns_topic }
subscription:
  kind: sns_subscription
  topic_arn: \"${topic.arn}\"
  protocol: sqs
  endpoint: \"arn:aws:sqs:us-east-1:210987654321:theirs\""
            ),
            (
                "a key from elsewhere",
                &admitting(
                    "alias/shared",
                    "StringEquals: { \"aws:SourceAccount\": \"${account}\" }"
                )
            ),
            (
                "a condition of another kind",
                &admitting("null", "StringEquals: { \"aws:RequestedRegion\": us-east-1 }")
            ),
        ]
    ));
}

/// A queue that admits a topic under a condition.
fn admitting(key: &str, condition: &str) -> String {
    format!(
        "
topic: {{ kind: sns_topic }}
queue:
  kind: sqs_queue
  kms_master_key_id: {key}
  policy:
    Statement:
      - Sid: Topic
        Effect: Allow
        Principal: {{ Service: sns.amazonaws.com }}
        Action: \"sqs:SendMessage\"
        Resource: \"${{queue.arn}}\"
        Condition: {{ {condition} }}
subscription:
  kind: sns_subscription
  topic_arn: \"${{topic.arn}}\"
  protocol: sqs
  endpoint: \"${{queue.arn}}\""
    )
}

/// Somebody made the stack live, and the key has an ARN.
#[test]
fn what_lives_is_judged_alike() {
    let mut scene = shipped("prod.yaml");
    let arn = "arn:aws:kms:us-east-1:123456789012:key/1";
    let marker = scene.exhibits[&Address::new("claimcheck.key")].fact("arn").to_owned();
    let text = serde_json::to_string(&marker).unwrap();
    for exhibit in scene.exhibits.values_mut() {
        let known = serde_json::to_string(&exhibit.document).unwrap();
        let known = known.replace(text.trim_matches('"'), arn);
        exhibit.document = serde_json::from_str(&known).unwrap();
        exhibit
            .facts
            .values_mut()
            .filter(|fact| **fact == marker)
            .for_each(|fact| arn.clone_into(fact));
    }
    assert_eq!(found(&scene), []);
    drop(&mut scene, "key", "TopicDeliversToEncryptedQueue");
    assert_eq!(found(&scene).len(), 1);
}

/// Messages that SNS gives up take the same way as others.
#[test]
fn undelivered_messages_are_delivered() {
    golden!(told(
        &RULE,
        &[(
            "a dead-letter queue of a subscription",
            "
topic: { kind: sns_topic }
key: { kind: kms_key }
dlq: { kind: sqs_queue, kms_master_key_id: \"${key.alias_arn}\" }
mail:
  kind: sns_subscription
  topic_arn: \"${topic.arn}\"
  protocol: email
  endpoint: somebody@example.com
  redrive_policy: { dead_letter_queue: \"${dlq.arn}\" }"
        )]
    ));
}
