//! Lines of a log, as JSON: ids and reasons, never payloads.

use serde::Serialize;

use crate::{Id, Moment};

/// How much a line matters, as Lambda spells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Level {
    /// What is expected.
    Info,
    /// What somebody should look at by day.
    Warn,
    /// What did not work.
    Error,
}

/// One thing that happened. Lambda reads `level` and `timestamp`, and passes on
/// the rest.
#[derive(Clone, Debug, Serialize)]
pub struct Line<'a> {
    timestamp: Moment,
    level: Level,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tenant_id: Option<&'a Id>,
    #[serde(skip_serializing_if = "Option::is_none")]
    event_id: Option<&'a Id>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
}

impl<'a> Line<'a> {
    /// A line about nothing but itself.
    pub fn new(timestamp: Moment, level: Level, message: &'a str) -> Self {
        let (message_id, tenant_id, event_id, reason) = (None, None, None, None);
        Self { timestamp, level, message, message_id, tenant_id, event_id, reason }
    }

    /// About this message of a queue.
    #[must_use]
    pub fn of_message(self, id: &'a str) -> Self {
        Self { message_id: Some(id), ..self }
    }

    /// About this event.
    #[must_use]
    pub fn of_event(self, tenant_id: &'a Id, event_id: &'a Id) -> Self {
        Self { tenant_id: Some(tenant_id), event_id: Some(event_id), ..self }
    }

    /// About this event, whose name tells it from all others.
    #[must_use]
    pub fn about(self, event_id: &'a Id) -> Self {
        Self { event_id: Some(event_id), ..self }
    }

    /// Why it happened.
    #[must_use]
    pub fn because(self, reason: &'a str) -> Self {
        Self { reason: Some(reason), ..self }
    }

    /// The line as JSON, without a line break.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_else(|_| self.message.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_json_and_says_what_is_known() {
        let (tenant, event) = (Id::new("acme").expect("an id"), Id::new("e1").expect("an id"));
        let line = Line::new(Moment::from_millis(0), Level::Warn, "invalid")
            .of_message("m1")
            .of_event(&tenant, &event)
            .because("payload\nlacks plan");
        assert_eq!(
            line.to_json(),
            r#"{"timestamp":"1970-01-01T00:00:00.000Z","level":"WARN","message":"invalid","message_id":"m1","tenant_id":"acme","event_id":"e1","reason":"payload\nlacks plan"}"#
        );
        let about = Line::new(Moment::from_millis(0), Level::Info, "started").about(&event);
        assert!(about.to_json().ends_with(r#""message":"started","event_id":"e1"}"#));
        let bare = Line::new(Moment::from_millis(0), Level::Info, "started").to_json();
        assert_eq!(
            bare,
            r#"{"timestamp":"1970-01-01T00:00:00.000Z","level":"INFO","message":"started"}"#
        );
    }
}
