//! The schema registry of EventBridge: registries and the schemas in them.

pub(crate) mod registry;
pub(crate) mod schema;
mod tags;
pub(super) mod told;

use crate::aws::kind::{AnyKind, Erased};

/// Its kinds.
pub(super) const KINDS: &[&dyn AnyKind] =
    &[&Erased::<registry::SchemasRegistry>::new(), &Erased::<schema::SchemasSchema>::new()];
