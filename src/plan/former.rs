//! Names that a stack had before, and does not say, as the names of its objects show them.
//!
//! Nothing is done by what is found here: whoever may write tags could have made any object
//! look as if it came from there. It is told.

use std::collections::BTreeSet;

use crate::model::{Address, Catalog, Claimant, Document, Live, Moved, Naming};

/// What it takes to tell from whose name an object has its own.
#[derive(Clone, Copy)]
pub(super) struct Names<'a> {
    pub(super) claimant: Claimant<'a>,
    pub(super) moved: &'a Moved,
    pub(super) catalog: &'a dyn Catalog,
}

/// The names that a stack of which no file is known may have had before.
pub fn former_names<'l>(
    objects: impl IntoIterator<Item = &'l Live>,
    claimant: Claimant<'_>,
    catalog: &dyn Catalog,
) -> BTreeSet<String> {
    let names = Names { claimant, moved: &Moved::default(), catalog };
    let owned = objects.into_iter().filter(|live| claimant.owns(live, catalog));
    owned.filter_map(|live| names.unsaid(live)).collect()
}

impl Names<'_> {
    /// The name of a stack, none that this one says of itself, from which an object of its
    /// has its name.
    pub(super) fn unsaid(self, live: &Live) -> Option<String> {
        let named_by = self.catalog.kind(&live.kind)?.named_by.as_ref()?;
        let ever = self.moved.ever(&live.owner.as_ref()?.address);
        let mut unnamed = live.document.clone();
        unnamed.remove(named_by);
        // A stated name tells nothing but by what stands before it.
        let documents = [&unnamed, &live.document];
        let mut given = documents.into_iter().flat_map(|document| {
            ever.iter().filter_map(move |address| self.giving(live, address, document))
        });
        given.next()
    }

    fn giving(self, live: &Live, address: &Address, document: &Document) -> Option<String> {
        let gives = |stack: &str| self.gives(stack, (live, address), document);
        if self.claimant.stacks().into_iter().any(gives) {
            return None;
        }
        beginnings(live.identity.as_str()).into_iter().find(|stack| gives(stack)).map(str::to_owned)
    }

    fn gives(self, stack: &str, (live, address): (&Live, &Address), document: &Document) -> bool {
        let naming: Naming = self.claimant.naming_in(stack, address.clone());
        let prepared = self.catalog.prepare(&live.kind, &naming, document);
        prepared.and_then(Result::ok).is_some_and(|it| it.identity == live.identity)
    }
}

/// Everything in a name that can be a stack's: from its beginning, or from a slash, to a dash or
/// a slash.
fn beginnings(name: &str) -> BTreeSet<&str> {
    let begins = name.match_indices('/').map(|(at, _)| at + 1);
    let ends = || name.match_indices(['-', '/']).map(|(at, _)| at);
    let parts = std::iter::once(0).chain(begins).flat_map(|from| {
        ends().filter(move |to| from < *to).filter_map(move |to| name.get(from..to))
    });
    parts.filter(|part| !part.contains('/')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stack_stands_at_the_beginning_of_a_name_or_of_a_part() {
        let check = |name: &str, expected: &[&str]| {
            assert_eq!(beginnings(name).into_iter().collect::<Vec<_>>(), expected, "{name}");
        };
        check("shop-dev-orders", &["shop", "shop-dev"]);
        check("/ccprov/v1/v1-role-eu", &["ccprov", "v1", "v1-role"]);
        check("alias/v1-key", &["alias", "v1"]);
        check("orders", &[]);
    }
}
