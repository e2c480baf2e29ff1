//! How long a kind may take to become what was asked, and to go.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How long the cloud may be at one operation, and how often is looked
/// meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limit {
    /// Longest time from the accepted call until a look shows that it is done.
    pub deadline: Duration,
    /// Longest pause between two looks, as long as the wait is young.
    pub every: Duration,
    /// How long it takes as a rule, where anybody knows. For people, who are told before a
    /// run begins and while it waits; no wait ends by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usual: Option<Duration>,
}

impl Limit {
    /// What takes so many seconds or minutes at most, looked at every two
    /// seconds.
    pub const fn of(deadline: Duration) -> Self {
        Self { deadline, every: Duration::from_secs(2), usual: None }
    }

    /// The same, where it takes so long as a rule.
    #[must_use]
    pub const fn usually(self, usual: Duration) -> Self {
        Self { usual: Some(usual), ..self }
    }

    /// The same, looked at less often.
    #[must_use]
    pub const fn every(self, every: Duration) -> Self {
        Self { every, ..self }
    }
}

/// What takes longer as a rule is told before a run begins, and left to the cloud by who
/// waits for its word alone. So long somebody at a terminal waits without a thought.
pub const LONG: Duration = Duration::from_mins(1);

/// What the engine's waits need to know of a kind.
///
/// A kind states this as data; only the engine waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Patience {
    /// Until a new object is what was asked.
    pub create: Limit,
    /// Until a changed object is what was asked.
    pub update: Limit,
    /// Until a look finds nothing, for kinds of which something is left for a
    /// while when AWS has accepted the call; `None` for those that are gone
    /// by then.
    pub delete: Option<Limit>,
    /// How many reads in a row must agree. More than 1 only where AWS is known
    /// to serve old and new values in turn.
    pub steady: u32,
    /// Whether dependants must wait until this resource is ready, rather than
    /// only accepted.
    pub blocks: bool,
}

impl Patience {
    /// For kinds that are usable as soon as AWS accepts the call; the deadline
    /// bounds the confirming read.
    pub const PROMPT: Self = Self {
        create: Limit::of(Duration::from_mins(1)),
        update: Limit::of(Duration::from_mins(1)),
        delete: None,
        steady: 1,
        blocks: false,
    };

    /// The same, with another limit for what is made and changed.
    #[must_use]
    pub const fn within(self, limit: Limit) -> Self {
        Self { create: limit, update: limit, ..self }
    }

    /// The same, where so many reads in a row must agree.
    #[must_use]
    pub const fn seen(self, steady: u32) -> Self {
        Self { steady, ..self }
    }

    /// For kinds that come into service, change and go by and by: dependants
    /// wait for them.
    pub const fn slow(create: Limit, update: Limit, delete: Limit) -> Self {
        Self { create, update, delete: Some(delete), steady: 1, blocks: true }
    }

    /// The same, with other deadlines where the stack file states some.
    #[must_use]
    pub fn stated(self, stated: Deadlines) -> Self {
        let limit = |limit: Limit, stated: Option<Duration>| Limit {
            deadline: stated.unwrap_or(limit.deadline),
            ..limit
        };
        Self {
            create: limit(self.create, stated.create),
            update: limit(self.update, stated.update),
            delete: self.delete.map(|delete| limit(delete, stated.delete)),
            ..self
        }
    }
}

impl Default for Patience {
    fn default() -> Self {
        Self::PROMPT
    }
}

/// What a stack file says of how long one resource may take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deadlines {
    /// To come into being.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub create: Option<Duration>,
    /// To change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub update: Option<Duration>,
    /// To go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delete: Option<Duration>,
}

impl Deadlines {
    /// Whether the stack file says nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
