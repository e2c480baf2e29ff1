//! Elastic Container Registry: repositories.

pub(crate) mod repository;
pub(super) mod told;

use crate::aws::kind::{AnyKind, Erased};

/// Its kinds.
pub(super) const KINDS: &[&dyn AnyKind] = &[&Erased::<repository::EcrRepository>::new()];
