//! The tagging API, which finds what carries our tags. It has no kinds.

pub(super) mod told;

use crate::aws::kind::AnyKind;

/// Its kinds.
pub(super) const KINDS: &[&dyn AnyKind] = &[];
