//! Probes that users write: each passes on a system that does what it is for, and says
//! what is wrong with one that does not.
//!
//! A task of the test is what processes messages here: it takes them from a queue, and
//! writes into a table what they say.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_sqs::Client;
use ccprov::aws::behaviours::Options;
use ccprov::model::{Inspected, Verdict};
use serde_json::Value;

use super::stand::{Stand, patient, told};
use crate::support::aws;
use crate::support::emulator::ministack;

const CHECK: &str = "probe";

const LEDGER: &str = r#"
stack: verified
resources:
  events:
    kind: sqs_queue
    name: events
    fifo_queue: true
    visibility_timeout_seconds: 1
    redrive_policy: { dead_letter_queue: "${dead.arn}", max_receive_count: 3 }
  dead: { kind: sqs_queue, name: dead, fifo_queue: true }
  ledger:
    kind: dynamodb_table
    name: ledger
    hash_key: { name: tenant_id, type: S }
    range_key: { name: at, type: N }
    global_secondary_indexes:
      by_status: { hash_key: { name: status, type: S } }
    force_destroy: true
probes:
"#;

const RECORDED: &str = r#"
  recorded_once:
    send:
      queue: "${events.url}"
      group: "${nonce}"
      body: { tenant_id: "${nonce}", at: 5, kind: user.created }
      times: 2
    expect: { table: "${ledger.name}", where: { tenant_id: "${nonce}" }, count: 1, item: { status: READY } }
    within: 20s
"#;

/// How messages are processed.
#[derive(Clone, Copy)]
enum Processing {
    Sound,
    /// Every message is an item of its own.
    Twice,
    Wrong,
    /// Nobody takes what is sent.
    None,
}

/// Takes messages until the test is over.
fn process(stand: &Stand, how: Processing) -> tokio::task::JoinHandle<()> {
    let (sqs, url) = (stand.sqs(), stand.url("events.fifo"));
    let tables = aws_sdk_dynamodb::Client::new(&aws::config(&stand.account));
    tokio::spawn(async move {
        let mut number = 0;
        while !matches!(how, Processing::None) {
            for message in taken(&sqs, &url).await {
                number += 1;
                let body: Value = serde_json::from_str(message.body().unwrap()).unwrap();
                if body["kind"] == "poison" {
                    continue;
                }
                let (at, status) = match how {
                    Processing::Sound | Processing::None => (body["at"].to_string(), "READY"),
                    Processing::Twice => (number.to_string(), "READY"),
                    Processing::Wrong => (body["at"].to_string(), "INVALID"),
                };
                let put = tables.put_item().table_name("ledger");
                let put = put.item(
                    "tenant_id",
                    AttributeValue::S(body["tenant_id"].as_str().unwrap().into()),
                );
                let put = put.item("at", AttributeValue::N(at));
                put.item("status", AttributeValue::S(status.into())).send().await.unwrap();
                let delete = sqs.delete_message().queue_url(&url);
                delete.receipt_handle(message.receipt_handle().unwrap()).send().await.unwrap();
            }
        }
    })
}

async fn taken(sqs: &Client, url: &str) -> Vec<aws_sdk_sqs::types::Message> {
    let call = sqs.receive_message().queue_url(url).wait_time_seconds(1);
    call.send().await.map(|answer| answer.messages.unwrap_or_default()).unwrap_or_default()
}

async fn tried(stack: &str, how: Processing) -> (Stand, Vec<Inspected>) {
    let stand = Stand::make_of(&ministack().account(), stack).await;
    let processing = process(&stand, how);
    let results = stand.verify(CHECK, patient()).await;
    processing.abort();
    (stand, results)
}

/// The items that are left in the ledger.
async fn items(stand: &Stand) -> usize {
    let tables = aws_sdk_dynamodb::Client::new(&aws::config(&stand.account));
    tables.scan().table_name("ledger").send().await.unwrap().items().len()
}

fn messages(results: &[Inspected]) -> Vec<String> {
    let findings = results.iter().flat_map(|result| result.verdict.findings());
    findings
        .map(|finding| {
            format!("{}: {:?} / {:?}", finding.message, finding.expected, finding.actual)
        })
        .collect()
}

#[tokio::test]
async fn an_event_is_recorded_once() {
    let stack = format!("{LEDGER}{RECORDED}");
    let (stand, results) = tried(&stack, Processing::Sound).await;
    assert_eq!(told(&results), ["recorded_once: passed"], "{results:#?}");
    assert_eq!(items(&stand).await, 0, "what was recorded is removed");
}
