//! DynamoDB: tables.

pub(crate) mod table;
pub(super) mod told;

use crate::aws::kind::{AnyKind, Erased};

/// Its kinds.
pub(super) const KINDS: &[&dyn AnyKind] = &[&Erased::<table::DynamodbTable>::new()];
