//! An entry under `resources`: the keys that it has of its own, whatever it is of.

/// Keys of an entry that are not fields of its kind.
pub(super) const ENTRY_KEYS: &[&str] =
    &["kind", "lifecycle", "depends_on", "for_each", "when", "unless"];

/// Keys of an entry that uses a pattern, whose parameters stand under `with`.
pub(super) const PATTERN_KEYS: &[&str] = &["pattern", "with", "for_each", "when", "unless"];
