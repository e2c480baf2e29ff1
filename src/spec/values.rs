//! `values`: names for what a stack file or a pattern says more than once, or has to
//! work out. They may hold facts, and nobody sets them from outside.

use super::elsewhere;
use super::shape;
use super::suggest::closest;
use super::tree::{Map, Node};
use crate::model::Diagnostic;

const CASE: &[&str] = &["when", "unless", "value"];

/// Everything that is wrong with the form of some values.
pub(super) fn check(values: &Map, problems: &mut Vec<Diagnostic>) {
    for (name, entry) in values {
        shape::inner_name(name, &entry.key_at, problems);
        for case in cases(&entry.node).into_iter().flatten() {
            if let Some(map) = shape::map(case, "a case", problems) {
                shape::only_keys(map, CASE, "a case", problems);
                shape::required(map, "value", "the case", &case.at, problems);
            }
        }
    }
}

/// The cases of a value that is a list of them, and no list of its own.
pub(super) fn cases(node: &Node) -> Option<&[Node]> {
    node.as_list().filter(|items| items.iter().any(is_case))
}

/// Whether an item is `{ when: …, value: … }` or its like, also if a key is mistyped.
fn is_case(node: &Node) -> bool {
    let Some(map) = node.as_map() else { return false };
    let is_condition = |key: &String| {
        CASE.contains(&key.as_str())
            || elsewhere::is_condition(key)
            || closest(key, ["when", "unless"]).is_some()
    };
    !map.is_empty() && map.keys().all(is_condition)
}
