//! What the contract does not reach of a log group's life: calls that no emulator
//! knows, and how many look for many groups.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fmt::Write as _;

use ccprov::aws::Connection;
use serde_json::{Value, json};

use crate::contract::emulator;
use crate::resource::Aws;
use crate::support::emulator as emulators;
use crate::support::fault_proxy::{Fault, FaultProxy};
use crate::transcripts::Desk;

const KEY: &str = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab";

/// The calls that no emulator knows: they are answered for it, as AWS does,
/// without a word.
const UNKNOWN: [&str; 3] =
    ["AssociateKmsKey", "DisassociateKmsKey", "PutLogGroupDeletionProtection"];

/// The unknown calls that lead from one document to the other.
async fn calls(from: &Value, to: &Value) -> Vec<String> {
    let connection = emulator::ministack().connection;
    let proxy = FaultProxy::start(connection.endpoint_url.as_ref().unwrap(), |_, call| {
        UNKNOWN.contains(&call.operation.as_str()).then_some(Fault::Says(200, "", ""))
    });
    let aws = Aws::connect(&Connection { endpoint_url: Some(proxy.url()), ..connection }).await;
    aws.resource("dev", "cloudwatch_log_group", from).create().await.unwrap();
    let group = aws.resource("dev", "cloudwatch_log_group", to);
    group.update().await.unwrap();
    group.delete().await.unwrap();
    proxy.befallen().into_iter().map(|(call, _)| call.operation).collect()
}

#[tokio::test]
async fn keys_and_protection_are_changed_by_their_own_calls() {
    let key = json!({ "kms_key_id": KEY });
    assert_eq!(calls(&json!({}), &key).await, ["AssociateKmsKey"]);
    // So it was made with its key, and told it.
    assert_eq!(calls(&key, &json!({})).await, ["DisassociateKmsKey"]);
    let protected = json!({ "deletion_protection_enabled": true });
    assert_eq!(calls(&json!({}), &protected).await, ["PutLogGroupDeletionProtection"]);
    assert_eq!(calls(&json!({}), &json!({ "retention_in_days": 7 })).await, [""; 0]);
}

/// CloudWatch Logs admits ten listings a second.
#[test]
fn groups_that_begin_alike_are_found_by_one_listing() {
    let account = emulators::ministack().account();
    let mut stack = "stack: dev\nregion: us-east-1\nresources:\n".to_owned();
    for number in 0..30 {
        writeln!(stack, "  group{number}: {{ kind: cloudwatch_log_group }}").unwrap();
    }
    let desk = Desk::with(account, &stack);
    desk.must("apply -y stack.yaml", 0);
    desk.must("plan stack.yaml --trace trace.json", 0);
    let trace = std::fs::read_to_string(desk.path("trace.json")).unwrap();
    let listings = trace.matches("DescribeLogGroups").count();
    assert!(trace.matches("ListTagsForResource").count() >= 30, "{trace}");
    assert!((1..=3).contains(&listings), "{listings} listings for 30 groups");
}
