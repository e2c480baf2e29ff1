//! From the text of a message to an event, and what is to be thought of it.

use serde_json::{Map, Value};

use crate::{EventType, Id, Moment, Schemas};

/// Most characters of a type that is none of ours: it is kept to be read.
const LONGEST_TYPE: usize = 128;

/// An event that can be told apart from others, valid or not.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Whose it is.
    pub tenant_id: Id,
    /// Which one of the tenant's.
    pub event_id: Id,
    /// The type as the envelope states it; `unknown` if it states none.
    pub event_type: String,
    /// When it came to be, as the producer says, or else when it was sent.
    pub created_at: Moment,
    /// What happened; empty if the envelope holds no object.
    pub payload: Map<String, Value>,
    /// What is to be thought of it.
    pub verdict: Verdict,
}

/// Whether an event is what its type says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is.
    Ready(EventType),
    /// It is not, and these are the faults. They repeat nothing of the payload.
    Invalid(Vec<String>),
}

/// Why a message is no event at all: there is nothing to record it under.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Poison {
    /// No JSON, or nested deeper than 128 levels.
    #[error("the message is no JSON")]
    NoJson,
    /// JSON of another sort.
    #[error("the message is no JSON object")]
    NoObject,
    /// `tenant_id` is not there, or no id.
    #[error("the message has no tenant_id that can be a key")]
    NoTenant,
    /// `event_id` is not there, or no id.
    #[error("the message has no event_id that can be a key")]
    NoEvent,
}

impl Event {
    /// Reads a message that was sent at this moment.
    ///
    /// # Errors
    /// [`Poison`] if it cannot be recorded, valid or not.
    pub fn read(text: &str, sent_at: Moment, schemas: &Schemas) -> Result<Self, Poison> {
        let read: Value = serde_json::from_str(text).map_err(|_| Poison::NoJson)?;
        let Value::Object(mut envelope) = read else { return Err(Poison::NoObject) };
        let tenant_id = id(envelope.remove("tenant_id")).ok_or(Poison::NoTenant)?;
        let event_id = id(envelope.remove("event_id")).ok_or(Poison::NoEvent)?;

        let mut faults = Vec::new();
        let (name, event_type) = type_of(envelope.remove("event_type"), &mut faults);
        let created_at = moment(envelope.remove("created_at"), &mut faults).unwrap_or(sent_at);
        let payload = payload(envelope.remove("payload"), &mut faults);
        if !envelope.is_empty() {
            faults.push("the envelope has unknown properties".to_owned());
        }
        // Of what is no object at all, that it lacks properties is no news.
        let payload = match (payload, event_type) {
            (Some(payload), Some(event_type)) => {
                let payload = Value::Object(payload);
                faults.extend(schemas.faults(event_type, &payload));
                payload
            }
            (Some(payload), None) => Value::Object(payload),
            (None, _) => Value::Null,
        };
        let payload = if let Value::Object(payload) = payload { payload } else { Map::new() };
        let verdict = match event_type {
            Some(event_type) if faults.is_empty() => Verdict::Ready(event_type),
            Some(_) | None => Verdict::Invalid(faults),
        };
        Ok(Self { tenant_id, event_id, event_type: name, created_at, payload, verdict })
    }
}

fn id(value: Option<Value>) -> Option<Id> {
    let Some(Value::String(text)) = value else { return None };
    Id::new(text).ok()
}

/// The type as it is stated, and which of ours it is.
fn type_of(value: Option<Value>, faults: &mut Vec<String>) -> (String, Option<EventType>) {
    let (name, event_type) = match value {
        Some(Value::String(name)) => {
            let event_type = EventType::named(&name);
            (name.chars().take(LONGEST_TYPE).collect(), event_type)
        }
        Some(_) | None => ("unknown".to_owned(), None),
    };
    if event_type.is_none() {
        faults.push("event_type is none that is known".to_owned());
    }
    (name, event_type)
}

fn moment(value: Option<Value>, faults: &mut Vec<String>) -> Option<Moment> {
    let value = value?;
    let moment = value.as_str().and_then(Moment::read);
    if moment.is_none() {
        faults.push("created_at is no date-time of RFC 3339 since 1970".to_owned());
    }
    moment
}

fn payload(value: Option<Value>, faults: &mut Vec<String>) -> Option<Map<String, Value>> {
    let Some(Value::Object(payload)) = value else {
        faults.push("payload is no object".to_owned());
        return None;
    };
    Some(payload)
}

#[cfg(test)]
mod tests;
