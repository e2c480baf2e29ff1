//! Reads back what `--trace` writes.

use std::time::Duration;

use ccprov::model::CallRecord;
use serde_json::Value;

/// The calls of a trace.
pub(crate) fn calls(trace: &str) -> Vec<CallRecord> {
    let trace: Value = serde_json::from_str(trace).expect("JSON");
    let events = trace["traceEvents"].as_array().expect("events");
    let calls = events.iter().filter(|event| event["cat"] == "call");
    calls
        .map(|event| {
            let micros = |field: &str| Duration::from_micros(event[field].as_u64().expect(field));
            let (service, operation) =
                event["name"].as_str().and_then(|name| name.split_once(':')).expect("a name");
            CallRecord {
                service: service.to_owned(),
                operation: operation.to_owned(),
                queued: Duration::ZERO,
                start: micros("ts"),
                end: micros("ts") + micros("dur"),
                status: event["args"]["status"].as_u64().and_then(|it| it.try_into().ok()),
                given_up: event["args"]["given_up"] == true,
                request_id: None,
                attempt: 1,
                object: event["args"]["object"].as_str().map(str::to_owned),
            }
        })
        .collect()
}
