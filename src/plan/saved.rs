//! A plan in a file: `plan --out FILE`, then `apply --plan FILE` does exactly
//! that, or refuses because the world has moved under it (see [`held`](super::held)).

use std::fmt::Write;
use std::io;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use thiserror::Error;

use super::change::Plan;
use super::purpose::Purpose;
use crate::model::{Diagnostic, Place, Stack};

/// The format's name and version. A file of another version is refused.
pub const FORMAT: &str = "ccprov.saved-plan/1";

/// What the file holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SavedPlan {
    /// [`FORMAT`].
    pub format: String,
    /// SHA-256 over stack, plan and purpose: a file that was edited is refused.
    pub digest: String,
    /// The stack that it was drawn from.
    pub stack: Stack,
    /// The plan.
    pub plan: Plan,
    /// What it is for.
    // Left out of plans to apply: those without it keep their digest.
    #[serde(default, skip_serializing_if = "is_to_apply")]
    pub purpose: Purpose,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_to_apply(purpose: &Purpose) -> bool {
    *purpose == Purpose::Apply
}

impl SavedPlan {
    /// A plan ready to be written.
    pub fn new(stack: Stack, plan: Plan, purpose: Purpose) -> Self {
        let digest = digest(&stack, &plan, purpose);
        Self { format: FORMAT.into(), digest, stack, plan, purpose }
    }

    /// A plan as it stands in a file.
    ///
    /// # Errors
    /// What is no plan; or holds more than one: that would have no part in the
    /// digest.
    pub fn read(text: &str) -> Result<Self, NoPlan> {
        // A file of another version may well hold more.
        read_exactly(text, |saved: &Self| saved.format == FORMAT)
    }

    /// Whether the file is one that we wrote, for this place.
    pub fn check(&self, place: &Place) -> Result<(), Diagnostic> {
        if self.format != FORMAT {
            return Err(unknown_format(&self.format, FORMAT));
        }
        if self.digest != digest(&self.stack, &self.plan, self.purpose) {
            return Err(edited());
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

/// What a text holds, and nothing besides; of what is not ours that is not known.
pub(super) fn read_exactly<T: Serialize + DeserializeOwned>(
    text: &str,
    is_ours: impl FnOnce(&T) -> bool,
) -> Result<T, NoPlan> {
    let written: Value = serde_json::from_str(text)?;
    let saved: T = serde_json::from_str(text)?;
    if is_ours(&saved) && serde_json::to_value(&saved)? != written {
        return Err(NoPlan::HoldsMore);
    }
    Ok(saved)
}

pub(super) fn unknown_format(format: &str, known: &str) -> Diagnostic {
    Diagnostic::error(format!("the plan file has format {format}"))
        .because(format!("this ccprov reads {known}"))
        .hint("make the plan again")
}

pub(super) fn edited() -> Diagnostic {
    Diagnostic::error("the plan file was changed after it was made").hint("make the plan again")
}

/// Why a text is no plan file. Nothing of it is told: it may be of any file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NoPlan {
    /// It ends to be one here; both count from 1.
    #[error("it reads as none from its line {line}, column {column} on")]
    From {
        /// Of the text.
        line: usize,
        /// Of the line, in bytes.
        column: usize,
    },
    /// It is one, and more, of which the digest would say nothing.
    #[error("it holds what no plan does")]
    HoldsMore,
    /// They are several, of which one comes after what is not before it, or is for something
    /// else.
    #[error("its plans do not go together")]
    OutOfOrder,
}

impl From<serde_json::Error> for NoPlan {
    fn from(error: serde_json::Error) -> Self {
        Self::From { line: error.line(), column: error.column() }
    }
}

fn digest(stack: &Stack, plan: &Plan, purpose: Purpose) -> String {
    // Maps are sorted, so equal values have equal bytes.
    let mut hash = Hash(Sha256::new());
    let _infallible = match purpose {
        Purpose::Apply => serde_json::to_writer(&mut hash, &(stack, plan)),
        Purpose::Destroy => serde_json::to_writer(&mut hash, &(stack, plan, purpose)),
    };
    hex(&hash.0.finalize())
}

/// Hashes what is written, so that the text of a large plan need not be kept.
struct Hash(Sha256);

impl io::Write for Hash {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _infallible = write!(text, "{byte:02x}");
        text
    })
}
