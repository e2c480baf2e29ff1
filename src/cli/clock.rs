//! The date and the time of day, for what is written down.

use std::time::SystemTime;

/// Now, in UTC as RFC 3339 has it: `2026-01-31T10:00:00.123Z`.
#[expect(clippy::disallowed_methods, reason = "the one place that asks for the date")]
pub(crate) fn now() -> String {
    humantime::format_rfc3339_millis(SystemTime::now()).to_string()
}
