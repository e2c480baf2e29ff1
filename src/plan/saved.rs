//! A plan in a file: `plan --out FILE`, then `apply --plan FILE` does exactly
//! that, or refuses because the world has moved under it (see [`held`](super::held)).

use std::fmt::Write;

use serde::de::Error;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::change::Plan;
use crate::model::{Diagnostic, Place, Stack};

/// The format's name and version. A file of another version is refused.
pub const FORMAT: &str = "ccprov.saved-plan/1";

/// What the file holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SavedPlan {
    /// [`FORMAT`].
    pub format: String,
    /// SHA-256 over plan and stack: a file that was edited is refused.
    pub digest: String,
    /// The stack that it was drawn from.
    pub stack: Stack,
    /// The plan.
    pub plan: Plan,
}

impl SavedPlan {
    /// A plan ready to be written.
    pub fn new(stack: Stack, plan: Plan) -> Self {
        Self { format: FORMAT.into(), digest: digest(&stack, &plan), stack, plan }
    }

    /// A plan as it stands in a file.
    ///
    /// # Errors
    /// What is no plan; or holds more than one: that would have no part in the
    /// digest.
    pub fn read(text: &str) -> serde_json::Result<Self> {
        let written: Value = serde_json::from_str(text)?;
        let saved: Self = serde_json::from_str(text)?;
        // A file of another version may well hold more.
        if saved.format == FORMAT && serde_json::to_value(&saved)? != written {
            return Err(Error::custom("it holds what no plan does"));
        }
        Ok(saved)
    }

    /// Whether the file is one that we wrote, for this place.
    pub fn check(&self, place: &Place) -> Result<(), Diagnostic> {
        if self.format != FORMAT {
            return Err(Diagnostic::error(format!("the plan file has format {}", self.format))
                .because(format!("this ccprov reads {FORMAT}"))
                .hint("make the plan again"));
        }
        if self.digest != digest(&self.stack, &self.plan) {
            return Err(Diagnostic::error("the plan file was changed after it was made")
                .hint("make the plan again"));
        }
        let (made, here) = (&self.plan.place, place);
        if (&made.account, &made.region) != (&here.account, &here.region) {
            return Err(Diagnostic::error("the plan file was made for another place")
                .because(format!(
                    "it is for account {} in {}, the credentials are of account {} in {}",
                    made.account, made.region, here.account, here.region
                ))
                .hint("use the credentials and region that the plan was made with"));
        }
        Ok(())
    }
}

fn digest(stack: &Stack, plan: &Plan) -> String {
    // Maps are sorted, so equal values have equal bytes.
    let bytes = serde_json::to_vec(&(stack, plan)).unwrap_or_default();
    hex(&Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _infallible = write!(text, "{byte:02x}");
        text
    })
}
