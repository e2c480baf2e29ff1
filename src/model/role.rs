//! The role that a stack is worked on in.

use serde::{Deserialize, Serialize};

/// Whom calls for a stack are made as, if not as whoever runs ccprov: his credentials serve
/// to take it on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Role {
    /// The role's ARN.
    pub arn: String,
    /// What its trust policy may want to hear (`sts:ExternalId`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
}

impl Role {
    /// The account that it is in.
    pub fn account(&self) -> &str {
        self.arn.split(':').nth(4).unwrap_or_default()
    }
}
