//! Elastic Container Registry.

mod image;
pub(super) mod told;

use crate::aws::kind::{AnyKind, Erased};

/// Its kinds.
pub(super) const KINDS: &[&dyn AnyKind] = &[&Erased::<image::EcrImage>::new()];
