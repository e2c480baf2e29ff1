//! The door between the engine and a cloud.
//!
//! Two things implement it: the AWS room, and `sim`. Who plans or verifies
//! holds a [`Read`]; only who applies or destroys ever holds a [`Write`], so
//! that a plan cannot write by construction.

use std::collections::BTreeMap;
use std::fmt;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

pub use super::proof::Proven;
use crate::model::{
    Artifact, CloudError, Desired, Emptying, Facts, FieldDiff, Found, Lease, Live, Sought,
};

/// What a call through the door comes to.
pub type Answer<T> = Result<T, CloudError>;

/// Looking.
#[async_trait]
pub trait Read: Send + Sync {
    /// One object, or `None` if there is none. Never an error for absence.
    async fn find(&self, sought: &Sought) -> Answer<Option<Live>>;

    /// Every object that an index believes to belong to a stack. A hint that
    /// may be stale either way: each candidate is confirmed by [`find`] before
    /// anybody acts on it.
    ///
    /// [`find`]: Read::find
    async fn candidates(&self, stack: &str) -> Answer<Vec<Sought>>;

    /// Every stack that an index believes to live here.
    async fn stacks(&self) -> Answer<Vec<StackSummary>>;
}

/// Touching. Every operation may be repeated: a second `create` of the same
/// resource, or a second `delete`, succeeds or answers with
/// [`Exists`](crate::model::ErrorClass::Exists).
///
/// What is there already is written to for a [`Proven`] alone, which only a
/// look at the object itself makes.
#[async_trait]
pub trait Write: Read {
    /// The call that brings an object into being, with its owner, and no other:
    /// what it answers with may have been there before.
    async fn create(&self, want: &Desired) -> Answer<Made>;

    /// All that a created object lacks of what was asked.
    async fn complete(&self, want: &Desired, made: Proven) -> Answer<Facts>;

    /// Changes the fields in `diff`, and no others. What the proof shows is how
    /// the object is now.
    async fn update(&self, want: &Desired, have: Proven, diff: &[FieldDiff]) -> Answer<Accepted>;

    /// Removes an object, or has the cloud begin to. Absence is success.
    async fn delete(&self, have: Proven, emptying: Emptying) -> Answer<()>;
}

/// The bytes behind artifacts. Who writes to a cloud holds them, and asks for
/// those of a field when it sends them.
pub trait Files: fmt::Debug + Send + Sync {
    /// The bytes of an artifact, if they are still what the plan saw.
    ///
    /// # Errors
    /// That they are gone, or others by now. Nothing of them is told.
    fn read(&self, artifact: &Artifact) -> Answer<Vec<u8>>;
}

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
    /// What [`complete`](Write::complete) adds.
    Completion,
    /// What a look shows when it is at rest: it is [updated](Write::update) then.
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

/// Where the lease of a stack lies. Nothing is written over what the writer has
/// not seen.
#[async_trait]
pub trait LeaseStore: fmt::Debug + Send + Sync {
    /// The lease that lies there, if one does.
    async fn read(&self) -> Answer<Option<Found>>;

    /// Writes a lease over that version, or where none is. Answers with the
    /// version that it is now, or `None` if there was something else.
    async fn write(&self, lease: &Lease, over: Option<&str>) -> Answer<Option<String>>;

    /// Removes that version. Tells whether it was there.
    async fn remove(&self, version: &str) -> Answer<bool>;
}

/// One line of `ccprov list`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct StackSummary {
    /// The owner tag's value.
    pub name: String,
    /// How many objects of each kind.
    pub objects: BTreeMap<String, usize>,
    /// How many objects that are the same in all regions, and whose tags do not
    /// say which region's stack has them: an earlier ccprov made them, or
    /// somebody took their tags away.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub of_no_region: BTreeMap<String, usize>,
}

impl StackSummary {
    /// A stack of which nothing was seen yet.
    pub fn new(name: impl Into<String>) -> Self {
        let (objects, of_no_region) = (BTreeMap::new(), BTreeMap::new());
        Self { name: name.into(), objects, of_no_region }
    }
}
