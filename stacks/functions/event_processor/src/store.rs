//! Where records go. The processor knows no more of it than this.

use crate::record::Record;

/// What came of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kept {
    /// It was written now.
    Written,
    /// It had been written before, and nothing was changed.
    Known,
}

/// Keeps records: a ledger, and a memory of what is in it.
pub(crate) trait Store {
    /// Writes the record and the memory of it, both or neither, unless the event
    /// is remembered or in the ledger.
    ///
    /// # Errors
    /// [`StoreError`] if it is not known that either came about. To try again is
    /// safe.
    async fn keep(&self, record: &Record) -> Result<Kept, StoreError>;
}

/// A record that was not written, as far as is known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the store answered {code}")]
pub(crate) struct StoreError {
    /// What the store calls it; never its words, which may repeat what was sent.
    pub(crate) code: String,
}
