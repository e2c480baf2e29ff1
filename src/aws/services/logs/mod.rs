//! CloudWatch Logs: log groups.

pub(crate) mod log_group;
pub(super) mod told;

use crate::aws::kind::{AnyKind, Erased};

/// Its kinds.
pub(super) const KINDS: &[&dyn AnyKind] = &[&Erased::<log_group::CloudwatchLogGroup>::new()];
