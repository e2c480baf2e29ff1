//! What is a payment and what is none, and that no reason repeats an event.

use serde_json::json;

use super::*;
use crate::{Currency, Method, PaymentType, SAMPLE};

const RECEIVED: &str = "2026-01-15T09:30:01.500Z";

fn sample() -> Value {
    serde_json::from_str(SAMPLE).expect("JSON")
}

fn judge(event: &Value) -> Result<Judged, String> {
    let input = json!({ "event": event, "received_at": RECEIVED });
    Judge::new().expect("a schema").judge(input).map_err(|error| error.to_string())
}

/// The sample with the value at this path replaced, or removed.
fn changed(path: &str, value: Option<Value>) -> Value {
    let mut event = sample();
    let (parent, name) = path.rsplit_once('/').expect("a path");
    let parent = event.pointer_mut(parent).and_then(Value::as_object_mut).expect("an object");
    match value {
        Some(value) => drop(parent.insert(name.to_owned(), value)),
        None => drop(parent.remove(name).expect("a property")),
    }
    event
}

#[test]
fn a_payment_is_read_and_its_moments_spelled_in_one_way() {
    let Judged { payment, received_at } =
        judge(&changed("/occurred_at", Some(json!("2026-01-15T10:30:00+01:00")))).expect("valid");
    assert_eq!((payment.event_type, received_at.as_str()), (PaymentType::Captured, RECEIVED));
    assert_eq!(payment.occurred_at, "2026-01-15T09:30:00.000Z");
    assert_eq!(payment.amount.to_string(), "19.99");
    assert_eq!(payment.method.country(), "DE");
}

#[test]
fn what_was_judged_can_be_read_by_the_next() {
    for method in [
        json!({ "type": "card", "brand": "amex", "last4": "0005", "country": "US" }),
        json!({ "type": "bank_transfer", "country": "FR" }),
        json!({ "type": "wallet", "provider": "pay_with_me", "country": "SE" }),
    ] {
        let judged = judge(&changed("/method", Some(method))).expect("valid");
        let handed_on = serde_json::to_value(&judged).expect("JSON");
        assert_eq!(Judged::read(handed_on), Ok(judged));
    }
    let mut open = serde_json::to_value(judge(&sample()).expect("valid")).expect("JSON");
    open["payment"]["number"] = json!("4111111111111111");
    let told = Judged::read(open).expect_err("more than the validator answers").to_string();
    assert!(!told.contains("4111"), "{told}");
}

#[test]
fn nothing_gets_past_the_schema() {
    let wrong = |path: &str, value: Value, expected: &str| {
        assert_eq!(judge(&changed(path, Some(value))), Err(expected.to_owned()), "{path}");
    };
    wrong("/event_type", json!("payment.lost"), "event/event_type breaks enum");
    wrong("/amount/currency", json!("EURO"), "event/amount/currency breaks enum");
    wrong("/amount/currency", json!("XAU"), "event/amount/currency breaks enum");
    wrong("/amount/minor_units", json!(0), "event/amount/minor_units breaks minimum");
    wrong("/amount/minor_units", json!(19.99), "event/amount/minor_units breaks type");
    wrong("/amount/minor_units", json!("1999"), "event/amount/minor_units breaks type");
    wrong("/customer/email", json!("ada"), "event/customer/email is no email");
    wrong("/customer/country", json!("Germany"), "event/customer/country breaks pattern");
    wrong("/occurred_at", json!("noon"), "event/occurred_at is no date-time");
    wrong("/payment_id", json!("a:b"), "event/payment_id breaks pattern");
    wrong("/failure_code", json!("expired"), "event/failure_code must not be there");
    wrong("/method/provider", json!("x"), "event/method/provider must not be there");
    wrong(
        "/method/type",
        json!("cash"),
        "event/method/type breaks enum, event/method/brand must not be there, event/method/last4 must not be there",
    );
    for lacking in ["/event_id", "/merchant_id", "/amount", "/customer"] {
        let expected = format!("event lacks {}", &lacking[1..]);
        assert_eq!(judge(&changed(lacking, None)), Err(expected));
    }
    assert_eq!(judge(&changed("/method/last4", None)), Err("event/method lacks last4".to_owned()));
    let failed = changed("/event_type", Some(json!("payment.failed")));
    assert_eq!(judge(&failed), Err("event lacks failure_code".to_owned()));
}

