//! What goes to DynamoDB, and what its answers mean, without it.

use aws_sdk_dynamodb::error::ErrorMetadata;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError as Error;
use aws_sdk_dynamodb::types::error::TransactionCanceledException;
use events::{Event, Schemas};
use serde_json::json;

use super::*;
use crate::settings::Keep;

fn record(payload: &Value, keep: Keep) -> Record {
    let envelope = json!({
        "tenant_id": "acme", "event_id": "e1", "event_type": "integrations",
        "created_at": "2026-01-15T09:30:00Z", "payload": payload,
    });
    let schemas = Schemas::new().expect("schemas");
    let event = Event::read(&envelope.to_string(), Moment::from_millis(0), &schemas);
    Record::of(event.expect("an event"), 2, Moment::from_millis(1_000), keep)
}

fn s(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

fn n(value: &str) -> AttributeValue {
    AttributeValue::N(value.to_owned())
}

#[test]
fn items_are_those_of_the_data_model() {
    let record =
        record(&json!({ "a": [1, true, null] }), Keep { events: Some(1), idempotency: Some(7) });
    assert_eq!(memory(&record), [("pk", s("acme#e1")), ("ttl", n("604801"))].map(owned).into());
    let line = line(&record);
    let mut names: Vec<&str> = line.keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "event_type",
            "payload",
            "reason",
            "retries",
            "route",
            "sk",
            "status",
            "tenant_id",
            "tenant_id_created_at",
            "ttl",
        ]
    );
    assert_eq!(line["tenant_id"], s("acme"));
    assert_eq!(line["sk"], s("2026-01-15T09:30:00.000Z#e1"));
    assert_eq!(line["tenant_id_created_at"], s("acme#2026-01-15T09:30:00.000Z"));
    assert_eq!((&line["status"], &line["retries"]), (&s("INVALID"), &n("2")));
    assert_eq!(line["ttl"], n("86401"));
    let items = vec![n("1"), AttributeValue::Bool(true), AttributeValue::Null(true)];
    let payload = [("a".to_owned(), AttributeValue::L(items))];
    assert_eq!(line["payload"], AttributeValue::M(payload.into()));
}

#[test]
fn a_valid_event_that_is_kept_for_ever_has_neither_reason_nor_end() {
    let sample = serde_json::from_str(events::EventType::Integrations.sample()).expect("JSON");
    let record = record(&sample, Keep { events: None, idempotency: None });
    let line = line(&record);
    assert_eq!(line["status"], s("READY"));
    assert!(!line.contains_key("reason") && !line.contains_key("ttl"), "{line:?}");
    assert_eq!(memory(&record).len(), 1);
}

fn owned(pair: (&str, AttributeValue)) -> (String, AttributeValue) {
    (pair.0.to_owned(), pair.1)
}

/// What comes of a transaction that was cancelled for these reasons.
fn cancelled(codes: &[&str]) -> Result<Kept, StoreError> {
    let reasons = codes.iter().map(|code| CancellationReason::builder().code(*code).build());
    let exception = TransactionCanceledException::builder()
        .set_cancellation_reasons(Some(reasons.collect()))
        .meta(ErrorMetadata::builder().code("TransactionCanceledException").build())
        .build();
    what_came(&SdkError::service_error(Error::TransactionCanceledException(exception), response()))
}

fn response() -> aws_sdk_dynamodb::config::http::HttpResponse {
    let status = 400_u16.try_into().expect("a status");
    aws_sdk_dynamodb::config::http::HttpResponse::new(status, String::new().into())
}

#[test]
fn conditions_alone_mean_that_an_event_is_known() {
    assert_eq!(cancelled(&["ConditionalCheckFailed", "None"]), Ok(Kept::Known));
    assert_eq!(cancelled(&["None", "ConditionalCheckFailed"]), Ok(Kept::Known));
    assert_eq!(cancelled(&["ConditionalCheckFailed", "ConditionalCheckFailed"]), Ok(Kept::Known));
}

#[test]
fn everything_else_is_tried_again() {
    let told = |codes: &[&str]| cancelled(codes).expect_err("a failure").code;
    assert_eq!(told(&["TransactionConflict", "None"]), "TransactionConflict");
    let mixed = ["ConditionalCheckFailed", "ThrottlingError"];
    assert_eq!(told(&mixed), "ConditionalCheckFailed, ThrottlingError");
    assert_eq!(told(&[]), "TransactionCanceledException");
    let metadata = ErrorMetadata::builder().code("ProvisionedThroughputExceededException");
    let metadata = metadata.message("the item acme#e1 is too hot").build();
    let error = SdkError::service_error(Error::generic(metadata), response());
    let told = what_came(&error).expect_err("a failure").to_string();
    assert_eq!(told, "the store answered ProvisionedThroughputExceededException");
    let error: SdkError<Error> = SdkError::timeout_error("late");
    assert_eq!(what_came(&error).expect_err("a failure").code, "nothing in time");
}
