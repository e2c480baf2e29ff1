//! What went wrong in a call, in words that the engine can act on.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A failed call. [`Display`](fmt::Display) says what was attempted and what
/// came back; hints are apart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CloudError {
    /// What we were doing, as a fragment after "failed to": `create queue claims`.
    pub attempted: String,
    /// Service and operation: `sqs:CreateQueue`. For most calls this is also
    /// the IAM action. Empty if it did not come to a call.
    pub operation: String,
    /// What the engine may do about it.
    pub class: ErrorClass,
    /// The service's own code, `AccessDenied`. Empty when no answer came.
    pub code: String,
    /// The service's own words.
    pub message: String,
    /// For the support case.
    pub request_id: Option<String>,
    /// What to try.
    pub hint: Option<String>,
}

/// The classes of failure. Only the first three of the second group are worth
/// trying again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorClass {
    /// It is not there.
    Absent,
    /// It is there already.
    Exists,
    /// Too many calls for now.
    Throttled,
    /// A fault on the way or on the other side; the effect may have happened.
    Transient,
    /// Refused for now, because something else has not taken effect.
    NotYet(InFlight),
    /// Not allowed.
    Denied,
    /// A limit of the account.
    Quota,
    /// The request can never succeed.
    Invalid,
    /// The credentials are missing, expired or not accepted.
    Credentials,
    /// None of these: shown as it came, and never retried.
    Unexpected,
}

/// What has not taken effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InFlight {
    /// A principal, policy or object that this run wrote. If the run wrote
    /// nothing of the kind, the refusal is final.
    Dependency,
    /// What the cloud is doing with the object already. Passes by itself.
    Busy,
    /// The object's own past: the name of a queue deleted moments ago, a key
    /// that is not yet back everywhere. Passes by itself, whoever caused it.
    Cooldown,
}

impl fmt::Display for CloudError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "failed to {}: {}", self.attempted, self.operation)?;
        if self.operation.is_empty() {
            return f.write_str(&self.message);
        }
        match (self.code.as_str(), self.message.as_str()) {
            ("", message) => write!(f, " got no answer: {message}")?,
            (code, "") => write!(f, " answered {code}")?,
            (code, message) => write!(f, " answered {code}: {message}")?,
        }
        if let Some(id) = &self.request_id {
            write!(f, " (request id {id})")?;
        }
        Ok(())
    }
}

impl std::error::Error for CloudError {}
