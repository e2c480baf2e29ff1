//! Who writes in the name of a stack that had another before.

use super::cloud::Writer;
use crate::model::FormerNames;

impl Writer<'_> {
    /// The same for a stack that was renamed.
    #[must_use]
    pub fn renamed_from(mut self, was: FormerNames) -> Self {
        self.was = was;
        self
    }
}
