//! The mark of a run: by it the run knows its own objects, messages and
//! queues, and later ones know what a killed run left. Pure.

use std::time::Duration;

/// What every key and every message of ours holds.
pub const MARK: &str = "ccprov-verify";

/// How long tidying up may take after a run's time is over.
const TIDYING: Duration = Duration::from_mins(1);
/// Digits of a 64-bit number.
const NONCE: usize = 16;

/// A name that nobody else has, and the seconds for which its run may last:
/// `5f2c9b1e0d3a4c77-240`. What is older belongs to nobody any more.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Mark(String);

impl Mark {
    /// The mark of a run that begins now and takes at most so long.
    pub(super) fn new(at_most: Duration) -> Self {
        Self(format!("{:0NONCE$x}-{}", fastrand::u64(..), (at_most + TIDYING).as_secs()))
    }

    /// As it stands in names.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// The name of an object: what comes between a prefix and a suffix.
    pub(super) fn object_name(&self) -> String {
        format!("{MARK}/{}", self.0)
    }
}

/// For how many seconds the run may last whose mark a text begins with;
/// `None` if it begins with no mark.
pub(super) fn lifetime(text: &str) -> Option<i64> {
    let (nonce, rest) = text.split_at_checked(NONCE)?;
    let digits = rest.strip_prefix('-')?;
    let end = digits.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(digits.len());
    let is_nonce = nonce.bytes().all(|byte| byte.is_ascii_hexdigit());
    digits[..end].parse().ok().filter(|_| is_nonce)
}

/// The same of an object's key.
pub(super) fn lifetime_of_key(key: &str) -> Option<i64> {
    let (_, name) = key.split_once(MARK)?;
    lifetime(name.strip_prefix('/')?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_says_how_long_its_run_may_last() {
        let mark = Mark::new(Duration::from_mins(2));
        assert_eq!(lifetime(mark.as_str()), Some(180));
        let key = format!("in/{}.json", mark.object_name());
        assert_eq!(lifetime_of_key(&key), Some(180), "{key}");
    }

    #[test]
    fn nothing_else_is_a_mark() {
        for text in ["", "claims", "0123456789abcdef", "0123456789abcdef-", "0123456789abcdeg-1"] {
            assert_eq!(lifetime(text), None, "{text}");
        }
        assert_eq!(lifetime_of_key("0123456789abcdef-1"), None);
        assert_eq!(lifetime_of_key("ccprov-verify-0123456789abcdef-1"), None);
    }
}
