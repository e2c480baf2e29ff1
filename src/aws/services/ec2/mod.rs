//! EC2: security groups; and VPCs and subnets, which are looked up only.
//!
//! The SDK's crate for EC2 is larger than all its others together, and would make
//! every build minutes longer for a dozen calls: they are made here (`client.rs`,
//! `answers.rs`), out of the parts that the other crates are built on.

mod answers;
pub(crate) mod client;
mod filters;
pub(crate) mod security_group;
pub(crate) mod subnet;
pub(super) mod told;
pub(crate) mod vpc;

use crate::aws::kind::{AnyKind, Erased};
use crate::aws::landmark::Landmark;

/// Its kinds.
pub(super) const KINDS: &[&dyn AnyKind] = &[&Erased::<security_group::SecurityGroup>::new()];

/// What it looks up only.
pub(super) const LANDMARKS: &[&dyn Landmark] = &[&subnet::Subnet, &vpc::Vpc];
