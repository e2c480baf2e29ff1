//! What is told on paper of a bus, and what is made of what comes back.

use serde_json::{Value, json};

use super::*;
use crate::model::Address;

fn naming() -> Naming {
    let place = Place {
        partition: "aws".into(),
        account: "123456789012".into(),
        region: "us-east-1".into(),
        endpoint: None,
    };
    Naming { stack: "dev".into(), address: Address::new("b"), place }
}

fn settled(document: Value) -> Spec {
    CloudwatchEventBus::settle(serde_json::from_value(document).unwrap(), &naming())
}

#[test]
fn what_eventbridge_would_refuse_is_told() {
    let check = |document: Value, expected: &[&str]| {
        let problems = CloudwatchEventBus::check(&settled(document), &naming());
        let told: Vec<String> =
            problems.iter().map(|it| format!("{}: {}", it.path, it.message)).collect();
        assert_eq!(told, expected);
    };
    check(json!({}), &[]);
    check(
        json!({ "name": "default" }),
        &["name: every account has a bus of this name, which nobody makes or deletes"],
    );
    check(
        json!({ "name": "a".repeat(257) }),
        &["name: the name has 257 characters, EventBridge takes 256"],
    );
    check(
        json!({ "log_config": { "level": "OFF" } }),
        &["log_config: OFF is what holds where nothing is said"],
    );
    let queue = |name: &str| json!({ "dead_letter_config": { "arn": format!("arn:aws:sqs:us-east-1:123456789012:{name}") } });
    check(queue("q"), &[]);
    check(
        queue("q.fifo"),
        &["dead_letter_config: EventBridge sends to standard queues, and this one is FIFO"],
    );
}

#[test]
fn what_is_said_of_nothing_is_nothing() {
    let told = |bus: DescribeEventBusOutput| json!(shown("b", bus, Tags::default(), "aws"));
    let off = sdk::LogConfig::builder().level(sdk::Level::Off).build();
    let empty = DescribeEventBusOutput::builder().kms_key_identifier("").policy("").log_config(off);
    let empty = empty.dead_letter_config(sdk::DeadLetterConfig::builder().build()).build();
    assert_eq!(told(empty), told(DescribeEventBusOutput::builder().build()));
    let traced = sdk::LogConfig::builder().level(sdk::Level::Trace).build();
    let traced = DescribeEventBusOutput::builder().log_config(traced).build();
    assert_eq!(told(traced)["log_config"], json!({ "level": "TRACE", "include_detail": "NONE" }));
}
