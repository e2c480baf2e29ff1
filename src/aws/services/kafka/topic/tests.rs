//! Topics as they are read, compared and changed.

use aws_sdk_kafka::operation::describe_topic::DescribeTopicOutput;
use aws_sdk_kafka::types::TopicState;
use aws_smithy_types::base64;
use serde_json::{Value, json};

use super::look::{shown, status};
use super::*;
use crate::model::{Address, ErrorClass, Status};

const CLUSTER: &str =
    "arn:aws:kafka:us-east-1:123456789012:cluster/events/0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f-7";

fn place() -> Place {
    Place {
        partition: "aws".into(),
        account: "123456789012".into(),
        region: "us-east-1".into(),
        endpoint: None,
    }
}

fn settled(fields: &Value) -> Spec {
    let mut document =
        json!({ "cluster_arn": CLUSTER, "partition_count": 6, "replication_factor": 3 });
    document.as_object_mut().unwrap().extend(fields.as_object().cloned().unwrap());
    let naming = Naming { stack: "dev".into(), address: Address::new("orders"), place: place() };
    MskTopic::settle(serde_json::from_value(document).unwrap(), &naming)
}

fn described(configs: &Value) -> DescribeTopicOutput {
    let topic = DescribeTopicOutput::builder().partition_count(6).replication_factor(3);
    topic.configs(base64::encode(configs.to_string())).build()
}

#[test]
fn what_is_sent_comes_back() {
    let spec = settled(&json!({ "configs": {
        "retention.ms": "604800000", "cleanup.policy": "compact, delete"
    } }));
    let wire = configs::sent(&spec.configs);
    let text = String::from_utf8(base64::decode(&wire).unwrap()).unwrap();
    assert_eq!(text, r#"{"cleanup.policy":"compact,delete","retention.ms":"604800000"}"#);
    let topic = DescribeTopicOutput::builder().partition_count(6).replication_factor(3);
    assert_eq!(shown(Key::of(&spec), &topic.configs(wire).build()).unwrap(), spec);
    // Nothing that is set clears what was.
    assert_eq!(base64::decode(configs::sent(&BTreeMap::new())).unwrap(), b"{}");
}

/// However a setting is written, it is one text.
#[test]
fn every_setting_is_a_text() {
    let spec = settled(&json!({}));
    let configs = json!({ "preallocate": false, "retention.ms": 5, "min.insync.replicas": "2", "none": null });
    let seen = shown(Key::of(&spec), &described(&configs)).unwrap().configs;
    let expected = [("min.insync.replicas", "2"), ("preallocate", "false"), ("retention.ms", "5")];
    let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(seen, BTreeMap::from(expected));
    assert_eq!(configs::seen("").unwrap(), BTreeMap::new());
    for broken in ["%", &base64::encode("[1]")] {
        assert_eq!(configs::seen(broken).unwrap_err().class, ErrorClass::Unexpected, "{broken}");
    }
}

#[test]
fn a_topic_is_known_by_cluster_and_name() {
    let spec = settled(&json!({ "name": "orders" }));
    let text = Key::of(&spec).text();
    assert_eq!(Key::read(&text), Some(Key { cluster: CLUSTER, name: "orders" }));
    let topic = CLUSTER.replace(":cluster/", ":topic/") + "/orders";
    assert_eq!(arn(Key::of(&spec)), Some(topic));
    assert_eq!(settled(&json!({})).name.as_deref(), Some("dev-orders"));
}

#[test]
fn its_cluster_is_a_parent_only_where_it_can_be_declared() {
    let of = |cluster: &str| parent(Key { cluster, name: "orders" }, &place());
    let identity = Identity("events".into());
    assert_eq!(of(CLUSTER), Some(Parent { kind: "msk_cluster".into(), identity }));
    assert_eq!(of(&CLUSTER.replace("123456789012", "000000000000")), None);
    assert_eq!(of(&CLUSTER.replace("-7", "-s1")), None, "a serverless one has no topics here");
}

#[test]
fn states_are_told_apart() {
    assert_eq!(status(Some(&TopicState::Active)), Status::Current);
    for state in [TopicState::Creating, TopicState::Updating, TopicState::from("REBALANCING")] {
        assert!(matches!(status(Some(&state)), Status::InProgress(_)), "{state}");
    }
    assert!(matches!(status(Some(&TopicState::Deleting)), Status::Deleting(_)));
}

#[test]
fn what_aws_would_refuse_is_told() {
    let check = |fields: Value, expected: &[(&str, &str)]| {
        let told = check::check(&settled(&fields));
        let told: Vec<(String, String)> = told
            .into_iter()
            .map(|problem| (problem.path.to_string(), problem.hint.unwrap_or_default()))
            .collect();
        assert_eq!(told.len(), expected.len(), "{fields}: {told:?}");
        for ((path, hint), (at, says)) in told.iter().zip(expected) {
            assert!(path == at && hint.contains(says), "{fields}: {path} {hint}");
        }
    };
    check(json!({ "configs": { "retention.ms": "5", "cleanup.policy": "compact" } }), &[]);
    check(json!({ "configs": { "newer.than.this.list": "5" } }), &[]);
    let hours = ("configs[log.retention.hours]", "`retention.ms`, in milliseconds");
    check(json!({ "configs": { "log.retention.hours": "168" } }), &[hours]);
    let bytes = ("configs[message.max.bytes]", "`max.message.bytes`");
    check(json!({ "configs": { "message.max.bytes": "5" } }), &[bytes]);
    let factor = ("configs[default.replication.factor]", "`replication_factor`");
    check(json!({ "configs": { "default.replication.factor": "3" } }), &[factor]);
    let meant = ("configs[retention.m]", "did you mean `retention.ms`?");
    check(json!({ "configs": { "retention.m": "5" } }), &[meant]);
    check(json!({ "name": "__consumer_offsets" }), &[("name", "another")]);
    check(json!({ "name": "o".repeat(250) }), &[("name", "shorter")]);
}
