//! Whether two patterns can take one event, as far as that can be told.

use serde_json::Value;

use super::matching::Answer;
use super::{Asked, EventPattern, Keys, Range, Test};

impl EventPattern {
    /// The field at which no event can be as both ask: none where some may be. A field of which
    /// an event has several values may be as both ask all the same, and is taken to have one; but for
    /// `resources`, of which every event has a list.
    pub(crate) fn excludes(&self, other: &Self) -> Option<String> {
        self.keys.excludes(&other.keys, &[])
    }

    /// Fields at its top that no event has, and that it wants to be there.
    pub(crate) fn strays(&self) -> impl Iterator<Item = &str> {
        let unknown = self.keys.fields.iter().filter(|(name, asked)| {
            let may_be_absent =
                matches!(asked, Asked::AnyOf { tests, .. } if tests.contains(&Test::Exists(false)));
            !super::ENVELOPE.contains(&name.as_str()) && !may_be_absent
        });
        unknown.map(|(name, _)| name.as_str())
    }

    /// Whether a field at its top may have this value.
    pub(crate) fn admits(&self, field: &str, value: &str) -> bool {
        let value = Value::from(value);
        let asked = self.keys.fields.iter().filter(|(name, _)| name == field);
        asked.into_iter().all(|(_, asked)| match asked {
            Asked::AnyOf { tests, .. } => tests.iter().any(|it| it.meet(&value) != Answer::No),
            Asked::Within(_) => false,
        })
    }

    /// Whether a field at its top has values alone that begin so.
    pub(crate) fn wants_only(&self, field: &str, begin: &str) -> bool {
        self.keys.fields.iter().any(|(name, asked)| {
            name == field
                && matches!(asked, Asked::AnyOf { tests, .. } if tests.iter().all(|it| it.begins(begin)))
        })
    }
}

impl Keys {
    fn excludes(&self, other: &Self, at: &[&str]) -> Option<String> {
        let apart = self.fields.iter().find_map(|(name, asked)| {
            let (_, theirs) = other.fields.iter().find(|(their, _)| their == name)?;
            let at = [at, &[name.as_str()]].concat();
            match (asked, theirs) {
                (Asked::Within(keys), Asked::Within(theirs)) => keys.excludes(theirs, &at),
                (Asked::AnyOf { tests, .. }, Asked::AnyOf { tests: theirs, .. }) => {
                    let are_apart =
                        tests.iter().all(|one| theirs.iter().all(|it| one.excludes(it)));
                    (are_apart && at != ["resources"]).then(|| at.join("."))
                }
                (Asked::Within(_), Asked::AnyOf { .. })
                | (Asked::AnyOf { .. }, Asked::Within(_)) => None,
            }
        });
        let none_of = |choice: Option<&[Self]>, other: &Self| {
            let all = choice?.iter().map(|keys| keys.excludes(other, at));
            all.collect::<Option<Vec<String>>>()?.into_iter().next()
        };
        apart
            .or_else(|| none_of(self.choice.as_deref(), other))
            .or_else(|| none_of(other.choice.as_deref(), self))
    }
}

impl Test {
    /// Whether no value can meet both.
    fn excludes(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Exists(one), Self::Exists(other)) => one != other,
            // What is not there meets nothing else.
            (Self::Exists(wanted), _) | (_, Self::Exists(wanted)) => !wanted,
            (Self::Equals(value), test) | (test, Self::Equals(value)) => {
                test.meet(value) == Answer::No
            }
            (Self::Prefix(one), Self::Prefix(other)) if !one.is_folded && !other.is_folded => {
                !one.text.starts_with(&other.text) && !other.text.starts_with(&one.text)
            }
            (Self::Suffix(one), Self::Suffix(other)) if !one.is_folded && !other.is_folded => {
                !one.text.ends_with(&other.text) && !other.text.ends_with(&one.text)
            }
            (Self::Numeric(one), Self::Numeric(other)) => one.is_apart(other),
            (Self::Cidr(one), Self::Cidr(other)) => !one.holds(*other) && !other.holds(*one),
            _ => false,
        }
    }

    /// Whether all that meets it begins so.
    fn begins(&self, begin: &str) -> bool {
        match self {
            Self::Equals(value) => value.as_str().is_some_and(|it| it.starts_with(begin)),
            Self::Prefix(text) => !text.is_folded && text.text.starts_with(begin),
            Self::Wildcard(pattern) => pattern.starts_with(begin),
            Self::Exists(_)
            | Self::Suffix(_)
            | Self::Folded(_)
            | Self::AnythingBut(_)
            | Self::Numeric(_)
            | Self::Cidr(_)
            | Self::Unknown => false,
        }
    }
}

impl Range {
    fn is_apart(&self, other: &Self) -> bool {
        let below = |one: &Self, other: &Self| match (one.high, other.low) {
            (Some(high), Some(low)) => {
                high.at < low.at || high.at <= low.at && !(high.is_within && low.is_within)
            }
            _ => false,
        };
        below(self, other) || below(other, self)
    }
}
