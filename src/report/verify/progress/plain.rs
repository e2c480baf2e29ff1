//! One line for each thing that people care about: for logs.

use std::collections::BTreeMap;
use std::io::Write;
use std::time::Duration;

use crate::report::pane::one_line;
use crate::report::phrases::{duration, tame};
use crate::report::style::{FAINT, STRONG, paint};
use crate::report::verify::blocks::Block;
use crate::report::verify::{InspectionRecord, text};
use crate::verify::Notice;

use super::{InspectionView, is_news};

/// How long a trial may be silent: as a step.
const HEARTBEAT: Duration = Duration::from_secs(10);

/// Lines for a log.
pub struct PlainInspection {
    out: Box<dyn Write + Send>,
    /// What each trial was last said to await, and when, by check and subject.
    awaited: BTreeMap<(String, String), (String, Duration)>,
}

impl PlainInspection {
    /// A view that writes to `out`.
    pub fn new(out: Box<dyn Write + Send>) -> Self {
        Self { out, awaited: BTreeMap::new() }
    }

    fn say(&mut self, line: &str) {
        // In one piece: the pane looks at whole lines.
        let line = one_line(line) + "\n";
        let _nobody_reads = self.out.write_all(line.as_bytes());
    }

    fn tell(&mut self, check: &str, subject: &str, what: &str) {
        let (check, what) = (paint(STRONG, check), paint(FAINT, what));
        self.say(&format!("  {check}  {}: {what}", tame(subject)));
    }
}

impl InspectionView for PlainInspection {
    fn show(&mut self, notice: &Notice) {
        match notice {
            Notice::Started { check, subject, limit } => {
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
            Notice::Ended(result) if is_news(result) => self.say(&text::head(&Block::of(result))),
            Notice::Ended(_) => {}
        }
    }

    fn finish(&mut self, _: &InspectionRecord<'_>) {
        let _nobody_reads = self.out.flush();
    }
}
