//! The KMS keys that this process made, or may have made.
//!
//! `CreateKey` takes no client token: whoever repeats it makes a second key,
//! and every index that could tell lags behind. So the one thing that a
//! repeated `create` cannot find out in AWS at once is remembered here, for as
//! long as the process lives. The next process finds keys by alias and tag.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::model::Owner;

/// What became of `CreateKey` for each owner.
#[derive(Debug, Default)]
pub(crate) struct FreshKeys {
    by_owner: Mutex<BTreeMap<Owner, Attempted>>,
}

/// What became of one `CreateKey`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Attempted {
    /// It was sent, and no answer came that would settle it.
    Perhaps,
    /// It made the key of this ARN.
    Made(String),
}

impl FreshKeys {
    /// What is remembered of an owner's key.
    pub(crate) fn attempted(&self, owner: &Owner) -> Option<Attempted> {
        self.by_owner.lock().unwrap_or_else(PoisonError::into_inner).get(owner).cloned()
    }

    /// Remembers the latest.
    pub(crate) fn remember(&self, owner: &Owner, attempted: Attempted) {
        let mut keys = self.by_owner.lock().unwrap_or_else(PoisonError::into_inner);
        keys.insert(owner.clone(), attempted);
    }

    /// Nothing is in flight any more: refused, or deleted again.
    pub(crate) fn forget(&self, owner: &Owner) {
        self.by_owner.lock().unwrap_or_else(PoisonError::into_inner).remove(owner);
    }
}
