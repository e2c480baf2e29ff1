//! A lease: the right to be the only run that changes a stack, for as long as
//! its holder gives signs of life.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Where the lease of a stack lies, as its file says under `lock`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lock {
    /// A bucket that is there already.
    pub bucket: String,
    /// The object in it.
    pub key: String,
    /// Whose bucket it must be; the stack's own account, if none is stated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
}

/// What a holder writes down, for whoever finds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// [`Lease::FORMAT`].
    pub format: String,
    /// The stack that it is for.
    pub stack: String,
    /// Who holds it.
    pub holder: Holder,
    /// What the holder does, as it was typed.
    pub command: String,
    /// Since when, by the holder's clock. For people alone: nothing is decided by it.
    pub since: String,
    /// So long after its last sign of life a holder counts as dead.
    pub lifetime_seconds: u64,
    /// Tells this lease from every other, also from others of the same holder.
    pub nonce: String,
    /// How often it was renewed: no two signs of life are alike, so that whoever
    /// takes over a dead lease cannot mistake a renewed one for it.
    pub renewals: u64,
}

/// Who holds a lease.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// On which machine: `ada@build-7 pid 4711`.
    pub process: String,
    /// As whom the cloud knows it.
    pub caller: String,
}

impl Lease {
    /// The version of the form.
    pub const FORMAT: &str = "ccprov.lease/1";
}

/// A lease as it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// What its holder wrote.
    pub lease: Lease,
    /// The store's own mark of this very content.
    pub version: String,
    /// Since the last sign of life, by the store's clock alone.
    pub age: Duration,
}

impl Found {
    /// Whether its holder counts as dead.
    pub fn has_expired(&self) -> bool {
        self.age > self.lifetime()
    }

    /// Until it expires, if no sign of life comes.
    pub fn remaining(&self) -> Duration {
        self.lifetime().saturating_sub(self.age)
    }

    fn lifetime(&self) -> Duration {
        Duration::from_secs(self.lease.lifetime_seconds)
    }
}

impl std::fmt::Display for Lock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "s3://{}/{}", self.bucket, self.key)
    }
}
