//! Names of tenants and events, of which keys are made.

use std::fmt;

use serde::Serialize;

/// Longest id, in characters. A sort key of DynamoDB takes 1,024 bytes, and is
/// made of a moment and an id.
const LONGEST: usize = 128;

/// The id of a tenant or of an event: 1 to 128 of `A-Z a-z 0-9 . _ : @ -`.
///
/// There is no `#` in it, because keys are joined by one: `a#b` with `c` would
/// otherwise be `a` with `b#c`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Id(String);

impl Id {
    /// # Errors
    /// [`NotAnId`] if the text is empty, too long, or holds other characters.
    pub fn new(text: impl Into<String>) -> Result<Self, NotAnId> {
        let text = text.into();
        let may = |byte: u8| byte.is_ascii_alphanumeric() || b"._:@-".contains(&byte);
        let fits = (1..=LONGEST).contains(&text.len()) && text.bytes().all(may);
        if fits { Ok(Self(text)) } else { Err(NotAnId) }
    }

    /// The id as a text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A text that is no id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an id has 1 to {LONGEST} letters, digits and ._:@-")]
pub struct NotAnId;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_short_and_cannot_be_mistaken_for_two() {
        for text in ["a", "acme", "9b2d0c1e-7c1e-4f7a", "Urn:x@y_z.1", &"a".repeat(LONGEST)] {
            assert_eq!(Id::new(text).map(|id| id.to_string()), Ok(text.to_owned()));
        }
        for text in ["", "a#b", "a b", "ä", "a\0", "a\n", "a/b", &"a".repeat(LONGEST + 1)] {
            assert_eq!(Id::new(text), Err(NotAnId), "{text:?}");
        }
    }
}
