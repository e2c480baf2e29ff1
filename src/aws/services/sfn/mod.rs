//! Step Functions: state machines.

pub(crate) mod state_machine;
pub(super) mod told;

use crate::aws::kind::{AnyKind, Erased};

/// Its kinds.
pub(super) const KINDS: &[&dyn AnyKind] = &[&Erased::<state_machine::SfnStateMachine>::new()];
