//! KMS: keys.

pub(crate) mod fresh_keys;
pub(crate) mod key;
pub(super) mod told;

use crate::aws::kind::{AnyKind, Erased};

/// Its kinds.
pub(super) const KINDS: &[&dyn AnyKind] = &[&Erased::<key::KmsKey>::new()];
