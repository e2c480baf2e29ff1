//! `ccprov replay`: what it shows, whom it asks, what comes of it, and what a signal does. An
//! emulator replays at once; a proxy takes its time.

use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use aws_sdk_sqs::Client;
use serde_json::{Value, json};

use crate::support::aws;
use crate::support::emulator;
use crate::support::fault_proxy::{Fault, FaultProxy};
use crate::support::slow_replays::SlowReplays;
use crate::transcripts::Desk;

const STACK: &str = r#"
stack: replays
region: us-east-1
resources:
  bus: { kind: cloudwatch_event_bus }
  archive: { kind: cloudwatch_event_archive, event_source_arn: "${bus.arn}", event_pattern: { source: [shop] } }
  queue: &queue
    kind: sqs_queue
    policy:
      Statement: { Sid: Events, Effect: Allow, Principal: { Service: events.amazonaws.com }, Action: "sqs:SendMessage", Resource: "${self.arn}", Condition: { StringEquals: { "aws:SourceAccount": "${account}" } } }
  other: { <<: *queue }
  paid: &rule
    kind: cloudwatch_event_rule
    event_bus_name: "${bus.name}"
    event_pattern: { source: [shop], detail-type: [paid] }
    targets: { queue: { arn: "${queue.arn}" } }
  every:
    <<: *rule
    event_pattern: { source: [{ prefix: s }] }
    targets: { queue: { arn: "${other.arn}" } }
"#;

/// A stack that is there, and an event that has been on its bus.
async fn desk() -> Desk {
    let desk = Desk::with(emulator::ministack().account(), STACK);
    desk.must("apply -y stack.yaml", 0);
    let events = aws_sdk_eventbridge::Client::new(&aws::config(&desk.account));
    let entry = PutEventsRequestEntry::builder().event_bus_name("replays-bus").source("shop");
    let entry = entry.detail_type("paid").detail("{\"id\":1}").build();
    let put = events.put_events().entries(entry).send().await.expect("the event is put");
    assert_eq!(put.failed_entry_count(), 0);
    for queue in ["replays-queue", "replays-other"] {
        assert_eq!(taken(&desk, queue).await.len(), 1, "{queue}");
    }
    desk
}

/// Everything that is in a queue.
async fn taken(desk: &Desk, queue: &str) -> Vec<Value> {
    let sqs = Client::new(&aws::config(&desk.account));
    let url = sqs.get_queue_url().queue_name(queue).send().await.expect("there is the queue");
    let url = url.queue_url().unwrap_or_default().to_owned();
    let mut all = Vec::new();
    loop {
        let call = sqs.receive_message().queue_url(&url).max_number_of_messages(10);
        let came = call.wait_time_seconds(1).send().await.expect("the queue is read");
        if came.messages().is_empty() {
            return all;
        }
        for message in came.messages() {
            let receipt = message.receipt_handle().unwrap_or_default();
            let gone = sqs.delete_message().queue_url(&url).receipt_handle(receipt).send().await;
            gone.expect("the message is removed");
            all.push(serde_json::from_str(message.body().unwrap_or_default()).expect("JSON"));
        }
    }
}

#[tokio::test]
async fn events_come_to_the_rules_once_more() {
    let desk = desk().await;
    let told = desk.must("replay archive stack.yaml --from 1h --to 0s -y", 0);
    for line in [
        "replay archive archive (replays-archive) on bus replays-bus",
        "every rule of the bus gets them:",
        "replays-every -> other",
        "replays-paid -> queue",
        " completed in ",
    ] {
        assert!(told.stdout.contains(line), "{line}: {told}");
    }
    assert!(told.stderr.contains("Events of the last ten minutes"), "{told}");
    for queue in ["replays-queue", "replays-other"] {
        let came = taken(&desk, queue).await;
        assert_eq!(came.len(), 1, "{queue}: {came:?}");
        assert_eq!(came[0]["detail"], json!({ "id": 1 }));
    }
    let told = desk.must("replay replays-archive --from 1h --to 0s -y --rule paid --json", 0);
    let told: Value = serde_json::from_str(&told.stdout).expect("JSON");
    assert_eq!(told["format"], "ccprov.replay/1");
    assert_eq!(told["outcome"], "completed");
    let rules = json!([{ "rule": "replays-paid", "enabled": true, "targets": ["queue"] }]);
    assert_eq!(told["rules"], rules);
}

