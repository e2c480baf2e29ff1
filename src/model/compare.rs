//! The heart: what differs between a wanted and a seen document.
//!
//! [`compare`] is used three times: to **plan** (what must change?), to
//! **wait** (has it changed yet?) and to **verify** (does it still hold?), so
//! the three cannot disagree. It knows no kinds: equivalence lives in the types
//! that make documents canonical, and plain equality is enough here.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Document, Path};

/// One difference. Removing a field's parts shows as `want: None`, adding as
/// `have: None`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FieldDiff {
    /// Where. An element of a list of objects that carry a name (`Sid`, `id`,
    /// `name`) is addressed by that name, not by its position.
    pub path: Path,
    /// What AWS shows.
    pub have: Option<Value>,
    /// What the stack states; may hold pending facts.
    pub want: Option<Value>,
    /// Whether the field cannot change in place. Set by the planner.
    pub forces_replace: bool,
}

impl FieldDiff {
    /// A difference that can be changed in place.
    pub fn new(path: Path, have: Option<Value>, want: Option<Value>) -> Self {
        Self { path, have, want, forces_replace: false }
    }
}

/// What differs, in the order of the paths.
///
/// Own what you state: a field that `want` does not hold is not compared. A
/// field that it holds is compared whole, so an extra tag or policy statement
/// is a difference.
///
/// ```
/// use ccprov::model::compare;
/// use serde_json::{Value, json};
///
/// let document = |value: Value| value.as_object().cloned().unwrap();
/// let want = document(json!({ "delay_seconds": 5 }));
/// let have = document(json!({ "delay_seconds": 0, "fifo_queue": false }));
/// let diffs = compare(&want, &have);
/// assert_eq!(diffs.len(), 1);
/// assert_eq!(diffs[0].path.to_string(), "delay_seconds");
/// ```
pub fn compare(want: &Document, have: &Document) -> Vec<FieldDiff> {
    compare_in_part(want, have, &|_| false)
}

/// [`compare`], where some maps and lists are not compared whole: what is beside the
/// entries that `want` states of one which `in_part` knows is no difference.
pub fn compare_in_part(
    want: &Document,
    have: &Document,
    in_part: &dyn Fn(&Path) -> bool,
) -> Vec<FieldDiff> {
    let mut comparison = Comparison { in_part, diffs: Vec::new() };
    for (field, wanted) in want {
        if have.get(field) != Some(wanted) {
            comparison.differ(&Path::field(field.clone()), have.get(field), Some(wanted));
        }
    }
    comparison.diffs
}

struct Comparison<'a> {
    in_part: &'a dyn Fn(&Path) -> bool,
    diffs: Vec<FieldDiff>,
}

impl Comparison<'_> {
    fn differ(&mut self, path: &Path, have: Option<&Value>, want: Option<&Value>) {
        let have = have.filter(|value| !value.is_null());
        let want = want.filter(|value| !value.is_null());
        if have == want {
            return;
        }
        match (have, want) {
            (Some(Value::Object(old)), Some(Value::Object(new))) => {
                // Of a map in part, what is null is not stated.
                let in_part = (self.in_part)(path);
                let beside = old.keys().filter(|_| !in_part);
                let stated = new.iter().filter(|(_, value)| !in_part || !value.is_null());
                let stated = stated.map(|(key, _)| key);
                let keys: BTreeSet<&String> = beside.chain(stated).collect();
                for key in keys {
                    let (path, had, wanted) = (path.with_field(key), old.get(key), new.get(key));
                    // Within a field null is a value, and no other way to say nothing.
                    if had.is_some() != wanted.is_some() && had.or(wanted) == Some(&Value::Null) {
                        let diff = FieldDiff::new(path, had.cloned(), wanted.cloned());
                        self.diffs.push(diff);
                        continue;
                    }
                    self.differ(&path, had, wanted);
                }
            }
            (Some(Value::Array(old)), Some(Value::Array(new))) => self.differ_lists(path, old, new),
            _ => self.diffs.push(FieldDiff::new(path.clone(), have.cloned(), want.cloned())),
        }
    }

    /// Lists of named objects are compared name by name, so that a policy's diff
    /// shows the statement that changed and not the whole document. Other lists
    /// are compared whole. A mere change of order is a difference of the whole.
    fn differ_lists(&mut self, path: &Path, old: &[Value], new: &[Value]) {
        if (self.in_part)(path) {
            let want = with_missing(old, new);
            let diff = |want| FieldDiff::new(path.clone(), Some(Value::from(old)), Some(want));
            self.diffs.extend(want.map(diff));
            return;
        }
        let before = self.diffs.len();
        if let (Some(old_names), Some(new_names)) = (element_names(old), element_names(new)) {
            let all: BTreeSet<&str> = old_names.iter().chain(&new_names).copied().collect();
            for name in all {
                let find = |names: &[&str], list| element_named(names, list, name);
                let (was, is) = (find(&old_names, old), find(&new_names, new));
                self.differ(&path.with_field(name), was, is);
            }
        }
        if self.diffs.len() == before {
            let (have, want) = (Value::from(old), Value::from(new));
            self.diffs.push(FieldDiff::new(path.clone(), Some(have), Some(want)));
        }
    }
}

