//! Moving lines on a terminal: one for each running trial, and below them what
//! came of the others. What went wrong, or was waited for, scrolls away above.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressState, ProgressStyle, TermLike};

use crate::model::Inspected;
use crate::report::pane::{one_line, told};
use crate::report::phrases::{duration, tame};
use crate::report::style::{FAINT, STRONG, paint};
use crate::report::terminal::Terminal;
use crate::report::verify::blocks::Block;
use crate::report::verify::{InspectionRecord, InspectionTotals, text};
use crate::verify::Notice;

use super::{InspectionView, is_news};

/// How often spinners turn; a tenth of a second looks alive and costs nothing.
const TURN: Duration = Duration::from_millis(100);

/// An inspection on a terminal.
pub struct LiveInspection {
    terminal: Terminal,
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
}

impl LiveInspection {
    /// A view that draws on a terminal, with or without colours.
    pub fn new(terminal: Box<dyn TermLike>, colour: bool) -> Self {
        Self::turning(terminal, colour, Some(TURN))
    }

    fn turning(terminal: Box<dyn TermLike>, colour: bool, turn: Option<Duration>) -> Self {
        let terminal = Terminal::new(terminal);
        let lines = terminal.lines(turn.is_some());
        let total = lines.add(ProgressBar::new_spinner());
        total.set_style(style("{wide_msg}"));
        let totals = InspectionTotals::default();
        Self { terminal, lines, total, totals, running: BTreeMap::new(), colour, turn }
    }

    /// A line as this terminal wants it. Past the pane here already: what is
    /// spelled is longer, and lines are counted by their width.
    fn coloured(&self, text: &str) -> String {
        told(&one_line(text), self.colour)
    }

    fn start(&mut self, check: &str, subject: &str, limit: Duration) {
        let line = self.lines.insert_before(&self.total, ProgressBar::new_spinner());
        let waited = move |state: &ProgressState, out: &mut dyn fmt::Write| {
            let _no_room = write!(out, "{} of {}", duration(state.elapsed()), duration(limit));
        };
        line.set_style(style("{spinner} {waited:>14}  {wide_msg}").with_key("waited", waited));
        if let Some(turn) = self.turn {
            line.enable_steady_tick(turn);
        }
        line.set_message(self.coloured(&of_trial(check, subject, "")));
        let trial = (check.to_owned(), subject.to_owned());
        self.running.insert(trial, Running { line });
    }

    /// Says on a trial's line what it awaits.
    fn tell(&mut self, check: &str, subject: &str, what: &str) {
        let message = self.coloured(&of_trial(check, subject, what));
        let trial = (check.to_owned(), subject.to_owned());
        if let Some(Running { line }) = self.running.get(&trial) {
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
            Notice::Started { check, subject, limit } => self.start(check, subject, *limit),
            Notice::Awaiting { check, subject, what, .. } => self.tell(check, subject, what),
            Notice::Ended(result) => self.end(result),
        }
    }

    fn finish(&mut self, _: &InspectionRecord<'_>) {
        self.cut_off();
    }

    fn cut_off(&mut self) {
        self.running.clear();
        self.total.finish_and_clear();
        let _terminal_is_gone = self.lines.clear();
        self.terminal.leave();
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

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("our own templates are well-formed")
}

#[cfg(test)]
mod tests {
    use crate::report::fixtures::{Screen, inspections};

    use super::*;

    #[test]
    fn an_inspection_that_is_cut_off_leaves_the_news_alone() {
        let sample = inspections::mixed();
        let notices = sample.notices();
        let told = |keys: &str| {
            let screen = Screen::default();
            let mut view = LiveInspection::turning(Box::new(screen.clone()), false, None);
            notices[..notices.len() - 3].iter().for_each(|notice| view.show(notice));
            screen.echo(keys);
            view.cut_off();
            screen.read()
        };
        let news = told("");
        assert!(!news.contains("awaiting") && !news.contains("passed,"), "{news}");
        assert_eq!(told("^C"), news);
    }

    #[test]
    fn running_trials_move_below_the_news() {
        let sample = inspections::mixed();
        let notices = sample.notices();
        let screen = Screen::default();
        let mut view = LiveInspection::turning(Box::new(screen.clone()), false, None);
        let (before, after) = notices.split_at(notices.len() - 3);
        for notice in before {
            view.show(notice);
        }
        // How long the test has waited depends on the machine.
        insta::with_settings!({ filters => [(r" +\d[\w.]* of", "   TIME of")] }, {
            insta::assert_snapshot!("inspection_live_middle", screen.read());
        });
        for notice in after {
            view.show(notice);
        }
        view.finish(&sample.record());
        insta::assert_snapshot!("inspection_live_end", screen.read());
    }
}
