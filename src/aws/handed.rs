//! What every kind is handed: the connections, the place, and what the objects of
//! one kind share.

use std::any::{Any, TypeId};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use super::client::Session;
use super::memo::Memo;
use crate::model::Place;

/// What a kind needs to call AWS.
#[derive(Debug)]
pub(crate) struct Aws {
    pub(crate) session: Session,
    pub(crate) place: Place,
    /// All names of the stacks that look here: what one of them asks an index for, it asks for
    /// all.
    stacks: Mutex<BTreeSet<String>>,
    /// Listings that serve many objects at once. Forgotten when somebody writes.
    listings: ByType,
    /// What a service remembers for as long as the process lives.
    memories: ByType,
}

impl Aws {
    pub(crate) fn new(session: Session, place: Place) -> Self {
        let (listings, memories) = (ByType::default(), ByType::default());
        Self { session, place, stacks: Mutex::default(), listings, memories }
    }

    /// A stack of these names is going to look, too.
    pub(crate) fn expect(&self, names: &[&str]) {
        let mut stacks = self.stacks.lock().unwrap_or_else(PoisonError::into_inner);
        stacks.extend(names.iter().map(|name| (*name).to_owned()));
    }

    /// All that are going to look, in the order of their names, with one that looks now.
    pub(crate) fn expected_with(&self, names: &[&str]) -> Vec<String> {
        self.expect(names);
        let stacks = self.stacks.lock().unwrap_or_else(PoisonError::into_inner);
        stacks.iter().cloned().collect()
    }

    /// One listing of each type: what was asked already need not be asked again.
    pub(crate) fn listing<T: Send + Sync + 'static>(&self) -> Arc<Memo<T>> {
        self.listings.of()
    }

    /// What only this process knows, one of each type.
    pub(crate) fn memory<T: Default + Send + Sync + 'static>(&self) -> Arc<T> {
        self.memories.of()
    }

    /// Somebody wrote: listings are of yesterday.
    pub(crate) fn forget_listings(&self) {
        self.listings.clear();
    }
}

/// One value of each type, made when it is first asked for.
#[derive(Default)]
struct ByType(Mutex<BTreeMap<TypeId, Arc<dyn Any + Send + Sync>>>);

impl ByType {
    fn of<T: Default + Send + Sync + 'static>(&self) -> Arc<T> {
        let mut values = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let value = values.entry(TypeId::of::<T>()).or_insert_with(|| Arc::new(T::default()));
        // What lies under a type is of that type.
        Arc::clone(value).downcast().unwrap_or_default()
    }

    fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl fmt::Debug for ByType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ByType").finish_non_exhaustive()
    }
}
