//! What came of calling a function, besides its answer.

use std::time::Duration;

use serde_json::{Value, json};

use super::json::{indented, millis};
use super::page::Page;
use super::pane::{foreign, tame};
use super::phrases::duration;
use super::style::{FAINT, paint};

/// The version of the form.
const FORMAT: &str = "ccprov.invocation/1";

/// How an invocation ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The function answered.
    Answered,
    /// It failed.
    Failed {
        /// As Lambda calls it: `Handled` or `Unhandled`.
        kind: String,
        /// In its own words, as far as it has any.
        says: String,
    },
    /// Its event is in line.
    Queued,
}

impl Outcome {
    /// From the answer, what Lambda says of it, and whether it was waited for.
    pub fn of(answer: &[u8], error: Option<&str>, is_queued: bool) -> Self {
        match error {
            Some(kind) => Self::Failed { kind: kind.to_owned(), says: words(answer, kind) },
            None if is_queued => Self::Queued,
            None => Self::Answered,
        }
    }
}

/// `TypeError: message`, as runtimes write it into the answer.
fn words(answer: &[u8], kind: &str) -> String {
    let answer: Value = serde_json::from_slice(answer).unwrap_or_default();
    let text = |field: &str| answer.get(field).and_then(Value::as_str).map(str::to_owned);
    let said = [text("errorType"), text("errorMessage")].into_iter().flatten();
    let said: Vec<String> = said.filter(|text| !text.is_empty()).collect();
    if said.is_empty() { kind.to_owned() } else { said.join(": ") }
}

/// One invocation.
#[derive(Clone, Copy, Debug)]
pub struct InvocationRecord<'a> {
    /// Our name of the function.
    pub address: &'a str,
    /// AWS's.
    pub function: &'a str,
    /// The version or alias that was asked for.
    pub qualifier: Option<&'a str>,
    /// The version that was run.
    pub version: Option<&'a str>,
    /// The end of its log.
    pub log: Option<&'a str>,
    /// What it answered, to the byte.
    pub answer: &'a [u8],
    /// How it ended.
    pub outcome: &'a Outcome,
    /// From the call to the answer.
    pub took: Duration,
}

/// For people, all but the answer: how long it took, which version was run, and the end
/// of the log.
pub fn invocation_text(record: &InvocationRecord<'_>) -> String {
    let mut page = Page::default();
    let (address, took) = (tame(record.address), duration(record.took));
    let version = record.version.map_or(String::new(), |it| format!(", version {}", tame(it)));
    page.line(
        0,
        match record.outcome {
            Outcome::Answered => format!("{address} answered in {took}{version}"),
            Outcome::Failed { .. } => format!("{address} failed after {took}{version}"),
            Outcome::Queued => {
                format!("{address} has the event in line; whether it succeeds, its log tells")
            }
        },
    );
    if let Some(log) = record.log.filter(|log| !log.trim().is_empty()) {
        page.line(0, paint(FAINT, "the end of its log:"));
        for line in log.trim_end().lines() {
            page.line(1, foreign(line));
        }
    }
    page.into_text()
}

/// For programs, the answer with it: as JSON where it is some, else as text.
pub fn invocation_json(record: &InvocationRecord<'_>) -> String {
    let answer = serde_json::from_slice::<Value>(record.answer).ok();
    let text = answer.is_none().then(|| String::from_utf8_lossy(record.answer));
    let (outcome, error) = match record.outcome {
        Outcome::Answered => ("answered", None),
        Outcome::Failed { kind, says } => {
            ("failed", Some(json!({ "kind": kind, "message": says })))
        }
        Outcome::Queued => ("queued", None),
    };
    indented(&json!({
        "format": FORMAT,
        "address": record.address,
        "function": record.function,
        "qualifier": record.qualifier,
        "version": record.version,
        "outcome": outcome,
        "error": error,
        "answer": answer,
        "answer_text": text.filter(|text| !text.is_empty()),
        "log": record.log,
        "took_seconds": Duration::from_millis(millis(record.took)).as_secs_f64(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record<'a>(outcome: &'a Outcome, answer: &'a [u8]) -> InvocationRecord<'a> {
        InvocationRecord {
            address: "processor",
            function: "events-processor",
            qualifier: None,
            version: Some("3"),
            log: Some("START\u{1b}[2J\n::error::forged\nEND\n"),
            answer,
            outcome,
            took: Duration::from_millis(1_234),
        }
    }

    #[test]
    fn a_failure_is_told_in_the_words_of_the_function() {
        let says = |answer: &str| match Outcome::of(answer.as_bytes(), Some("Unhandled"), false) {
            Outcome::Failed { says, .. } => says,
            other => panic!("{other:?}"),
        };
        assert_eq!(says(r#"{"errorType":"Boom","errorMessage":"no"}"#), "Boom: no");
        assert_eq!(says(r#"{"errorMessage":"Task timed out"}"#), "Task timed out");
        assert_eq!(says("[]"), "Unhandled");
        assert_eq!(says(""), "Unhandled");
    }

    #[test]
    fn people_read_how_it_went_and_the_end_of_the_log() {
        let told =
            super::super::pane::told(&invocation_text(&record(&Outcome::Answered, b"1")), false);
        assert_eq!(
            told,
            "processor answered in 1.2s, version 3\nthe end of its log:\n  START\\u001b[2J\n  \
             \\u003a:error::forged\n  END\n"
        );
    }

    #[test]
    fn programs_get_the_answer_as_json_if_it_is_some() {
        let of = |answer: &'static [u8], outcome: &Outcome| -> Value {
            serde_json::from_str(&invocation_json(&record(outcome, answer))).unwrap()
        };
        let one = of(b"{\"a\":1}", &Outcome::Answered);
        assert_eq!((&one["answer"]["a"], &one["answer_text"]), (&json!(1), &Value::Null));
        assert_eq!((&one["outcome"], &one["took_seconds"]), (&json!("answered"), &json!(1.234)));
        let other = of(b"plain", &Outcome::Answered);
        assert_eq!((&other["answer"], &other["answer_text"]), (&Value::Null, &json!("plain")));
        let failed = Outcome::of(b"{\"errorMessage\":\"no\"}", Some("Handled"), false);
        let failed = of(b"{\"errorMessage\":\"no\"}", &failed);
        assert_eq!(failed["error"], json!({ "kind": "Handled", "message": "no" }));
        assert_eq!(of(b"", &Outcome::Queued)["outcome"], json!("queued"));
    }
}
