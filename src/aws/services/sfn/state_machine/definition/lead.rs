//! Where states lead to.

use super::part::{Part, Walk};
use crate::model::Path;

/// Where a state leads to.
#[derive(Debug)]
pub(super) struct Lead {
    /// Not known while a fact is waited for, or after another mistake.
    pub(super) to: Option<String>,
    pub(super) at: Path,
}

impl Lead {
    /// It may lead to any state.
    pub(super) fn unknown(at: Path) -> Self {
        Self { to: None, at }
    }
}

/// Where a field leads to.
pub(super) fn lead(part: &Part<'_>, field: &str, walk: &mut Walk) -> Option<Lead> {
    part.get(field)?;
    Some(Lead { to: part.text(field, walk).map(str::to_owned), at: part.at(field) })
}
