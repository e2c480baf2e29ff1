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

    /// The nonce of a probe: `ccprov-5f2c9b1e0d3a4c77-240`. Fit for keys, groups, ids and
    /// names of tenants. What is to stay says so, and for how long is nobody's business.
    pub(super) fn nonce(&self, keeps: bool) -> String {
        match self.0.split_once('-') {
            Some((digits, _)) if keeps => format!("{NONCES}{digits}-{KEPT}"),
            Some(_) | None => format!("{NONCES}{}", self.0),
        }
    }
}

/// What every nonce of a probe begins with.
pub(super) const NONCES: &str = "ccprov-";
const KEPT: &str = "keep";

/// A nonce that stands in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Nonce {
    pub(super) text: String,
    /// For how many seconds its probe may last; `None` if what it made is to stay.
    pub(super) lifetime: Option<i64>,
}

/// The first nonce of a probe that stands in a text, whoever runs it.
pub(super) fn nonce_in(text: &str) -> Option<Nonce> {
    text.match_indices(NONCES).find_map(|(at, _)| {
        let rest = &text[at + NONCES.len()..];
        let (digits, behind) = rest.split_at_checked(NONCE)?;
        let behind = behind.strip_prefix('-')?;
        let is_nonce = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        let end = behind.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(behind.len());
        let (lifetime, end) = match behind[..end].parse() {
            Ok(lifetime) => (Some(lifetime), end),
            Err(_) if behind.starts_with(KEPT) => (None, KEPT.len()),
            Err(_) => return None,
        };
        let text = format!("{NONCES}{digits}-{}", &behind[..end]);
        is_nonce.then_some(Nonce { text, lifetime })
    })
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
    fn a_nonce_is_found_wherever_it_stands() {
        let mark = Mark::new(Duration::from_mins(2));
        for (keeps, lifetime) in [(false, Some(180)), (true, None)] {
            let nonce = mark.nonce(keeps);
            let found = nonce_in(&format!("{{\"ccprov-verify\":1,\"id\":\"{nonce}#e1\"}}"));
            assert_eq!(found, Some(Nonce { text: nonce, lifetime }));
        }
        for text in ["", "ccprov-verify/0123456789abcdef-1", "ccprov-0123456789abcdef-x"] {
            assert_eq!(nonce_in(text), None, "{text}");
        }
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
