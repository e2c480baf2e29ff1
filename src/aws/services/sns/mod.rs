//! SNS: topics and who listens.

pub(crate) mod subscription;
pub(crate) mod topic;
pub(super) mod told;

use crate::aws::kind::{AnyKind, Erased};

/// Its kinds.
pub(super) const KINDS: &[&dyn AnyKind] = &[&Erased::<subscription::SnsSubscription>::new(), &Erased::<topic::SnsTopic>::new()];
