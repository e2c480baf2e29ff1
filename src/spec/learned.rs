//! What was found out of the world, and counts as if the files said it.

use std::collections::BTreeMap;

use crate::model::{Address, Facts, KeptName};

/// What a check is told beside the files. Nothing, at first: a check says what it would
/// have to know, somebody looks, and it is made again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Learned {
    /// What objects keep of their names, of resources for which the file states none.
    pub names: BTreeMap<Address, KeptName>,
    /// Facts of what is referred to and not the stack's own, by what stands before the fact
    /// in a reference.
    pub facts: BTreeMap<Address, Facts>,
}
