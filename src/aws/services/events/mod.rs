//! EventBridge: event buses.

pub(crate) mod bus;
pub(super) mod told;

use crate::aws::kind::{AnyKind, Erased};

/// Its kinds.
pub(super) const KINDS: &[&dyn AnyKind] = &[&Erased::<bus::CloudwatchEventBus>::new()];
