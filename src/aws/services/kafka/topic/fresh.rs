//! The topics that this process made, until a look shows them.
//!
//! Looks at topics are as of up to a minute ago (Developer Guide, "Topic operations"), so that
//! for a while AWS says of a new one that there is none. What a process has made is there: it
//! is remembered here, so that nobody takes the answer for another. The next process finds
//! the topic where AWS refuses to make it again.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::Spec;

#[derive(Debug, Default)]
pub(super) struct FreshTopics {
    by_identity: Mutex<BTreeMap<String, Spec>>,
}

impl FreshTopics {
    /// What was made by that name and not seen yet.
    pub(super) fn made(&self, identity: &str) -> Option<Spec> {
        self.topics().get(identity).cloned()
    }

    pub(super) fn remember(&self, identity: &str, spec: &Spec) {
        self.topics().insert(identity.to_owned(), spec.clone());
    }

    /// It was seen, or deleted.
    pub(super) fn forget(&self, identity: &str) {
        self.topics().remove(identity);
    }

    fn topics(&self) -> MutexGuard<'_, BTreeMap<String, Spec>> {
        self.by_identity.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
