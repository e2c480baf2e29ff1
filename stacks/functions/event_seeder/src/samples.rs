//! One event of each type, as a producer would send it.

use events::{EventType, Id, Moment};
use serde_json::{Value, json};

use crate::failure::Failure;

/// Whose the samples are if nobody says.
const SAMPLE_TENANT: &str = "sample-tenant";

/// An event to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sample {
    pub(crate) event_type: EventType,
    pub(crate) event_id: Id,
    /// The message.
    pub(crate) body: String,
}

/// For whom samples are asked.
///
/// # Errors
/// [`Failure`] if the request says something else.
pub(crate) fn tenant(request: &Value) -> Result<Id, Failure> {
    let said = match request {
        Value::Null => None,
        Value::Object(fields) if fields.is_empty() => None,
        Value::Object(fields) if fields.len() == 1 => {
            let tenant = fields.get("tenant_id").and_then(Value::as_str);
            Some(tenant.ok_or(Failure::Request)?)
        }
        Value::Object(_)
        | Value::Array(_)
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_) => return Err(Failure::Request),
    };
    Id::new(said.unwrap_or(SAMPLE_TENANT)).map_err(Failure::Tenant)
}

/// The samples of one request. Their ids follow from its id: Lambda repeats one
/// that nobody waits for under the same id, and the ledger has them once.
///
/// # Errors
/// [`Failure::Sample`], which no request of Lambda's can cause.
pub(crate) fn samples(tenant: &Id, request_id: &str, now: Moment) -> Result<Vec<Sample>, Failure> {
    let sample = |event_type: EventType| {
        let name = event_type.name();
        let event_id =
            Id::new(format!("{request_id}:{name}")).map_err(|_| Failure::Sample(name))?;
        let payload: Value =
            serde_json::from_str(event_type.sample()).map_err(|_| Failure::Sample(name))?;
        let body = json!({
            "tenant_id": tenant,
            "event_id": event_id,
            "event_type": name,
            "created_at": now,
            "payload": payload,
        });
        Ok(Sample { event_type, event_id, body: body.to_string() })
    };
    EventType::ALL.into_iter().map(sample).collect()
}

#[cfg(test)]
mod tests {
    use events::{Event, NotAnId, Schemas, Verdict};

    use super::*;

    #[test]
    fn samples_are_events_that_are_ready() {
        let (tenant, now) = (Id::new("acme").expect("an id"), Moment::from_millis(1_500));
        let samples =
            samples(&tenant, "8f3c1b2a-0000-4000-8000-1234567890ab", now).expect("samples");
        assert_eq!(samples.len(), EventType::ALL.len());
        let schemas = Schemas::new().expect("schemas");
        for sample in samples {
            let event =
                Event::read(&sample.body, Moment::from_millis(0), &schemas).expect("an event");
            assert_eq!(event.verdict, Verdict::Ready(sample.event_type));
            assert_eq!((&event.tenant_id, &event.event_id), (&tenant, &sample.event_id));
            assert_eq!(event.created_at, now);
            assert!(sample.event_id.as_str().len() <= 128, "an id of SQS");
        }
    }

    #[test]
    fn a_request_may_name_a_tenant_and_nothing_else() {
        let of = |request: Value| tenant(&request).map(|id| id.to_string());
        assert_eq!(of(json!({})), Ok(SAMPLE_TENANT.to_owned()));
        assert_eq!(of(Value::Null), Ok(SAMPLE_TENANT.to_owned()));
        assert_eq!(of(json!({ "tenant_id": "acme" })), Ok("acme".to_owned()));
        assert_eq!(of(json!({ "tenant_id": "a#b" })), Err(Failure::Tenant(NotAnId)));
        for other in
            [json!([]), json!("acme"), json!({ "tenant": "acme" }), json!({ "tenant_id": 7 })]
        {
            assert_eq!(of(other), Err(Failure::Request));
        }
    }
}
