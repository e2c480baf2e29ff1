//! An object as a stack file would state it: the other way round, from what lives to
//! what is written.

use super::render::{texts, written};
use crate::model::document::each_text;
use crate::model::{Catalog, Document, KindInfo, Live, Naming, Restated};

/// States an object. Its name is always stated: whatever its address will be, it is found
/// by that.
pub fn restate(live: &Live, kind: &KindInfo, catalog: &dyn Catalog, naming: &Naming) -> Restated {
    let mut left = live.document.clone();
    left.retain(|_, value| !value.is_null());
    let mut defaults = Vec::new();
    for (field, value) in &live.document {
        let is_name = kind.named_by.as_ref() == Some(field);
        let Some(value) = left.get(field).filter(|_| !is_name).and(Some(value)) else { continue };
        let mut without = left.clone();
        without.remove(field);
        let prepared = catalog.prepare(&live.kind, naming, &without).and_then(Result::ok);
        if prepared.is_some_and(|prepared| is_same(field, &prepared.document, live, kind)) {
            left = without;
            defaults.push((field.clone(), texts(value, &written)));
        }
    }
    let mut artifacts = Vec::new();
    each_text(&left, &mut |path, _| {
        artifacts.extend(kind.artifact(path).map(|_| path.clone()));
    });
    let name = kind.named_by.as_ref().and_then(|field| left.remove_entry(field));
    let fields = name.into_iter().chain(left);
    let fields = fields.map(|(field, value)| (field, texts(&value, &written))).collect();
    Restated { fields, defaults, artifacts }
}

/// Whether a document that does not state a field comes to what the object has of it.
fn is_same(field: &str, document: &Document, live: &Live, kind: &KindInfo) -> bool {
    let is_there = document.get(field).is_some_and(|value| !value.is_null());
    let differs = kind.compare(document, &live.document);
    is_there && !differs.iter().any(|diff| diff.path.top() == field)
}
