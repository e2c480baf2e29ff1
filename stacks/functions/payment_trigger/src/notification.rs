//! What SNS gives to a function, as far as it is needed here.

use events::Moment;
use payments::EventId;
use serde_json::{Map, Value, json};

/// One message of a topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Notification<'a> {
    /// SNS's name for it, the same however often it is delivered.
    pub(crate) message_id: &'a str,
    /// What was published.
    message: &'a str,
    /// When.
    published_at: Option<Moment>,
}

/// Why a message starts nothing, and never will.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Poison {
    #[error("the message is no JSON object")]
    NotAnObject,
    #[error("the message has no event_id that can name an execution")]
    WithoutId,
    #[error("the function was given no message of a topic")]
    Empty,
}

/// What starts an execution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Start {
    /// Which event it is, and so the execution's name.
    pub(crate) event_id: EventId,
    /// The execution's input.
    pub(crate) input: Value,
}

impl<'a> Notification<'a> {
    /// Those of an event of Lambda's. SNS sends one at a time.
    pub(crate) fn of(event: &'a Value) -> Result<Vec<Self>, Poison> {
        let records = event.get("Records").and_then(Value::as_array).ok_or(Poison::Empty)?;
        let read = |record: &'a Value| {
            let sns = record.get("Sns")?;
            let text = |name: &str| sns.get(name).and_then(Value::as_str);
            let (message_id, message) = (text("MessageId")?, text("Message")?);
            let published_at = text("Timestamp").and_then(Moment::read);
            Some(Self { message_id, message, published_at })
        };
        let notifications: Option<Vec<Self>> = records.iter().map(read).collect();
        notifications.filter(|all| !all.is_empty()).ok_or(Poison::Empty)
    }

    /// What it starts. Everything of the event but its id is the validator's business.
    ///
    /// The input is the same however often the message comes: a standard machine
    /// then knows the execution by its name, and starts nothing anew.
    pub(crate) fn start(&self, now: Moment) -> Result<Start, Poison> {
        let event: Map<String, Value> =
            serde_json::from_str(self.message).map_err(|_| Poison::NotAnObject)?;
        let event_id = event.get("event_id").and_then(Value::as_str);
        let event_id =
            event_id.and_then(|text| EventId::new(text).ok()).ok_or(Poison::WithoutId)?;
        let received_at = self.published_at.unwrap_or(now);
        Ok(Start { event_id, input: json!({ "event": event, "received_at": received_at }) })
    }
}
