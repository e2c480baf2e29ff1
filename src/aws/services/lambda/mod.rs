//! Lambda: functions, and what invokes them.

pub(crate) mod function;
pub(super) mod told;

use crate::aws::kind::{AnyKind, Erased};

/// Its kinds.
pub(super) const KINDS: &[&dyn AnyKind] = &[&Erased::<function::LambdaFunction>::new()];
