//! What is sent, what is made of what comes back, and what is told on paper.

use serde_json::{Value, json};

use super::*;
use crate::aws::error::told;
use crate::model::{Address, FactRef, InFlight};

const QUEUE: &str = "arn:aws:sqs:us-east-1:123456789012:q";
const STREAM: &str =
    "arn:aws:dynamodb:us-east-1:123456789012:table/t/stream/2026-11-29T00:00:00.000";
const SHARDS: &str = "arn:aws:kinesis:us-east-1:123456789012:stream/s";
const CLUSTER: &str = "arn:aws:kafka:us-east-1:123456789012:cluster/c/0a1b-1";
const BROKER: &str = "arn:aws:mq:us-east-1:123456789012:broker:b:b-0a1b";

fn naming() -> Naming {
    let place = Place {
        partition: "aws".into(),
        account: "123456789012".into(),
        region: "us-east-1".into(),
        endpoint: None,
    };
    Naming { stack: "dev".into(), address: Address::new("m"), place }
}

/// A mapping of a source to `f`, with these fields besides.
fn settled(source: &str, fields: &Value) -> Spec {
    let mut document = json!({ "event_source_arn": source, "function_name": "f" });
    document.as_object_mut().unwrap().extend(fields.as_object().cloned().unwrap());
    LambdaEventSourceMapping::settle(serde_json::from_value(document).unwrap(), &naming())
}

#[track_caller]
fn check(source: &str, fields: &Value, expected: &[&str]) {
    let problems = LambdaEventSourceMapping::check(&settled(source, fields), &naming());
    let told: Vec<String> =
        problems.iter().map(|problem| format!("{}: {}", problem.path, problem.message)).collect();
    assert_eq!(told, expected, "{source} {fields}");
}

#[test]
fn a_source_has_defaults_of_its_own() {
    let batch = |source: &str| settled(source, &json!({})).batch_size;
    assert_eq!(batch(QUEUE), Some(10));
    for source in [STREAM, SHARDS, CLUSTER, BROKER] {
        assert_eq!(batch(source), Some(100), "{source}");
    }
    let stream = json!(settled(STREAM, &json!({})));
    assert_eq!(stream["maximum_retry_attempts"], -1);
    assert_eq!(stream["parallelization_factor"], 1);
    let queue = json!(settled(QUEUE, &json!({})));
    assert_eq!(queue.get("maximum_retry_attempts"), None, "no field of a queue");
    let late = |fact: &str| {
        let marker = FactRef { address: Address::new("table"), fact: fact.into() }.marker();
        settled(&marker, &json!({})).batch_size
    };
    assert_eq!(late("stream_arn"), Some(100), "what it will be is known before its ARN is");
    assert_eq!(late("arn"), None, "of a cluster, and of much else");
}

#[test]
fn a_function_has_one_name() {
    let name = |text: &str| settled(QUEUE, &json!({ "function_name": text })).function_name;
    let arn = "arn:aws:lambda:us-east-1:123456789012:function:f";
    assert_eq!(name("f"), arn);
    assert_eq!(name("f:live"), format!("{arn}:live"));
    assert_eq!(name(&format!("{arn}:$LATEST")), arn);
    assert_eq!(name("not a function"), "not a function");
    let refused = |text: &str| {
        let spec = settled(QUEUE, &json!({ "function_name": text }));
        LambdaEventSourceMapping::check(&spec, &naming()).len()
    };
    assert_eq!(refused("f"), 0);
    assert_eq!(refused("not a function"), 1);
    assert_eq!(refused(QUEUE), 1);
    assert_eq!(refused("arn:aws:lambda:us-east-1:123456789012:layer:l:1"), 1);
}

