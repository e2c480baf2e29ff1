//! A plan as somebody may see it.
//!
//! What a stack states is the business of its file, which says what of it is sensitive.
//! Of some fields AWS may have more: a password that an earlier file stated, under a name
//! that is gone. Nobody says of that what it is, so that it is not shown at all.

use serde_json::Value;

use super::change::{Change, Plan, Step};
use crate::model::{Catalog, Document, KindInfo, UNSHOWN};

impl Plan {
    /// The same without what AWS has, and the stack does not state, of fields in which
    /// secrets stand. For eyes alone: whoever carries a plan out needs all of it.
    #[must_use]
    pub fn shown(&self, catalog: &dyn Catalog) -> Self {
        let mut shown = self.clone();
        for planned in &mut shown.changes {
            let Some(kind) = catalog.kind(&planned.kind) else { continue };
            match &mut planned.change {
                Change::Update { diff } | Change::Replace { diff, .. } => {
                    let private = |field: &&str| kind.private_fields().any(|it| it == *field);
                    for diff in diff.iter_mut().filter(|diff| private(&diff.path.top())) {
                        if let Some(have) = &mut diff.have {
                            hide(have, diff.want.as_ref());
                        }
                    }
                }
                Change::Delete { document, .. } => hide_private(document, None, kind),
                Change::NoOp | Change::Create { .. } => {}
            }
        }
        for node in &mut shown.steps {
            match &mut node.step {
                Step::Update { want, have, .. } => {
                    let Some(kind) = catalog.kind(&want.kind) else { continue };
                    hide_private(&mut have.document, Some(&want.document), kind);
                }
                Step::Delete { have, .. } => {
                    let Some(kind) = catalog.kind(&have.kind) else { continue };
                    hide_private(&mut have.document, None, kind);
                }
                Step::Create { .. } => {}
            }
        }
        shown
    }
}

/// The same of one document: every text of such a field that is not stated in the same place.
pub fn hide_private(have: &mut Document, want: Option<&Document>, kind: &KindInfo) {
    for field in kind.private_fields() {
        if let Some(value) = have.get_mut(field) {
            hide(value, want.and_then(|want| want.get(field)));
        }
    }
}

/// Every text that the stack does not state in the same place.
fn hide(have: &mut Value, want: Option<&Value>) {
    if want == Some(have) {
        return;
    }
    match have {
        Value::String(text) => UNSHOWN.clone_into(text),
        Value::Array(items) => items.iter_mut().for_each(|item| hide(item, None)),
        Value::Object(fields) => {
            for (name, value) in fields {
                hide(value, want.and_then(|want| want.get(name)));
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_not_stated_is_not_shown() {
        let check = |have: Value, want: Option<Value>, expected: Value| {
            let mut shown = have;
            hide(&mut shown, want.as_ref());
            assert_eq!(shown, expected);
        };
        let have = json!({ "LEVEL": "info", "OLD": "password", "SAME": "same" });
        let want = json!({ "LEVEL": "debug", "NEW": "new", "SAME": "same" });
        let shown = json!({ "LEVEL": UNSHOWN, "OLD": UNSHOWN, "SAME": "same" });
        check(have.clone(), Some(want), shown);
        let none = json!({ "LEVEL": UNSHOWN, "OLD": UNSHOWN, "SAME": UNSHOWN });
        check(have, None, none);
        check(json!("old"), Some(json!("new")), json!(UNSHOWN));
        check(json!(["a", 1]), Some(json!(["a", 2])), json!([UNSHOWN, 1]));
    }
}
