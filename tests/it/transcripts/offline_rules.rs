//! `ccprov validate --rules`: what the rules say where nobody is asked.

use super::check;
use crate::support::binary::Ccprov;

/// No account is stated, and one queue is named by an account all the same.
const STACK: &str = "stack: orders
region: eu-west-1
resources:
  topic:
    kind: sns_topic
    policy:
      Statement:
        - Sid: BucketTells
          Effect: Allow
          Principal: { Service: s3.amazonaws.com }
          Action: sns:Publish
          Resource: \"${topic.arn}\"
          Condition: { StringEquals: { \"aws:SourceAccount\": \"123456789012\" } }
  told:
    kind: s3_bucket_notification
    bucket: acme-orders
    topic: [{ topic_arn: \"${topic.arn}\", events: [\"s3:ObjectCreated:*\"] }]
  queue:
    kind: sqs_queue
    redrive_policy: { dead_letter_queue: \"${dlq.arn}\", max_receive_count: 3 }
  dlq: { kind: sqs_queue, message_retention_seconds: 3600 }
  other:
    kind: sqs_queue
    redrive_policy:
      dead_letter_queue: arn:aws:sqs:eu-west-1:123456789012:elsewhere
      max_receive_count: 3
";

#[test]
fn rules_are_told_without_credentials() {
    let ccprov = Ccprov::offline().at_home();
    std::fs::write(ccprov.home().join("stack.yaml"), STACK).unwrap();
    let session = [
        ccprov.run(&["validate", "--rules", "stack.yaml"]),
        ccprov.run(&["validate", "--rules", "--fail-on", "error", "--json", "stack.yaml"]),
        ccprov.run(&["validate", "--fail-on", "error", "stack.yaml"]),
    ];
    assert_eq!(session.each_ref().map(|it| it.code), [Some(4), Some(0), Some(1)]);
    check("offline_rules", &session);
}
