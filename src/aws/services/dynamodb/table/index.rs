//! Keys and indexes, as a stack file states them.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An attribute that is a key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Key {
    /// Up to 255 characters.
    #[schemars(length(min = 1, max = 255))]
    pub(super) name: String,
    /// `S` (text), `N` (number) or `B` (bytes).
    #[serde(rename = "type")]
    pub(super) holds: Holds,
}

/// What a key holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) enum Holds {
    #[default]
    S,
    N,
    B,
}

/// Other keys by which items are found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GlobalIndex {
    /// The attribute by which items are found. Items without it are not in the index.
    pub(super) hash_key: Key,
    /// Up to three more, all of which are given to find an item. Their order counts.
    #[serde(default)]
    #[schemars(length(max = 3))]
    pub(super) more_hash_keys: Vec<Key>,
    /// The attribute by which they are sorted.
    pub(super) range_key: Option<Key>,
    /// Up to three more, by which those are sorted that are alike in `range_key`. Their
    /// order counts.
    #[serde(default)]
    #[schemars(length(max = 3))]
    pub(super) more_range_keys: Vec<Key>,
    /// What of an item the index holds.
    #[serde(default)]
    pub(super) projection: Projection,
    /// The attributes that it holds beside the keys. With `INCLUDE`, and only with it.
    #[serde(default)]
    pub(super) non_key_attributes: BTreeSet<String>,
    /// Reads a second, in units of 4 KB. With `PROVISIONED`, and only with it.
    #[schemars(range(min = 1))]
    pub(super) read_capacity: Option<u32>,
    /// Writes a second, in units of 1 KB. With `PROVISIONED`, and only with it.
    #[schemars(range(min = 1))]
    pub(super) write_capacity: Option<u32>,
    /// Read units a second at most. Only with `PAY_PER_REQUEST`. Left out: as many as the account has.
    #[schemars(range(min = 1))]
    pub(super) max_read_request_units: Option<u32>,
    /// Write units a second at most. Only with `PAY_PER_REQUEST`. Left out: as many as the account has.
    #[schemars(range(min = 1))]
    pub(super) max_write_request_units: Option<u32>,
}

/// Another order of the items of one hash key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LocalIndex {
    /// The attribute by which items are sorted.
    pub(super) range_key: Key,
    /// What of an item the index holds.
    #[serde(default)]
    pub(super) projection: Projection,
    /// The attributes that it holds beside the keys. With `INCLUDE`, and only with it.
    #[serde(default)]
    pub(super) non_key_attributes: BTreeSet<String>,
}

/// What of an item an index holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Projection {
    #[default]
    All,
    KeysOnly,
    Include,
}

impl GlobalIndex {
    /// Whether one becomes the other in place: no more than what it can do changes.
    pub(super) fn becomes(&self, other: &Self) -> bool {
        self.hash_keys().eq(other.hash_keys())
            && self.range_keys().eq(other.range_keys())
            && (self.projection, &self.non_key_attributes)
                == (other.projection, &other.non_key_attributes)
    }

    /// The attributes by which items are found.
    pub(super) fn hash_keys(&self) -> impl Iterator<Item = &Key> {
        std::iter::once(&self.hash_key).chain(&self.more_hash_keys)
    }

    /// The attributes by which they are sorted.
    pub(super) fn range_keys(&self) -> impl Iterator<Item = &Key> {
        self.range_key.iter().chain(&self.more_range_keys)
    }
}
