//! Systems Manager: its parameters, which are looked up only.
//!
//! One call of its 150 is needed, so that it is made here, as EC2's are.

pub(crate) mod client;
pub(crate) mod parameter;
pub(super) mod told;

use crate::aws::kind::AnyKind;
use crate::aws::landmark::Landmark;

/// Its kinds.
pub(super) const KINDS: &[&dyn AnyKind] = &[];

/// What it looks up only.
pub(super) const LANDMARKS: &[&dyn Landmark] = &[&parameter::Parameter];
