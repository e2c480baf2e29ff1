//! EventBridge: event buses, their rules and their archives.

pub(crate) mod archive;
pub(crate) mod bus;
mod pattern;
pub(crate) mod rule;
pub(super) mod told;

use crate::aws::kind::{AnyKind, Erased};

/// Its kinds.
pub(super) const KINDS: &[&dyn AnyKind] = &[
    &Erased::<archive::CloudwatchEventArchive>::new(),
    &Erased::<bus::CloudwatchEventBus>::new(),
    &Erased::<rule::CloudwatchEventRule>::new(),
];
