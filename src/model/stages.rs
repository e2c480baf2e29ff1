//! Fields that a cloud changes one after the other, and in how many rounds a
//! difference is gone.

use std::time::Duration;

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
    /// How long the cloud is at it as a rule when one of these fields changes, where
    /// anybody knows. Of several in one stage the longest counts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lengths: Vec<Length>,
}

/// How long a change of a field takes as a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Length {
    /// The field, as a pattern of [`Path::is_within`](super::Path::is_within).
    pub field: String,
    /// How long.
    pub usual: Duration,
}

/// What changes in one go, and what follows it only then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stage {
    /// What differs of it.
    pub paths: Vec<Path>,
    /// How many calls that takes, one after the other: 2 where the old value goes first.
    pub rounds: usize,
    /// How long it takes as a rule, where anybody knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usual: Option<Duration>,
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
        self.all(diff, |_| None).iter().map(|stage| stage.rounds).sum()
    }

    /// The stages that these take, in their order. `otherwise` is how long a change takes of
    /// whose field nothing is said here.
    pub fn all(
        &self,
        diff: &[FieldDiff],
        otherwise: impl Fn(&FieldDiff) -> Option<Duration>,
    ) -> Vec<Stage> {
        let mut left = diff.to_vec();
        let next = || {
            let stage = self.first(&left);
            left.retain(|diff| !stage.contains(diff));
            let goes_first = stage.iter().any(|diff| self.anew(diff).is_some());
            let usual =
                stage.iter().filter_map(|diff| self.length(diff).or_else(|| otherwise(diff)));
            let usual = usual.max();
            (!stage.is_empty()).then(|| Stage {
                paths: stage.into_iter().map(|diff| diff.path).collect(),
                rounds: if goes_first { 2 } else { 1 },
                usual,
            })
        };
        std::iter::from_fn(next).collect()
    }

    fn length(&self, diff: &FieldDiff) -> Option<Duration> {
        let depth = diff.path.segments().len();
        // Who differs in a whole field differs in what is within it.
        let is_of = |length: &&Length| {
            let parts: Vec<&str> = length.field.split('.').take(depth).collect();
            diff.path.is_within(&parts.join("."))
        };
        self.lengths.iter().filter(is_of).map(|length| length.usual).max()
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
            lengths: Vec::new(),
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
    fn of_what_changes_in_one_go_the_longest_counts() {
        let minutes = |minutes: Option<u64>| minutes.map(Duration::from_mins);
        let length = |field: &str, minutes: u64| Length {
            field: field.into(),
            usual: Duration::from_mins(minutes),
        };
        let lengths = vec![length("stream", 7), length("stream.shards", 9), length("tags", 0)];
        let stages = Stages { lengths, ..stages() };
        let check = |have: Value, want: Value, expected: &[Option<u64>]| {
            let title = format!("{have} -> {want}");
            let document = |value: Value| -> Document { serde_json::from_value(value).unwrap() };
            let diff = compare(&document(want), &document(have));
            let told = stages.all(&diff, |_| minutes(Some(20)));
            let told: Vec<Option<Duration>> = told.iter().map(|stage| stage.usual).collect();
            let expected: Vec<_> = expected.iter().copied().map(minutes).collect();
            assert_eq!(told, expected, "{title}");
        };
        check(json!({ "mode": 1 }), json!({ "mode": 2 }), &[Some(20)]);
        check(json!({ "tags": { "a": 1 } }), json!({ "tags": { "a": 2 } }), &[Some(0)]);
        check(json!({ "stream": null }), json!({ "stream": { "shards": 2 } }), &[Some(9)]);
        check(json!({ "stream": { "a": 1 } }), json!({ "stream": { "a": 2 } }), &[Some(7)]);
        let both = |n: u8| json!({ "stream": { "shards": n }, "backups": n, "mode": n });
        check(both(1), both(2), &[Some(20), Some(9), Some(20)]);
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
