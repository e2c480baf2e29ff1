//! The tags of a function: the user's, its owner's, and those that keep what Lambda has
//! no place for.

use std::collections::BTreeMap;

use super::{Spec, origin};
use crate::aws::aliases;
use crate::model::Owner;

/// All of them.
pub(super) fn all(spec: &Spec, owner: &Owner) -> BTreeMap<String, String> {
    spec.tags.with_owner(owner).into_iter().chain(kept(spec)).collect()
}

/// What Lambda has no place for: where code came from, and which aliases stay where they
/// lead.
pub(super) fn kept(spec: &Spec) -> impl Iterator<Item = (String, String)> {
    let pinned = aliases::pinned_tag(spec.aliases.as_ref());
    origin::tag(spec.code.as_ref()).into_iter().chain(pinned)
}
