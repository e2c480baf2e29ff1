//! What a payment event is, and the forms that it takes on its way into the table:
//! published, judged, processed. Knows no function, no machine and no clock.
//!
//! ```json
//! {
//!   "event_id": "evt-4f1c", "event_type": "payment.captured", "occurred_at": "2026-01-15T09:30:00Z",
//!   "merchant_id": "m-17", "payment_id": "p-2026-0815",
//!   "amount": { "currency": "EUR", "minor_units": 1999 },
//!   "method": { "type": "card", "brand": "visa", "last4": "4242", "country": "DE" },
//!   "customer": { "customer_id": "c-9", "email": "ada@example.com", "country": "DE" }
//! }
//! ```
//!
//! What is told of one, in a reason or a line of a log, repeats nothing of it but its
//! ids. Numbers of cards have no place in it at all: the schema takes none, and no id
//! that could be one.

mod currency;
mod event_id;
mod judge;
mod money;
mod payment;
mod processed;

pub use currency::Currency;
pub use event_id::{EventId, NotAnEventId};
pub use judge::{InvalidPayment, Judge, UnusableSchema};
pub use money::Money;
pub use payment::{Customer, Judged, Method, Payment, PaymentType, Unreadable};
pub use processed::Processed;

/// A payment event as it is published, for tests and for whoever wants to see one.
pub const SAMPLE: &str = include_str!("../samples/payment.json");
