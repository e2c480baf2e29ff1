//! One line for each thing that people care about: for logs.

use std::collections::BTreeMap;
use std::io::Write;

use crate::report::phrases::tame;
use crate::report::style::{FAINT, STRONG, paint};
use crate::report::verify::blocks::Block;
use crate::report::verify::{InspectionRecord, text};
use crate::verify::Notice;

use super::{InspectionView, is_news};

/// Lines for a log.
pub struct PlainInspection {
    out: Box<dyn Write + Send>,
    /// What each trial was last said to await, by check and subject.
    awaited: BTreeMap<(String, String), String>,
}

impl PlainInspection {
    /// A view that writes to `out`.
    pub fn new(out: Box<dyn Write + Send>) -> Self {
        Self { out, awaited: BTreeMap::new() }
    }

    fn say(&mut self, line: &str) {
        let _nobody_reads = writeln!(self.out, "{line}");
    }

    fn tell(&mut self, check: &str, subject: &str, what: &str) {
        let (check, what) = (paint(STRONG, check), paint(FAINT, what));
        self.say(&format!("  {check}  {}: {what}", tame(subject)));
    }
}

impl InspectionView for PlainInspection {
    fn show(&mut self, notice: &Notice) {
        match notice {
            Notice::Started { check, subject } => self.tell(check, subject, "started"),
            Notice::Awaiting { check, subject, what } => {
                // A wait that looks again and again says so again and again.
                let trial = (check.clone(), subject.clone());
                if self.awaited.insert(trial, what.clone()).as_ref() != Some(what) {
                    self.tell(check, subject, &format!("awaiting {}", tame(what)));
                }
            }
            Notice::Ended(result) if is_news(result) => self.say(&text::head(&Block::of(result))),
            Notice::Ended(_) => {}
        }
    }

    fn finish(&mut self, _: &InspectionRecord<'_>) {
        let _nobody_reads = self.out.flush();
    }
}