/// A list in part, whose order means nothing, is to have what it lacks beside all that it has.
fn with_missing(old: &[Value], new: &[Value]) -> Option<Value> {
    let missing = new.iter().filter(|item| !old.contains(item));
    let mut all: Vec<Value> = old.iter().chain(missing).cloned().collect();
    all.sort_by_cached_key(Value::to_string);
    (all.len() > old.len()).then(|| Value::from(all))
}

fn element_named<'a>(names: &[&str], list: &'a [Value], name: &str) -> Option<&'a Value> {
    names.iter().position(|candidate| *candidate == name).and_then(|at| list.get(at))
}

/// The name of every element of a list (`Sid`, `id`, `name`), if each has one of
/// its own: these are then what paths say instead of positions.
pub fn element_names(list: &[Value]) -> Option<Vec<&str>> {
    let names: Vec<&str> = list
        .iter()
        .map(|item| ["Sid", "id", "name"].iter().find_map(|key| item.get(key)?.as_str()))
        .collect::<Option<_>>()?;
    let distinct: BTreeSet<&&str> = names.iter().collect();
    (distinct.len() == names.len()).then_some(names)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(want: Value, have: Value, expected: &[&str]) {
        let document = |value: Value| value.as_object().cloned().unwrap_or_default();
        let found: Vec<String> = compare(&document(want), &document(have))
            .iter()
            .map(|diff| {
                let side = |value: &Option<Value>| {
                    value.as_ref().map_or_else(|| "-".to_owned(), Value::to_string)
                };
                format!("{}: {} -> {}", diff.path, side(&diff.have), side(&diff.want))
            })
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn what_is_not_stated_is_not_compared() {
        check(json!({}), json!({ "a": 1 }), &[]);
        check(json!({ "a": null }), json!({ "a": null }), &[]);
    }

    #[test]
    fn what_is_stated_is_compared_whole() {
        check(
            json!({ "tags": { "Owner": "Jane", "New": "1" } }),
            json!({ "tags": { "Owner": "John", "Old": "1" } }),
            &["tags.New: - -> \"1\"", "tags.Old: \"1\" -> -", "tags.Owner: \"John\" -> \"Jane\""],
        );
    }

    #[test]
    fn within_a_field_null_is_a_value() {
        let states = |state: Value| json!({ "definition": { "A": state } });
        check(
            states(json!({ "ResultPath": null })),
            states(json!({})),
            &["definition.A.ResultPath: - -> null"],
        );
        check(
            states(json!({})),
            states(json!({ "ResultPath": null })),
            &["definition.A.ResultPath: null -> -"],
        );
        let path = || json!({ "ResultPath": "$.a" });
        let told = "definition.A.ResultPath: \"$.a\" -> -";
        check(states(json!({ "ResultPath": null })), states(path()), &[told]);
        check(states(json!({})), states(path()), &[told]);
    }

    fn check_in_part(pattern: &str, want: Value, have: Value, expected: &[&str]) {
        let document = |value: Value| value.as_object().cloned().unwrap_or_default();
        let found = compare_in_part(&document(want), &document(have), &|path| path.is_at(pattern));
        let found: Vec<String> = found.iter().map(|diff| diff.path.to_string()).collect();
        assert_eq!(found, expected, "{pattern}");
    }

    #[test]
    fn of_a_map_in_part_only_stated_entries_are_compared() {
        let have = || json!({ "configs": { "a": "1", "beside": "2" }, "tags": { "x": "1" } });
        check_in_part("configs", json!({ "configs": { "a": "1" } }), have(), &[]);
        check_in_part("configs", json!({ "configs": {} }), have(), &[]);
        check_in_part("configs", json!({ "configs": { "a": "2" } }), have(), &["configs.a"]);
        check_in_part("configs", json!({ "configs": { "b": "1" } }), have(), &["configs.b"]);
        check_in_part("configs", json!({ "configs": { "a": null } }), have(), &[]);
        check_in_part("configs", json!({ "tags": {} }), have(), &["tags.x"]);
        check_in_part("configs", json!({ "configs": { "a": "1" } }), json!({}), &["configs"]);
    }

    #[test]
    fn of_a_list_in_part_only_stated_entries_are_compared() {
        let have = || json!({ "secrets": ["b", "theirs"] });
        check_in_part("secrets", json!({ "secrets": ["b"] }), have(), &[]);
        check_in_part("secrets", json!({ "secrets": ["theirs", "b"] }), have(), &[]);
        check_in_part("secrets", json!({ "secrets": [] }), have(), &[]);
        check_in_part("secrets", json!({ "secrets": ["a", "b"] }), have(), &["secrets"]);
        check_in_part("secrets", json!({ "secrets": ["a"] }), json!({}), &["secrets"]);
        check_in_part("", json!({ "secrets": ["b"] }), have(), &["secrets"]);
        // What it is to have is all that it has, and what it lacks.
        let document = |value: Value| value.as_object().cloned().unwrap_or_default();
        let want = document(json!({ "secrets": ["a", "b"] }));
        let found = compare_in_part(&want, &document(have()), &|_| true);
        assert_eq!(found[0].want, Some(json!(["a", "b", "theirs"])));
    }

    #[test]
    fn what_is_within_an_entry_is_compared_whole() {
        let want = json!({ "groups": { "g": { "configs": { "a": "1" }, "list": { "b": "1" } } } });
        let have = json!({ "groups": { "g": {
            "configs": { "a": "1", "c": "1" }, "list": { "b": "1", "d": "1" },
        }, "h": {} } });
        let expected = ["groups.g.list.d", "groups.h"];
        check_in_part("groups.*.configs", want.clone(), have.clone(), &expected);
        check_in_part("groups", want, have, &["groups.g.configs.c", "groups.g.list.d"]);
    }

    #[test]
    fn statements_are_compared_by_their_sid() {
        let statement = |sid: &str, action: &str| json!({ "Sid": sid, "Action": action });
        check(
            json!({ "policy": { "Statement": [statement("A", "x"), statement("C", "z")] } }),
            json!({ "policy": { "Statement": [statement("A", "y"), statement("B", "z")] } }),
            &[
                "policy.Statement.A.Action: \"y\" -> \"x\"",
                "policy.Statement.B: {\"Action\":\"z\",\"Sid\":\"B\"} -> -",
                "policy.Statement.C: - -> {\"Action\":\"z\",\"Sid\":\"C\"}",
            ],
        );
    }

    #[test]
    fn order_alone_is_a_difference_of_the_whole_list() {
        check(
            json!({ "l": [{ "id": "a" }, { "id": "b" }] }),
            json!({ "l": [{ "id": "b" }, { "id": "a" }] }),
            &["l: [{\"id\":\"b\"},{\"id\":\"a\"}] -> [{\"id\":\"a\"},{\"id\":\"b\"}]"],
        );
    }
}
