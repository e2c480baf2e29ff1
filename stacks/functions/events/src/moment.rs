//! Moments, spelled so that their order as texts is their order in time.

use std::fmt;
use std::time::Duration;

use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use serde::{Serialize, Serializer};

/// The end of the year 9999: later years have a fifth digit, and would be sorted
/// before the earlier ones.
const LAST: u64 = 253_402_300_799_999;

/// A moment from 1970 to 9999, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(u64);

impl Moment {
    /// What lies beyond the year 9999 is its last moment.
    pub fn from_millis(since_1970: u64) -> Self {
        Self(since_1970.min(LAST))
    }

    /// Reads RFC 3339 with any offset, to the millisecond. None for anything
    /// else, and for what was before 1970.
    pub fn read(text: &str) -> Option<Self> {
        let moment = DateTime::from_str(text, Format::DateTimeWithOffset).ok()?;
        let millis = u64::try_from(moment.to_millis().ok()?).ok()?;
        (millis <= LAST).then_some(Self(millis))
    }

    /// Seconds since 1970, as DynamoDB wants them for an item that expires.
    pub fn seconds(self) -> u64 {
        self.0 / 1_000
    }

    /// How long after another moment this is; nothing if it is not.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }

    /// So many days later.
    #[must_use]
    pub fn plus_days(self, days: u32) -> Self {
        Self::from_millis(self.0 + u64::from(days) * 24 * 3_600 * 1_000)
    }
}

/// `2026-01-15T09:30:00.000Z`, always of this length. The SDK would leave out
/// noughts at the end, and `00.5Z` would stand before `00Z`.
impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = i64::try_from(self.seconds()).map_err(|_| fmt::Error)?;
        let second = DateTime::from_secs(seconds).fmt(Format::DateTime).map_err(|_| fmt::Error)?;
        write!(f, "{}.{:03}Z", second.trim_end_matches('Z'), self.0 % 1_000)
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_spelled_in_one_way() {
        for (text, spelled) in [
            ("2026-01-15T09:30:00Z", "2026-01-15T09:30:00.000Z"),
            ("2026-01-15T10:30:00+01:00", "2026-01-15T09:30:00.000Z"),
            ("2026-01-15T09:30:00.5Z", "2026-01-15T09:30:00.500Z"),
            ("2026-01-15T09:30:00.1239Z", "2026-01-15T09:30:00.123Z"),
            ("1970-01-01T00:00:00Z", "1970-01-01T00:00:00.000Z"),
            ("9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"),
        ] {
            assert_eq!(Moment::read(text).expect(text).to_string(), spelled);
        }
    }

    #[test]
    fn what_is_no_moment_is_none() {
        for text in ["", "now", "2026-01-15", "2026-02-30T00:00:00Z", "1969-12-31T23:59:59Z"] {
            assert_eq!(Moment::read(text), None, "{text}");
        }
        assert_eq!(Moment::read("2026-01-15T09:30:00"), None, "a time without an offset is many");
    }

    #[test]
    fn texts_are_in_the_order_of_time() {
        let moments = [0, 1, 999, 1_000, 1_500, 1_768_469_400_000, LAST].map(Moment::from_millis);
        assert!(moments.map(|moment| moment.to_string()).is_sorted());
        assert_eq!(Moment::from_millis(u64::MAX).to_string(), "9999-12-31T23:59:59.999Z");
    }

    #[test]
    fn days_are_added_to_the_second() {
        assert_eq!(Moment::from_millis(1_999).plus_days(7).seconds(), 604_801);
        assert_eq!(Moment::from_millis(LAST).plus_days(u32::MAX), Moment::from_millis(LAST));
        let (one, next) = (Moment::from_millis(1), Moment::from_millis(3));
        assert_eq!((next.since(one), one.since(next)), (Duration::from_millis(2), Duration::ZERO));
    }
}
