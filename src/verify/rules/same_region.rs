//! What AWS connects within one region alone, and within one account, lies
//! there.

use serde_json::Value;

use super::function::{FUNCTION, MAPPING};
use super::{Judgement, Rule, hop};
use crate::model::{CheckInfo, CheckKind, Finding, Level, Path, Place, Scene};

pub(super) const RULE: Rule = Rule {
    info: CheckInfo {
        id: "same_region",
        kind: CheckKind::Rule,
        level: Level::Error,
        summary: "Keys, dead-letter queues, subscribed topics, receivers of bucket events, what Lambda reads and for whom, and what alarms tell are of the stack's region; dead-letter queues and functions that are read for of its account, too.",
        risk: "AWS refuses the call, when other parts of the stack are made already.",
        remedy: "Name a resource of the same region; a topic of another one is subscribed to by a stack there.",
    },
    stops_messages: false,
    because: "An error: AWS refuses it.",
    judge,
};

/// A field that names something which has to be near.
struct Near {
    kind: &'static str,
    /// `*` stands for every item of a list.
    field: &'static [&'static str],
    what: &'static str,
    /// Whether it has to be of the account, too.
    account: bool,
}

/// "The dead-letter queue of a queue must be in the same account and region"
/// (SQS Developer Guide), likewise that of a subscription (SNS Developer
/// Guide); S3 tells receivers of the bucket's region (S3 User Guide); a
/// subscription is made where its topic is, and KMS keys are of one region. Of an
/// action elsewhere `CloudWatch` answers that only the alarm's region is supported.
static NEAR: &[Near] = &[
    told_by_alarm(hop::ALARM, &["alarm_actions", "*"]),
    told_by_alarm(hop::ALARM, &["insufficient_data_actions", "*"]),
    told_by_alarm(hop::ALARM, &["ok_actions", "*"]),
    told_by_alarm(hop::COMPOSITE, &["alarm_actions", "*"]),
    told_by_alarm(hop::COMPOSITE, &["insufficient_data_actions", "*"]),
    told_by_alarm(hop::COMPOSITE, &["ok_actions", "*"]),
    Near {
        kind: "cloudwatch_event_archive",
        field: &["kms_key_identifier"],
        what: "the key",
        account: false,
    },
    Near {
        kind: "cloudwatch_event_bus",
        field: &["kms_key_identifier"],
        what: "the key",
        account: false,
    },
    Near { kind: "cloudwatch_log_group", field: &["kms_key_id"], what: "the key", account: false },
    Near { kind: "dynamodb_table", field: &["kms_key_id"], what: "the key", account: false },
    // "The Lambda function and the Amazon SQS queue must be in the same AWS Region, although
    // they can be in different AWS accounts" (Lambda Developer Guide).
    Near { kind: MAPPING, field: &["event_source_arn"], what: "what is read", account: false },
    Near { kind: MAPPING, field: &["function_name"], what: "the function", account: true },
    Near { kind: FUNCTION, field: &["kms_key_arn"], what: "the key", account: false },
    Near {
        kind: "s3_bucket_notification",
        field: &["lambda_function", "*", "lambda_function_arn"],
        what: "the function",
        account: false,
    },
    Near {
        kind: "s3_bucket",
        field: &["server_side_encryption", "kms_master_key_id"],
        what: "the key",
        account: false,
    },
    Near {
        kind: "s3_bucket_notification",
        field: &["queue", "*", "queue_arn"],
        what: "the queue",
        account: false,
    },
    Near {
        kind: "s3_bucket_notification",
        field: &["topic", "*", "topic_arn"],
        what: "the topic",
        account: false,
    },
    Near {
        kind: "sns_subscription",
        field: &["redrive_policy", "dead_letter_queue"],
        what: "the dead-letter queue",
        account: true,
    },
    Near { kind: "sns_subscription", field: &["topic_arn"], what: "the topic", account: false },
    Near { kind: "sns_topic", field: &["kms_master_key_id"], what: "the key", account: false },
    Near { kind: "sqs_queue", field: &["kms_master_key_id"], what: "the key", account: false },
    Near {
        kind: "sqs_queue",
        field: &["redrive_policy", "dead_letter_queue"],
        what: "the dead-letter queue",
        account: true,
    },
];

