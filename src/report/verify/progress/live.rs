//! Moving lines on a terminal: one for each running trial, and below them what
//! came of the others. What went wrong, or was waited for, scrolls away above.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use crate::model::Inspected;
use crate::report::phrases::{duration, tame};
use crate::report::style::{FAINT, STRONG, paint};
use crate::report::verify::blocks::Block;
use crate::report::verify::{InspectionRecord, InspectionTotals, text};
use crate::verify::Notice;

use super::{InspectionView, is_news};

/// How often spinners turn; a tenth of a second looks alive and costs nothing.
const TURN: Duration = Duration::from_millis(100);

/// An inspection on a terminal.
pub struct LiveInspection {
    lines: MultiProgress,
    total: ProgressBar,
    totals: InspectionTotals,
    /// By check and subject.
    running: BTreeMap<(String, String), Running>,
    colour: bool,
    turn: Option<Duration>,
}

/// A running trial and its line.
struct Running {
    line: ProgressBar,
    awaited: String,
}

impl LiveInspection {
    /// A view that draws on `target`, with or without colours.
    pub fn new(target: ProgressDrawTarget, colour: bool) -> Self {
        Self::turning(target, colour, Some(TURN))
    }

    fn turning(target: ProgressDrawTarget, colour: bool, turn: Option<Duration>) -> Self {
        let lines = MultiProgress::with_draw_target(target);
        let total = lines.add(ProgressBar::new_spinner());
        total.set_style(style("{wide_msg}"));
        let totals = InspectionTotals::default();
        Self { lines, total, totals, running: BTreeMap::new(), colour, turn }
    }

    /// The text as this terminal wants it.
    fn coloured(&self, text: &str) -> String {
        if self.colour { text.to_owned() } else { anstream::adapter::strip_str(text).to_string() }
    }

    fn start(&mut self, check: &str, subject: &str) {
        let line = self.lines.insert_before(&self.total, ProgressBar::new_spinner());
        line.set_style(style("{spinner} {waited:>6}  {wide_msg}").with_key("waited", waited));
        if let Some(turn) = self.turn {
            line.enable_steady_tick(turn);
        }
        line.set_message(self.coloured(&of_trial(check, subject, "")));
        let trial = (check.to_owned(), subject.to_owned());
        self.running.insert(trial, Running { line, awaited: String::new() });
    }

    /// Says on a trial's line what it awaits, and counts the time anew if that
    /// is something else than before.
    fn tell(&mut self, check: &str, subject: &str, what: &str) {
        let message = self.coloured(&of_trial(check, subject, what));
        let trial = (check.to_owned(), subject.to_owned());
        let Some(Running { line, awaited }) = self.running.get_mut(&trial) else { return };
        if awaited.as_str() != what {
            what.clone_into(awaited);
            line.reset_elapsed();
            line.set_message(message);
        }
    }

    fn end(&mut self, result: &Inspected) {
        let trial = (result.check.clone(), result.subject.clone());
        if let Some(running) = self.running.remove(&trial) {
            running.line.finish_and_clear();
        }
        self.totals.add(result);
        self.total.set_message(self.coloured(&paint(FAINT, self.totals)));
        if is_news(result) {
            let _terminal_is_gone =
                self.lines.println(self.coloured(&text::head(&Block::of(result))));
        }
    }
}

impl InspectionView for LiveInspection {
    fn show(&mut self, notice: &Notice) {
        match notice {
            Notice::Started { check, subject } => self.start(check, subject),
            Notice::Awaiting { check, subject, what } => self.tell(check, subject, what),
            Notice::Ended(result) => self.end(result),
        }
    }

    fn finish(&mut self, _: &InspectionRecord<'_>) {
        self.total.finish_and_clear();
        let _terminal_is_gone = self.lines.clear();
    }
}

/// `message_flow  claimcheck.queue: awaiting our event`.
fn of_trial(check: &str, subject: &str, awaited: &str) -> String {
    let trial = format!("{}  {}", paint(STRONG, check), tame(subject));
    match awaited {
        "" => trial,
        awaited => format!("{trial}: {}", paint(FAINT, format!("awaiting {}", tame(awaited)))),
    }
}

/// How long the trial awaits what it awaits.
fn waited(state: &ProgressState, out: &mut dyn fmt::Write) {
    let _no_room = write!(out, "{}", duration(state.elapsed()));
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("our own templates are well-formed")
}

#[cfg(test)]
mod tests {
    use crate::report::fixtures::{Screen, inspections};

    use super::*;

    #[test]
    fn running_trials_move_below_the_news() {
        let sample = inspections::mixed();
        let notices = sample.notices();
        let screen = Screen::default();
        let target = ProgressDrawTarget::term_like(Box::new(screen.clone()));
        let mut view = LiveInspection::turning(target, false, None);
        let (before, after) = notices.split_at(notices.len() - 3);
        for notice in before {
            view.show(notice);
        }
        // How long the test has waited depends on the machine.
        insta::with_settings!({ filters => [(r" +\d[\w.]* {2}message_flow", "   TIME  message_flow")] }, {
            insta::assert_snapshot!("inspection_live_middle", screen.read());
        });
        for notice in after {
            view.show(notice);
        }
        view.finish(&sample.record());
        insta::assert_snapshot!("inspection_live_end", screen.read());
    }
}