#[test]
fn a_mapping_is_known_by_its_source_and_its_function() {
    let identity = |spec: &Spec| LambdaEventSourceMapping::identity(spec, &naming());
    let function = "arn:aws:lambda:us-east-1:123456789012:function:f";
    assert_eq!(identity(&settled(QUEUE, &json!({}))), format!("{QUEUE}|{function}"));
    let topic = settled(CLUSTER, &json!({ "topics": ["orders"] }));
    assert_eq!(identity(&topic), format!("{CLUSTER}|{function}|orders"));
    let arn = "arn:aws:lambda:us-east-1:123456789012:event-source-mapping:0a1b";
    assert_eq!(LambdaEventSourceMapping::identify(arn).as_deref(), Some(arn));
    assert_eq!(LambdaEventSourceMapping::identify(function), None);
    assert_eq!(facts(arn)["uuid"], "0a1b");
}

#[test]
fn a_field_goes_with_its_source() {
    check(QUEUE, &json!({}), &[]);
    check(
        QUEUE,
        &json!({ "starting_position": "LATEST", "maximum_retry_attempts": 3, "topics": ["t"] }),
        &[
            "starting_position: is for streams and Kafka, and the source is a queue",
            "maximum_retry_attempts: is for streams and Kafka, and the source is a queue",
            "topics: is for Kafka, and the source is a queue",
        ],
    );
    let from = json!({ "starting_position": "TRIM_HORIZON" });
    check(STREAM, &from, &[]);
    check(SHARDS, &from, &[]);
    check(
        STREAM,
        &json!({ "starting_position": "LATEST", "scaling_config": { "maximum_concurrency": 2 } }),
        &["scaling_config: is for queues, and the source is the stream of a table"],
    );
    check(
        BROKER,
        &json!({ "function_response_types": ["ReportBatchItemFailures"] }),
        &[
            "function_response_types: is for queues, streams and Kafka, and the source is a broker",
            "queues: a mapping of a broker names the queue to read",
            "source_access_configuration: a mapping of a broker names the secret to log in with",
        ],
    );
    check(
        CLUSTER,
        &json!({ "starting_position": "LATEST" }),
        &["topics: a mapping of a Kafka cluster names the topic to read"],
    );
    check(
        QUEUE,
        &json!({ "metrics_config": { "metrics": ["EventCount", "KafkaMetrics"] } }),
        &["metrics_config: KafkaMetrics is for Kafka, and the source is a queue"],
    );
}

#[test]
fn batch_and_window_of_a_queue_go_together() {
    let fifo = format!("{QUEUE}.fifo");
    check(&fifo, &json!({ "batch_size": 10 }), &[]);
    check(
        &fifo,
        &json!({ "batch_size": 11 }),
        &["batch_size: batches of a FIFO queue have 10 messages at most"],
    );
    check(
        &fifo,
        &json!({ "maximum_batching_window_in_seconds": 1 }),
        &[
            "maximum_batching_window_in_seconds: a FIFO queue has no window: its batches go as they come",
        ],
    );
    check(
        QUEUE,
        &json!({ "batch_size": 11 }),
        &["batch_size: batches of more than 10 messages take a window to gather them"],
    );
    check(QUEUE, &json!({ "batch_size": 11, "maximum_batching_window_in_seconds": 1 }), &[]);
    check(STREAM, &json!({ "batch_size": 500, "starting_position": "LATEST" }), &[]);
}

#[test]
fn where_to_begin_is_said_of_streams() {
    check(
        STREAM,
        &json!({}),
        &["starting_position: a mapping of the stream of a table says where to begin"],
    );
    check(
        STREAM,
        &json!({ "starting_position": "AT_TIMESTAMP", "starting_position_timestamp": "2026-11-01T00:00:00Z" }),
        &["starting_position: the stream of a table is read from its beginning or its end"],
    );
    check(
        SHARDS,
        &json!({ "starting_position": "AT_TIMESTAMP" }),
        &["starting_position: says no time to begin at"],
    );
    check(
        SHARDS,
        &json!({ "starting_position": "LATEST", "starting_position_timestamp": "2026-11-01T00:00:00Z" }),
        &["starting_position_timestamp: goes with the position AT_TIMESTAMP alone"],
    );
}

