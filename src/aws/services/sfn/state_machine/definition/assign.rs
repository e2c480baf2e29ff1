//! Variables that are assigned.

use super::part::{Part, Walk};
use crate::model::document::is_pending;

/// Names of variables (Developer Guide, "Passing data between states with variables").
pub(super) fn check(part: &Part<'_>, walk: &mut Walk) {
    const LONGEST: usize = 80;
    let Some(assigned) = part.has("Assign").then(|| part.part("Assign", walk)).flatten() else {
        return;
    };
    for name in assigned.fields.keys() {
        let plain = name.strip_suffix(".$").unwrap_or(name);
        let mut signs = plain.chars();
        let begins = signs.next().is_some_and(|sign| sign.is_alphabetic() || sign == '_');
        let is_name = begins && signs.all(|sign| sign.is_alphanumeric() || sign == '_');
        if is_pending(name) {
            continue;
        }
        if !is_name || plain.chars().count() > LONGEST || plain == "states" {
            let message = format!("`{plain}` is no name of a variable");
            let hint = "letters, digits and `_`, up to 80, no digit first, and not `states`";
            walk.advise(assigned.at(name), message, hint);
        }
    }
}
