//! One JSON object a line, for programs. The form is described in
//! `docs/JSON.md`; a result reads as in the document of all results.

use std::collections::BTreeMap;
use std::io::Write;
use std::time::Duration;

use serde::Serialize;

use crate::model::{Address, Origin};
use crate::report::json::{TellError, seconds};
use crate::report::verify::results_json::TellResult;
use crate::report::verify::{InspectionRecord, InspectionTotals};
use crate::verify::Notice;

use super::InspectionView;

/// The version of the form.
pub const VERIFY_FORMAT: &str = "ccprov.verify/1";

/// Lines for a program. Every line is flushed, so that a reader is never behind.
pub struct JsonInspection<'a> {
    out: Box<dyn Write + Send>,
    origins: &'a BTreeMap<Address, Origin>,
    /// Whose results these are, where several stacks are inspected.
    stack: Option<String>,
    index: u64,
}

impl<'a> JsonInspection<'a> {
    /// A view that writes to `out`, and knows where resources are written.
    pub fn new(out: Box<dyn Write + Send>, origins: &'a BTreeMap<Address, Origin>) -> Self {
        Self { out, origins, stack: None, index: 0 }
    }

    /// The same for one of several stacks, which every line names.
    #[must_use]
    pub fn of(self, stack: &str) -> Self {
        Self { stack: Some(stack.to_owned()), ..self }
    }

    fn write(&mut self, what: Tell<'_>) {
        let stack = self.stack.as_deref();
        let line = Line { format: VERIFY_FORMAT, stack, index: self.index, what };
        self.index += 1;
        let mut text = serde_json::to_string(&line).expect("a notice is plain JSON");
        text.push('\n');
        let _nobody_reads = self.out.write_all(text.as_bytes()).and_then(|()| self.out.flush());
    }
}

impl InspectionView for JsonInspection<'_> {
    fn show(&mut self, notice: &Notice) {
        self.write(match notice {
            Notice::Started { check, subject, limit } => {
                Tell::CheckStarted { check, subject, limit_seconds: *limit }
            }
            Notice::Awaiting { check, subject, what, waited, limit } => Tell::CheckWaiting {
                check,
                subject,
                awaited: what,
                waited_seconds: *waited,
                limit_seconds: *limit,
            },
            Notice::Ended(result) => Tell::CheckFinished(TellResult::of(result, self.origins)),
        });
    }

    fn finish(&mut self, record: &InspectionRecord<'_>) {
        let totals = record.totals();
        self.write(Tell::InspectionFinished {
            took_seconds: record.took,
            success: totals.is_success(),
            totals,
            left_behind: record.left_behind.iter().map(TellError::from).collect(),
        });
    }
}

#[derive(Serialize)]
struct Line<'a> {
    format: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    stack: Option<&'a str>,
    index: u64,
    #[serde(flatten)]
    what: Tell<'a>,
}

/// [`Notice`] as it is written.
#[derive(Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Tell<'a> {
    CheckStarted {
        check: &'a str,
        subject: &'a str,
        #[serde(serialize_with = "seconds")]
        limit_seconds: Duration,
    },
    CheckWaiting {
        check: &'a str,
        subject: &'a str,
        awaited: &'a str,
        #[serde(serialize_with = "seconds")]
        waited_seconds: Duration,
        #[serde(serialize_with = "seconds")]
        limit_seconds: Duration,
    },
    CheckFinished(TellResult<'a>),
    InspectionFinished {
        #[serde(serialize_with = "seconds")]
        took_seconds: Duration,
        success: bool,
        totals: InspectionTotals,
        left_behind: Vec<TellError<'a>>,
    },
}
