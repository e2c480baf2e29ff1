//! Probes on a stage where things come when they are told to, in a time of its own.

use std::sync::Mutex;
use std::time::Duration;

use serde_json::json;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::judge::differences;
use super::*;
use crate::model::{CloudError, ErrorClass, Finding, Level, Probe};
use crate::verify::Watch;

/// What comes of a message: after how long it is seen, and how often. `None`: never.
type Fate = fn(body: &Value) -> Option<(Duration, usize)>;

/// A queue, and a table with what was made of its messages.
struct Made {
    fate: Fate,
    denies: bool,
    items: Mutex<Vec<(Instant, Value)>>,
}

#[async_trait]
impl Stage for Made {
    async fn send(&self, sending: &Sending, _nonce: &str, number: u32) -> Answer<Sent> {
        let Sending::Queue(to) = sending else { unreachable!() };
        if let Some((after, times)) = (self.fate)(&to.body) {
            let at = Instant::now() + after;
            let items = std::iter::repeat_n((at, to.body.clone()), times);
            self.items.lock().unwrap().extend(items);
        }
        Ok(Sent { called: format!("message {number}"), answer: None })
    }

    async fn look(&self, at: &Expectation, _nonce: &str) -> Answer<Vec<Value>> {
        let Expectation::Table(table) = at else { unreachable!() };
        if self.denies {
            return Err(CloudError {
                attempted: "look".into(),
                operation: "made:Up".into(),
                class: ErrorClass::Denied,
                code: "AccessDenied".into(),
                message: String::new(),
                request_id: None,
                hint: None,
            });
        }
        let keys = Value::Object(table.keys.clone().into_iter().collect());
        let items = self.items.lock().unwrap();
        let there = items.iter().filter(|(at, _)| *at <= Instant::now()).map(|(_, item)| item);
        Ok(there.filter(|item| differences(&keys, item).is_empty()).cloned().collect())
    }

    fn called(&self, target: &str) -> String {
        target.to_owned()
    }

    async fn clues(&self) -> Vec<String> {
        vec!["dead holds 1 message".to_owned()]
    }
}

fn probe(script: &Value, after: &Value) -> Probe {
    let nonce = Probe::nonce().marker();
    let text = json!({ "script": script, "after": after }).to_string().replace("NONCE", &nonce);
    // Markers are made of characters that JSON wants escaped.
    let value: Value = serde_json::from_str(&crate::model::document::as_json(&text)).unwrap();
    Probe {
        name: "it".into(),
        script: serde_json::from_value(value["script"].clone()).unwrap(),
        after: serde_json::from_value(value["after"].clone()).unwrap(),
        within: Duration::from_secs(30),
        level: Level::Error,
        keeps: false,
    }
}

/// What is told, and after how many seconds.
async fn tried(fate: Fate, script: &Value, after: &Value) -> (Vec<String>, u64) {
    let stage = Made { fate, denies: false, items: Mutex::default() };
    let (findings, took) = tried_on(&stage, script, after).await;
    let told = |finding: Finding| match (finding.expected, finding.actual) {
        (None, None) => finding.message,
        (expected, actual) => {
            let shown = |side: Option<Value>| side.unwrap_or_default();
            format!("{}: {} / {}", finding.message, shown(expected), shown(actual))
        }
    };
    (findings.unwrap().into_iter().map(told).collect(), took)
}

async fn tried_on(stage: &Made, script: &Value, after: &Value) -> (Answer<Vec<Finding>>, u64) {
    let probe = probe(script, after);
    let (notices, _nobody) = mpsc::unbounded_channel();
    let watch = Watch::new("probe", "it", None, Duration::from_mins(2), notices);
    let began = Instant::now();
    let findings = act(Part { probe: &probe, nonces: ["n1", "n2"], stage, watch: &watch }).await;
    (findings, began.elapsed().as_secs())
}

fn once_recorded(body: &Value, times: u32) -> Value {
    json!({
        "send": [{ "queue": "events", "group": "NONCE", "body": body, "times": times }],
        "expect": [{
            "table": "ledger",
            "where": { "id": "NONCE" },
            "item": { "status": "READY" },
        }],
    })
}

fn exactly(mut script: Value, count: usize) -> Value {
    script["expect"][0]["count"] = count.into();
    script
}

const READY: &str = r#"{ "id": "NONCE", "status": "READY" }"#;

fn ready() -> Value {
    serde_json::from_str(READY).unwrap()
}

