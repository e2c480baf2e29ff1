//! The event that a function is called with: where it comes from, and whether it is one
//! that Lambda takes. Nothing of it is told to anybody else.

use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use clap::Args;
use serde::de::IgnoredAny;

use crate::aws::invocation::{MOST_AWAITED, MOST_QUEUED};
use crate::model::{Diagnostic, Location, Size};
use crate::spec::read_regular;

/// What is called without one gets an empty object, as from Lambda's console.
const NONE: &str = "{}";
/// The path that stands for standard input.
const STANDARD_INPUT: &str = "-";

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    /// Take the event from FILE, JSON; - is standard input [default: {}]
    #[arg(long, value_name = "FILE", conflicts_with = "data")]
    payload: Option<PathBuf>,

    /// The event itself, JSON; it stands in lists of processes and histories, which secrets do not
    /// belong in
    #[arg(long, value_name = "JSON")]
    data: Option<String>,
}

impl Arguments {
    /// The event, whole and well-formed.
    pub(crate) fn read(&self, is_queued: bool) -> Result<Vec<u8>, Diagnostic> {
        let most = if is_queued { MOST_QUEUED } else { MOST_AWAITED };
        let (bytes, from) = match (&self.payload, &self.data) {
            (Some(path), _) if path == Path::new(STANDARD_INPUT) => {
                (standard_input(most)?, "standard input".to_owned())
            }
            (Some(path), _) => {
                let from = path.display().to_string();
                let unread =
                    |why| Diagnostic::error(format!("the event cannot be read: {from}: {why}"));
                (read_regular(path, most).map_err(unread)?, from)
            }
            (None, Some(text)) => (text.clone().into_bytes(), "--data".to_owned()),
            (None, None) => (NONE.into(), String::new()),
        };
        if bytes.len() > most {
            return Err(too_large(&from, most));
        }
        well_formed(&bytes, &from)?;
        Ok(bytes)
    }
}

fn standard_input(most: usize) -> Result<Vec<u8>, Diagnostic> {
    let mut bytes = Vec::new();
    // One more tells that there is too much.
    let limit = most as u64 + 1;
    io::stdin().lock().take(limit).read_to_end(&mut bytes).map_err(|error| {
        Diagnostic::error(format!("the event cannot be read: standard input: {error}"))
    })?;
    Ok(bytes)
}

fn too_large(from: &str, most: usize) -> Diagnostic {
    let problem = format!("the event is larger than {}: {from}", Size(most as u64));
    Diagnostic::error(problem)
        .because("Lambda takes 6 MiB where the answer is waited for, 1 MiB with --async")
}

/// Where it is no JSON the place is told, and not what stands there.
fn well_formed(bytes: &[u8], from: &str) -> Result<(), Diagnostic> {
    let place = |line: usize, column: usize| {
        let file = from.to_owned();
        Some(Location { file, line, column: column.max(1), width: 1, text: String::new() })
    };
    let hint = "an event is JSON: a text among them stands in quotes";
    if let Err(error) = std::str::from_utf8(bytes) {
        let before = &bytes[..error.valid_up_to()];
        let line = before.split(|byte| *byte == b'\n').count();
        let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let column = String::from_utf8_lossy(&before[start..]).chars().count() + 1;
        return Err(Diagnostic::error("the event is not UTF-8").at(place(line, column)));
    }
    serde_json::from_slice::<IgnoredAny>(bytes).map(|_| ()).map_err(|error| {
        let words = error.to_string();
        let why = words.split(" at line ").next().unwrap_or_default();
        Diagnostic::error(format!("the event is no JSON: {why}"))
            .at(place(error.line(), error.column()))
            .hint(hint)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(event: &[u8], expected: Option<(&str, usize, usize)>) {
        let found = well_formed(event, "event.json").err();
        let told = found.as_ref().map(|problem| {
            let place = problem.location.as_ref().unwrap();
            assert_eq!(place.text, "", "nothing of the event is told");
            (problem.summary.as_str(), place.line, place.column)
        });
        assert_eq!(told, expected, "{}", String::from_utf8_lossy(event));
    }

    #[test]
    fn what_is_no_event_is_told_with_its_place() {
        check(b"{}", None);
        check(b" [1, \"two\"]\n", None);
        check(b"\"text\"", None);
        check(b"", Some(("the event is no JSON: EOF while parsing a value", 1, 1)));
        check(b"secret", Some(("the event is no JSON: expected value", 1, 1)));
        check(b"{\n  \"a\": 1,\n}", Some(("the event is no JSON: trailing comma", 3, 1)));
        check(b"{} {}", Some(("the event is no JSON: trailing characters", 1, 4)));
        check(
            "{\"ä\": \n\"ä".as_bytes(),
            Some(("the event is no JSON: EOF while parsing a string", 2, 3)),
        );
        check(b"{\"a\":\n \"\xff\"}", Some(("the event is not UTF-8", 2, 3)));
    }
}
