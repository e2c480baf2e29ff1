//! Maps that are written in the place of a value and say what it comes to. How they are
//! carried out is not known here.
//!
//! Three of them stand wherever a value may: `{ when: …, value: …, else: … }`
//! chooses, `{ join: …, with: … }` makes one text of a list, `{ to_json: … }` one of any
//! value. A list has a fourth, `{ for_each: …, when: …, item: …, else: … }`, for some of its items.

use super::tree::{Map, Node};

/// A map that stands for another value.
pub(super) enum Instruction<'n> {
    /// `value` if the conditions hold, else `else`, else nothing.
    Choose(&'n Map),
    /// The texts of a list, with another one between them.
    Join { list: &'n Node, with: &'n Node },
    /// A value as JSON.
    ToJson(&'n Node),
}

/// What a map stands for, if for anything but itself.
pub(super) fn of(map: &Map) -> Option<Instruction<'_>> {
    if let Some(value) = map.get("to_json").filter(|_| map.len() == 1) {
        return Some(Instruction::ToJson(&value.node));
    }
    if let (Some(list), Some(with), 2) = (map.get("join"), map.get("with"), map.len()) {
        return Some(Instruction::Join { list: &list.node, with: &with.node });
    }
    let has = |key: &str| map.contains_key(key);
    let is_choice = has("value") && (has("when") || has("unless"));
    (is_choice && only(map, &["when", "unless", "value", "else"]))
        .then_some(Instruction::Choose(map))
}

/// Whether a value of a list is an instruction and not an item:
/// `{ when: …, item: … }`, `{ unless: …, item: … }`, `{ for_each: …, item: … }`.
pub(super) fn is_of_a_list(map: &Map) -> bool {
    map.contains_key("item")
        && ["when", "unless", "for_each"].iter().any(|key| map.contains_key(*key))
        && only(map, &["when", "unless", "for_each", "item", "else"])
}

/// Whether a map is no map to whoever lays one file over another: half of an
/// instruction means nothing.
pub(super) fn is_one(map: &Map) -> bool {
    of(map).is_some() || is_of_a_list(map)
}

fn only(map: &Map, keys: &[&str]) -> bool {
    map.keys().all(|key| keys.contains(&key.as_str()))
}
