//! How large a document is to AWS.

use super::Policy;
use crate::model::document::{fill_text, is_pending};

/// What AWS counts of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Measure {
    /// Bytes of its JSON.
    Bytes,
    /// Characters without white space, as IAM does.
    WithoutBlanks,
}

impl Measure {
    /// What is counted, in the words of messages.
    pub(crate) fn unit(self) -> &'static str {
        match self {
            Self::Bytes => "bytes",
            Self::WithoutBlanks => "characters without blanks",
        }
    }
}

/// A size, and whether it can only grow: facts are pending, and each is taken
/// to be as short as it can be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) count: usize,
    pub(crate) is_least: bool,
}

impl Size {
    /// The size of a document as it will be sent.
    pub(crate) fn of(policy: &Policy, measure: Measure) -> Self {
        // In JSON the characters around a pending fact are escaped.
        let text = policy.text().replace("\\u0001", "\u{1}").replace("\\u0002", "\u{2}");
        let text = text.replace("\\u0003", "\u{3}");
        let is_least = is_pending(&text);
        let filled = fill_text(&text, &|fact| Some("x".repeat(shortest(&fact.fact))));
        let count = match measure {
            Measure::Bytes => filled.len(),
            Measure::WithoutBlanks => {
                filled.chars().filter(|character| !character.is_whitespace()).count()
            }
        };
        Self { count, is_least }
    }

    /// Both together.
    pub(crate) fn and(self, other: Self) -> Self {
        Self { count: self.count + other.count, is_least: self.is_least || other.is_least }
    }

    /// `6200`, or `at least 6200`.
    pub(crate) fn words(self) -> String {
        let least = if self.is_least { "at least " } else { "" };
        format!("{least}{}", self.count)
    }
}

/// How long a fact is at least, of whatever kind its resource is.
fn shortest(fact: &str) -> usize {
    match fact {
        // Of a bucket with the shortest name in the shortest partition.
        "arn" => "arn:aws:s3:::abc".len(),
        "key_id" => "12345678-1234-1234-1234-123456789012".len(),
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::{Address, FactRef};

    #[test]
    fn blanks_count_where_bytes_do() {
        let document = |sid: &str| {
            let statement = json!({ "Sid": sid, "Effect": "Allow" });
            serde_json::from_value::<Policy>(json!({ "Statement": [statement] })).unwrap()
        };
        let size = |sid: &str, measure| Size::of(&document(sid), measure).count;
        assert_eq!(size("a b", Measure::WithoutBlanks), size("ab", Measure::WithoutBlanks));
        assert_eq!(size("a b", Measure::Bytes), size("ab", Measure::Bytes) + 1);
        assert_eq!(size("ab", Measure::Bytes), document("ab").text().len());
    }

    #[test]
    fn a_pending_fact_counts_with_the_least_that_it_can_be() {
        let fact = FactRef { address: Address::new("a.key.of.a.long.name"), fact: "arn".into() };
        let document = |resource: &str| {
            let statement = json!({ "Effect": "Allow", "Resource": resource });
            serde_json::from_value::<Policy>(json!({ "Statement": [statement] })).unwrap()
        };
        let pending = Size::of(&document(&fact.marker()), Measure::Bytes);
        let known = Size::of(&document("arn:aws:s3:::abc"), Measure::Bytes);
        assert_eq!((pending.count, pending.is_least), (known.count, true));
        assert_eq!(pending.words(), format!("at least {}", known.count));
    }
}
