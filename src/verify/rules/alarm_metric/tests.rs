//! Alarms that watch nothing.

use crate::model::{Address, Exhibit, Facts, Identity, Other, Scene};
use crate::verify::rules::tests::{golden, scene, told, told_of};

use super::{RULE, named_others};

/// An alarm on a metric, beside a queue, a FIFO queue, a topic, a bucket and a log group.
fn watching(namespace: &str, metric: &str, dimensions: &str) -> String {
    format!(
        "
orders: {{ kind: sqs_queue }}
strict: {{ kind: sqs_queue, fifo_queue: true }}
topic: {{ kind: sns_topic }}
bucket: {{ kind: s3_bucket }}
logs: {{ kind: cloudwatch_log_group }}
alarm:
  kind: cloudwatch_metric_alarm
  namespace: {namespace}
  metric_name: {metric}
  dimensions: {{ {dimensions} }}
  statistic: Sum
  period: 60
  evaluation_periods: 1
  comparison_operator: GreaterThanThreshold
  threshold: 0"
    )
}

const SENT: &str = "NumberOfMessagesSent";

#[test]
fn names_are_spelled_as_aws_does() {
    let of_queue = |metric: &str, dimensions: &str| watching("AWS/SQS", metric, dimensions);
    golden!(told(
        &RULE,
        &[
            ("sound", &of_queue(SENT, "QueueName: \"${orders.name}\"")),
            ("a namespace of one's own", &watching("Orders", "sold", "shop: berlin")),
            ("the namespace", &watching("aws/sqs", SENT, "QueueName: \"${orders.name}\"")),
            (
                "the metric's case",
                &of_queue("numberOfMessagesSent", "QueueName: \"${orders.name}\"")
            ),
            ("the metric", &of_queue("NumberOfMessageSent", "QueueName: \"${orders.name}\"")),
            ("a metric that is not known", &of_queue("Glory", "QueueName: \"${orders.name}\"")),
            ("the dimension's case", &of_queue(SENT, "queue_name: \"${orders.name}\"")),
            ("an attribute of queues", &of_queue(SENT, "QueueUrl: \"${orders.url}\"")),
            ("somebody else's dimension", &of_queue(SENT, "InstanceId: i-1")),
        ]
    ));
}

