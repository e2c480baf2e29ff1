//! A payment with what follows from it, and without what nobody needs any more.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::payment::read;
use crate::{Money, PaymentType, Unreadable};

/// A payment on its way from the processor to the enricher. The customer's address
/// has stayed behind.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Processed {
    /// Which event it was.
    pub event_id: String,
    /// What happened.
    pub event_type: PaymentType,
    /// When it happened: UTC, to the millisecond.
    pub occurred_at: String,
    /// When the topic took it, likewise.
    pub received_at: String,
    /// Who is paid.
    pub merchant_id: String,
    /// Which payment it happened to.
    pub payment_id: String,
    /// Who pays.
    pub customer_id: String,
    /// Where they live.
    pub customer_country: String,
    /// How is paid, in words: `card visa 4242`.
    pub method: String,
    /// Where the money comes from.
    pub method_country: String,
    /// How much it is about.
    pub amount: Money,
    /// What of it is kept for the service.
    pub fee: Money,
    /// What the merchant gets by this event; below nought what they give back.
    pub net: Money,
}

impl Processed {
    /// Reads what the processor answered.
    ///
    /// # Errors
    /// [`Unreadable`] for anything else.
    pub fn read(value: Value) -> Result<Self, Unreadable> {
        read(value)
    }
}