#[test]
fn numbers_of_cards_are_nowhere() {
    let number = "4111111111111111";
    let unknown = [("/method/number", "event/method"), ("/card", "event")];
    for (path, place) in unknown {
        let told = judge(&changed(path, Some(json!(number))));
        assert_eq!(told, Err(format!("{place} has unknown properties")));
    }
    for id in ["/event_id", "/merchant_id", "/payment_id", "/customer/customer_id"] {
        for number in [number, "4111-1111-1111-1111", "378282246310005"] {
            let told = judge(&changed(id, Some(json!(number))));
            assert_eq!(told, Err(format!("event{id} breaks not")));
        }
    }
    let brand = judge(&changed("/method/brand", Some(json!(number)))).expect_err("no brand");
    assert!(!brand.contains(number), "{brand}");
}

#[test]
fn what_no_schema_says_is_judged_too() {
    let at = |moment: &str| judge(&changed("/occurred_at", Some(json!(moment)))).err();
    assert_eq!(at("2026-01-15T09:35:01Z"), None, "clocks differ");
    let later = "event/occurred_at is later than it was received";
    assert_eq!(at("2026-01-15T09:35:02Z").as_deref(), Some(later));
    assert_eq!(at("1969-01-15T09:35:02Z").as_deref(), Some("event/occurred_at is before 1970"));
}

#[test]
fn an_input_without_an_event_is_no_payment() {
    let judge = |input: Value| Judge::new().expect("a schema").judge(input).map_err(|it| it.0);
    let nothing = json!({ "received_at": RECEIVED });
    assert_eq!(judge(nothing), Err(vec!["event breaks type".to_owned()]));
    for input in [json!(null), json!([]), json!({ "event": sample(), "received_at": "noon" })] {
        assert_eq!(judge(input), Err(vec!["received_at is no date-time".to_owned()]));
    }
}

/// The schema has its own list, so that producers can judge by it.
#[test]
fn the_schema_knows_the_same_currencies() {
    let schema: Value =
        serde_json::from_str(include_str!("../../schemas/payment.json")).expect("JSON");
    let listed = schema.pointer("/$defs/currency/enum").and_then(Value::as_array).expect("a list");
    let mut listed: Vec<&str> = listed.iter().filter_map(Value::as_str).collect();
    let mut known: Vec<&str> = Currency::all().map(Currency::code).collect();
    listed.sort_unstable();
    known.sort_unstable();
    assert_eq!(listed, known);
}

/// Every object says what it holds, so that no name of an event gets into a reason.
#[test]
fn no_event_chooses_names() {
    fn assert_closed(schema: &Value) {
        match schema {
            Value::Object(fields) => {
                if fields.get("type") == Some(&json!("object")) {
                    assert_eq!(fields["additionalProperties"], false, "{schema}");
                }
                for open in ["patternProperties", "propertyNames", "unevaluatedProperties"] {
                    assert!(!fields.contains_key(open), "{open}");
                }
                fields.values().for_each(assert_closed);
            }
            Value::Array(items) => items.iter().for_each(assert_closed),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    let schema: Value =
        serde_json::from_str(include_str!("../../schemas/payment.json")).expect("JSON");
    assert_closed(&schema);
}

#[test]
fn methods_are_told_apart() {
    let bank =
        judge(&changed("/method", Some(json!({ "type": "bank_transfer", "country": "FR" }))));
    let expected = Method::BankTransfer { country: "FR".to_owned() };
    assert_eq!(bank.map(|judged| judged.payment.method), Ok(expected));
}
