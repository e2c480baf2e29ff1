//! Elastic Container Registry: repositories, and the images in them.

mod image;
pub(crate) mod repository;
pub(super) mod told;

use crate::aws::kind::{AnyKind, Erased};

/// Its kinds.
pub(super) const KINDS: &[&dyn AnyKind] =
    &[&Erased::<image::EcrImage>::new(), &Erased::<repository::EcrRepository>::new()];
