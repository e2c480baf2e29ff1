//! How long a resource may take, as a stack file says it.

use std::time::Duration;

use super::shape;
use super::tree::Node;
use crate::model::{Deadlines, Diagnostic};

const KEYS: &[&str] = &["create", "update", "delete"];
/// Less than AWS needs for anything, and more than it takes for everything.
const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_hours(24);

/// The deadlines that `lifecycle: patience:` states.
pub(super) fn of(node: &Node, found: &mut Vec<Diagnostic>) -> Deadlines {
    let mut deadlines = Deadlines::default();
    let Some(map) = shape::map(node, "patience", found) else { return deadlines };
    shape::only_keys(map, KEYS, "`patience`", found);
    for (key, entry) in map.iter().filter(|(_, entry)| !entry.node.is_null()) {
        let deadline = match key.as_str() {
            "create" => &mut deadlines.create,
            "update" => &mut deadlines.update,
            "delete" => &mut deadlines.delete,
            _ => continue,
        };
        *deadline = duration(&entry.node, key, found);
    }
    deadlines
}

fn duration(node: &Node, key: &str, found: &mut Vec<Diagnostic>) -> Option<Duration> {
    let text = shape::text(node, key, found)?;
    let length = humantime::parse_duration(text);
    match length {
        Ok(length) if (SHORTEST..=LONGEST).contains(&length) => Some(length),
        Ok(_) | Err(_) => {
            let problem = Diagnostic::error(format!("`{text}` is no length of time for `{key}`"))
                .at(Some(node.at.location()))
                .because("it may be from 1s to 24h, with its unit: `90s`, `20m`, `1h 30m`");
            found.push(problem);
            None
        }
    }
}