#[test]
fn other_mistakes_are_told_before() {
    check(
        "arn:aws:dynamodb:us-east-1:123456789012:table/t",
        &json!({}),
        &["event_source_arn: takes the ARN of the table's stream, and \
           `arn:aws:dynamodb:us-east-1:123456789012:table/t` is the table's own"],
    );
    check(
        "arn:aws:sns:us-east-1:123456789012:t",
        &json!({}),
        &[
            "event_source_arn: takes the ARN of a queue, of a stream of DynamoDB or Kinesis, of a Kafka cluster or of \
           a broker, and `arn:aws:sns:us-east-1:123456789012:t` is none",
        ],
    );
    check(
        SHARDS,
        &json!({ "starting_position": "LATEST", "maximum_record_age_in_seconds": 59 }),
        &[
            "maximum_record_age_in_seconds: a record is given up after 60 seconds at the earliest, not 59",
        ],
    );
    let filters =
        |pattern: Value| json!({ "filter_criteria": { "filters": [{ "pattern": pattern }] } });
    check(QUEUE, &filters(json!({ "body": { "type": ["paid", { "prefix": "x" }] } })), &[]);
    check(
        QUEUE,
        &filters(json!({ "body": { "type": "paid" } })),
        &["filter_criteria.filters[0].pattern: `type` must hold a list of values or conditions"],
    );
    check(
        QUEUE,
        &filters(json!({})),
        &[
            "filter_criteria.filters[0].pattern: an empty pattern lets everything through: leave the filter out",
        ],
    );
    let pollers = |more: Value| {
        let mut fields =
            json!({ "provisioned_poller_config": { "minimum_pollers": 5, "maximum_pollers": 2 } });
        fields.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap());
        fields
    };
    check(
        QUEUE,
        &pollers(json!({ "scaling_config": { "maximum_concurrency": 2 } })),
        &[
            "provisioned_poller_config.minimum_pollers: the minimum is above the maximum",
            "scaling_config: pollers that are provisioned scale by themselves: state one or the other",
        ],
    );
}

#[test]
fn filters_are_equal_however_they_are_written() {
    let of = |filters: Value| {
        json!(settled(QUEUE, &json!({ "filter_criteria": { "filters": filters } })))
    };
    let one = of(json!([
        { "pattern": { "body": { "type": ["b", "a"] } } },
        { "pattern": "{\"body\":{\"size\":[1.0]}}" }
    ]));
    let other = of(json!([
        { "pattern": { "body": { "size": [1] } } },
        { "pattern": { "body": { "type": ["a", "b", "a"] } } }
    ]));
    assert_eq!(one, other);
    assert_eq!(of(json!([]))["filter_criteria"], Value::Null);
}

#[test]
fn a_code_means_what_was_called() {
    let class = |operation: &str, code: &str, message: &str| {
        told(&format!("lambda:{operation}"), String::new(), code, message).class
    };
    let create = "CreateEventSourceMapping";
    let twice = "An event source mapping with SQS arn and function already exists.";
    assert_eq!(class(create, "ResourceConflictException", twice), ErrorClass::Exists);
    let busy = ErrorClass::NotYet(InFlight::Busy);
    for operation in ["UpdateEventSourceMapping", "DeleteEventSourceMapping", "TagResource"] {
        assert_eq!(class(operation, "ResourceInUseException", "in use"), busy);
    }
    let code = "InvalidParameterValueException";
    let role = ErrorClass::NotYet(InFlight::Dependency);
    for message in [
        "The provided execution role does not have permissions to call ReceiveMessage on SQS",
        "The role defined for the function cannot be assumed by Lambda.",
        "Cannot access stream arn. Please ensure the role can perform the GetRecords action",
    ] {
        assert_eq!(class(create, code, message), role, "{message}");
    }
    let short = "Queue visibility timeout: 30 seconds is less than Function timeout: 60 seconds";
    assert_eq!(class(create, code, short), ErrorClass::Invalid);
    let hint = |message: &str| {
        hinted(told("lambda:CreateEventSourceMapping", String::new(), code, message)).hint
    };
    assert!(hint(short).is_some_and(|hint| hint.contains("visibility_timeout_seconds")));
    assert!(
        hint("The provided execution role does not have permissions to call ReceiveMessage")
            .is_some_and(|hint| hint.contains("the function's role"))
    );
    assert_eq!(hint("Something else"), None);
}

