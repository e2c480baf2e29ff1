//! The door between the engine and a cloud.
//!
//! Two things implement it: the AWS room, and `sim`. Who plans or verifies
//! holds a [`Read`]; only who applies or destroys ever holds a [`Write`], so
//! that a plan cannot write by construction.

use std::collections::BTreeMap;
use std::fmt;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

use crate::model::{CloudError, Desired, Emptying, Facts, FieldDiff, Found, Lease, Live, Sought};

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
#[async_trait]
pub trait Write: Read {
    /// Brings an object into being. Facts that dependants wait for may be
    /// told through `known` before the rest of the work is done.
    async fn create(&self, want: &Desired, known: &FactSink) -> Answer<Facts>;

    /// Changes the fields in `diff`, and no others.
    async fn update(&self, want: &Desired, have: &Live, diff: &[FieldDiff]) -> Answer<Facts>;

    /// Removes an object. Absence is success.
    async fn delete(&self, have: &Live, emptying: Emptying) -> Answer<()>;
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

/// Where a kind tells facts as soon as it knows them.
///
/// A key's ARN is known after the first of its three calls; the queues that
/// need it need not wait for the other two.
#[derive(Clone, Debug)]
pub struct FactSink(mpsc::UnboundedSender<Facts>);

impl FactSink {
    /// A sink and where its facts come out.
    pub fn new() -> (Self, mpsc::UnboundedReceiver<Facts>) {
        // Unbounded is bounded here: a create tells its facts a fixed number
        // of times, once in every kind so far.
        let (sender, receiver) = mpsc::unbounded_channel();
        (Self(sender), receiver)
    }

    /// Tells facts. Nobody listening is no error.
    pub fn tell(&self, facts: Facts) {
        let _nobody_listens = self.0.send(facts);
    }
}
