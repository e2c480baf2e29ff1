//! `ccprov verify`: whether a stack's system is what it should be, and works.

use std::sync::LazyLock;

use crate::model::CheckInfo;
use crate::verify::{CONFORMANCE, RULES};

/// Every check there is, sorted by kind and id.
pub(crate) fn checks() -> Vec<CheckInfo> {
    let mut checks = vec![CONFORMANCE];
    checks.extend(RULES.iter().map(|rule| rule.info));
    checks
}

/// What a stack file may skip.
pub(crate) static IDS: LazyLock<Vec<&'static str>> =
    LazyLock::new(|| checks().iter().map(|check| check.id).collect());
