//! Whether what was published is a payment event.

use events::{Moment, Schema};
use serde_json::{Map, Value};

use crate::payment::read;
use crate::{Judged, Payment};

/// Milliseconds by which a producer's clock may be ahead of the topic's: five minutes,
/// by which AWS, too, lets the clocks of its callers be wrong.
const CLOCKS_DIFFER: u64 = 5 * 60 * 1_000;

/// Judges events by their schema, and by what no schema can say.
#[derive(Debug)]
pub struct Judge(Schema);

impl Judge {
    /// # Errors
    /// [`UnusableSchema`] if it is none.
    pub fn new() -> Result<Self, UnusableSchema> {
        let schema = Schema::new(include_str!("../schemas/payment.json"));
        schema.map(Self).map_err(UnusableSchema)
    }

    /// Judges the input of an execution: the `event` as it was published, and
    /// `received_at`, when the topic took it.
    ///
    /// # Errors
    /// [`InvalidPayment`] with at most five reasons. They repeat nothing of the event.
    pub fn judge(&self, input: Value) -> Result<Judged, InvalidPayment> {
        let mut input = if let Value::Object(input) = input { input } else { Map::new() };
        let event = input.remove("event").unwrap_or_default();
        let received_at = input.remove("received_at");
        let received_at = received_at.as_ref().and_then(Value::as_str).and_then(Moment::read);
        let received_at = received_at.ok_or_else(|| invalid("received_at is no date-time"))?;
        let faults = self.0.faults("event", &event);
        if !faults.is_empty() {
            return Err(InvalidPayment(faults));
        }
        let mut payment: Payment = read(event).map_err(|_| invalid("event is no payment"))?;
        let occurred_at = Moment::read(&payment.occurred_at)
            .ok_or_else(|| invalid("event/occurred_at is before 1970"))?;
        let ahead = occurred_at.since(received_at).as_millis();
        if ahead > u128::from(CLOCKS_DIFFER) {
            return Err(invalid("event/occurred_at is later than it was received"));
        }
        payment.occurred_at = occurred_at.to_string();
        Ok(Judged { payment, received_at: received_at.to_string() })
    }
}

fn invalid(fault: &str) -> InvalidPayment {
    InvalidPayment(vec![fault.to_owned()])
}

/// Why an event is no payment.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join(", "))]
pub struct InvalidPayment(pub Vec<String>);

/// The schema cannot be used, and why.
#[derive(Debug, thiserror::Error)]
#[error("the schema of a payment cannot be used: {0}")]
pub struct UnusableSchema(String);

#[cfg(test)]
mod tests;
