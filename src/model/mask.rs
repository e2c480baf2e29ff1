//! What must never be shown, and the one way in which it is hidden.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// What stands in a secret's place.
pub const HIDDEN: &str = "(sensitive)";

/// What stands in the place of what may be a secret, and of which nobody says whether it
/// is: see [`KindInfo::private_fields`](super::KindInfo::private_fields).
pub const UNSHOWN: &str = "(not shown)";

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

    /// The shortest credential that is hidden. AWS's secrets have 40 characters
    /// and more; emulators take words, which stand in texts of all kinds.
    const SHORTEST_CREDENTIAL: usize = 16;

    /// [`hide`](Self::hide)s a credential that the run itself works with.
    pub fn hide_credential(&self, secret: &str) {
        let secret = secret.trim();
        if secret.len() >= Self::SHORTEST_CREDENTIAL {
            self.hide(secret);
        }
    }

    /// Hides a text from now on, also as JSON, XML and URLs write it, and line by
    /// line, as a page shows it. A text that is too short is left alone.
    pub fn hide(&self, secret: &str) {
        let mut secrets = self.secrets.write().unwrap_or_else(PoisonError::into_inner);
        for part in std::iter::once(secret).chain(secret.lines().map(str::trim)) {
            if part.len() < Self::SHORTEST {
                continue;
            }
            for text in spellings(part) {
                secrets.insert(Secret { shorter: std::cmp::Reverse(text.len()), text });
            }
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

    /// A value with every secret hidden in all of its texts. Texts that the
    /// value cannot do without, as the words for its own states, are no secrets
    /// even where one reads the same.
    ///
    /// # Panics
    /// Where the value cannot be written as JSON.
    pub fn veil_value<T: Serialize + DeserializeOwned>(&self, value: T) -> T {
        let is_plain = self.secrets.read().unwrap_or_else(PoisonError::into_inner).is_empty();
        if is_plain {
            return value;
        }
        let mut tree = serde_json::to_value(&value).expect("a value of the house is plain JSON");
        let mut spots = Vec::new();
        self.spots(&tree, String::new(), &mut spots);
        spots.into_iter().fold(value, |value, spot| {
            let mut veiled = tree.clone();
            spot.veil(&mut veiled, self);
            match T::deserialize(&veiled) {
                Ok(value) => {
                    tree = veiled;
                    value
                }
                Err(_) => value,
            }
        })
    }

    /// Where secrets stand in a value; the inner ones first, so that a key that
    /// changes is on the way to none that follows.
    fn spots(&self, value: &Value, at: String, found: &mut Vec<Spot>) {
        match value {
            Value::String(text) if self.hides(text) => found.push(Spot::Text(at)),
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.spots(item, format!("{at}/{index}"), found);
                }
            }
            Value::Object(fields) => {
                for (key, field) in fields {
                    let token = key.replace('~', "~0").replace('/', "~1");
                    self.spots(field, format!("{at}/{token}"), found);
                }
                let secret = fields.keys().filter(|key| self.hides(key));
                found.extend(secret.map(|key| Spot::Key { of: at.clone(), key: key.clone() }));
            }
            Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}

/// Where in a value a secret stands, as a JSON Pointer (RFC 6901).
enum Spot {
    Text(String),
    Key { of: String, key: String },
}

impl Spot {
    fn veil(&self, tree: &mut Value, mask: &Mask) {
        match self {
            Self::Text(at) => {
                if let Some(Value::String(text)) = tree.pointer_mut(at) {
                    *text = mask.veil(text);
                }
            }
            Self::Key { of, key } => {
                if let Some(Value::Object(fields)) = tree.pointer_mut(of)
                    && let Some(field) = fields.remove(key)
                {
                    fields.insert(mask.veil(key), field);
                }
            }
        }
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
    let quoted = Value::from(text).to_string();
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
    use std::collections::BTreeMap;

    use super::*;
    use crate::model::{Diagnostic, Level};

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
        check(
            "first line\nsecond",
            "a\n    first line\n    second\n",
            "a\n    (sensitive)\n    (sensitive)\n",
        );
        check("first line\nsecond", "first line\nsecond", "(sensitive)");
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
    fn credentials_are_hidden_and_the_words_of_emulators_are_not() {
        let mask = Mask::default();
        mask.hide_credential("wJalrXUtnFEMI/K7MDENG\n");
        mask.hide_credential("testing");
        assert_eq!(mask.veil("testing wJalrXUtnFEMI/K7MDENG"), "testing (sensitive)");
    }

    fn check_value<T>(secret: &str, value: T, shown: &T)
    where
        T: Serialize + DeserializeOwned + PartialEq + fmt::Debug,
    {
        let mask = Mask::default();
        mask.hide(secret);
        assert_eq!(mask.veil_value(value), *shown);
    }

    #[test]
    fn values_stay_values() {
        let map = |key: &str, text: &str| BTreeMap::from([(key.to_owned(), text.to_owned())]);
        let texts = |text: &str| vec![text.to_owned(), "other".to_owned()];
        check_value("se\"cret", texts("se\"cret"), &texts("(sensitive)"));
        check_value("a/secret~", map("of a/secret~", "a"), &map("of (sensitive)", "a"));
        check_value("a/secret~", vec![map("a", "a/secret~")], &vec![map("a", "(sensitive)")]);
    }

    #[test]
    fn a_value_keeps_the_words_that_it_is_made_of() {
        let problem = |summary: &str| Diagnostic::warning(summary).hint("say warning");
        let shown = Diagnostic::warning("a (sensitive)").hint("say (sensitive)");
        check_value("warning", problem("a warning"), &shown);
        check_value("summary", problem("summary"), &problem("(sensitive)"));
        check_value("warning", Level::Warning, &Level::Warning);
    }
}
