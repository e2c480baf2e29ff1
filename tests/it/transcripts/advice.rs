//! What the rules say of a stack before anything of it is applied.

use super::{Desk, check};
use crate::support::emulator;

/// Nobody lets the topic send.
const SILENT: &str = r#"
stack: claims
region: us-east-1
resources:
  topic: { kind: sns_topic }
  queue: { kind: sqs_queue }
  subscription: { kind: sns_subscription, topic_arn: "${topic.arn}", protocol: sqs, endpoint: "${queue.arn}" }
"#;

/// What the plan says is missing.
const POLICY: &str = r#"
    policy:
      Version: "2012-10-17"
      Statement:
        - Sid: TopicSends
          Effect: Allow
          Principal:
            Service: sns.amazonaws.com
          Action: "sqs:SendMessage"
          Resource: "${queue.arn}"
          Condition:
            ArnLike:
              "aws:SourceArn": "${topic.arn}"
            StringEquals:
              "aws:SourceAccount": "${account}"
"#;

const SKIP: &str = r"
checks:
  skip:
    - { check: delivery_path, resources: [queue], reason: the policy comes with the consumers }
";

#[test]
fn a_plan_warns_of_messages_that_would_not_arrive() {
    let desk = Desk::with(emulator::ministack().account(), SILENT);
    let warned = [desk.run("plan stack.yaml"), desk.run("plan --strict stack.yaml")];
    desk.write("stack.yaml", &format!("{SILENT}{SKIP}"));
    let skipped = desk.run("plan --strict stack.yaml");
    let queue = "  queue: { kind: sqs_queue }\n";
    let admitting = format!("  queue:\n    kind: sqs_queue{POLICY}");
    desk.write("stack.yaml", &SILENT.replace(queue, &admitting));
    let mended = desk.run("plan --strict stack.yaml");
    let [warned, strict] = warned;
    assert_eq!([warned.code, strict.code], [Some(0), Some(4)], "{strict}");
    assert_eq!([skipped.code, mended.code], [Some(0), Some(0)], "{mended}");
    assert!(!mended.stderr.contains("warning") && !skipped.stderr.contains("warning"), "{mended}");
    check("advice", &[warned, strict]);
}

/// A queue that no topic may send to, in a pattern of the user's own.
const PATTERN: &str = r#"
parameters:
  topic: { type: string }
resources:
  queue: { kind: sqs_queue }
  subscription: { kind: sns_subscription, topic_arn: "${param.topic}", protocol: sqs, endpoint: "${queue.arn}" }
"#;

const USES: &str = r#"
stack: claims
region: us-east-1
resources:
  topic: { kind: sns_topic }
  consumer:
    for_each: [audit, billing, search]
    pattern: ./consumer.yaml
    with: { topic: "${topic.arn}" }
"#;

/// What is wrong in a pattern is told at the pattern's line, once, and spelled
/// as it has to be there.
#[test]
fn what_a_pattern_lacks_is_told_at_the_pattern() {
    let desk = Desk::with(emulator::ministack().account(), USES);
    desk.write("consumer.yaml", PATTERN);
    let warned = desk.run("plan stack.yaml");
    assert_eq!(warned.stderr.matches("no statement of its policy").count(), 1, "{warned}");
    assert!(warned.stderr.contains("consumer.yaml:5:3"), "{warned}");
    assert!(warned.stderr.contains("Resource: \"${queue.arn}\""), "{warned}");
    check("advice_in_a_pattern", &[warned]);
}
