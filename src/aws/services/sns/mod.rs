//! SNS: topics and who listens.

pub(crate) mod subscription;
pub(super) mod told;
pub(crate) mod topic;

use crate::aws::kind::{AnyKind, Erased};

/// Its kinds.
pub(super) const KINDS: &[&dyn AnyKind] =
    &[&Erased::<subscription::SnsSubscription>::new(), &Erased::<topic::SnsTopic>::new()];
