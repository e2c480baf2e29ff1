//! Fields that a cloud changes one after the other, and in how many rounds a
//! difference is gone.

use serde::{Deserialize, Serialize};

use super::{FieldDiff, Path, Segment};

/// What changes of a kind one after the other, as patterns of
/// [`Path::is_within`](super::Path::is_within).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stages {
    /// The fields, in their order; under one that ends in `.*` one entry at a
    /// time. All others change with the first call.
    pub order: Vec<String>,
    /// Those of them, or what is within, of which the cloud takes another value
    /// when the old one is gone: what has it goes first, and comes again.
    pub anew: Vec<Anew>,
    /// Fields that change with the call that changes another, where that does.
    pub along: Vec<Along>,
}

/// A field that goes with its old value, and comes with the new one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Anew {
    /// The field.
    pub field: String,
    /// What that comes to: a sentence for people.
    pub meanwhile: String,
}

/// A field that another takes along.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Along {
    /// The field.
    pub field: String,
    /// The other one, at the top of the document.
    pub with: String,
}

impl Stages {
    /// The changes that come first, of those that are left.
    pub fn first(&self, left: &[FieldDiff]) -> Vec<FieldDiff> {
        let stage_of = |diff: &&FieldDiff| self.stage_of(diff, left);
        // An entry that goes makes room for one that comes: there may be so many.
        let turn = |diff: &&FieldDiff| (stage_of(diff), is_there(diff.want.as_ref()));
        let Some(first) = left.iter().min_by_key(turn) else { return Vec::new() };
        let at = stage_of(&first);
        let by_entry = self.is_by_entry(at);
        let is_along =
            |diff: &&FieldDiff| stage_of(diff) == at && (!by_entry || entry(diff) == entry(first));
        left.iter().filter(is_along).cloned().collect()
    }

    /// How many changes come one after the other until nothing is left of these.
    pub fn rounds(&self, diff: &[FieldDiff]) -> usize {
        let mut left = diff.to_vec();
        let next = || {
            let stage = self.first(&left);
            left.retain(|diff| !stage.contains(diff));
            let goes_first = stage.iter().any(|diff| self.anew(diff).is_some());
            (!stage.is_empty()).then_some(if goes_first { 2 } else { 1 })
        };
        std::iter::from_fn(next).sum()
    }

    /// What is to be said of a change of which the old value goes first.
    pub fn anew(&self, diff: &FieldDiff) -> Option<&Anew> {
        let at = self.stage_of(diff, &[]);
        let whole = if self.is_by_entry(at) { 2 } else { 1 };
        // What is not there on both sides comes, or goes, and that is all.
        let is_on_both = diff.path.segments().len() > whole
            || (is_there(diff.have.as_ref()) && is_there(diff.want.as_ref()));
        let mut anew = self.anew.iter();
        anew.find(|anew| is_on_both && diff.path.is_within(&anew.field))
    }

    /// When a difference has its turn: 0 with the first call.
    fn stage_of(&self, diff: &FieldDiff, left: &[FieldDiff]) -> usize {
        let changes = |field: &String| left.iter().any(|diff| diff.path.top() == field);
        let mut along = self.along.iter();
        let along = along.find(|along| diff.path.is_within(&along.field) && changes(&along.with));
        let own = along.map_or_else(|| diff.path.clone(), |along| Path::field(&along.with));
        // Who has none of the entries differs in the whole field.
        let is_of = |pattern: &String| own.is_within(pattern.trim_end_matches(".*"));
        self.order.iter().position(is_of).map_or(0, |at| at + 1)
    }

    fn is_by_entry(&self, stage: usize) -> bool {
        let pattern = stage.checked_sub(1).and_then(|at| self.order.get(at));
        pattern.is_some_and(|pattern| pattern.ends_with(".*"))
    }
}

fn is_there(value: Option<&serde_json::Value>) -> bool {
    value.is_some_and(|value| !value.is_null())
}

