//! MSK (Managed Streaming for Apache Kafka).

pub(super) mod told;

use crate::aws::kind::AnyKind;

/// Its kinds.
pub(super) const KINDS: &[&dyn AnyKind] = &[];
