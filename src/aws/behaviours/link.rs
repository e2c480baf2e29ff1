//! The link from a topic to a queue, as its subscription describes it. Pure.

use serde_json::Value;

use crate::model::Exhibit;

/// From a topic to a queue.
#[derive(Clone, Copy, Debug)]
pub(super) struct Link<'a> {
    pub(super) topic: &'a Exhibit,
    pub(super) subscription: &'a Exhibit,
    pub(super) queue: &'a Exhibit,
}

impl<'a> Link<'a> {
    /// The subscription's own filter.
    pub(super) fn filter(&self) -> Option<&'a Value> {
        self.subscription.document.get("filter_policy").filter(|filter| !filter.is_null())
    }

    /// Whether the filter looks at the message, not at its attributes.
    pub(super) fn is_by_body(&self) -> bool {
        self.subscription.text("filter_policy_scope") == Some("MessageBody")
    }

    /// Whether messages come as they were published.
    pub(super) fn is_raw(&self) -> bool {
        self.subscription.document.get("raw_message_delivery") == Some(&Value::Bool(true))
    }
}
