//! `--trace FILE`: every call, and every step of a run, for a viewer of traces.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::exit::Failure;
use super::file;
use super::screen::{Screen, cannot_write};
use crate::aws::call_log::CallLog;
use crate::report::{EndedStep, trace_json};

/// The calls of a command, and the file that they are wanted in, if any. Clones
/// share the calls.
#[derive(Clone, Debug)]
pub(crate) struct Trace {
    path: Option<PathBuf>,
    pub(crate) calls: CallLog,
}

impl Trace {
    pub(crate) fn new(path: Option<&Path>, calls: CallLog) -> Self {
        Self { path: path.map(Path::to_owned), calls }
    }

    /// Nobody learns after an hour that there is no room for the trace.
    pub(crate) fn try_place(path: &Path) -> Result<(), Failure> {
        Ok(file::try_whole(path).map_err(|error| cannot_write(path, &error))?)
    }

    /// Writes every call, where nothing was run.
    pub(crate) fn write(&self, screen: &Screen) {
        self.write_with(&[], Duration::ZERO, screen);
    }

    /// The same with the steps of a run, which began at that time on the clock of
    /// the calls. What came of the command is told however this ends.
    pub(crate) fn write_with(&self, steps: &[EndedStep], began: Duration, screen: &Screen) {
        let Some(path) = &self.path else { return };
        if let Err(problem) = screen.file(path, &trace_json(steps, began, &self.calls.calls())) {
            screen.lose(path.display().to_string(), problem);
        }
    }
}
