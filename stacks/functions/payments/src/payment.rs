//! A payment event that was judged to be one.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Money;

/// What happened to a payment, as the schema says it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Payment {
    /// Which event it is.
    pub event_id: String,
    /// What happened.
    pub event_type: PaymentType,
    /// When it happened: UTC, to the millisecond.
    pub occurred_at: String,
    /// Who is paid.
    pub merchant_id: String,
    /// Which payment it happened to.
    pub payment_id: String,
    /// How much it is about; never nothing.
    pub amount: Money,
    /// How is paid.
    pub method: Method,
    /// Who pays.
    pub customer: Customer,
    /// Why it failed, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure_code: Option<String>,
}

/// What can happen to a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub enum PaymentType {
    /// The money is promised.
    #[serde(rename = "payment.authorized")]
    Authorized,
    /// The money is taken.
    #[serde(rename = "payment.captured")]
    Captured,
    /// The money is given back.
    #[serde(rename = "payment.refunded")]
    Refunded,
    /// There is no money.
    #[serde(rename = "payment.failed")]
    Failed,
}

impl PaymentType {
    /// As events spell it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Authorized => "payment.authorized",
            Self::Captured => "payment.captured",
            Self::Refunded => "payment.refunded",
            Self::Failed => "payment.failed",
        }
    }
}

/// How is paid.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Method {
    /// With a card, of which nobody tells more than this.
    Card {
        /// Whose card it is: `visa`.
        brand: String,
        /// The last four digits of its number.
        last4: String,
        /// Where it was issued: ISO 3166, two letters.
        country: String,
    },
    /// From a bank account.
    BankTransfer {
        /// Where that is.
        country: String,
    },
    /// From a wallet of somebody else's.
    Wallet {
        /// Whose.
        provider: String,
        /// Where it is held.
        country: String,
    },
}

impl Method {
    /// Where the money comes from: ISO 3166, two letters.
    pub fn country(&self) -> &str {
        match self {
            Self::Card { country, .. }
            | Self::BankTransfer { country }
            | Self::Wallet { country, .. } => country,
        }
    }
}

/// Who pays.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Customer {
    /// By the merchant's name for them.
    pub customer_id: String,
    /// How they are reached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Where they live: ISO 3166, two letters.
    pub country: String,
}

/// A payment on its way from the validator to the processor.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Judged {
    /// What happened.
    pub payment: Payment,
    /// When the topic took it: UTC, to the millisecond.
    pub received_at: String,
}

impl Judged {
    /// Reads what the validator answered.
    ///
    /// # Errors
    /// [`Unreadable`] for anything else.
    pub fn read(value: Value) -> Result<Self, Unreadable> {
        read(value)
    }
}

/// Reads what an earlier state answered. What serde would tell of a fault repeats
/// the value: nobody is told.
pub(crate) fn read<T: DeserializeOwned>(value: Value) -> Result<T, Unreadable> {
    serde_json::from_value(value).map_err(|_| Unreadable)
}

/// What no earlier state can have answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the input is not what the state before answers")]
pub struct Unreadable;
