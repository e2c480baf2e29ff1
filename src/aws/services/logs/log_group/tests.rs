//! Log groups without AWS: what is refused, told and shown.

use aws_sdk_cloudwatchlogs::types::LogGroup;
use serde_json::{Value, json};

use super::*;
use crate::model::Address;

fn naming() -> Naming {
    Naming {
        stack: "dev".into(),
        address: Address::new("l"),
        place: Place {
            partition: "aws".into(),
            account: "123456789012".into(),
            region: "us-east-1".into(),
            endpoint: None,
        },
    }
}

fn settled(document: Value) -> Spec {
    CloudwatchLogGroup::settle(serde_json::from_value(document).unwrap(), &naming())
}

#[test]
fn what_is_kept_for_ever_may_be_stated() {
    assert_eq!(settled(json!({ "retention_in_days": 0 })).retention_in_days, None);
    assert_eq!(settled(json!({ "retention_in_days": 7 })).retention_in_days, Some(7));
}

#[test]
fn what_logs_refuses_is_told_before() {
    let told = |document: Value| -> Vec<String> {
        let problems = check(&settled(document));
        problems
            .iter()
            .map(|one| format!("{}: {}", one.path, one.hint.clone().unwrap_or_default()))
            .collect()
    };
    assert_eq!(told(json!({ "retention_in_days": 3653 })), Vec::<String>::new());
    let days = "retention_in_days: retention_in_days: ";
    assert_eq!(told(json!({ "retention_in_days": 31 })), [format!("{days}60")]);
    assert_eq!(told(json!({ "retention_in_days": 4000 })), [format!("{days}0")]);
    let delivery = json!({ "log_group_class": "DELIVERY", "retention_in_days": 1 });
    assert_eq!(told(delivery), ["retention_in_days: "]);
    assert_eq!(told(json!({ "kms_key_id": "alias/logs" })), ["kms_key_id: "]);
    assert_eq!(told(json!({ "name": "aws/l" })), ["name: name: /aws/l"]);
    assert_eq!(told(json!({ "name": "l".repeat(513) })), ["name: state a shorter `name`"]);
}

#[test]
fn a_group_is_told_from_its_streams() {
    let identify = CloudwatchLogGroup::identify;
    let arn = arn(&naming().place, "/aws/lambda/l");
    assert_eq!(identify(&arn), Some("/aws/lambda/l".to_owned()));
    assert_eq!(identify(&format!("{arn}:log-stream:s")), None);
    assert_eq!(identify("arn:aws:sqs:us-east-1:123456789012:l"), None);
}

/// AWS shows a time there, which `PutRetentionPolicy` does not take.
#[test]
fn a_class_with_its_own_time_shows_none() {
    let days = |class| {
        let group = LogGroup::builder().log_group_class(class).retention_in_days(1).build();
        shown("l", group, BTreeMap::new()).0.retention_in_days
    };
    assert_eq!(days(LogGroupClass::Delivery), None);
    assert_eq!(days(LogGroupClass::Standard), Some(1));
}

#[test]
fn what_would_be_lost_is_told() {
    let held = |bytes| held(&LogGroup::builder().set_stored_bytes(bytes).build());
    assert_eq!(held(Some(7)).unwrap().what, "about 7 bytes of logs");
    assert_eq!(held(Some(0)), None);
    assert_eq!(held(None), None);
}
