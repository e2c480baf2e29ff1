//! What calls come to that write.

use crate::model::Facts;

/// What the calls of a change came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Accepted {
    /// All was accepted that was asked for.
    Done(Facts),
    /// The cloud is at it, and something may be left to ask for: who looks when
    /// the object is at rest again sees what.
    Working(Facts),
}

impl Accepted {
    /// What can be referred to by now.
    pub fn facts(&self) -> &Facts {
        match self {
            Self::Done(facts) | Self::Working(facts) => facts,
        }
    }

    /// The same with other facts.
    #[must_use]
    pub fn map(self, of: impl FnOnce(Facts) -> Facts) -> Self {
        match self {
            Self::Done(facts) => Self::Done(of(facts)),
            Self::Working(facts) => Self::Working(of(facts)),
        }
    }
}

/// What the call came to that brings an object into being.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// What can be referred to by now.
    pub facts: Facts,
    /// Whether the cloud would have refused, had there been such an object. If
    /// not, this one may be another's, and is looked at before anything else
    /// happens to it.
    pub is_new: bool,
    /// What is left of its creation.
    pub lacks: Lacks,
}

/// What an object lacks of what was asked, when it has come into being.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lacks {
    /// Nothing.
    Nothing,
    /// What [`complete`](super::Write::complete) adds.
    Completion,
    /// What a look shows when it is at rest: it is [updated](super::Write::update) then.
    Updates,
}

impl Made {
    /// New for certain, and all that was asked.
    pub fn whole(facts: Facts) -> Self {
        Self { facts, is_new: true, lacks: Lacks::Nothing }
    }

    /// New for certain, and to be completed.
    pub fn in_part(facts: Facts) -> Self {
        Self { facts, is_new: true, lacks: Lacks::Completion }
    }

    /// New for certain, and the cloud is at it.
    pub fn begun(facts: Facts) -> Self {
        Self { facts, is_new: true, lacks: Lacks::Updates }
    }

    /// The same, where an object that was there already is answered alike.
    #[must_use]
    pub fn or_found(self) -> Self {
        Self { is_new: false, ..self }
    }
}
