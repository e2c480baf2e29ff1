//! IAM: identity, the same in all regions.

pub(crate) mod paths;
pub(crate) mod policy;
pub(crate) mod role;
pub(super) mod told;

use crate::aws::kind::{AnyKind, Erased};

/// Its kinds.
pub(super) const KINDS: &[&dyn AnyKind] =
    &[&Erased::<policy::IamPolicy>::new(), &Erased::<role::IamRole>::new()];
