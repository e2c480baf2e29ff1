//! Patterns of events: which events a rule of EventBridge takes, and which an archive keeps.
//!
//! As AWS's guide has it (EventBridge User Guide, "Creating Amazon EventBridge event
//! patterns" and "Comparison operators"); what the guide leaves open is as in
//! the engine that AWS publishes (`aws/event-ruler`). What depends on a value that nobody knows yet is unclear, and
//! taken for neither.

// Of the kinds that have examples, which are AWS's.
#[cfg(feature = "aws")]
pub(crate) mod examples;
mod excluding;
mod grammar;
mod matching;

use serde_json::Value;

pub(crate) use matching::Taken;

/// The fields at the top of an event. `replay-name` is that of events that are replayed.
pub(crate) const ENVELOPE: [&str; 10] = [
    "account",
    "detail",
    "detail-type",
    "id",
    "region",
    "replay-name",
    "resources",
    "source",
    "time",
    "version",
];

/// A pattern that EventBridge would take.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct EventPattern {
    keys: Keys,
}

/// What is asked of the fields of an object: all of it.
#[derive(Clone, Debug, Default, PartialEq)]
struct Keys {
    fields: Vec<(String, Asked)>,
    /// What stands under `$or`: of these, one at least.
    choice: Option<Vec<Keys>>,
}

/// What is asked of a field.
#[derive(Clone, Debug, PartialEq)]
enum Asked {
    /// Something of the fields within it.
    Within(Keys),
    /// That a value of it meets one of these.
    AnyOf {
        tests: Vec<Test>,
        /// As it stands in the pattern.
        stated: Value,
    },
}

/// What is asked of a value.
#[derive(Clone, Debug, PartialEq)]
enum Test {
    Equals(Value),
    Exists(bool),
    Prefix(Text),
    Suffix(Text),
    /// In whatever case.
    Folded(String),
    /// None of these.
    AnythingBut(Vec<Test>),
    Numeric(Range),
    Cidr(Network),
    Wildcard(String),
    /// It is not known yet what.
    Unknown,
}

/// A text, and whether its case means nothing.
#[derive(Clone, Debug, PartialEq)]
struct Text {
    text: String,
    is_folded: bool,
}

/// Numbers between two bounds, each of which may belong to them.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Range {
    low: Option<Bound>,
    high: Option<Bound>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Bound {
    at: f64,
    is_within: bool,
}

/// Addresses that begin with the same bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Network {
    is_v6: bool,
    /// Those of version 4 in the lowest 32 bits.
    bits: u128,
    /// How many bits at the end may be any.
    free: u32,
}

#[cfg(test)]
mod tests;
