//! The date and the time of day, for what is written down.

use std::time::{SystemTime, UNIX_EPOCH};

/// Now, in UTC as RFC 3339 has it: `2026-01-31T10:00:00.123Z`.
#[expect(clippy::disallowed_methods, reason = "this place alone asks for the date")]
pub(crate) fn now() -> String {
    humantime::format_rfc3339_millis(SystemTime::now()).to_string()
}

/// Now, to see how far off something is.
#[expect(clippy::disallowed_methods, reason = "this place alone asks for the date")]
pub(crate) fn moment() -> SystemTime {
    SystemTime::now()
}

/// Now, in milliseconds since 1970, as logs count them.
#[expect(clippy::disallowed_methods, reason = "this place alone asks for the date")]
pub(crate) fn milliseconds() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or_default()
}
