//! Probes that users write: each passes on a system that does what it is for, and says
//! what is wrong with one that does not.
//!
//! A task of the test is what processes messages here: it takes them from a queue, and
//! writes into a table what they say.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::QueueAttributeName;
use ccprov::aws::behaviours::Options;
use ccprov::model::{Address, Inspected};
use serde_json::{Value, json};

use super::refusals::user;
use super::stand::{Stand, patient, told};
use crate::support::aws;
use crate::support::emulator::{ministack, ministack_enforcing_tls};

const CHECK: &str = "probe";

const LEDGER: &str = r#"
stack: verified
resources:
  events:
    kind: sqs_queue
    name: events.fifo
    fifo_queue: true
    visibility_timeout_seconds: 1
    redrive_policy: { dead_letter_queue: "${dead.arn}", max_receive_count: 3 }
  dead: { kind: sqs_queue, name: dead.fifo, fifo_queue: true }
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
        if matches!(how, Processing::None) {
            return;
        }
        loop {
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

#[tokio::test]
async fn what_is_recorded_twice_or_wrong_or_not_is_told() {
    let stack = format!("{LEDGER}{RECORDED}");
    let check = async |how: Processing, expected: &[&str]| {
        let (stand, results) = Box::pin(tried(&stack, how)).await;
        let found = messages(&results);
        assert_eq!(found.len(), 1, "{results:#?}");
        for part in expected {
            assert!(found[0].contains(part), "{part}: {}", found[0]);
        }
        assert_eq!(items(&stand).await, 0, "what was recorded is removed");
        let left = taken(&stand.sqs(), &stand.url("events.fifo")).await;
        assert_eq!(left.len(), 0, "what nobody took is removed");
    };
    check(
        Processing::Twice,
        &["the number of items of ledger", "Some(Number(1))", "Some(Number(2))"],
    )
    .await;
    check(Processing::Wrong, &["differs at `status`", "\"READY\"", "\"INVALID\""]).await;
    check(Processing::None, &["there are no items of ledger where tenant_id is ccprov-", "(20 s)"])
        .await;
}

const POISON: &str = r#"
  poison_is_set_aside:
    send: { queue: "${events.url}", group: "${nonce}", body: { tenant_id: "${nonce}", kind: poison } }
    expect: { queue: "${dead.url}", body: { kind: poison }, count: 1 }
    within: 40s
  poison_is_not_recorded:
    send: { queue: "${events.url}", group: "${nonce}", body: { tenant_id: "${nonce}", kind: poison } }
    expect_not: { table: "${ledger.name}", where: { tenant_id: "${nonce}", at: 1 } }
    after:
      send: { queue: "${events.url}", group: "${nonce}", body: { tenant_id: "${nonce}", at: 2 } }
      expect:
        table: "${ledger.name}"
        index: by_status
        where: { status: READY, tenant_id: "${nonce}" }
        items: [{ at: 2, status: READY }]
    within: 40s
"#;

/// Beside the messages of others, which lie in the same queues before and afterwards.
#[tokio::test]
async fn poison_goes_to_the_dead_letters_and_messages_of_others_stay() {
    let stack = format!("{LEDGER}{POISON}");
    let stand = Stand::make_of(&ministack().account(), &stack).await;
    for number in 0..12 {
        let call =
            stand.sqs().send_message().queue_url(stand.url("dead.fifo")).message_body("theirs");
        let call = call.message_group_id(format!("g{number}"));
        call.message_deduplication_id(number.to_string()).send().await.unwrap();
    }
    let processing = process(&stand, Processing::Sound);
    let results = stand.verify(CHECK, patient()).await;
    processing.abort();
    let expected = ["poison_is_not_recorded: passed", "poison_is_set_aside: passed"];
    assert_eq!(told(&results), expected, "{results:#?}");
    let mut theirs = 0;
    loop {
        let found = taken(&stand.sqs(), &stand.url("dead.fifo")).await;
        assert!(found.iter().all(|it| it.body() == Some("theirs")), "{found:?}");
        theirs += found.len();
        if found.is_empty() {
            break;
        }
    }
    assert_eq!(theirs, 12);
}

const WAYS: &str = r#"
stack: verified
resources:
  topic: { kind: sns_topic, name: claims-sns }
  queue:
    kind: sqs_queue
    name: claims-sqs
    policy:
      Version: "2012-10-17"
      Statement:
        - Effect: Allow
          Principal: { Service: sns.amazonaws.com }
          Action: sqs:SendMessage
          Resource: "*"
          Condition: { ArnEquals: { "aws:SourceArn": "${topic.arn}" } }
  subscription:
    kind: sns_subscription
    topic_arn: ${topic.arn}
    protocol: sqs
    endpoint: ${queue.arn}
    raw_message_delivery: true
    filter_policy: { kind: [order] }
  bucket: { kind: s3_bucket, force_destroy: true }
probes:
  orders_arrive:
    send: { topic: "${topic.arn}", message: { id: "${nonce}", order: { lines: [1, 2] } }, attributes: { kind: order } }
    expect: { queue: "${queue.url}", body: { order: { lines: [1, 2] } }, attributes: { kind: order }, count: 1 }
  nothing_else_does:
    send: { topic: "${topic.arn}", message: "other ${nonce}", attributes: { kind: other } }
    expect_not: { queue: "${queue.url}", body: "other ${nonce}" }
    after:
      send: { topic: "${topic.arn}", message: "last ${nonce}", attributes: { kind: order } }
      expect: { queue: "${queue.url}", body: "last ${nonce}" }
  objects_stay_as_they_are:
    send: { bucket: "${bucket.name}", key: "in/${nonce}.json", content: { a: 1, b: 2 } }
    expect: { bucket: "${bucket.name}", key: "in/${nonce}.json", content: { b: 2 } }
"#;

#[tokio::test]
async fn topics_queues_and_buckets_are_tried() {
    let stand = Stand::make_of(&ministack().account(), WAYS).await;
    for exclusive in [false, true] {
        let results = stand.verify(CHECK, Options { exclusive, ..patient() }).await;
        let expected = [
            "nothing_else_does: passed",
            "objects_stay_as_they_are: passed",
            "orders_arrive: passed",
        ];
        assert_eq!(told(&results), expected, "{results:#?}");
        assert_eq!(stand.keys().await, [""; 0]);
        assert_eq!(taken(&stand.sqs(), &stand.url("claims-sqs")).await.len(), 0);
    }
    // Now the filter lets everything through, and nobody has said so.
    let arn = stand.sns().list_subscriptions().send().await.unwrap();
    let arn = arn.subscriptions()[0].subscription_arn().unwrap().to_owned();
    let open = stand.sns().set_subscription_attributes().subscription_arn(arn);
    let open = open.attribute_name("FilterPolicy").attribute_value("{}");
    open.send().await.unwrap();
    let results = stand.verify(CHECK, patient()).await;
    let expected = [
        "nothing_else_does: probe nothing_else_does",
        "objects_stay_as_they_are: passed",
        "orders_arrive: passed",
    ];
    assert_eq!(told(&results), expected, "{results:#?}");
    assert_eq!(taken(&stand.sqs(), &stand.url("claims-sqs")).await.len(), 0);
}

/// What a run leaves that was cut short is removed at its end, and what one leaves that
/// was killed, by the next that looks there.
#[tokio::test]
async fn who_is_interrupted_leaves_nothing() {
    let stack = WAYS.replace("  orders_arrive:", "  never:\n    send: { queue: \"${queue.url}\", body: \"${nonce}\" }\n    expect: { queue: \"${queue.url}\", body: never }\n  orders_arrive:");
    let stand = Stand::make_of(&ministack().account(), &stack).await;
    let old = "ccprov-0123456789abcdef-0";
    let call = stand.sqs().send_message().queue_url(stand.url("claims-sqs"));
    call.message_body(format!("{{\"id\":\"{old}\"}}")).send().await.unwrap();
    let bench = ccprov::aws::behaviours::Bench::new(stand.session.clone(), patient());
    let (notices, mut listener) = tokio::sync::mpsc::unbounded_channel();
    let scene = stand.scene().await;
    let running = stand.inspect(&bench, &scene, CHECK, notices);
    let other_probes_end = async {
        let mut ended = 0;
        while ended < 3 {
            let notice = listener.recv().await.unwrap();
            ended += usize::from(matches!(notice, ccprov::verify::Notice::Ended(_)));
        }
    };
    tokio::select! {
        _all = running => panic!("it waits"),
        () = other_probes_end => {}
    }
    assert_eq!(bench.put_away().await, []);
    let left = taken(&stand.sqs(), &stand.url("claims-sqs")).await;
    assert_eq!(left.len(), 0, "{left:?}");
}

const ROLES: &str = r#"
stack: verified
resources:
  queue: { kind: sqs_queue, name: claims-sqs }
  producer:
    kind: iam_role
    assume_role_policy:
      Statement: { Effect: Allow, Principal: { AWS: "${account}" }, Action: "sts:AssumeRole" }
    inline_policies:
      produce:
        Statement: { Effect: Allow, Action: "sqs:SendMessage", Resource: "${queue.arn}" }
  consumer:
    kind: iam_role
    assume_role_policy:
      Statement: { Effect: Allow, Principal: { AWS: "${account}" }, Action: "sts:AssumeRole" }
    inline_policies:
      consume:
        Statement: { Effect: Allow, Action: "sqs:ReceiveMessage", Resource: "${queue.arn}" }
  function:
    kind: iam_role
    assume_role_policy:
      Statement: { Effect: Allow, Principal: { Service: lambda.amazonaws.com }, Action: "sts:AssumeRole" }
    inline_policies:
      consume:
        Statement: { Effect: Allow, Action: "sqs:ReceiveMessage", Resource: "${queue.arn}" }
  idle:
    kind: iam_role
    assume_role_policy:
      Statement: { Effect: Allow, Principal: { AWS: "${account}" }, Action: "sts:AssumeRole" }
probes:
  it_arrives:
    send: { queue: "${queue.url}", body: "${nonce}" }
    expect: { queue: "${queue.url}" }
    within: 10s
"#;

/// Each does what it was given, and the caller the rest.
#[tokio::test]
async fn roles_play_their_parts() {
    let root = Stand::make_of(&ministack_enforcing_tls().account(), ROLES).await;
    let stand = root.seen_by(&user(&root.account).await).await;
    let act_as = ["producer", "consumer", "idle"].map(str::to_owned).to_vec();
    let all = Options { act_as, ..patient() };
    let results = stand.verify(CHECK, all.clone()).await;
    let expected = [
        "it_arrives as consumer: passed",
        "it_arrives as idle: not exercised, idle was given nothing that this probe does",
        "it_arrives as producer: passed",
    ];
    assert_eq!(told(&results), expected, "{results:#?}");
    let took_on =
        |it: &&Inspected| it.observations.iter().any(|it| it.seen.contains("took on the role"));
    assert_eq!(results.iter().filter(took_on).count(), 2, "{results:#?}");
    // Who cannot be played has not passed.
    let function = Options { act_as: vec!["function".to_owned()], ..patient() };
    let results = stand.verify(CHECK, function).await;
    assert!(
        told(&results)[0].starts_with("it_arrives as function: could not look"),
        "{results:#?}"
    );
    // What was given and is taken back elsewhere.
    let scene = stand.scene().await;
    let consumer = scene.exhibits[&Address::new("consumer")].fact("arn").to_owned();
    let policy = json!({ "Version": "2012-10-17", "Statement": {
        "Effect": "Deny", "Principal": { "AWS": consumer }, "Action": "sqs:ReceiveMessage",
        "Resource": stand.queue_arn("claims-sqs"),
    } });
    let set = root.sqs().set_queue_attributes().queue_url(stand.url("claims-sqs"));
    let set = set.attributes(QueueAttributeName::Policy, policy.to_string());
    set.send().await.unwrap();
    let results = stand.verify(CHECK, Options { patience: Duration::from_secs(2), ..all }).await;
    let line = &told(&results)[0];
    assert!(
        line.starts_with("it_arrives as consumer: ") && !line.ends_with("passed"),
        "{results:#?}"
    );
    assert!(messages(&results)[0].contains("consumer was given the right"), "{results:#?}");
    assert_eq!(told(&results)[2], "it_arrives as producer: passed", "{results:#?}");
}
