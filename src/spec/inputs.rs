//! What a stack is given from outside of its files. Where it comes from is not
//! known here: whoever loads a stack hands it in.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use crate::model::Mask;

/// What comes from outside of the files.
pub struct Inputs<'a> {
    /// Variables that are meant for this stack: from `--var`.
    pub vars: BTreeMap<String, String>,
    /// Variables that may be meant for another: from `CCPROV_VAR_…`. Those above go first.
    pub ambient: BTreeMap<String, String>,
    /// Variable files, each over the one before, all of them between the two.
    pub files: &'a [PathBuf],
    /// The environment, for `${env.NAME}`.
    pub env: &'a Environment<'a>,
    /// The ids that `checks.skip` may name.
    pub checks: &'a [&'a str],
    /// Learns the values that `sensitive` speaks of.
    pub mask: &'a Mask,
}

impl fmt::Debug for Inputs<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inputs").field("vars", &self.vars).finish_non_exhaustive()
    }
}

/// Tells the value of a variable of the environment, if it is set, and if a
/// stack file may know it.
pub type Environment<'a> = dyn Fn(&str) -> Result<Option<String>, NotAdmitted> + 'a;

/// Why a stack file may not know a variable of the environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotAdmitted {
    /// What stands against it.
    pub why: String,
    /// How to admit it, or what to do instead.
    pub hint: String,
}
