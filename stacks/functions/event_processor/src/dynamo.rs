//! The store in DynamoDB: two tables, written in one transaction.
//!
//! Two writes, one after the other, would leave a gap: who remembers first and
//! dies has lost the event, who records first and dies records it twice. So both
//! are one `TransactWriteItems`, and either table says whether the event is new.
//! The token by which DynamoDB knows a repeated call again is the SDK's own, and
//! new with each call: a later delivery of the same message writes other moments,
//! and would be refused under the token of an earlier one.

use std::collections::HashMap;

use aws_config::SdkConfig;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::{BuildError, ProvideErrorMetadata as _, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, CancellationReason, Put, TransactWriteItem};
use events::Moment;
use serde_json::{Map, Value};

use crate::record::Record;
use crate::settings::Tables;
use crate::store::{Kept, Store, StoreError};

/// DynamoDB deletes what has expired within days, not at once.
const NOT_REMEMBERED: &str = "attribute_not_exists(pk) OR #ttl <= :now";
/// Where the ledger keeps events for longer than the memory lasts, it remembers.
const NOT_RECORDED: &str = "attribute_not_exists(tenant_id)";

/// The two tables.
#[derive(Clone, Debug)]
pub(crate) struct Dynamo {
    client: Client,
    tables: Tables,
}

impl Dynamo {
    pub(crate) fn new(config: &SdkConfig, tables: Tables) -> Self {
        Self { client: Client::new(config), tables }
    }
}

impl Store for Dynamo {
    async fn keep(&self, record: &Record) -> Result<Kept, StoreError> {
        let unbuilt = |_: BuildError| StoreError { code: "a request without a table".to_owned() };
        let memory = Put::builder()
            .table_name(&self.tables.idempotency)
            .set_item(Some(memory(record)))
            .condition_expression(NOT_REMEMBERED)
            // `ttl` is a word of DynamoDB's own.
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":now", seconds(record.recorded_at))
            .build()
            .map_err(unbuilt)?;
        let line = Put::builder()
            .table_name(&self.tables.events)
            .set_item(Some(line(record)))
            .condition_expression(NOT_RECORDED)
            .build()
            .map_err(unbuilt)?;
        let put = |put| TransactWriteItem::builder().put(put).build();
        let both = vec![put(memory), put(line)];
        match self.client.transact_write_items().set_transact_items(Some(both)).send().await {
            Ok(_) => Ok(Kept::Written),
            Err(error) => what_came(&error),
        }
    }
}

/// A transaction that was refused by conditions alone found the event.
fn what_came(error: &SdkError<TransactWriteItemsError>) -> Result<Kept, StoreError> {
    let cancelled = match error.as_service_error() {
        Some(TransactWriteItemsError::TransactionCanceledException(it)) => {
            it.cancellation_reasons()
        }
        Some(_) | None => &[],
    };
    let codes: Vec<&str> = cancelled
        .iter()
        .filter_map(CancellationReason::code)
        .filter(|code| *code != "None")
        .collect();
    if !codes.is_empty() && codes.iter().all(|code| *code == "ConditionalCheckFailed") {
        return Ok(Kept::Known);
    }
    let code = match error {
        _ if !codes.is_empty() => codes.join(", "),
        SdkError::ServiceError(_) => error.code().unwrap_or("an error without a code").to_owned(),
        SdkError::TimeoutError(_) => "nothing in time".to_owned(),
        SdkError::DispatchFailure(_) => "nothing: it was not reached".to_owned(),
        // The SDK has more, and may have others.
        _ => "nothing that can be read".to_owned(),
    };
    Err(StoreError { code })
}

/// What the table `idempotency` holds.
fn memory(record: &Record) -> HashMap<String, AttributeValue> {
    let mut item = HashMap::from([("pk".to_owned(), text(record.key_of_memory()))]);
    item.extend(record.forgotten_at.map(|moment| ("ttl".to_owned(), seconds(moment))));
    item
}

/// What the table `events` holds.
fn line(record: &Record) -> HashMap<String, AttributeValue> {
    let mut item = HashMap::from(
        [
            ("tenant_id", text(record.tenant_id.as_str())),
            ("sk", text(record.sort_key())),
            ("event_type", text(&record.event_type)),
            ("status", text(record.status.name())),
            ("route", text(record.route)),
            ("payload", AttributeValue::M(attributes(&record.payload))),
            ("retries", AttributeValue::N(record.retries.to_string())),
            ("tenant_id_created_at", text(record.tenant_and_time())),
        ]
        .map(|(name, value)| (name.to_owned(), value)),
    );
    item.extend(record.reason.as_ref().map(|reason| ("reason".to_owned(), text(reason))));
    item.extend(record.expires_at.map(|moment| ("ttl".to_owned(), seconds(moment))));
    item
}

fn text(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

fn seconds(moment: Moment) -> AttributeValue {
    AttributeValue::N(moment.seconds().to_string())
}

fn attributes(fields: &Map<String, Value>) -> HashMap<String, AttributeValue> {
    fields.iter().map(|(name, value)| (name.clone(), attribute(value))).collect()
}

fn attribute(value: &Value) -> AttributeValue {
    match value {
        Value::Null => AttributeValue::Null(true),
        Value::Bool(value) => AttributeValue::Bool(*value),
        Value::Number(number) => AttributeValue::N(number.to_string()),
        Value::String(value) => text(value),
        Value::Array(items) => AttributeValue::L(items.iter().map(attribute).collect()),
        Value::Object(fields) => AttributeValue::M(attributes(fields)),
    }
}

#[cfg(test)]
mod tests;
