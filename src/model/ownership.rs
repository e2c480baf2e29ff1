//! Whose an object is: the one predicate by which everybody tells.

use super::{Catalog, Live, Owner, Place};

/// A stack where it lives, as an owner of objects.
#[derive(Clone, Copy, Debug)]
pub struct Claimant<'a> {
    /// Its name.
    pub stack: &'a str,
    /// Where.
    pub place: &'a Place,
}

impl Claimant<'_> {
    /// Whether owner tags name this stack, whichever resource of it.
    pub fn is(self, owner: &Owner) -> bool {
        owner.stack == self.stack
    }

    /// Whether an object is this stack's. A kind without tags belongs to whoever
    /// declares it.
    pub fn owns(self, live: &Live, catalog: &dyn Catalog) -> bool {
        let tagged = catalog.kind(&live.kind).is_none_or(|kind| kind.tagged);
        !tagged || live.owner.as_ref().is_some_and(|owner| self.is(owner))
    }
}
