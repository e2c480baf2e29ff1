//! Keeps resources canonical when something in them changes after the spec room
//! made them: a fact became known, or a field is left to the object.
//!
//! The planner and whoever carries out the plan do this alike, so that what one
//! compares is what the other writes.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::model::compare::element_names;
use crate::model::spelling::{Part, parts};
use crate::model::{
    Catalog, Claimant, Desired, Diagnostic, Document, FactRef, Live, Prepared, Problem, TAGS,
    document,
};

/// Who knows what is canonical, and where.
#[derive(Clone, Copy)]
pub struct Canon<'a> {
    /// What is known of the kinds.
    pub catalog: &'a dyn Catalog,
    /// Whose they are.
    pub claimant: Claimant<'a>,
}

impl Canon<'_> {
    /// The resource with every fact filled in that `known` can tell; `None` if
    /// that changes nothing.
    ///
    /// # Errors
    /// What its kind has against the facts.
    pub fn with_facts(
        &self,
        want: &Desired,
        known: &dyn Fn(&FactRef) -> Option<String>,
    ) -> Result<Option<Desired>, Vec<Diagnostic>> {
        if !want.document.values().any(document::has_pending) {
            return Ok(None);
        }
        let fill =
            |(field, value): (&String, &Value)| (field.clone(), document::fill(value, known));
        let document: Document = want.document.iter().map(fill).collect();
        if document == want.document {
            return Ok(None);
        }
        let filled = Desired { document, ..want.clone() };
        let late = |problem| late(&filled, problem);
        let canonical = self.canonical(&filled);
        canonical.map(Some).map_err(|found| found.into_iter().map(late).collect())
    }

    /// The resource with the fields of `ignore_changes` and the tags of others as
    /// the object has them, so that writing what stands around them leaves them
    /// alone; `None` if that is how it is stated.
    ///
    /// A field at the top is taken over only if both have it: what the stack
    /// does not state is not ours to write.
    pub fn with_ignored(&self, want: &Desired, live: &Live) -> Option<Desired> {
        let lifecycle = &want.lifecycle;
        if lifecycle.ignore_changes.is_empty() && lifecycle.ignore_tags.is_empty() {
            return None;
        }
        let mut left = want.clone();
        for pattern in &lifecycle.ignore_changes {
            take_over_field(&mut left.document, &live.document, pattern);
        }
        // What another field takes along means something else with that changed.
        let kind = self.catalog.kind(&want.kind);
        for along in kind.into_iter().flat_map(|kind| &kind.stages.along) {
            if want.document.get(&along.with) != live.document.get(&along.with)
                && !lifecycle.ignore_changes.contains(&along.with)
            {
                take_over_field(&mut left.document, &want.document, &along.field);
            }
        }
        if let (Some(Value::Object(want)), Some(Value::Object(have))) =
            (left.document.get_mut(TAGS), live.document.get(TAGS))
        {
            for (key, value) in have.iter().filter(|(key, _)| lifecycle.leaves_tag(key)) {
                want.entry(key.clone()).or_insert_with(|| value.clone());
            }
        }
        if left.document == want.document {
            return None;
        }
        // What the cloud holds may break a rule of the kind's. It was not written
        // by us, and is not ours to refuse.
        Some(self.canonical(&left).unwrap_or(left))
    }

    pub(super) fn canonical(&self, want: &Desired) -> Result<Desired, Vec<Problem>> {
        let naming = self.claimant.naming_of(want);
        match self.catalog.prepare(&want.kind, &naming, &want.document) {
            Some(prepared) => {
                let Prepared { identity, document, predicted } = prepared?;
                Ok(Desired { identity, document, predicted, ..want.clone() })
            }
            None => Ok(want.clone()),
        }
    }
}

fn late(want: &Desired, problem: Problem) -> Diagnostic {
    let Problem { path, message, hint, meant: _ } = problem;
    let diagnostic = Diagnostic::error(format!("{}: {path} {message}", want.address))
        .because("it holds a value that was not known when the stack file was checked");
    hint.into_iter().fold(diagnostic, Diagnostic::hint)
}

/// Gives what a pattern leads to the value that it has in `have`, if both have the
/// field.
fn take_over_field(want: &mut Document, have: &Document, pattern: &str) {
    let parts = parts(pattern).unwrap_or_default();
    let Some((top, below)) = parts.split_first() else { return };
    if let (Some(want), Some(have)) = (want.get_mut(top.text()), have.get(top.text())) {
        take_over(want, have, below);
    }
}