#[test]
fn metrics_are_told_apart_by_all_their_dimensions() {
    let bucket = "BucketName: \"${bucket.name}\"";
    golden!(told(
        &RULE,
        &[
            ("none", &watching("AWS/SQS", SENT, "")),
            ("of all groups", &watching("AWS/Logs", "IncomingBytes", "")),
            ("of one", &watching("AWS/Logs", "IncomingBytes", "LogGroupName: \"${logs.name}\"")),
            ("a bucket alone", &watching("AWS/S3", "NumberOfObjects", bucket)),
            ("whole", &watching("AWS/S3", "NumberOfObjects", &format!("{bucket}, StorageType: AllStorageTypes"))),
            ("of another metric", &watching("AWS/S3", "5xxErrors", &format!("{bucket}, StorageType: AllStorageTypes"))),
            ("with one too many", &watching("AWS/SNS", "PublishSize", "TopicName: \"${topic.name}\", Country: DE")),
            ("in an expression", "
orders: { kind: sqs_queue }
alarm:
  kind: cloudwatch_metric_alarm
  metrics:
    - { id: twice, expression: 2 * sent }
    - id: sent
      return_data: false
      metric_stat: { namespace: AWS/SQS, metric_name: NumberOfMessagesSent, dimensions: { Queue: \"${orders.name}\" }, period: 60, stat: Sum }
  evaluation_periods: 1
  comparison_operator: LessThanThreshold
  threshold: 0"),
        ]
    ));
}

#[test]
fn objects_are_named_by_what_aws_calls_them() {
    let queue = |value: &str| watching("AWS/SQS", SENT, &format!("QueueName: \"{value}\""));
    golden!(told(
        &RULE,
        &[
            ("literally", &queue("dev-orders")),
            ("by its ARN", &queue("${orders.arn}")),
            ("by its URL", &queue("${orders.url}")),
            ("by somebody's ARN", &queue("arn:aws:sqs:us-east-1:123456789012:theirs")),
            ("a topic", &watching("AWS/SNS", "PublishSize", "TopicName: \"${topic.arn}\"")),
            ("nobody looked", &queue("theirs")),
        ]
    ));
}

#[test]
fn objects_of_others_are_looked_for() {
    const ARN: &str = "arn:aws:sqs:us-east-1:123456789012:NAME";
    let named = |name: &str, other: Other| {
        let scene = scene(&watching("AWS/SQS", SENT, &format!("QueueName: {name}")));
        Scene { others: [(ARN.replace("NAME", name), other)].into(), ..scene }
    };
    let queue = Exhibit {
        address: Address::new("theirs"),
        kind: "sqs_queue".into(),
        identity: Identity("theirs".into()),
        document: serde_json::Map::new(),
        facts: Facts::new(),
    };
    let gone = || Other::Gone("is not there".into());
    golden!(told_of(
        &RULE,
        &[
            ("there", named("theirs", Other::Seen(queue))),
            ("not there", named("theirs", gone())),
            ("nearly ours", named("dev-order", gone())),
            ("nobody may look", named("theirs", Other::Hidden("not ours to read".into()))),
        ]
    ));
}

/// Whom a verify asks about: each by what it is known as, and none of the stack's own.
#[test]
fn others_that_are_watched_are_named() {
    let named = |namespace: &str, metric: &str, dimensions: &str| {
        named_others(&scene(&watching(namespace, metric, dimensions)))
    };
    let queue = ("sqs_queue", "arn:aws:sqs:us-east-1:123456789012:theirs".to_owned());
    assert_eq!(named("AWS/SQS", SENT, "QueueName: theirs"), [queue]);
    let bucket = ("s3_bucket", "theirs".to_owned());
    assert_eq!(named("AWS/S3", "NumberOfObjects", "BucketName: theirs"), [bucket]);
    for ours in ["\"${orders.name}\"", "\"${orders.arn}\"", "\"\""] {
        assert_eq!(named("AWS/SQS", SENT, &format!("QueueName: {ours}")), []);
    }
    assert_eq!(named("Orders", "sold", "QueueName: theirs"), []);
}

#[test]
fn an_alarm_can_go_off_and_end() {
    let plain = watching("AWS/SQS", SENT, "QueueName: \"${orders.name}\"");
    let compared = |operator: &str, threshold: &str| {
        let alarm = plain.replace("GreaterThanThreshold", operator);
        alarm.replace("threshold: 0", &format!("threshold: {threshold}"))
    };
    golden!(told(
        &RULE,
        &[
            ("less than nothing", &compared("LessThanThreshold", "0")),
            (
                "no data is less",
                &(compared("LessThanThreshold", "0") + "\n  treat_missing_data: breaching")
            ),
            ("less than one", &compared("LessThanThreshold", "1")),
            ("at most nothing", &compared("LessThanOrEqualToThreshold", "0")),
            ("at most less than nothing", &compared("LessThanOrEqualToThreshold", "-1")),
            ("anything", &compared("GreaterThanOrEqualToThreshold", "0")),
            ("more than less than nothing", &compared("GreaterThanThreshold", "-1")),
            ("every ten seconds", &plain.replace("period: 60", "period: 10")),
            (
                "of FIFO queues alone",
                &watching(
                    "AWS/SQS",
                    "NumberOfDeduplicatedSentMessages",
                    "QueueName: \"${orders.name}\""
                )
            ),
            (
                "of a FIFO queue",
                &watching(
                    "AWS/SQS",
                    "NumberOfDeduplicatedSentMessages",
                    "QueueName: \"${strict.name}\""
                )
            ),
        ]
    ));
}
