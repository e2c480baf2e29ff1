//! One line for each thing that people care about: for logs.

use std::collections::BTreeMap;
use std::io::Write;
use std::time::Duration;

use crate::engine::event::{Event, EventKind};
use crate::model::Address;
use crate::plan::{Action, StepId};
use crate::report::pane::one_line;
use crate::report::phrases::{count, doing, duration};
use crate::report::style::{FAINT, STRONG, paint, sign_of};

use super::{Ended, View, interrupted, refusal, sending, waiting};

/// How long a step may be silent: long enough not to flood a log, short enough
/// to tell that the run is alive.
const HEARTBEAT: Duration = Duration::from_secs(10);

/// Lines for a log.
pub struct Plain {
    out: Box<dyn Write + Send>,
    steps: usize,
    ended: usize,
    running: BTreeMap<StepId, Running>,
}

/// What was last said of a step.
struct Running {
    action: Action,
    /// When; `None` if it has something new to say.
    spoke: Option<Duration>,
    /// The code of the last refusal told, so that the same is not told at
    /// every try.
    refused: Option<String>,
}

impl Plain {
    /// A view that writes to `out`.
    pub fn new(out: Box<dyn Write + Send>) -> Self {
        Self { out, steps: 0, ended: 0, running: BTreeMap::new() }
    }

    fn say(&mut self, line: &str) {
        // In one piece: the pane looks at whole lines.
        let line = one_line(line) + "\n";
        let _nobody_reads = self.out.write_all(line.as_bytes());
    }

    /// A line about a running step, unless it spoke a moment ago.
    fn heartbeat(&mut self, step: StepId, now: Duration, address: &Address, what: &str) {
        let Some(running) = self.running.get_mut(&step) else { return };
        if running.spoke.is_some_and(|spoke| now.saturating_sub(spoke) < HEARTBEAT) {
            return;
        }
        running.spoke = Some(now);
        let sign = sign_of(running.action);
        self.say(&format!("{sign} {}: {}", paint(STRONG, address), paint(FAINT, what)));
    }

    fn start(
        &mut self,
        step: StepId,
        now: Duration,
        address: &Address,
        (action, kind): (Action, &str),
    ) {
        self.running.insert(step, Running { action, spoke: Some(now), refused: None });
        let (sign, address) = (sign_of(action), paint(STRONG, address));
        self.say(&format!("{sign} {address}: {} {kind}", doing(action)));
    }

    /// A refusal of another kind than the last is worth a line at once.
    fn note_refusal(&mut self, step: StepId, code: &str) {
        let Some(running) = self.running.get_mut(&step) else { return };
        if running.refused.as_deref() != Some(code) {
            running.refused = Some(code.to_owned());
            running.spoke = None;
        }
    }
}

impl View for Plain {
    fn show(&mut self, event: &Event) {
        let now = event.elapsed;
        match &event.kind {
            EventKind::RunStarted { steps } => {
                self.steps = *steps;
                if *steps > 0 {
                    self.say(&format!("{} to do", count(*steps, "step")));
                }
            }
            EventKind::StepStarted { step, address, kind, action } => {
                self.start(*step, now, address, (*action, kind));
            }
            EventKind::StepRetrying { step, address, attempt, error, pause } => {
                self.note_refusal(*step, &error.code);
                let (why, pause) = (refusal(error), duration(*pause));
                let what = format!("{why}; trying again in {pause} (after try {attempt})");
                self.heartbeat(*step, now, address, &what);
            }
            EventKind::StepSending { step, address, sent, of } => {
                self.heartbeat(*step, now, address, &sending(*sent, *of));
            }
            EventKind::StepWaiting { step, address, waited, usual, limit, seen } => {
                let what = waiting(*waited, *usual, *limit, seen);
                self.heartbeat(*step, now, address, &what);
            }
            EventKind::StepFinished { step, address, kind, action, took, outcome } => {
                self.running.remove(step);
                self.ended += 1;
                let ended = Ended { address, kind, action: *action, took: *took, outcome };
                for line in ended.lines(&format!("{}/{}", self.ended, self.steps)) {
                    self.say(&line);
                }
            }
            EventKind::Interrupted { in_flight, abandon_waits } => {
                self.say(&interrupted(*in_flight, *abandon_waits));
            }
            EventKind::FactsKnown { .. }
            | EventKind::StepAccepted { .. }
            | EventKind::RunFinished { .. } => {}
        }
    }

    fn finish(&mut self) {
        let _nobody_reads = self.out.flush();
    }
}
