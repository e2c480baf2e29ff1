//! Lambda: functions, and what invokes them.

pub(crate) mod event_source_mapping;
pub(crate) mod function;
pub(super) mod told;

use crate::aws::kind::{AnyKind, Erased};

/// Its kinds.
pub(super) const KINDS: &[&dyn AnyKind] = &[
    &Erased::<event_source_mapping::LambdaEventSourceMapping>::new(),
    &Erased::<function::LambdaFunction>::new(),
];
