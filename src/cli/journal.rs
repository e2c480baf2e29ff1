//! `--journal FILE`: what was attempted and what came back, line by line as it
//! happens, so that it is there even if this process is not any more.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Map, Value, json};

use super::clock;
use super::exit::Failure;
use super::screen::cannot_write;
use crate::aws::call_log::Listener;
use crate::model::{CallRecord, Mask};

/// The version of the form.
const FORMAT: &str = "ccprov.journal/1";

/// An open journal. Clones write into one file.
#[derive(Clone, Debug)]
pub(crate) struct Journal {
    file: Arc<Mutex<File>>,
    mask: Mask,
}

impl Journal {
    /// Opens a file to append to, and notes who does.
    pub(crate) fn open(path: &Path, command: &str, mask: &Mask) -> Result<Self, Failure> {
        let file = File::options().append(true).create(true).open(path);
        let file = file.map_err(|error| cannot_write(path, &error))?;
        let mut this = Self { file: Arc::new(Mutex::new(file)), mask: mask.clone() };
        let version = env!("CARGO_PKG_VERSION");
        this.note(json!({ "event": "opened", "command": command, "version": version }))
            .map_err(|error| cannot_write(path, &error))?;
        Ok(this)
    }

    /// One line of ours. The moment is added.
    pub(crate) fn note(&mut self, line: Value) -> io::Result<()> {
        let mut line = line;
        if let Value::Object(fields) = &mut line {
            fields.insert("format".into(), FORMAT.into());
        }
        self.write_all(line.to_string().as_bytes())
    }
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
        let mut line: Map<String, Value> = serde_json::from_slice(bytes)?;
        line.insert("at".into(), clock::now().into());
        let text = self.mask.veil(&Value::Object(line).to_string());
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.write_all(format!("{text}\n").as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.lock().unwrap_or_else(PoisonError::into_inner).flush()
    }
}

/// What cannot be written any more stops nobody: the disk was there when the
/// journal was opened.
impl Listener for Journal {
    fn sent(&self, number: u64, call: &CallRecord) {
        let _disk_is_full = self.clone().note(line_of("call_sent", number, call));
    }

    fn answered(&self, number: u64, call: &CallRecord) {
        let mut line = line_of("call_answered", number, call);
        line["status"] = call.status.into();
        line["request_id"] = call.request_id.clone().into();
        line["took_seconds"] = call.end.saturating_sub(call.start).as_secs_f64().into();
        let _disk_is_full = self.clone().note(line);
    }
}