/// What a probe puts on a bus comes where the rules lead, and nowhere else; EventBridge says the same
/// of the examples; and a pattern that somebody changed is found out by each.
#[tokio::test]
async fn events_that_are_put_come_where_the_rules_lead() {
    let examples = r#"
    matches: [{ source: shop, detail-type: paid, detail: { id: 1 } }]
    not_matches: [{ source: shop, detail-type: seen }]
    targets: { queue: { arn: "${queue.arn}" } }
  every:
    <<: *rule
    matches: []
    not_matches: []"#;
    let stack = STACK.replacen(
        "\n    targets: { queue: { arn: \"${queue.arn}\" } }\n  every:\n    <<: *rule",
        examples,
        1,
    );
    let probes = r#"
probes:
  paid_is_taken:
    send: { event_bus: "${bus.name}", source: shop, detail_type: paid, detail: { id: "${nonce}" } }
    expect: { queue: "${queue.url}", body: { source: shop, detail: { id: "${nonce}" } } }
    within: 10s
  seen_is_not:
    send: { event_bus: "${bus.name}", source: shop, detail_type: seen, detail: { id: "${nonce}" } }
    expect_not: { queue: "${queue.url}", body: { detail: { id: "${nonce}" } } }
    after:
      send: { event_bus: "${bus.name}", source: shop, detail_type: paid, detail: { id: "last ${nonce}" } }
      expect: { queue: "${queue.url}", body: { detail: { id: "last ${nonce}" } } }
    within: 10s
"#;
    let desk = Desk::with(emulator::ministack().account(), &format!("{stack}{probes}"));
    desk.must("apply -y stack.yaml", 0);
    desk.must("verify stack.yaml --only probe", 0);
    desk.must("verify stack.yaml --only event_examples,event_delivery --exclusive", 0);
    let events = aws_sdk_eventbridge::Client::new(&aws::config(&desk.account));
    let rule = events.put_rule().name("replays-paid").event_bus_name("replays-bus");
    let changed = rule.event_pattern("{\"source\":[\"shop\"],\"detail-type\":[\"seen\"]}");
    changed.send().await.expect("somebody changes the pattern");
    let told = desk.must("verify stack.yaml --only probe,event_examples", 4);
    for line in ["EventBridge leaves this event", "EventBridge takes this event", "paid_is_taken"] {
        assert!(told.stdout.contains(line), "{line}: {told}");
    }
}

#[tokio::test]
async fn what_cannot_be_replayed_is_told_and_nothing_is() {
    let desk = Desk::with(emulator::ministack().account(), STACK);
    let check = |line: &str, code: i32, says: &str| {
        let told = desk.run(line);
        assert!(told.code == Some(code) && told.stderr.contains(says), "{line}: {told}");
    };
    check("replay archive stack.yaml --from 1h --to 0s -y", 1, "run `ccprov apply` first");
    desk.must("apply -y stack.yaml", 0);
    check("replay queue stack.yaml --from 1h --to 0s -y", 1, "queue is no archive");
    check("replay nobody stack.yaml --from 1h --to 0s -y", 1, "its archives are archive");
    check("replay archive --from 1h --to 2h -y", 1, "is not before");
    check("replay archive --from 1h --to 2999-01-01T00:00:00Z -y", 1, "lies ahead");
    check("replay archive --from yesterday --to 0s", 1, "it is written 2026-01-31T10:00:00Z");
    check("replay archive --from 1h --to 0s --rule nobody -y", 1, "the bus has no rule nobody");
    check("replay archive --from 1h --to 0s", 1, "nobody is there to approve the replay");
    // The archive of another bus.
    let moved = STACK.replace(
        "event_source_arn: \"${bus.arn}\"",
        "event_source_arn: \"arn:aws:events:${region}:${account}:event-bus/default\"",
    );
    desk.write("moved.yaml", &moved);
    check("replay archive moved.yaml --from 1h --to 0s -y", 5, "archive is not replayed");
}

#[tokio::test]
async fn a_replay_is_followed_to_its_end() {
    let desk = desk().await;
    let far = |looks, end| {
        let proxy = SlowReplays::start(emulator::ministack().url(), looks, end);
        (Desk::with(desk.account.clone().through(&proxy.url()), STACK), proxy)
    };
    let line = "replay archive --from 1970-01-01T00:00:00Z --to 0s -y";
    let (done, _proxy) = far(Some(2), "COMPLETED");
    let told = done.must(line, 0);
    assert!(told.stderr.contains(" began."), "{told}");
    let (failed, _proxy) = far(Some(1), "FAILED");
    let told = failed.must(line, 6);
    assert!(
        told.stdout.contains("failed in") && told.stdout.contains("as the proxy says"),
        "{told}"
    );
    // A log is silent for ten seconds at most. Where nobody can be asked, a signal ends it.
    let (endless, proxy) = far(None, "");
    let told = endless.run_until(line, &[("Replaying: events up to", "INT")]);
    assert_eq!(told.code, Some(130), "{told}");
    assert!(told.stderr.contains("is cancelled; what was delivered stays so"), "{told}");
    assert_eq!(proxy.calls(), ["StartReplay", "CancelReplay"]);
}

/// The answer to its beginning was lost, and it is begun once.
#[tokio::test]
async fn a_replay_whose_answer_was_lost_is_followed() {
    let desk = desk().await;
    let proxy = FaultProxy::first(&desk.account.endpoint, "StartReplay", Fault::ResetAfter);
    let through = Desk::with(desk.account.clone().through(&proxy.url()), STACK);
    let told = through.must("replay archive --from 1h --to 0s -y", 0);
    assert!(told.stdout.contains("completed in"), "{told}{proxy}");
    let calls = proxy.to_string();
    assert_eq!(calls.matches("events:StartReplay").count(), 2, "{calls}");
    let events = aws_sdk_eventbridge::Client::new(&aws::config(&desk.account));
    let replays = events.list_replays().send().await.expect("replays").replays;
    assert_eq!(replays.unwrap_or_default().len(), 1);
}
