//! An object as a stack file would state it.

use serde_json::Value;

use super::Path;

/// The fields of an object, as a stack file states them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Restated {
    /// What has to be stated, its name first.
    pub fields: Vec<(String, Value)>,
    /// What has not: it is what the kind takes where nothing is stated.
    pub defaults: Vec<(String, Value)>,
    /// Where in the fields stands the hash of bytes, which a stack file takes from the
    /// checkout.
    pub artifacts: Vec<Path>,
}
