//! `--journal FILE`: what was attempted and what came back, line by line as it
//! happens, so that it is there even if this process is not any more.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Map, Value, json};

use super::clock;
use super::exit::Failure;
use super::file;
use super::screen::{Screen, cannot_write};
use crate::aws::call_log::Listener;
use crate::model::CallRecord;
use crate::report::pane::kept;

/// The version of the form.
const FORMAT: &str = "ccprov.journal/1";

/// An open journal. Clones write into one file.
#[derive(Clone, Debug)]
pub(crate) struct Journal {
    path: PathBuf,
    file: Arc<Mutex<Pages>>,
    screen: Screen,
}

#[derive(Debug)]
struct Pages {
    file: File,
    /// Whether the last line may lack its end.
    is_torn: bool,
}

impl Journal {
    /// Opens a file to append to, and notes who does.
    pub(crate) fn open(path: &Path, command: &str, screen: &Screen) -> Result<Self, Failure> {
        let file = file::open_end(path).map_err(|error| cannot_write(path, &error))?;
        let file = Arc::new(Mutex::new(Pages { file, is_torn: false }));
        let this = Self { path: path.to_owned(), file, screen: screen.clone() };
        let version = env!("CARGO_PKG_VERSION");
        let line = json!({ "event": "opened", "command": command, "version": version });
        this.append(ours(line)).map_err(|error| cannot_write(path, &error))?;
        Ok(this)
    }

    /// One line of ours. The moment is added.
    pub(crate) fn note(&self, line: Value) {
        self.append_or_tell(ours(line));
    }

    /// What cannot be written stops nobody, and is told once.
    fn append_or_tell(&self, line: Map<String, Value>) {
        if let Err(error) = self.append(line) {
            let problem = cannot_write(&self.path, &error)
                .because("the work goes on; some of it is missing in the journal");
            self.screen.lose(self.path.display().to_string(), problem);
        }
    }

    fn append(&self, mut line: Map<String, Value>) -> io::Result<()> {
        line.insert("at".into(), clock::now().into());
        let text = kept(&self.screen.mask.veil(&Value::Object(line).to_string()));
        let mut pages = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let before = if pages.is_torn { "\n" } else { "" };
        let written = pages.file.write_all(format!("{before}{text}\n").as_bytes());
        pages.is_torn = written.is_err();
        written
    }
}

fn ours(line: Value) -> Map<String, Value> {
    let Value::Object(mut fields) = line else { return Map::new() };
    fields.insert("format".into(), FORMAT.into());
    fields
}

fn line_of(event: &str, number: u64, call: &CallRecord) -> Value {
    let CallRecord { service, operation, attempt, object, .. } = call;
    json!({
        "event": event,
        "call": number,
        "service": service,
        "operation": operation,
        "attempt": attempt,
        "object": object,
    })
}

/// Whole lines of JSON, each of which gets the moment and loses its secrets.
/// In one write, so that two processes may share a file.
impl Write for Journal {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.append_or_tell(serde_json::from_slice(bytes)?);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Listener for Journal {
    fn sent(&self, number: u64, call: &CallRecord) {
        self.note(line_of("call_sent", number, call));
    }

    fn answered(&self, number: u64, call: &CallRecord) {
        let mut line = line_of("call_answered", number, call);
        line["status"] = call.status.into();
        line["request_id"] = call.request_id.clone().into();
        line["took_seconds"] = call.end.saturating_sub(call.start).as_secs_f64().into();
        self.note(line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::environment::Environment;

    #[test]
    fn a_full_disk_is_told_once_and_tears_no_line_but_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.jsonl");
        let screen = Screen::new(&Environment::default());
        let journal = Journal::open(&path, "ccprov apply", &screen).unwrap();
        let change = |to: File| {
            let mut pages = journal.file.lock().unwrap();
            std::mem::replace(&mut pages.file, to)
        };
        // A file that takes nothing.
        let good = change(File::open(&path).unwrap());
        journal.note(json!({ "event": "lost" }));
        journal.note(json!({ "event": "lost too" }));
        assert!(screen.has_losses());
        assert_eq!(screen.untold_losses(), None, "told at once, and not again");
        change(good);
        journal.note(json!({ "event": "back" }));
        let text = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = text.lines().filter(|line| !line.is_empty()).collect();
        assert_eq!(lines.len(), 2, "{text}");
        assert!(lines[1].starts_with('{') && lines[1].contains("back"), "{text}");
    }
}
