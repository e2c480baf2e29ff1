//! What registries keep: blobs.

use serde::{Deserialize, Serialize};

/// A blob, as a manifest names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Blob {
    pub(super) media_type: String,
    /// `sha256:HEX`.
    pub(super) digest: String,
    /// In bytes.
    pub(super) size: u64,
}