const fn told_by_alarm(kind: &'static str, field: &'static [&'static str]) -> Near {
    Near { kind, field, what: "what the alarm tells", account: false }
}

fn judge(scene: &Scene) -> Judgement {
    let mut judgement = Judgement::default();
    for near in NEAR {
        for exhibit in scene.of_kind(near.kind) {
            let document = Value::Object(exhibit.document.clone());
            for (path, arn) in arns(&document, near.field, &Path::default()) {
                let address = &exhibit.address;
                let (subject, finding) = match far(&arn, near, &scene.place) {
                    Distance::Near => (address.to_string(), None),
                    Distance::Open(of) => {
                        (format!("{address} (not judged: the stack's {of} is not known)"), None)
                    }
                    Distance::Far(message, hint) => {
                        let finding = Finding::new(address, message).at(path).hint(hint);
                        (address.to_string(), Some(finding))
                    }
                };
                judgement.add(subject, finding);
            }
        }
    }
    judgement
}

/// The ARNs that a field names. Other texts do not tell where they are.
fn arns(value: &Value, field: &[&str], at: &Path) -> Vec<(Path, String)> {
    let within = |at: &Path, name: &str| {
        if at.segments().is_empty() { Path::field(name) } else { at.with_field(name) }
    };
    match (field, value) {
        ([], Value::String(text)) if text.starts_with("arn:") => vec![(at.clone(), text.clone())],
        (["*", rest @ ..], Value::Array(items)) => {
            let items = items.iter().enumerate();
            items.flat_map(|(index, item)| arns(item, rest, &at.with_index(index))).collect()
        }
        ([name, rest @ ..], Value::Object(fields)) => {
            let value = fields.get(*name).unwrap_or(&Value::Null);
            arns(value, rest, &within(at, name))
        }
        _ => Vec::new(),
    }
}

/// How far something is from the stack.
enum Distance {
    /// Near enough.
    Near,
    /// Nobody can tell, before somebody has asked for this of the stack.
    Open(&'static str),
    /// Too far, and what to do.
    Far(String, String),
}

fn far(arn: &str, near: &Near, place: &Place) -> Distance {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let [_, _, _, region, account, _] = parts[..] else { return Distance::Near };
    let what = near.what;
    if !region.is_empty() && region != place.region {
        if !place.knows_region() {
            return Distance::Open("region");
        }
        let message = format!("{what} is in {region}, and this in {}", place.region);
        return Distance::Far(message, format!("name one of {}", place.region));
    }
    if near.account && !account.is_empty() && account != place.account {
        if !place.knows_account() {
            return Distance::Open("account");
        }
        let message = format!("{what} is of account {account}, and this of {}", place.account);
        return Distance::Far(message, "name one of the same account".to_owned());
    }
    Distance::Near
}

#[cfg(test)]
mod tests {
    use super::super::tests::{golden, redriven, scene, told_of};
    use super::{Place, RULE, Scene};

    /// A place that no file tells.
    fn nowhere() -> Place {
        Place {
            partition: "aws".into(),
            account: Place::NO_ACCOUNT.into(),
            region: Place::NO_REGION.into(),
            endpoint: None,
        }
    }

    #[test]
    fn what_belongs_together_is_near() {
        let redrive = |arn: &str| redriven("queue: { kind: sqs_queue }", arn);
        let subscription = |topic: &str, endpoint: &str| {
            scene(&format!(
                "subscription: {{ kind: sns_subscription, topic_arn: \"{topic}\", protocol: sqs, endpoint: \"{endpoint}\" }}"
            ))
        };
        let here = "arn:aws:sqs:us-east-1:123456789012:dlq";
        golden!(told_of(
            &RULE,
            &[
                ("here", redrive(here)),
                ("another region", redrive("arn:aws:sqs:eu-west-1:123456789012:dlq")),
                ("another account", redrive("arn:aws:sqs:us-east-1:210987654321:dlq")),
                ("a topic elsewhere", subscription("arn:aws:sns:eu-west-1:123456789012:t", here)),
                // SNS delivers to other regions and accounts.
                (
                    "a topic of others, a queue elsewhere",
                    subscription(
                        "arn:aws:sns:us-east-1:210987654321:t",
                        "arn:aws:sqs:eu-west-1:210987654321:q"
                    )
                ),
                (
                    "a bucket's receiver",
                    scene("
notification:
  kind: s3_bucket_notification
  bucket: payloads
  queue:
    - { queue_arn: \"arn:aws:sqs:us-east-1:123456789012:near\", events: [\"s3:ObjectCreated:Put\"] }
    - { queue_arn: \"arn:aws:sqs:eu-west-1:123456789012:far\", events: [\"s3:ObjectRemoved:Delete\"] }")
                ),
                (
                    "from a place that is not known",
                    Scene { place: nowhere(), ..redrive("arn:aws:sqs:us-east-1:123456789012:dlq") },
                ),
                (
                    "of the same place, whichever that is",
                    Scene { place: nowhere(), ..redrive(&nowhere().arn("sqs", "dlq")) },
                ),
                (
                    "what alarms tell",
                    scene("
alarm:
  kind: cloudwatch_metric_alarm
  namespace: AWS/SQS
  metric_name: NumberOfMessagesSent
  dimensions: { QueueName: orders }
  statistic: Sum
  period: 60
  evaluation_periods: 1
  comparison_operator: GreaterThanThreshold
  threshold: 0
  alarm_actions: [\"arn:aws:sns:eu-west-1:123456789012:far\", \"arn:aws:sns:us-east-1:210987654321:near\"]
  ok_actions: [\"arn:aws:automate:us-east-1:ec2:reboot\"]")
                ),
                ("a key", scene("topic: { kind: sns_topic, kms_master_key_id: \"arn:aws:kms:eu-west-1:123456789012:key/1\" }")),
            ]
        ));
    }
}
