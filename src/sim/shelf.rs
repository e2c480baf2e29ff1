//! Files by their hash, for who sends bytes to the cloud.

use std::collections::BTreeMap;

use crate::engine::port::{Answer, Files};
use crate::model::{Artifact, CloudError, ErrorClass, Hash};

/// Some files. What is not among them has changed since the plan.
#[derive(Clone, Debug, Default)]
pub struct Shelf(BTreeMap<Hash, Vec<u8>>);

impl Shelf {
    /// These.
    pub fn of<'a>(files: impl IntoIterator<Item = &'a [u8]>) -> Self {
        Self(files.into_iter().map(|bytes| (Hash::of(bytes), bytes.to_owned())).collect())
    }
}

impl Files for Shelf {
    fn read(&self, artifact: &Artifact) -> Answer<Vec<u8>> {
        self.0.get(&artifact.sha256).cloned().ok_or_else(|| CloudError {
            attempted: format!("send {}", artifact.path),
            operation: "the checkout".into(),
            class: ErrorClass::Invalid,
            code: "ArtifactChanged".into(),
            message: "it is not what the plan saw".into(),
            request_id: None,
            hint: None,
        })
    }
}
