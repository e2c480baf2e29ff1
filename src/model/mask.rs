//! What must never be shown, and the one way in which it is hidden.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use serde::Serialize;
use serde::de::DeserializeOwned;

/// What stands in a secret's place.
pub const HIDDEN: &str = "(sensitive)";

/// The secrets of a run. Clones share one set, so that whoever writes hides
/// what whoever reads has learned.
#[derive(Clone, Default)]
pub struct Mask {
    secrets: Arc<RwLock<BTreeSet<Secret>>>,
}

/// A text to hide. Longer ones sort first: one may be a part of another.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Secret {
    shorter: std::cmp::Reverse<usize>,
    text: String,
}

impl fmt::Debug for Mask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Mask")
    }
}

impl Mask {
    /// The shortest text that can be hidden: a shorter one would be found in
    /// texts that have nothing to do with it, and could be told from the holes.
    pub const SHORTEST: usize = 6;

    /// Hides a text from now on, also as JSON, XML and URLs write it. A text
    /// that is too short is left alone.
    pub fn hide(&self, secret: &str) {
        if secret.len() < Self::SHORTEST {
            return;
        }
        let mut secrets = self.secrets.write().unwrap_or_else(PoisonError::into_inner);
        for text in spellings(secret) {
            secrets.insert(Secret { shorter: std::cmp::Reverse(text.len()), text });
        }
    }

    /// The text with every secret hidden.
    pub fn veil(&self, text: &str) -> String {
        let secrets = self.secrets.read().unwrap_or_else(PoisonError::into_inner);
        secrets.iter().fold(text.to_owned(), |text, secret| {
            if text.contains(&secret.text) { text.replace(&secret.text, HIDDEN) } else { text }
        })
    }

    /// Whether a text would be changed by [`veil`](Self::veil).
    pub fn hides(&self, text: &str) -> bool {
        let secrets = self.secrets.read().unwrap_or_else(PoisonError::into_inner);
        secrets.iter().any(|secret| text.contains(&secret.text))
    }

    /// A value with every secret hidden in all of its texts.
    ///
    /// # Panics
    /// Where the value cannot be written as JSON and read again.
    pub fn veil_value<T: Serialize + DeserializeOwned + Clone>(&self, value: &T) -> T {
        let is_plain = self.secrets.read().unwrap_or_else(PoisonError::into_inner).is_empty();
        if is_plain {
            return value.clone();
        }
        let veiled = serde_json::to_string(value).map(|text| self.veil(&text));
        // A mask writes no quotes and no escapes, so that what was JSON stays JSON.
        veiled
            .and_then(|text| serde_json::from_str(&text))
            .expect("a value of the house is plain JSON")
    }
}

/// A text as it is, in JSON, in JSON within JSON, in XML and in a URL.
fn spellings(secret: &str) -> BTreeSet<String> {
    let json = in_json(secret);
    BTreeSet::from([
        secret.to_owned(),
        in_json(&json),
        json,
        in_xml(secret),
        in_url(secret, b"-._~"),
        in_url(secret, b"-._~/"),
    ])
}

fn in_json(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

fn in_xml(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn in_url(text: &str, plain: &[u8]) -> String {
    let encode = |byte: u8| {
        if byte.is_ascii_alphanumeric() || plain.contains(&byte) {
            char::from(byte).to_string()
        } else {
            format!("%{byte:02X}")
        }
    };
    text.bytes().map(encode).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(secret: &str, text: &str, shown: &str) {
        let mask = Mask::default();
        mask.hide(secret);
        assert_eq!(mask.veil(text), shown);
        assert_eq!(mask.hides(text), text != shown);
    }

    #[test]
    fn a_secret_is_hidden_however_it_is_written() {
        check("s3cr\"et/&", "a s3cr\"et/& b", "a (sensitive) b");
        check("s3cr\"et/&", r#"{"a":"s3cr\"et/&"}"#, r#"{"a":"(sensitive)"}"#);
        check(
            "s3cr\"et/&",
            r#"{"a":"{\"b\":\"s3cr\\\"et/&\"}"}"#,
            r#"{"a":"{\"b\":\"(sensitive)\"}"}"#,
        );
        check("s3cr\"et/&", "<a>s3cr&quot;et/&amp;</a>", "<a>(sensitive)</a>");
        check("s3cr\"et/&", "?a=s3cr%22et%2F%26", "?a=(sensitive)");
        check("s3cr\"et/&", "/s3cr%22et/%26", "/(sensitive)");
        check("s3cret", "nothing to see", "nothing to see");
        check("abc", "abc is too short", "abc is too short");
    }

    #[test]
    fn the_longer_secret_goes_first() {
        let mask = Mask::default();
        mask.hide("secret");
        mask.hide("my secret word");
        assert_eq!(mask.veil("my secret word, secret"), "(sensitive), (sensitive)");
    }

    #[test]
    fn clones_share_their_secrets_and_nobody_prints_them() {
        let mask = Mask::default();
        mask.clone().hide("secret");
        assert_eq!(mask.veil("a secret"), "a (sensitive)");
        assert_eq!(format!("{mask:?}"), "Mask");
    }

    #[test]
    fn values_stay_values() {
        let mask = Mask::default();
        mask.hide("se\"cret");
        let veiled = mask.veil_value(&vec!["se\"cret".to_owned(), "other".to_owned()]);
        assert_eq!(veiled, ["(sensitive)", "other"]);
    }
}