/// Gives the part of `want` that the parts of a path lead to the value that it has in
/// `have`. Differences are spelled alike in [`compare`](crate::model::compare()).
fn take_over(want: &mut Value, have: &Value, parts: &[Part<'_>]) {
    let Some((part, rest)) = parts.split_first() else {
        want.clone_from(have);
        return;
    };
    match (want, have) {
        (Value::Object(want), Value::Object(have)) => {
            let keys: BTreeSet<String> = want.keys().chain(have.keys()).cloned().collect();
            for key in keys.into_iter().filter(|key| part.admits(key)) {
                match (want.get_mut(&key), have.get(&key)) {
                    (Some(want), Some(have)) => take_over(want, have, rest),
                    (Some(_), None) if rest.is_empty() => {
                        want.remove(&key);
                    }
                    (None, Some(have)) if rest.is_empty() => {
                        want.insert(key, have.clone());
                    }
                    (Some(_) | None, _) => {}
                }
            }
        }
        (Value::Array(want), Value::Array(have)) => take_over_elements(want, have, part, rest),
        _ => {}
    }
}

/// Elements with names of their own are known by these, others by position.
fn take_over_elements(want: &mut Vec<Value>, have: &[Value], part: &Part<'_>, rest: &[Part<'_>]) {
    let owned = |names: Vec<&str>| names.into_iter().map(str::to_owned).collect::<Vec<_>>();
    let names = (element_names(want).map(owned), element_names(have).map(owned));
    let (Some(mut wanted), Some(had)) = names else {
        for (index, (want, have)) in want.iter_mut().zip(have).enumerate() {
            if part.admits(&index.to_string()) {
                take_over(want, have, rest);
            }
        }
        return;
    };
    for (index, (name, have)) in had.iter().zip(have).enumerate() {
        if !part.admits(name) {
            continue;
        }
        match wanted.iter().position(|wanted| wanted == name) {
            Some(at) => take_over(&mut want[at], have, rest),
            None if rest.is_empty() => {
                let at = index.min(want.len());
                want.insert(at, have.clone());
                wanted.insert(at, name.clone());
            }
            None => {}
        }
    }
    if rest.is_empty() {
        let mut names = wanted.iter();
        want.retain(|_| names.next().is_some_and(|name| !part.admits(name) || had.contains(name)));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(ignored: &str, mut want: Value, have: &Value, expected: &Value) {
        take_over(&mut want, have, &parts(ignored).unwrap());
        assert_eq!(&want, expected, "{ignored}");
    }

    #[test]
    fn what_is_ignored_is_taken_from_the_object() {
        let have = json!({ "a": 1, "b": { "c": 2, "d": 3 } });
        check("a", json!({ "a": 9, "b": {} }), &have, &json!({ "a": 1, "b": {} }));
        check("b.c", json!({ "b": { "d": 9 } }), &have, &json!({ "b": { "c": 2, "d": 9 } }));
        check("b.*", json!({ "b": { "e": 9 } }), &have, &json!({ "b": { "c": 2, "d": 3 } }));
        check("b.e", json!({ "b": { "e": 9 } }), &have, &json!({ "b": {} }));
        check("x.y", json!({ "x": { "y": 9 } }), &have, &json!({ "x": { "y": 9 } }));
        check("b.c", json!({ "a": 9 }), &have, &json!({ "a": 9 }));
        let have = json!({ "tags": { "a.b": 1, "c7n:x": 2, "c7n:y": 3 } });
        let want = || json!({ "tags": { "own": 1 } });
        check("tags[a.b]", want(), &have, &json!({ "tags": { "own": 1, "a.b": 1 } }));
        check("tags.c7n*", want(), &have, &json!({ "tags": { "own": 1, "c7n:x": 2, "c7n:y": 3 } }));
    }

    #[test]
    fn elements_are_known_by_name_or_else_by_position() {
        let have = json!([{ "id": "a", "n": 1 }, { "id": "b", "n": 2 }]);
        let want = json!([{ "id": "b", "n": 9 }, { "id": "c", "n": 9 }]);
        check("b.n", want.clone(), &have, &json!([{ "id": "b", "n": 2 }, { "id": "c", "n": 9 }]));
        check(
            "a",
            want.clone(),
            &have,
            &json!([{ "id": "a", "n": 1 }, { "id": "b", "n": 9 }, { "id": "c", "n": 9 }]),
        );
        check("c", want.clone(), &have, &json!([{ "id": "b", "n": 9 }]));
        check("*", want, &have, &have);
        check("1", json!([7, 8, 9]), &json!([1, 2]), &json!([7, 2, 9]));
    }
}
