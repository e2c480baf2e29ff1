//! What can be referred to, as data.

use serde::{Deserialize, Serialize};

use super::resource::is_false;

/// One thing that can be referred to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FactInfo {
    /// For example `arn`.
    pub name: String,
    /// One phrase.
    pub summary: String,
    /// Whether it follows from names alone (`true`), or AWS chooses it.
    pub predicted: bool,
    /// Fields with whose change it becomes another, as patterns of
    /// [`Path::is_within`](super::Path::is_within).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub moves_with: Vec<String>,
    /// Whether nobody knows it before the object is in service, so that who refers to it
    /// waits for that.
    #[serde(default, skip_serializing_if = "is_false")]
    pub late: bool,
}
