//! All words of other tools that are known, for pages and tests.

use super::attributes::{OF_KINDS, WITHIN};
use super::functions::CALLS;
use super::resources::RESOURCES;
use super::{
    AT_THE_TOP, FACTS, FIELDS, FUNCTIONS, IN_AN_ENTRY, OF_A_VALUE, REFERENCES, Said, TYPES,
};

/// Where a word of others stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Where {
    /// A key at the top of a stack file.
    Top,
    /// A key of any entry under `resources`.
    Entry,
    /// A field of one kind.
    Field(&'static str),
    /// A field within another, whatever the kind.
    Within(&'static str),
    /// A field or a fact that has another name here, which is what is said.
    Renamed,
    /// What stands behind `kind:`.
    Resource,
    /// The function of a reference.
    Function,
    /// A tag of YAML, or the only key of a map; a type; the first name of a reference.
    Other,
}

/// Every word of other tools that is known, its place, and what is said instead of it:
/// for pages and tests.
pub fn words_of_others() -> impl Iterator<Item = (Where, &'static str, &'static str)> {
    let tables: [(Where, &[Said]); 10] = [
        (Where::Top, AT_THE_TOP),
        (Where::Entry, IN_AN_ENTRY),
        (Where::Renamed, FIELDS),
        (Where::Renamed, FACTS),
        (Where::Resource, RESOURCES),
        (Where::Function, CALLS),
        (Where::Other, OF_A_VALUE),
        (Where::Other, TYPES),
        (Where::Other, REFERENCES),
        (Where::Other, FUNCTIONS),
    ];
    let of_kinds = OF_KINDS.iter().map(|(kind, table)| (Where::Field(kind), *table));
    let within = WITHIN.iter().map(|(field, table)| (Where::Within(field), *table));
    let all = tables.into_iter().chain(of_kinds).chain(within);
    all.flat_map(|(place, table)| {
        table
            .iter()
            .flat_map(move |(words, said)| words.iter().map(move |word| (place, *word, *said)))
    })
}
