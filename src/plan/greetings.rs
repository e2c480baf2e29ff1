//! What a cloud itself has sent to an object when another was set up: it counts among
//! what the object holds, and is nobody's.

use std::collections::BTreeSet;

use crate::model::{Address, Catalog, Desired, Document, Greeting, Live, Path, Stack, document};

/// What of an object's holdings may be a greeting, and the resource that it came with.
pub(super) fn greeting<'a>(
    live: &Live,
    stack: &'a Stack,
    catalog: &'a dyn Catalog,
) -> Option<(&'a Address, &'a Greeting)> {
    let arn = live.arn()?;
    let mut greeting = stack.resources.values().flat_map(|want| {
        let kind = catalog.kind(&want.kind).into_iter();
        kind.flat_map(|kind| &kind.greets).map(move |greeting| (want, greeting))
    });
    let reaches = |(want, greeting): &(&Desired, &Greeting)| {
        let greeted = texts(&want.document, &|path| path.is_within(&greeting.field));
        greeted.contains(arn) || passed_on(&greeted, stack, catalog).contains(arn)
    };
    greeting.find(reaches).map(|(want, greeting)| (&want.address, greeting))
}

/// What is bound to an object passes on what that gets.
fn passed_on(greeted: &BTreeSet<String>, stack: &Stack, catalog: &dyn Catalog) -> BTreeSet<String> {
    let is_bound = |want: &&Desired| {
        let field = catalog.kind(&want.kind).and_then(|kind| kind.succession.bound_to.as_deref());
        let to = field.map(|field| texts(&want.document, &|path| path.is_within(field)));
        to.is_some_and(|to| !to.is_disjoint(greeted))
    };
    let bound = stack.resources.values().filter(is_bound);
    bound.flat_map(|want| texts(&want.document, &|_| true)).collect()
}

fn texts(document: &Document, is_meant: &dyn Fn(&Path) -> bool) -> BTreeSet<String> {
    let mut texts = BTreeSet::new();
    document::each_text(document, &mut |path, text| {
        if is_meant(path) {
            texts.insert(text.to_owned());
        }
    });
    texts
}