/// The entry of a field in which something differs.
fn entry(diff: &FieldDiff) -> &[Segment] {
    let segments = diff.path.segments();
    segments.get(..2).unwrap_or(segments)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::model::{Document, compare};

    fn stages() -> Stages {
        let anew = |field: &str| Anew { field: field.into(), meanwhile: format!("no {field}") };
        let along = |field: &str, with: &str| Along { field: field.into(), with: with.into() };
        Stages {
            order: ["stream", "indexes.*", "backups", "days"].map(str::to_owned).into(),
            anew: vec![anew("stream"), anew("indexes.*.key")],
            along: vec![along("indexes.*.capacity", "mode"), along("days", "backups")],
        }
    }

    fn check(have: Value, want: Value, rounds: usize, said: &[&str]) {
        let title = format!("{have} -> {want}");
        let document = |value: Value| -> Document { serde_json::from_value(value).unwrap() };
        let diff = compare(&document(want), &document(have));
        let stages = stages();
        assert_eq!(stages.rounds(&diff), rounds, "{title}");
        let found: Vec<&str> =
            diff.iter().filter_map(|diff| Some(&*stages.anew(diff)?.meanwhile)).collect();
        assert_eq!(found, said, "{title}");
    }

    #[test]
    fn what_is_made_anew_takes_two_rounds() {
        check(json!({ "mode": 1 }), json!({ "mode": 1 }), 0, &[]);
        check(json!({ "mode": 1, "size": 1 }), json!({ "mode": 2, "size": 2 }), 1, &[]);
        check(json!({ "stream": null }), json!({ "stream": "a" }), 1, &[]);
        check(json!({ "stream": "a" }), json!({ "stream": null }), 1, &[]);
        check(json!({ "stream": "a" }), json!({ "stream": "b" }), 2, &["no stream"]);
        let indexes = |indexes: Value| json!({ "indexes": indexes });
        let index = |key: Value, capacity: u8| json!({ "key": key, "capacity": capacity });
        let one = index(json!("a"), 1);
        check(indexes(json!({})), indexes(json!({ "x": one, "y": one })), 2, &[]);
        check(indexes(json!({ "x": one })), indexes(json!({ "y": one })), 2, &[]);
        let other = indexes(json!({ "x": index(json!("a"), 2) }));
        check(indexes(json!({ "x": one })), other, 1, &[]);
        let other = indexes(json!({ "x": index(json!("b"), 2) }));
        check(indexes(json!({ "x": one })), other, 2, &["no indexes.*.key"]);
        let unkeyed = indexes(json!({ "x": index(Value::Null, 1) }));
        check(unkeyed, indexes(json!({ "x": one })), 2, &["no indexes.*.key"]);
    }

    #[test]
    fn an_entry_that_goes_makes_room_for_one_that_comes() {
        let document = |value: Value| -> Document { value.as_object().cloned().unwrap() };
        let want = json!({ "indexes": { "a": { "key": "a" }, "m": { "key": "n" } } });
        let have = json!({ "indexes": { "m": { "key": "m" }, "z": { "key": "z" } } });
        let mut left = compare(&document(want), &document(have));
        let mut order = Vec::new();
        while !left.is_empty() {
            let stage = stages().first(&left);
            order.extend(stage.iter().map(|diff| diff.path.to_string()));
            left.retain(|diff| !stage.contains(diff));
        }
        assert_eq!(order, ["indexes.z", "indexes.a", "indexes.m.key"]);
    }

    #[test]
    fn what_goes_along_with_another_takes_no_round_of_its_own() {
        let have =
            json!({ "mode": 1, "indexes": { "x": { "capacity": 1 }, "y": { "capacity": 1 } } });
        let of = |mode: u8| json!({ "mode": mode, "indexes": { "x": { "capacity": 2 }, "y": { "capacity": 2 } } });
        check(have.clone(), of(2), 1, &[]);
        check(have, of(1), 2, &[]);
        let backups = |on: bool, days: u8| json!({ "backups": on, "days": days, "size": days });
        check(backups(false, 0), backups(true, 7), 2, &[]);
        check(backups(true, 7), backups(true, 8), 2, &[]);
    }
}
