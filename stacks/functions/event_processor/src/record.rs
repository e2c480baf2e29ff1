//! What the ledger holds of an event. Knows no database.

use events::{Event, EventType, Id, Moment, Verdict};
use serde_json::{Map, Value};

use crate::settings::Keep;
use crate::storable;

/// Where events go that are not what their type says.
const INVALID_ROUTE: &str = "invalid";

/// Most characters of a reason.
const LONGEST_REASON: usize = 1_000;

/// Whether an event may be acted upon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    Ready,
    Invalid,
}

impl Status {
    /// As the ledger spells it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ready => "READY",
            Self::Invalid => "INVALID",
        }
    }
}

/// One line of the ledger, and the memory that it was written.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Record {
    pub(crate) tenant_id: Id,
    pub(crate) event_id: Id,
    pub(crate) created_at: Moment,
    pub(crate) event_type: String,
    pub(crate) status: Status,
    pub(crate) route: &'static str,
    pub(crate) payload: Map<String, Value>,
    /// How often the event was tried in vain before.
    pub(crate) retries: u32,
    /// Why it is invalid.
    pub(crate) reason: Option<String>,
    /// When this was written.
    pub(crate) recorded_at: Moment,
    /// When it may leave the ledger.
    pub(crate) expires_at: Option<Moment>,
    /// When it may be forgotten that it was written.
    pub(crate) forgotten_at: Option<Moment>,
}

impl Record {
    /// Days count from now, not from what a producer says: the wrong clock of one
    /// would let its events vanish at once.
    pub(crate) fn of(event: Event, retries: u32, now: Moment, keep: Keep) -> Self {
        let (mut payload, mut verdict) = (event.payload, event.verdict);
        if let Some(fault) = storable::fault(&payload) {
            payload = Map::new();
            verdict = Verdict::Invalid(vec![fault.to_owned()]);
        }
        let (status, route, reason) = match verdict {
            Verdict::Ready(event_type) => (Status::Ready, EventType::route(event_type), None),
            Verdict::Invalid(faults) => {
                let reason = faults.join("; ").chars().take(LONGEST_REASON).collect();
                (Status::Invalid, INVALID_ROUTE, Some(reason))
            }
        };
        Self {
            tenant_id: event.tenant_id,
            event_id: event.event_id,
            created_at: event.created_at,
            event_type: event.event_type,
            status,
            route,
            payload,
            retries,
            reason,
            recorded_at: now,
            expires_at: keep.events.map(|days| now.plus_days(days)),
            forgotten_at: keep.idempotency.map(|days| now.plus_days(days)),
        }
    }

    /// Where it stands among the tenant's: by time, and then by id.
    pub(crate) fn sort_key(&self) -> String {
        format!("{}#{}", self.created_at, self.event_id)
    }

    /// Where it stands among those of its status.
    pub(crate) fn tenant_and_time(&self) -> String {
        format!("{}#{}", self.tenant_id, self.created_at)
    }

    /// Under which key its being there is remembered.
    pub(crate) fn key_of_memory(&self) -> String {
        format!("{}#{}", self.tenant_id, self.event_id)
    }
}