#[tokio::test(start_paused = true)]
async fn what_comes_in_time_passes_and_what_does_not_is_told() {
    let script = once_recorded(&ready(), 1);
    let check = async |fate: Fate, expected: &[&str], took: u64| {
        assert_eq!(
            tried(fate, &script, &Value::Null).await,
            (expected.iter().map(|it| (*it).to_owned()).collect(), took)
        );
    };
    check(|_| Some((Duration::ZERO, 1)), &[], 0).await;
    check(|_| Some((Duration::from_secs(29), 1)), &[], 29).await;
    check(
        |_| Some((Duration::from_secs(31), 1)),
        &["there are no items of ledger where id is n1 (30 s)"],
        30,
    )
    .await;
    check(|_| None, &["there are no items of ledger where id is n1 (30 s)"], 30).await;
    let script = once_recorded(&json!({ "id": "NONCE", "status": "INVALID" }), 1);
    let told = tried(|_| Some((Duration::ZERO, 1)), &script, &Value::Null).await.0;
    assert_eq!(
        told,
        [
            "one of the items of ledger where id is n1 differs at `status` (30 s): \"READY\" / \"INVALID\""
        ]
    );
}

/// A repetition that comes after the first one is seen before all is said to be well.
#[tokio::test(start_paused = true)]
async fn how_many_there_are_is_known_when_what_was_sent_later_has_come() {
    let twice = exactly(once_recorded(&ready(), 2), 1);
    let told = tried(|_| Some((Duration::from_secs(1), 1)), &twice, &Value::Null).await;
    assert_eq!(told.0, ["the number of items of ledger where id is n1 is another (1 s): 1 / 2"]);
    // The same fault, in single file: the second comes while nobody would look any more.
    let slow: Fate = |body| {
        let seconds = if body["id"] == "n1" { 2 } else { 1 };
        Some((Duration::from_secs(seconds), 1))
    };
    let mut script = exactly(once_recorded(&ready(), 1), 1);
    let again = script["send"][0].clone();
    script["send"].as_array_mut().unwrap().push(again);
    assert!(!tried(slow, &script, &Value::Null).await.0.is_empty());
    let once = exactly(once_recorded(&ready(), 1), 1);
    assert_eq!(tried(|_| Some((Duration::from_secs(1), 1)), &once, &Value::Null).await.0, [""; 0]);
    // What was sent later has to come.
    let only_first: Fate = |body| (body["id"] == "n1").then_some((Duration::ZERO, 1));
    let told = tried(only_first, &once, &Value::Null).await;
    assert_eq!(
        told,
        (
            vec![
                "of what was sent later, there are no items of ledger where id is n2 (30 s)"
                    .to_owned()
            ],
            30
        )
    );
}

#[tokio::test(start_paused = true)]
async fn what_must_not_come_is_decided_by_what_was_sent_later() {
    let script = json!({
        "send": [{ "queue": "events", "body": { "id": "NONCE", "bad": true } }],
        "expect_not": [{ "table": "ledger", "where": { "id": "NONCE", "bad": true } }],
    });
    let after = json!({
        "send": [{ "queue": "events", "body": { "id": "NONCE", "good": true } }],
        "expect": [{ "table": "ledger", "where": { "id": "NONCE", "good": true } }],
    });
    let sound: Fate = |body| (body["bad"] != true).then_some((Duration::from_secs(3), 1));
    let (told, took) = tried(sound, &script, &after).await;
    assert_eq!(told, [""; 0]);
    assert!((3..6).contains(&took), "{took}");
    let told = tried(|_| Some((Duration::from_secs(3), 1)), &script, &after).await.0;
    assert_eq!(told.len(), 1);
    assert!(
        told[0].starts_with(
            "there are items of ledger where bad is true and id is n1, and there must be none"
        ),
        "{told:?}"
    );
    let nothing = tried(|_| None, &script, &after).await.0;
    assert!(nothing[0].starts_with("of what was sent later, there are no items"), "{nothing:?}");
}

#[tokio::test(start_paused = true)]
async fn who_may_not_look_knows_nothing() {
    let stage = Made { fate: |_| None, denies: true, items: Mutex::default() };
    let (told, took) = tried_on(&stage, &once_recorded(&ready(), 1), &Value::Null).await;
    assert_eq!((told.unwrap_err().class, took), (ErrorClass::Denied, 0));
}