/// What no emulator keeps is sent and read back all the same.
#[test]
fn what_is_sent_comes_back() {
    let fields = json!({
        "topics": ["orders"], "starting_position": "AT_TIMESTAMP",
        "starting_position_timestamp": "2026-11-01T00:00:00Z", "batch_size": 7,
        "enabled": false,
        "source_access_configuration": [
            { "type": "SASL_SCRAM_512_AUTH", "uri": "arn:secret" },
            { "type": "CLIENT_CERTIFICATE_TLS_AUTH", "uri": "arn:certificate" }
        ],
        "amazon_managed_kafka_event_source_config": { "consumer_group_id": "group" },
        "provisioned_poller_config": { "minimum_pollers": 1, "maximum_pollers": 3, "poller_group_name": "g" },
        "metrics_config": { "metrics": ["KafkaMetrics", "EventCount", "ErrorCount"] },
        "kms_key_arn": "arn:key", "maximum_retry_attempts": 3, "maximum_record_age_in_seconds": 60,
        "bisect_batch_on_function_error": true,
        "destination_config": { "on_failure": { "destination": "kafka://failed" } }
    });
    let spec = settled(CLUSTER, &fields);
    let sent = wire::creation(&client(), &spec, std::collections::BTreeMap::default());
    let sent = sent.as_input().clone().build().unwrap();
    let back =
        aws_sdk_lambda::operation::get_event_source_mapping::GetEventSourceMappingOutput::builder()
            .state("Disabled")
            .set_event_source_arn(sent.event_source_arn)
            .set_function_arn(sent.function_name)
            .set_batch_size(sent.batch_size)
            .set_topics(sent.topics)
            .set_starting_position(sent.starting_position)
            .set_starting_position_timestamp(sent.starting_position_timestamp)
            .set_source_access_configurations(sent.source_access_configurations)
            .set_amazon_managed_kafka_event_source_config(
                sent.amazon_managed_kafka_event_source_config,
            )
            .set_provisioned_poller_config(sent.provisioned_poller_config)
            .set_metrics_config(sent.metrics_config)
            .set_kms_key_arn(sent.kms_key_arn)
            .set_maximum_retry_attempts(sent.maximum_retry_attempts)
            .set_maximum_record_age_in_seconds(sent.maximum_record_age_in_seconds)
            .set_bisect_batch_on_function_error(sent.bisect_batch_on_function_error)
            .set_destination_config(sent.destination_config)
            .build();
    assert_eq!(json!(wire::seen(&back).unwrap().normal()), json!(spec));
}

#[test]
fn what_has_its_default_is_not_sent() {
    for source in [QUEUE, STREAM, CLUSTER] {
        let sent = wire::creation(
            &client(),
            &settled(source, &json!({})),
            std::collections::BTreeMap::default(),
        );
        let sent = sent.as_input().clone().build().unwrap();
        assert!(sent.batch_size.is_some());
        assert_eq!(sent.maximum_batching_window_in_seconds, None);
        assert_eq!((sent.maximum_retry_attempts, sent.maximum_record_age_in_seconds), (None, None));
        assert_eq!((sent.parallelization_factor, sent.tumbling_window_in_seconds), (None, None));
        assert_eq!(sent.function_response_types, None, "Kafka refuses an empty list");
        assert_eq!((sent.topics, sent.queues), (None, None));
    }
}

fn client() -> aws_sdk_lambda::Client {
    let config = aws_sdk_lambda::Config::builder();
    aws_sdk_lambda::Client::from_conf(config.behavior_version_latest().build())
}
