//! The door between the engine and a cloud.
//!
//! Two things implement it: the AWS room, and `sim`. Who plans or verifies
//! holds a [`Read`]; only who applies or destroys ever holds a [`Write`], so
//! that a plan cannot write by construction.

pub(super) mod files;
pub(super) mod read;
pub(super) mod sending;
pub(super) mod written;

use std::fmt;

use async_trait::async_trait;

pub use self::files::Files;
pub use self::read::{Answer, Read, StackSummary};
pub use self::sending::{Sent, tell_sent};
pub use self::written::{Accepted, Lacks, Made};
pub use super::proof::Proven;
use crate::model::{Desired, Emptying, Facts, FieldDiff, Found, Lease};

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
