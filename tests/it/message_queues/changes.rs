//! Every parameter of the patterns of the platform, changed where the objects are: each makes
//! a difference, an apply brings it, and nothing is left to do then. What makes another object,
//! or is no setting of any, says so here; a parameter that nobody tries is missed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde_json::{Map, Value, json};

use crate::stand_in::StandIn;
use crate::support::emulator::{self, root};
use crate::transcripts::Desk;

/// A pattern, and what becomes of its parameters.
struct Changes {
    pattern: &'static str,
    /// What there is before.
    with: Value,
    /// What is changed in one apply each: where in `with`, and to what.
    rounds: Vec<Vec<(&'static str, Value)>>,
    /// What is seen in a plan alone, because the emulator takes it for something else: see
    /// docs/EMULATORS.md.
    planned: Vec<(&'static str, Value)>,
    /// Parameters of which another value is another object.
    fixed: &'static [&'static str],
    /// Those that say how something is done, and nothing of an object.
    means: &'static [&'static str],
}

const KEY: &str = "arn:aws:kms:us-east-1:${account}:key/5e1d0000-0000-4000-8000-00000000000";
const ACCOUNT: &str = "arn:aws:iam::${account}:root";

fn key(number: u8) -> Value {
    json!(format!("{KEY}{number}"))
}

fn topic(name: &str) -> Value {
    json!([format!("arn:aws:sns:us-east-1:${{account}}:{name}")])
}

fn queue_set() -> Changes {
    let rule = |name: &str| json!([format!("arn:aws:events:us-east-1:${{account}}:rule/{name}")]);
    Changes {
        pattern: "queue_set",
        with: json!({ "prefix": "changes", "queues": { "plain": {}, "ordered": { "fifo": true } } }),
        rounds: vec![
            vec![
                ("/queues/another", json!({})),
                ("/queues/plain/visibility_timeout", json!(60)),
                ("/queues/plain/retention_seconds", json!(86_400)),
                ("/queues/plain/max_message_size", json!(2048)),
                ("/queues/plain/delay_seconds", json!(5)),
                ("/queues/plain/receive_wait_time", json!(10)),
                ("/queues/plain/max_receive_count", json!(3)),
                ("/queues/plain/depth_threshold", json!(9)),
                ("/queues/plain/rules", rule("orders")),
                ("/queues/plain/topics", topic("orders")),
                ("/queues/plain/principals", json!([ACCOUNT])),
                ("/queues/ordered/content_based_deduplication", json!(false)),
                ("/allowed_principals", json!([ACCOUNT])),
                ("/kms_key_arn", key(1)),
                ("/data_key_reuse_seconds", json!(600)),
                ("/dlq_retention_seconds", json!(1_000_000)),
                ("/alarm_topics", topic("alerts")),
                ("/tags", json!({ "team": "a" })),
            ],
            vec![
                ("/queues/plain/use_sqs_managed_sse", json!(true)),
                ("/queues/plain/enable_dlq", json!(false)),
                ("/queues/plain/rules", json!([])),
                ("/kms_key_arn", key(2)),
                ("/tags", json!({})),
            ],
        ],
        planned: Vec::new(),
        fixed: &["prefix", "queues.fifo"],
        means: &["force_destroy"],
    }
}