#[test]
fn only_what_is_stated_counts() {
    let check = |expected: Value, actual: Value, apart: &[&str]| {
        let found = differences(&expected, &actual);
        let paths: Vec<String> = found.iter().map(|it| it.path.to_string()).collect();
        assert_eq!(paths, apart, "{expected} {actual}");
    };
    check(json!({ "a": 1 }), json!({ "a": 1.0, "b": 2 }), &[]);
    check(json!({ "a": { "b": 1 } }), json!({ "a": { "b": 2 } }), &["a.b"]);
    check(json!({ "a": 1, "b": 1 }), json!({ "b": "1" }), &["a", "b"]);
    check(json!({ "a": [1, { "b": 1 }] }), json!({ "a": [1, { "b": 1, "c": 1 }] }), &[]);
    check(json!({ "a": [1] }), json!({ "a": [1, 2] }), &["a"]);
    // A message within a message.
    check(json!({ "Message": { "a": 1 } }), json!(r#"{ "Message": "{ \"a\": 1 }" }"#), &[]);
    check(json!("{}"), json!("{}"), &[]);
    check(json!({ "a": 1 }), json!("no JSON"), &[""]);
}

#[test]
fn items_are_told_in_their_order() {
    let expectation = |items: Value| {
        Expectation::Table(
            serde_json::from_value(json!({ "table": "t", "where": { "k": 1 }, "items": items }))
                .unwrap(),
        )
    };
    let check = |wanted: Value, have: &[Value], expected: &str| {
        let told = format!("{:?}", super::judge::judge(&expectation(wanted), "t", have));
        assert!(told.starts_with(expected), "{told}");
    };
    let (a, b) = (json!({ "at": 1, "s": "a" }), json!({ "at": 2, "s": "b" }));
    let order = json!([{ "s": "a" }, { "s": "b" }]);
    check(order.clone(), &[a.clone(), b.clone()], "Met");
    check(
        order.clone(),
        &[b.clone(), a.clone()],
        "Lacking(Shortfall { message: \"number 1 of the items",
    );
    check(order.clone(), std::slice::from_ref(&a), "Lacking(Shortfall { message: \"the number of");
    check(order, &[a.clone(), b.clone(), b], "Lost");
}

/// What an execution says of its end is told where it ends otherwise, and awaited as
/// long as it runs.
#[test]
fn executions_are_known_by_their_end() {
    let check = |expected: Value, seen: &[Value], judged: &str| {
        let mut expected = expected;
        expected["execution"] = "arn".into();
        let expectation = Expectation::Execution(serde_json::from_value(expected).unwrap());
        let told = match super::judge::judge(&expectation, "workflow", seen) {
            super::judge::Judged::Met => "met".to_owned(),
            super::judge::Judged::Lacking(short) => format!("lacking: {}", short.message),
            super::judge::Judged::Lost(short) => format!("lost: {}", short.message),
        };
        assert_eq!(told, judged, "{expectation:?} {seen:?}");
    };
    let ready = || json!({ "status": "SUCCEEDED", "output": { "id": 1, "more": 2 } });
    let failed = || json!({ "status": "FAILED", "error": "NotValid", "cause": "no amount" });
    check(json!({ "status": "SUCCEEDED", "output": { "id": 1 } }), &[ready()], "met");
    check(json!({ "status": "FAILED", "error": "NotV", "cause": "amount" }), &[failed()], "met");
    check(json!({ "error": "NotValid" }), &[failed()], "met");
    check(
        json!({ "status": "SUCCEEDED" }),
        &[failed()],
        "lost: one of the executions of workflow differs at `status`: NotValid: no amount",
    );
    check(
        json!({ "error": "Timeout" }),
        &[failed()],
        "lost: one of the executions of workflow differs at `error`: no amount",
    );
    check(
        json!({ "name": "n1", "output": { "id": 2 } }),
        &[ready()],
        "lost: one of the executions n1 of workflow differs at `output.id`",
    );
    let running = || json!({ "status": "RUNNING" });
    check(
        json!({ "status": "SUCCEEDED" }),
        &[running()],
        "lacking: one of the executions of workflow differs at `status`",
    );
    check(json!({ "error": "NotValid" }), &[], "lacking: there are no executions of workflow");
    let long = json!({ "status": "FAILED", "cause": "é".repeat(400) });
    check(
        json!({ "status": "SUCCEEDED" }),
        &[long],
        &format!(
            "lost: one of the executions of workflow differs at `status`: {}...",
            "é".repeat(300)
        ),
    );
}

/// A function has answered: nothing that comes makes it another answer.
#[test]
fn answers_are_settled() {
    let check = |expected: Value, answer: Value, judged: &str| {
        let expectation: Expectation = serde_json::from_value(expected).unwrap();
        let told = format!("{:?}", super::judge::judge(&expectation, "", &[answer]));
        assert!(told.starts_with(judged), "{told}");
    };
    check(json!({ "result": { "a": 1 } }), json!({ "result": { "a": 1, "b": 2 } }), "Met");
    check(json!({ "result": { "a": 1 } }), json!({ "result": { "a": 2 } }), "Lost");
    check(json!({ "result": { "a": 1 } }), json!({ "error": "no" }), "Lost");
}
