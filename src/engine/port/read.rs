//! Looking through the door, and what is seen.

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::model::{CloudError, Desired, Examined, Live, Lookup, Sought};

/// What a call through the door comes to.
pub type Answer<T> = Result<T, CloudError>;

/// Looking.
#[async_trait]
pub trait Read: Send + Sync {
    /// One object, or `None` if there is none. Never an error for absence.
    async fn find(&self, sought: &Sought) -> Answer<Option<Live>>;

    /// Every object that an index believes to belong to a stack, by any of the names
    /// that it has or had. A hint that may be stale either way: each candidate is
    /// confirmed by [`find`] before anybody acts on it.
    ///
    /// [`find`]: Read::find
    async fn candidates(&self, stacks: &[&str]) -> Answer<Vec<Sought>>;

    /// The same for who takes it away, also of what an index tells by a place that it keeps
    /// when its stack is renamed: whatever stands in places of stacks is asked whose it is.
    async fn all_candidates(&self, stacks: &[&str]) -> Answer<Vec<Sought>> {
        self.candidates(stacks).await
    }

    /// What stands in places of other stacks, each with the name of that one, of which an index
    /// tells nothing but that. No stack that is not renamed has anything there.
    async fn elsewhere(&self, _stacks: &[&str]) -> Answer<Vec<(String, Sought)>> {
        Ok(Vec::new())
    }

    /// What the cloud itself says of a document before it is written; nothing changes.
    async fn examine(&self, _want: &Desired) -> Answer<Examined> {
        Ok(Examined::default())
    }

    /// Every object to which a look at what belongs to others leads, in the order of their
    /// names; also those on their way out. Who keeps no index finds what has a name.
    async fn look_up(&self, lookup: &Lookup) -> Answer<Vec<Live>> {
        match lookup.sought(|arn| Some(arn.to_owned())) {
            Some(sought) => Ok(self.find(&sought).await?.into_iter().collect()),
            None => Ok(Vec::new()),
        }
    }

    /// Every stack that an index believes to live here.
    async fn stacks(&self) -> Answer<Vec<StackSummary>>;
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
