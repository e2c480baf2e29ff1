//! CloudWatch: alarms.

pub(crate) mod alarm;
mod alarms;
pub(crate) mod composite;
pub(super) mod told;

use crate::aws::kind::{AnyKind, Erased};

/// Its kinds.
pub(super) const KINDS: &[&dyn AnyKind] = &[
    &Erased::<alarm::CloudwatchMetricAlarm>::new(),
    &Erased::<composite::CloudwatchCompositeAlarm>::new(),
];
