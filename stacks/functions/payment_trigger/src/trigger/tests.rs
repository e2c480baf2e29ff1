//! What starts executions, and what fails and says nothing of people.

use std::cell::RefCell;
use std::collections::BTreeMap;

use serde_json::json;

use super::*;
use crate::notification::Start;

/// A standard machine in memory: it keeps names.
#[derive(Default)]
struct Standard {
    started: RefCell<BTreeMap<String, Value>>,
    refuses: Option<&'static str>,
}

impl Machine for Standard {
    async fn start(&self, start: &Start) -> Result<Started, NotStarted> {
        if let Some(code) = self.refuses {
            return Err(NotStarted(code.to_owned()));
        }
        let name = start.event_id.as_str().to_owned();
        let before = self.started.borrow_mut().insert(name, start.input.clone());
        Ok(if before.is_some() { Started::Before } else { Started::Now })
    }
}

thread_local! {
    static LINES: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

fn trigger(machine: Standard) -> Trigger<Standard> {
    LINES.take();
    let log = |line: &Line<'_>| LINES.with_borrow_mut(|lines| lines.push(line.to_json()));
    Trigger { machine, clock: || Moment::from_millis(0), log }
}

/// What Lambda gives to a function, with these messages.
fn event(messages: &[&str]) -> Value {
    let record = |message: &&str| {
        json!({ "EventSource": "aws:sns", "Sns": {
            "Type": "Notification", "MessageId": "m1", "Message": message, "Timestamp": "2026-01-15T09:30:00.123Z",
        }})
    };
    json!({ "Records": messages.iter().map(record).collect::<Vec<_>>() })
}

#[tokio::test]
async fn an_event_starts_an_execution_of_its_name() {
    let trigger = trigger(Standard::default());
    let whatever = r#"{"event_id":"e1","number":"4111111111111111","more":[1]}"#;
    assert_eq!(trigger.start_all(&event(&[whatever])).await, Ok(()));
    let started = trigger.machine.started.borrow();
    let received_at = "2026-01-15T09:30:00.123Z";
    let input = json!({ "event": { "event_id": "e1", "number": "4111111111111111", "more": [1] }, "received_at": received_at });
    assert_eq!(started.iter().collect::<Vec<_>>(), [(&"e1".to_owned(), &input)]);
    let lines = LINES.take();
    assert_eq!(
        lines,
        [
            r#"{"timestamp":"1970-01-01T00:00:00.000Z","level":"INFO","message":"started","message_id":"m1","event_id":"e1"}"#
        ]
    );
}

#[tokio::test]
async fn what_comes_twice_is_started_once() {
    let trigger = trigger(Standard::default());
    let message = r#"{"event_id":"e1"}"#;
    for _ in 0..2 {
        assert_eq!(trigger.start_all(&event(&[message])).await, Ok(()));
    }
    assert_eq!(trigger.machine.started.borrow().len(), 1);
    assert!(LINES.take()[1].contains("started before"));
}

#[tokio::test]
async fn what_is_no_event_fails_and_repeats_nothing() {
    let no_id = Poison::WithoutId;
    for (message, poison) in [
        ("no event, ada@example.com", Poison::NotAnObject),
        (r#"["ada@example.com"]"#, Poison::NotAnObject),
        (r#"{"email":"ada@example.com"}"#, no_id),
        (r#"{"event_id":7,"email":"ada@example.com"}"#, no_id),
        (r#"{"event_id":"4111111111111111"}"#, no_id),
        (r#"{"event_id":"ada lovelace"}"#, no_id),
    ] {
        let trigger = trigger(Standard::default());
        let failure = trigger.start_all(&event(&[message])).await.expect_err("poison");
        assert_eq!(failure, Failure::Poison(poison), "{message}");
        assert!(trigger.machine.started.borrow().is_empty());
        let told = format!("{:?}{:?}", Diagnostic::from(failure), LINES.take());
        for private in ["ada", "4111"] {
            assert!(!told.contains(private), "{told}");
        }
    }
}

#[tokio::test]
async fn poison_holds_up_nobody_and_is_told() {
    let trigger = trigger(Standard::default());
    let failed = trigger.start_all(&event(&["poison", r#"{"event_id":"e1"}"#])).await;
    assert_eq!(failed, Err(Failure::Poison(Poison::NotAnObject)));
    assert_eq!(trigger.machine.started.borrow().len(), 1);
}

#[tokio::test]
async fn a_machine_that_refuses_is_asked_again_by_lambda() {
    let refuses = Some("ThrottlingException");
    let trigger = trigger(Standard { refuses, ..Standard::default() });
    let failure = trigger.start_all(&event(&[r#"{"event_id":"e1"}"#])).await.expect_err("refused");
    let diagnostic = Diagnostic::from(failure);
    assert_eq!(diagnostic.error_type, "NotStarted");
    assert_eq!(diagnostic.error_message, "the state machine answered ThrottlingException");
    assert!(LINES.take()[0].contains(r#""event_id":"e1","reason":"the state machine answered"#));
}

#[tokio::test]
async fn what_is_no_message_of_a_topic_fails() {
    for event in [json!({}), json!({ "Records": [] }), json!({ "Records": [{ "body": "x" }] })] {
        let failed = trigger(Standard::default()).start_all(&event).await;
        assert_eq!(failed, Err(Failure::Poison(Poison::Empty)));
    }
}
