//! Every rule of the processor, on a store in memory.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};

use serde_json::{Value, json};

use super::*;

/// Saturday, 2026-01-17 10:00 UTC.
const NOW: u64 = 1_768_644_000_000;
const DAY: u64 = 24 * 3_600;
const KEEP: Keep = Keep { events: None, idempotency: Some(7) };

thread_local! {
    static LOG: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
    static CLOCK: Cell<u64> = const { Cell::new(NOW) };
}

/// A ledger and a memory, which answer as the tables do.
#[derive(Default)]
struct Memory {
    ledger: RefCell<BTreeMap<(String, String), Record>>,
    memory: RefCell<HashMap<String, Option<Moment>>>,
    /// What is answered, by the id of an event, before anything is looked at.
    faults: RefCell<HashMap<&'static str, Fault>>,
}

#[derive(Clone, Copy)]
enum Fault {
    Throttled,
    Silent,
    /// It is written, and nobody hears of it.
    LostAnswer,
}

impl Store for Memory {
    async fn keep(&self, record: &Record) -> Result<Kept, StoreError> {
        let fault = self.faults.borrow().get(record.event_id.as_str()).copied();
        match fault {
            Some(Fault::Throttled) => return Err(throttled()),
            Some(Fault::Silent) => std::future::pending().await,
            Some(Fault::LostAnswer) | None => {}
        }
        let key = (record.tenant_id.to_string(), record.sort_key());
        let remembered = self.memory.borrow().get(&record.key_of_memory()).copied();
        let is_remembered =
            remembered.is_some_and(|until| until.is_none_or(|until| until > record.recorded_at));
        if is_remembered || self.ledger.borrow().contains_key(&key) {
            return Ok(Kept::Known);
        }
        self.memory.borrow_mut().insert(record.key_of_memory(), record.forgotten_at);
        self.ledger.borrow_mut().insert(key, record.clone());
        if let Some(Fault::LostAnswer) = fault { Err(throttled()) } else { Ok(Kept::Written) }
    }
}

fn throttled() -> StoreError {
    StoreError { code: "ThrottlingException".to_owned() }
}

impl Memory {
    /// The events of the ledger, in the order of its keys.
    fn recorded(&self) -> Vec<String> {
        self.ledger.borrow().values().map(|record| record.event_id.to_string()).collect()
    }

    fn only(&self) -> Record {
        let ledger = self.ledger.borrow();
        assert_eq!(ledger.len(), 1, "{ledger:?}");
        ledger.values().next().expect("one").clone()
    }
}

fn processor(keep: Keep) -> Processor<Memory> {
    LOG.with_borrow_mut(Vec::clear);
    CLOCK.set(NOW);
    Processor {
        schemas: Schemas::new().expect("schemas"),
        store: Memory::default(),
        keep,
        clock: || Moment::from_millis(CLOCK.get()),
        log: |line| LOG.with_borrow_mut(|log| log.push(line.to_json())),
    }
}

