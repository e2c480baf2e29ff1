//! What is thought of messages, from sound ones to any bytes.

use serde_json::json;

use super::*;

const SENT: u64 = 1_768_469_400_000;

fn read(text: &str) -> Result<Event, Poison> {
    let schemas = Schemas::new().expect("schemas");
    Event::read(text, Moment::from_millis(SENT), &schemas)
}

fn sound() -> Value {
    let payload: Value = serde_json::from_str(EventType::UserCreated.sample()).expect("JSON");
    json!({
        "tenant_id": "acme", "event_id": "e1", "event_type": "user.created",
        "created_at": "2026-01-15T10:00:00+01:00", "payload": payload,
    })
}

/// A sound envelope but for one property.
fn with(name: &str, value: Value) -> Event {
    let mut envelope = sound();
    envelope[name] = value;
    read(&envelope.to_string()).expect("an event")
}

fn faults(event: &Event) -> Vec<&str> {
    match &event.verdict {
        Verdict::Ready(_) => Vec::new(),
        Verdict::Invalid(faults) => faults.iter().map(String::as_str).collect(),
    }
}

#[test]
fn a_sound_message_is_ready() {
    let event = read(&sound().to_string()).expect("an event");
    assert_eq!(event.verdict, Verdict::Ready(EventType::UserCreated));
    assert_eq!((event.tenant_id.as_str(), event.event_id.as_str()), ("acme", "e1"));
    assert_eq!(event.created_at.to_string(), "2026-01-15T09:00:00.000Z");
    assert_eq!(event.payload["plan"], "team");
}

#[test]
fn what_says_no_moment_has_that_of_sending() {
    let mut envelope = sound();
    envelope.as_object_mut().expect("an object").remove("created_at");
    let event = read(&envelope.to_string()).expect("an event");
    assert_eq!(event.verdict, Verdict::Ready(EventType::UserCreated));
    assert_eq!(event.created_at, Moment::from_millis(SENT));
}

#[test]
fn what_can_be_told_apart_is_invalid_with_its_faults() {
    assert_eq!(faults(&with("event_type", json!("x"))), ["event_type is none that is known"]);
    let nameless = with("event_type", Value::Null);
    assert_eq!(nameless.event_type, "unknown");
    assert_eq!(faults(&nameless), ["event_type is none that is known"]);
    let timeless = with("created_at", json!("yesterday"));
    assert_eq!(timeless.created_at, Moment::from_millis(SENT));
    assert_eq!(faults(&timeless), ["created_at is no date-time of RFC 3339 since 1970"]);
    assert_eq!(faults(&with("payload", json!("x"))), ["payload is no object"]);
    assert_eq!(faults(&with("trace", json!(1))), ["the envelope has unknown properties"]);
    assert_eq!(with("event_type", json!("é".repeat(500))).event_type, "é".repeat(128));
}

#[test]
fn what_an_invalid_event_holds_is_kept() {
    let event = with("payload", json!({ "email": "ada" }));
    assert_eq!(event.payload["email"], "ada");
    assert_eq!(faults(&event).len(), 5, "as many faults as are told: {event:?}");
}

/// The reason goes into logs and to whoever reads the ledger by status.
#[test]
fn faults_repeat_nothing_of_the_payload() {
    let secret = "ada.lovelace+secret";
    let mut payload = sound()["payload"].clone();
    for name in ["email", "user_id", "plan", "registered_at", secret] {
        payload[name] = json!(secret);
    }
    let event = with("payload", payload);
    assert_eq!(faults(&event).len(), 5);
    assert!(!format!("{:?}", event.verdict).contains("secret"), "{:?}", event.verdict);
    let strange = with(secret, json!(secret));
    assert!(!format!("{:?}", strange.verdict).contains("secret"), "{:?}", strange.verdict);
}

#[test]
fn what_cannot_be_told_apart_is_poison() {
    let deep = "[".repeat(100_000);
    for text in ["", "{", "\u{0}", "not json", "{\"a\":1}{", deep.as_str()] {
        assert_eq!(read(text), Err(Poison::NoJson), "{:?}", text.get(..10));
    }
    for text in ["null", "[]", "7", "\"x\"", "true"] {
        assert_eq!(read(text), Err(Poison::NoObject), "{text}");
    }
    for id in ["null", "7", "\"\"", "\"a#b\"", "{}", "[\"a\"]"] {
        let tenant = format!("{{\"tenant_id\":{id},\"event_id\":\"e\"}}");
        assert_eq!(read(&tenant), Err(Poison::NoTenant), "{tenant}");
        let event = format!("{{\"tenant_id\":\"t\",\"event_id\":{id}}}");
        assert_eq!(read(&event), Err(Poison::NoEvent), "{event}");
    }
    assert_eq!(read("{}"), Err(Poison::NoTenant));
}

/// Spoils a sound message everywhere: nothing panics, and what comes of it is
/// either poison or has ids that can be keys.
#[test]
fn any_bytes_are_judged() {
    let sound = sound().to_string();
    for at in 0..sound.len() {
        for byte in [b'"', b'{', b'}', b'0', b'\\', b',', 0, 0xff] {
            let mut bytes = sound.clone().into_bytes();
            bytes[at] = byte;
            let spoiled = String::from_utf8_lossy(&bytes);
            if let Ok(event) = read_with(&spoiled) {
                assert!(!event.tenant_id.as_str().contains('#'), "{spoiled}");
                assert!(!event.event_id.as_str().contains('#'), "{spoiled}");
            }
        }
    }
}

/// Schemas are read once for thousands of messages.
fn read_with(text: &str) -> Result<Event, Poison> {
    use std::sync::LazyLock;
    static SCHEMAS: LazyLock<Schemas> = LazyLock::new(|| Schemas::new().expect("schemas"));
    Event::read(text, Moment::from_millis(SENT), &SCHEMAS)
}
