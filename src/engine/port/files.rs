//! What is sent to a cloud of the checkout.

use std::fmt;

use super::read::Answer;
use crate::model::Artifact;

/// The bytes behind artifacts. Who writes to a cloud holds them, and asks for
/// those of a field when it sends them.
pub trait Files: fmt::Debug + Send + Sync {
    /// The bytes of an artifact, if they are still what the plan saw.
    ///
    /// # Errors
    /// That they are gone, or others by now. Nothing of them is told.
    fn read(&self, artifact: &Artifact) -> Answer<Vec<u8>>;
}
