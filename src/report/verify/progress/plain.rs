//! One line for each thing that people care about: for logs.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::time::Duration;

use crate::model::{Inspected, Verdict};
use crate::report::pane::one_line;
use crate::report::phrases::{duration, tame};
use crate::report::style::{FAINT, STRONG, paint};
use crate::report::verify::InspectionRecord;
use crate::verify::Notice;

use super::InspectionView;

/// How long a trial may be silent: as a step.
const HEARTBEAT: Duration = Duration::from_secs(10);

/// Lines for a log.
pub struct PlainInspection {
    out: Box<dyn Write + Send>,
    /// Before every line, where several stacks are inspected at once.
    stack: String,
    /// Which trials were begun, by check and subject.
    begun: BTreeSet<(String, String)>,
    /// What each trial was last said to await, and when, by check and subject.
    awaited: BTreeMap<(String, String), (String, Duration)>,
}

impl PlainInspection {
    /// A view that writes to `out`.
    pub fn new(out: Box<dyn Write + Send>) -> Self {
        Self { out, stack: String::new(), begun: BTreeSet::new(), awaited: BTreeMap::new() }
    }

    /// The same for one of several stacks, whose name stands before every line.
    #[must_use]
    pub fn of(self, stack: &str) -> Self {
        Self { stack: format!("{stack}: "), ..self }
    }

    fn say(&mut self, line: &str) {
        // In one piece: the pane looks at whole lines.
        let line = format!("{}{}\n", self.stack, one_line(line));
        let _nobody_reads = self.out.write_all(line.as_bytes());
    }

    fn tell(&mut self, check: &str, subject: &str, what: &str) {
        let (check, what) = (paint(STRONG, check), paint(FAINT, what));
        self.say(&format!("  {check}  {}: {what}", tame(subject)));
    }
}

fn ended(result: &Inspected) -> &'static str {
    match result.verdict {
        Verdict::Passed => "passed",
        Verdict::Noted { .. } => "noted",
        Verdict::Failed { .. } => "failed",
        Verdict::Skipped { .. } => "skipped",
        Verdict::NotExercised { .. } => "not exercised",
        Verdict::CouldNotLook { .. } => "could not look",
    }
}

impl InspectionView for PlainInspection {
    fn show(&mut self, notice: &Notice) {
        match notice {
            Notice::Started { check, subject, limit } => {
                self.begun.insert((check.clone(), subject.clone()));
                self.tell(check, subject, &format!("started, for {} at most", duration(*limit)));
            }
            Notice::Awaiting { check, subject, what, waited, limit } => {
                // A wait that looks again and again says so again and again.
                let trial = (check.clone(), subject.clone());
                let is_news = self.awaited.get(&trial).is_none_or(|(said, when)| {
                    said != what || waited.saturating_sub(*when) >= HEARTBEAT
                });
                if is_news {
                    self.awaited.insert(trial, (what.clone(), *waited));
                    let times = format!("{} of {}", duration(*waited), duration(*limit));
                    self.tell(check, subject, &format!("awaiting {}, {times}", tame(what)));
                }
            }
            // The report, which stands in the same log, tells what came of each check. Here is
            // only said that what was begun is over.
            Notice::Ended(result) => {
                if self.begun.remove(&(result.check.clone(), result.subject.clone())) {
                    let took = format!(" after {}", duration(result.took));
                    // Who found out nothing took no time.
                    let took = if result.took.is_zero() { "" } else { &took };
                    let what = format!("{}{took}", ended(result));
                    self.tell(&result.check, &result.subject, &what);
                }
            }
        }
    }

    fn finish(&mut self, _: &InspectionRecord<'_>) {
        let _nobody_reads = self.out.flush();
    }
}
