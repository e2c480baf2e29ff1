//! EC2: security groups.
//!
//! The SDK's crate for EC2 is larger than all its others together, and would make
//! every build minutes longer for a dozen calls: they are made here (`client.rs`,
//! `answers.rs`), out of the parts that the other crates are built on.

mod answers;
pub(crate) mod client;
mod endpoint;
pub(crate) mod security_group;
pub(super) mod told;

use crate::aws::kind::{AnyKind, Erased};

/// Its kinds.
pub(super) const KINDS: &[&dyn AnyKind] = &[&Erased::<security_group::SecurityGroup>::new()];