/// A message whose id is that of its event.
fn message(group: &str, event_id: &str, envelope: &Value) -> SqsMessage {
    let text = if let Value::String(text) = envelope { text.clone() } else { envelope.to_string() };
    let mut message = SqsMessage::default();
    message.message_id = Some(event_id.to_owned());
    message.body = Some(text);
    message.attributes = [
        ("MessageGroupId", group.to_owned()),
        ("SentTimestamp", (NOW - 500).to_string()),
        ("ApproximateReceiveCount", "1".to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into();
    message
}

fn envelope(tenant: &str, event_id: &str) -> Value {
    let payload: Value =
        serde_json::from_str(events::EventType::Monitoring.sample()).expect("JSON");
    json!({ "tenant_id": tenant, "event_id": event_id, "event_type": "monitoring", "payload": payload })
}

fn sound(tenant: &str, event_id: &str) -> SqsMessage {
    message(tenant, event_id, &envelope(tenant, event_id))
}

/// The ids of the messages that go back to the queue.
async fn process(processor: &Processor<Memory>, messages: Vec<SqsMessage>) -> Vec<String> {
    let mut batch = SqsEvent::default();
    batch.records = messages;
    let deadline = Moment::from_millis(CLOCK.get() + 10_000);
    let response = processor.process(batch, deadline).await;
    response.batch_item_failures.into_iter().map(|failure| failure.item_identifier).collect()
}

fn logged() -> Vec<Value> {
    LOG.with_borrow(|log| {
        log.iter().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    })
}

#[tokio::test]
async fn a_valid_event_is_recorded() {
    let processor = processor(Keep { events: Some(30), idempotency: Some(7) });
    assert!(process(&processor, vec![sound("acme", "e1")]).await.is_empty());
    let record = processor.store.only();
    assert_eq!(record.sort_key(), "2026-01-17T09:59:59.500Z#e1");
    assert_eq!(record.tenant_and_time(), "acme#2026-01-17T09:59:59.500Z");
    assert_eq!(
        (record.status, record.route, record.reason.clone()),
        (Status::Ready, "operations", None)
    );
    assert_eq!((record.event_type.as_str(), record.retries), ("monitoring", 0));
    assert_eq!(record.payload["service"], "billing");
    assert_eq!(record.expires_at.map(Moment::seconds), Some(NOW / 1_000 + 30 * DAY));
    assert_eq!(record.forgotten_at.map(Moment::seconds), Some(NOW / 1_000 + 7 * DAY));
    assert_eq!(logged()[0]["message"], "recorded");
}

#[tokio::test]
async fn what_is_kept_for_ever_does_not_expire() {
    let processor = processor(Keep { events: None, idempotency: None });
    process(&processor, vec![sound("acme", "e1")]).await;
    let record = processor.store.only();
    assert_eq!((record.expires_at, record.forgotten_at), (None, None));
}

#[tokio::test]
async fn an_invalid_event_is_recorded_with_its_reasons() {
    let processor = processor(KEEP);
    let mut invalid = envelope("acme", "e1");
    invalid["payload"] = json!({ "service": "billing", "check": "x", "state": "on fire" });
    assert!(process(&processor, vec![message("acme", "e1", &invalid)]).await.is_empty());
    let record = processor.store.only();
    assert_eq!((record.status, record.route), (Status::Invalid, "invalid"));
    let reason = record.reason.expect("a reason");
    assert_eq!(
        reason,
        "payload lacks severity; payload lacks observed_at; payload/state breaks enum"
    );
    assert_eq!(record.payload["state"], "on fire", "whoever looks into it sees what came");
}

#[tokio::test]
async fn what_the_ledger_cannot_hold_is_recorded_without_its_payload() {
    let processor = processor(KEEP);
    let mut huge = envelope("acme", "e1");
    huge["payload"] = json!({ "value": 1e300 });
    assert!(process(&processor, vec![message("acme", "e1", &huge)]).await.is_empty());
    let record = processor.store.only();
    assert_eq!((record.status, record.payload.len()), (Status::Invalid, 0));
    assert_eq!(
        record.reason.as_deref(),
        Some("payload holds a number that the ledger cannot keep")
    );
}

#[tokio::test]
async fn a_known_event_is_written_once() {
    let processor = processor(KEEP);
    let twice = vec![sound("acme", "e1"), sound("acme", "e1"), sound("other", "e1")];
    assert!(process(&processor, twice).await.is_empty());
    // Later, and with another moment of sending: another key of the ledger.
    CLOCK.set(NOW + 1_000);
    let mut again = sound("acme", "e1");
    again.attributes.insert("SentTimestamp".to_owned(), (NOW + 900).to_string());
    assert!(process(&processor, vec![again]).await.is_empty());
    assert_eq!(processor.store.recorded(), ["e1", "e1"], "one for each tenant");
    let told: Vec<Value> = logged().iter().map(|line| line["message"].clone()).collect();
    assert_eq!(told, ["recorded", "known already", "recorded", "known already"]);
}

#[tokio::test]
async fn a_memory_that_has_expired_forgets_though_it_is_not_deleted_yet() {
    let processor = processor(KEEP);
    process(&processor, vec![sound("acme", "e1")]).await;
    CLOCK.set(NOW + 7 * DAY * 1_000);
    let mut again = sound("acme", "e1");
    again.attributes.insert("SentTimestamp".to_owned(), (NOW + DAY).to_string());
    process(&processor, vec![again]).await;
    assert_eq!(processor.store.recorded(), ["e1", "e1"]);
    // The ledger itself remembers what has the same key.
    CLOCK.set(NOW + 20 * DAY * 1_000);
    assert!(process(&processor, vec![sound("acme", "e1")]).await.is_empty());
    assert_eq!(processor.store.recorded(), ["e1", "e1"]);
}

/// The function dies, or the answer is lost, after both writes: the message comes
/// again, and finds itself.
#[tokio::test]
async fn an_answer_that_is_lost_records_nothing_twice() {
    let processor = processor(KEEP);
    processor.store.faults.borrow_mut().insert("e1", Fault::LostAnswer);
    assert_eq!(process(&processor, vec![sound("acme", "e1")]).await, ["e1"]);
    processor.store.faults.borrow_mut().clear();
    let mut again = sound("acme", "e1");
    again.attributes.insert("ApproximateReceiveCount".to_owned(), "2".to_owned());
    assert!(process(&processor, vec![again]).await.is_empty());
    assert_eq!(processor.store.only().retries, 0);
}

#[tokio::test]
async fn a_group_keeps_its_order_and_others_go_on() {
    let processor = processor(KEEP);
    processor.store.faults.borrow_mut().insert("a2", Fault::Throttled);
    let batch = ["a1", "a2", "b1", "a3", "b2", "a4"];
    let batch = batch.map(|id| sound(&id[..1], id)).to_vec();
    assert_eq!(process(&processor, batch.clone()).await, ["a2", "a3", "a4"]);
    assert_eq!(processor.store.recorded(), ["a1", "b1", "b2"]);
    let held_up = &logged()[3];
    assert_eq!((&held_up["message"], &held_up["event_id"]), (&json!("held up"), &json!("a3")));
    // The batch comes again, and goes on where it stopped.
    processor.store.faults.borrow_mut().clear();
    assert!(process(&processor, batch).await.is_empty());
    assert_eq!(processor.store.recorded(), ["a1", "a2", "a3", "a4", "b1", "b2"]);
}

#[tokio::test]
async fn poison_goes_back_alone() {
    let processor = processor(KEEP);
    let poison = |id, text: &str| message("a", id, &json!(text));
    let batch = vec![
        poison("p1", "no json, but secret"),
        sound("a", "a1"),
        poison("p2", "{\"tenant_id\":\"a\",\"event_id\":\"secret#1\"}"),
        sound("a", "a2"),
    ];
    assert_eq!(process(&processor, batch).await, ["p1", "p2"]);
    assert_eq!(processor.store.recorded(), ["a1", "a2"]);
    assert_eq!(logged()[0]["reason"], "the message is no JSON");
    assert_eq!(logged()[2]["reason"], "the message has no event_id that can be a key");
}

/// Behind one that failed, poison is poison all the same: it is told so.
#[tokio::test]
async fn poison_behind_a_failure_is_told() {
    let processor = processor(KEEP);
    processor.store.faults.borrow_mut().insert("a1", Fault::Throttled);
    let batch = vec![sound("a", "a1"), message("a", "p1", &json!("x")), sound("a", "a2")];
    assert_eq!(process(&processor, batch).await, ["a1", "p1", "a2"]);
    assert!(processor.store.recorded().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_store_that_hangs_does_not_take_the_others_along() {
    let processor = processor(KEEP);
    processor.store.faults.borrow_mut().insert("a1", Fault::Silent);
    let batch = vec![sound("a", "a1"), sound("b", "b1"), sound("a", "a2")];
    let before = tokio::time::Instant::now();
    assert_eq!(process(&processor, batch).await, ["a1", "a2"]);
    assert_eq!(processor.store.recorded(), ["b1"]);
    // A third of what is left of ten seconds.
    assert_eq!(before.elapsed().as_millis(), 3_267);
    assert_eq!(logged()[0]["reason"], "the store did not answer in time");
}

#[tokio::test]
async fn retries_are_those_before() {
    let processor = processor(KEEP);
    let mut again = sound("acme", "e1");
    again.attributes.insert("ApproximateReceiveCount".to_owned(), "4".to_owned());
    process(&processor, vec![again]).await;
    assert_eq!(processor.store.only().retries, 3);
}

/// A queue that is no FIFO has no groups; a message without id fails the batch.
#[tokio::test]
async fn what_lambda_leaves_out_is_no_reason_to_stop() {
    let processor = processor(KEEP);
    processor.store.faults.borrow_mut().insert("a1", Fault::Throttled);
    let bare = |id: &str| {
        let mut message = sound("a", id);
        message.attributes.clear();
        message
    };
    assert_eq!(process(&processor, vec![bare("a1"), bare("a2")]).await, ["a1"]);
    assert_eq!(processor.store.only().created_at, Moment::from_millis(NOW));
    assert_eq!(process(&processor, vec![SqsMessage::default()]).await, [""]);
}

/// Logs may be read by more people than the ledger.
#[tokio::test]
async fn no_line_repeats_a_payload() {
    let processor = processor(KEEP);
    let secret = "ada.lovelace";
    let mut invalid = envelope("acme", "e2");
    invalid["payload"] = json!({ "service": secret, secret: secret, "message": [secret] });
    invalid[secret] = json!(secret);
    let mut valid = envelope("acme", "e1");
    valid["payload"]["message"] = json!(secret);
    processor.store.faults.borrow_mut().insert("e3", Fault::Throttled);
    let mut failing = envelope("acme", "e3");
    failing["payload"]["message"] = json!(secret);
    let batch = vec![
        message("acme", "e1", &valid),
        message("acme", "e2", &invalid),
        message("acme", "e3", &failing),
        message("acme", "e4", &json!(secret)),
    ];
    process(&processor, batch).await;
    assert_eq!(logged().len(), 4);
    LOG.with_borrow(|log| assert!(!log.concat().contains(secret), "{log:#?}"));
}
