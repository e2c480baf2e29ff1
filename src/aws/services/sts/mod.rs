//! STS: who we are, and roles that are taken on. It has no kinds.

pub(super) mod told;

use crate::aws::kind::AnyKind;

/// Its kinds.
pub(super) const KINDS: &[&dyn AnyKind] = &[];