fn event_bus() -> Changes {
    let queue = |name: &str| json!(format!("arn:aws:sqs:us-east-1:${{account}}:{name}"));
    let content = |title: &str| json!({ "$schema": "http://json-schema.org/draft-04/schema#", "type": "object", "title": title });
    Changes {
        pattern: "event_bus",
        with: json!({
            "name": "changes",
            "rules": { "orders": {
                "event_pattern": { "source": ["shop"] },
                "target_arn": queue("one"),
            } },
            "schemas": { "order": { "content": content("an order") } },
        }),
        rounds: vec![
            vec![
                (
                    "/rules/another",
                    json!({ "event_pattern": { "source": ["till"] }, "target_arn": queue("one") }),
                ),
                ("/rules/orders/event_pattern", json!({ "source": ["shop", "till"] })),
                ("/rules/orders/description", json!("orders")),
                ("/rules/orders/enabled", json!(false)),
                ("/rules/orders/target_arn", queue("two.fifo")),
                ("/rules/orders/role_arn", json!("arn:aws:iam::${account}:role/sends")),
                ("/rules/orders/message_group_id", json!("orders")),
                ("/rules/orders/input_path", json!("$.detail")),
                ("/rules/orders/retry_seconds", json!(60)),
                ("/rules/orders/retries", json!(3)),
                ("/archive_pattern", json!({ "source": ["shop"] })),
                ("/archive_retention_days", json!(7)),
                ("/schemas/order/content", content("an order of the shop")),
                ("/schemas/order/description", json!("what somebody wants")),
                ("/kms_key_arn", key(1)),
                ("/alarm_topics", topic("alerts")),
                ("/tags", json!({ "team": "a" })),
            ],
            vec![
                ("/rules/orders/input_path", Value::Null),
                ("/rules/orders/input", json!("{\"id\":1}")),
                ("/rules/orders/enabled", json!(true)),
                ("/schemas/order/type", json!("OpenApi3")),
                (
                    "/schemas/order/content",
                    json!({ "openapi": "3.0.0", "info": { "title": "orders", "version": "1" }, "paths": {} }),
                ),
                ("/archive_retention_days", json!(0)),
                ("/tags", json!({})),
            ],
            vec![
                ("/rules/orders/input", Value::Null),
                (
                    "/rules/orders/input_transformer",
                    json!({ "input_paths": { "id": "$.detail.id" }, "input_template": "{\"id\":<id>}" }),
                ),
                ("/rules/orders/role_arn", Value::Null),
                ("/archive", json!(false)),
                ("/schemas", json!({})),
            ],
        ],
        planned: vec![("/producers", json!(["arn:aws:iam::123456789012:root"]))],
        fixed: &["name", "schemas.name"],
        means: &["force_destroy", "rules.matches", "rules.not_matches"],
    }
}

fn kafka() -> Changes {
    let group = |number: u8| json!([format!("sg-0a1b2c3d4e5f6071{number}")]);
    let subnets = [1, 2, 3].map(|number| format!("subnet-0a1b2c3d4e5f6071{number}"));
    let secret =
        "arn:aws:secretsmanager:us-east-1:${account}:secret:AmazonMSK_orders-a1B2c3".to_owned();
    Changes {
        pattern: "kafka",
        with: json!({
            "name": "changes",
            "vpc_id": "vpc-0a1b2c3d4e5f60718",
            "subnet_ids": subnets,
            "kms_key_arn": key(1),
            "kafka_version": "3.8.x",
            "instance_type": "kafka.m7g.2xlarge",
            "topics": { "orders": {} },
            "consumer_groups": { "fulfilment": { "topic": "orders" } },
        }),
        rounds: vec![
            vec![
                ("/client_security_groups", group(1)),
                ("/monitoring_security_groups", group(2)),
                ("/kafka_version", json!("3.9.x")),
                ("/brokers", json!(6)),
                ("/instance_type", json!("kafka.m7g.4xlarge")),
                ("/volume_size", json!(600)),
                ("/volume_throughput", json!(250)),
                ("/enhanced_monitoring", json!("DEFAULT")),
                ("/scram_secret_arns", json!([secret])),
                ("/server_properties", json!({ "num.partitions": "3" })),
                ("/topics/another", json!({})),
                ("/consumer_groups/another", json!({ "topic": "another" })),
                ("/topics/orders/partition_count", json!(12)),
                ("/topics/orders/configs", json!({ "retention.ms": "3600000" })),
                ("/consumer_groups/fulfilment/group", json!("those-who-fulfil")),
                ("/consumer_groups/fulfilment/topic", json!("returns")),
                ("/consumer_groups/fulfilment/lag_threshold", json!(9)),
                ("/log_retention_days", json!(7)),
                ("/alarm_topics", topic("alerts")),
                ("/tags", json!({ "team": "a" })),
            ],
            vec![
                ("/client_security_groups", json!([])),
                ("/topics/orders/configs", json!({ "retention.ms": "7200000" })),
                ("/tags", json!({})),
            ],
        ],
        planned: Vec::new(),
        fixed: &[
            "kms_key_arn",
            "name",
            "serverless",
            "subnet_ids",
            "topics.name",
            "topics.replication_factor",
            "vpc_id",
        ],
        means: &["force_destroy"],
    }
}

#[test]
fn every_setting_of_a_queue_set_changes_in_place() {
    check(&queue_set());
}

#[test]
fn every_setting_of_an_event_bus_changes_in_place() {
    check(&event_bus());
}

#[test]
fn every_setting_of_a_kafka_cluster_changes_in_place() {
    check(&kafka());
}

