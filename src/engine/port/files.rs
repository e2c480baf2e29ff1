//! What is sent to a cloud of the checkout.

use std::fmt;
use std::io::{self, Write};

use super::read::Answer;
use crate::model::{Artifact, CloudError, ErrorClass};

/// The bytes behind artifacts. Who writes to a cloud holds them, and asks for
/// those of a field when it sends them.
pub trait Files: fmt::Debug + Send + Sync {
    /// The bytes of an artifact, if they are still what the plan saw.
    ///
    /// # Errors
    /// That they are gone, or others by now. Nothing of them is told.
    fn read(&self, artifact: &Artifact) -> Answer<Vec<u8>>;

    /// The same, piece by piece. Whether they are others is known at their end: what was
    /// written before is then for nothing. Takes as long as `out` does to take them.
    ///
    /// # Errors
    /// As of [`read`](Self::read), and that `out` takes no more.
    fn copy(&self, artifact: &Artifact, out: &mut dyn Write) -> Answer<()> {
        let bytes = self.read(artifact)?;
        out.write_all(&bytes).map_err(|error| broken_off(artifact, &error))
    }
}

fn broken_off(artifact: &Artifact, error: &io::Error) -> CloudError {
    CloudError {
        attempted: format!("send {}", artifact.path),
        operation: "the checkout".into(),
        class: ErrorClass::Transient,
        code: "BrokenOff".into(),
        message: error.to_string(),
        request_id: None,
        hint: None,
    }
}
