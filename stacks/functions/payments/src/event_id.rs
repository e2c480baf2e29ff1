//! The id of an event, which is the name of its execution, too.

use events::Id;

/// Longest name of an execution (Step Functions API Reference, `StartExecution`).
const LONGEST: usize = 80;

/// The id of a payment event: 1 to 80 of `A-Z a-z 0-9 . _ @ -`.
///
/// So it can name an execution, and an event that comes twice asks twice for the
/// same one. Nothing that could be the number of a card is an id: names of executions
/// stand in logs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventId(Id);

impl EventId {
    /// # Errors
    /// [`NotAnEventId`] if the text is empty, too long, or holds other characters.
    pub fn new(text: &str) -> Result<Self, NotAnEventId> {
        let id = Id::new(text).map_err(|_| NotAnEventId)?;
        // An execution's ARN ends with its name, behind a colon.
        let fits = text.len() <= LONGEST && !text.contains(':') && !may_be_a_card(text);
        if fits { Ok(Self(id)) } else { Err(NotAnEventId) }
    }

    /// The id for a line of a log.
    pub fn id(&self) -> &Id {
        &self.0
    }

    /// The id as a text.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

/// Twelve to nineteen digits, however they are grouped (ISO/IEC 7812).
fn may_be_a_card(text: &str) -> bool {
    let rest: Vec<u8> = text.bytes().filter(|byte| !b"._-".contains(byte)).collect();
    (12..=19).contains(&rest.len()) && rest.iter().all(u8::is_ascii_digit)
}

/// A text that is no id of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the id of an event has 1 to {LONGEST} letters, digits and ._@-, and is no number of a card"
)]
pub struct NotAnEventId;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_can_name_an_execution() {
        for text in ["e", "evt-4f1c", "a.b_c@d", &"a".repeat(LONGEST)] {
            assert_eq!(EventId::new(text).map(|id| id.as_str().to_owned()), Ok(text.to_owned()));
        }
        for text in ["2026-0815", "evt-4111111111111111", "20260115093000123456"] {
            assert!(EventId::new(text).is_ok(), "{text}");
        }
        for text in ["4111111111111111", "4111-1111-1111-1111", "378282246310005"] {
            assert_eq!(EventId::new(text), Err(NotAnEventId));
        }
        for text in ["", "a:b", "a b", "a/b", "a#b", "a*", &"a".repeat(LONGEST + 1)] {
            assert_eq!(EventId::new(text), Err(NotAnEventId), "{text:?}");
        }
    }
}