fn check(changes: &Changes) {
    let tried = changes.rounds.iter().flatten().chain(&changes.planned);
    let tried = tried.map(|(path, _)| parameter(changes, path));
    let told = changes.fixed.iter().chain(changes.means).map(|name| (*name).to_owned());
    assert_eq!(parameters(changes.pattern), tried.chain(told).collect(), "{}", changes.pattern);

    let account = emulator::ministack().account();
    let stand_in = StandIn::before(&account);
    let mut with = changes.with.clone();
    let desk = Desk::with(account.through(&stand_in.url()), &stack(changes.pattern, &with));
    desk.applied();
    let makes_a_difference = |before: &Value, (path, value): &(&str, Value)| {
        let mut alone = before.clone();
        set(&mut alone, path, value.clone());
        desk.write("stack.yaml", &stack(changes.pattern, &alone));
        let told = desk.run("plan --detailed-exitcode stack.yaml");
        assert_eq!(told.code, Some(2), "{path} makes no difference: {told}");
    };
    for change in &changes.planned {
        makes_a_difference(&with, change);
    }
    for round in &changes.rounds {
        let before = with.clone();
        for change in round {
            set(&mut with, change.0, change.1.clone());
            if is_tried_alone(changes.pattern, change.0) {
                makes_a_difference(&before, change);
            }
        }
        desk.write("stack.yaml", &stack(changes.pattern, &with));
        let told = desk.must("plan --detailed-exitcode stack.yaml", 2);
        assert!(!told.stdout.contains("Must be replaced"), "{told}");
        // What is switched off goes, with what is in it.
        desk.must("apply -y --allow-data-loss stack.yaml", 0);
        desk.must("plan --detailed-exitcode stack.yaml", 0);
    }
    desk.must("destroy -y --allow-data-loss stack.yaml", 0);
}

/// What takes another change along, or means nothing without it.
fn is_tried_alone(pattern: &str, path: &str) -> bool {
    let together: &[&str] = match pattern {
        "queue_set" => &["/data_key_reuse_seconds"],
        "event_bus" => &[
            "/rules/orders/input",
            "/rules/orders/input_transformer",
            "/rules/orders/message_group_id",
            "/rules/orders/target_arn",
            "/schemas/order/type",
            "/schemas/order/content",
        ],
        _ => &[],
    };
    !together.contains(&path)
}

fn stack(pattern: &str, with: &Value) -> String {
    let made = json!({ "pattern": pattern, "with": with });
    json!({ "stack": "changes", "region": "us-east-1", "resources": { "it": made } }).to_string()
}

/// Puts a value where a path leads, or takes it away.
fn set(with: &mut Value, path: &str, value: Value) {
    let (parent, name) = path.rsplit_once('/').expect("a path");
    let parent = with.pointer_mut(parent).and_then(Value::as_object_mut).expect("a map");
    match value {
        Value::Null => parent.remove(name),
        value => parent.insert(name.to_owned(), value),
    };
}

/// The parameter that a path leads to: `queues.fifo` of `/queues/orders/fifo`.
fn parameter(changes: &Changes, path: &str) -> String {
    let steps: Vec<&str> = path.split('/').skip(1).collect();
    match steps.as_slice() {
        [of, _, field] => format!("{of}.{field}"),
        [name] | [name, _] => (*name).to_owned(),
        _ => panic!("{path} of {}", changes.pattern),
    }
}

/// All that may be said to a pattern; of a map of things, what may be said of each.
fn parameters(pattern: &str) -> BTreeSet<String> {
    let file = root().join(format!("stacks/patterns/{pattern}.yaml"));
    let text = fs::read_to_string(file).expect("a pattern");
    // Only this part is read here: the rest has anchors and merges.
    let (_, declared) = text.split_once("\nparameters:\n").expect("parameters");
    let (declared, _) = declared.split_once("\nresources:\n").expect("resources");
    let declared = declared.split("\nvalues:\n").next().unwrap_or_default();
    let declared: BTreeMap<String, Map<String, Value>> =
        serde_saphyr::from_str(declared).expect("YAML");
    let names = declared.into_iter().flat_map(|(name, parameter)| {
        let keys =
            parameter.get("entries").and_then(|it| it.get("keys")).and_then(Value::as_object);
        let keys = keys.map(Map::keys).into_iter().flatten();
        keys.map(|key| format!("{name}.{key}")).chain([name.clone()]).collect::<Vec<String>>()
    });
    names.collect()
}
