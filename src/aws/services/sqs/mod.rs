//! SQS: queues.

pub(crate) mod queue;
pub(super) mod told;

use crate::aws::kind::{AnyKind, Erased};

/// Its kinds.
pub(super) const KINDS: &[&dyn AnyKind] = &[&Erased::<queue::SqsQueue>::new()];
