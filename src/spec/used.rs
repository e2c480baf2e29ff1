//! Where a value is used that is written somewhere else: under `vars`, in another
//! file, or where a pattern is used.

use super::source::Mark;
use super::tree::{Node, Value};
use crate::model::Location;

/// The innermost key or item of an entry that a value got into, whose place is
/// above the entry or in another file; `None` for what stands in the entry.
pub(super) fn used_at<'a>(fields: &'a Node, entry: &Mark, location: &Location) -> Option<&'a Mark> {
    let search = Search { entry, location };
    if search.is_within() { None } else { search.walk(fields, None) }
}

struct Search<'s> {
    entry: &'s Mark,
    location: &'s Location,
}

impl Search<'_> {
    fn is_within(&self) -> bool {
        self.location.file == self.entry.source.name
            && self.location.line >= self.entry.location().line
    }

    fn walk<'a>(&self, node: &'a Node, user: Option<&'a Mark>) -> Option<&'a Mark> {
        if node.at.is_at(self.location) && user.is_some() {
            return user;
        }
        let of_entry = |at: &'a Mark| if at.is_below(self.entry) { Some(at) } else { user };
        match &node.value {
            Value::Map(map) => {
                map.values().find_map(|it| self.walk(&it.node, of_entry(&it.key_at)))
            }
            Value::List(items) => items.iter().find_map(|it| self.walk(it, of_entry(&it.at))),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) => None,
        }
    }
}
