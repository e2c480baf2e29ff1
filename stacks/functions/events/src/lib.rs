//! What an event is: the envelope in which it travels, its types, and the
//! schemas that its payload must meet. Knows no queue, no table and no clock.
//!
//! An event is one JSON object:
//!
//! ```json
//! {
//!   "tenant_id": "acme", "event_id": "4f1c...", "event_type": "user.created",
//!   "created_at": "2026-01-15T09:30:00Z", "payload": { }
//! }
//! ```
//!
//! What is told of an event, in a reason or a line of a log, never repeats what
//! its payload holds: that may be about people.

mod envelope;
mod event_type;
mod id;
mod line;
mod moment;
mod schema;
mod schemas;
mod variables;

pub use envelope::{Event, Poison, Verdict};
pub use event_type::EventType;
pub use id::{Id, NotAnId};
pub use line::{Level, Line};
pub use moment::Moment;
pub use schema::Schema;
pub use schemas::{Schemas, UnusableSchema};
pub use variables::{Unusable, Variables};
