//! Moving lines on a terminal: one for each running step, a bar for the whole.
//! What is finished scrolls away above them.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressState, ProgressStyle, TermLike};

use crate::engine::event::{Event, EventKind};
use crate::model::Address;
use crate::plan::{Action, StepId};
use crate::report::pane::{one_line, told};
use crate::report::phrases::{doing, duration};
use crate::report::style::{FAINT, STRONG, paint, sign_of};
use crate::report::terminal::Terminal;

use super::{Ended, View, bar, interrupted, refusal, sending, waiting};

/// How often spinners turn; a tenth of a second looks alive and costs nothing.
const TURN: Duration = Duration::from_millis(100);

/// Progress on a terminal.
pub struct Live {
    terminal: Terminal,
    lines: MultiProgress,
    total: ProgressBar,
    running: BTreeMap<StepId, Running>,
    colour: bool,
    turn: Option<Duration>,
}

/// A running step and its line.
struct Running {
    line: ProgressBar,
    action: Action,
    kind: String,
}

impl Live {
    /// A view that draws on a terminal, with or without colours.
    pub fn new(terminal: Box<dyn TermLike>, colour: bool) -> Self {
        Self::turning(terminal, colour, Some(TURN))
    }

    fn turning(terminal: Box<dyn TermLike>, colour: bool, turn: Option<Duration>) -> Self {
        let terminal = Terminal::new(terminal);
        let lines = terminal.lines(turn.is_some());
        let total = lines.add(ProgressBar::new(0));
        total.set_style(style("[{bar:30}] {pos}/{len}").progress_chars("=> "));
        Self { terminal, lines, total, running: BTreeMap::new(), colour, turn }
    }

    /// A line as this terminal wants it. Past the pane here already: what is
    /// spelled is longer, and lines are counted by their width.
    fn coloured(&self, text: &str) -> String {
        told(&one_line(text), self.colour)
    }

    /// Prints a line above those that move.
    fn print(&self, text: &str) {
        let _terminal_is_gone = self.lines.println(self.coloured(text));
    }

    fn start(&mut self, step: StepId, address: &Address, (action, kind): (Action, &str)) {
        let line = self.lines.insert_before(&self.total, ProgressBar::new_spinner());
        line.set_style(style("{spinner} {took:>6}  {wide_msg}").with_key("took", took));
        if let Some(turn) = self.turn {
            line.enable_steady_tick(turn);
        }
        self.running.insert(step, Running { line, action, kind: kind.to_owned() });
        self.tell(step, address, "");
    }

    /// Says on a step's line what it is doing right now.
    fn tell(&self, step: StepId, address: &Address, what: &str) {
        let Some(Running { line, action, kind }) = self.running.get(&step) else { return };
        let (sign, address) = (sign_of(*action), paint(STRONG, address));
        let what = if what.is_empty() { String::new() } else { paint(FAINT, format!(", {what}")) };
        line.set_message(
            self.coloured(&format!("{sign} {address}: {} {kind}{what}", doing(*action))),
        );
    }

    fn end(&mut self, step: StepId, ended: &Ended<'_>) {
        if let Some(running) = self.running.remove(&step) {
            running.line.finish_and_clear();
        }
        self.total.inc(1);
        for line in ended.lines("") {
            self.print(line.trim_end());
        }
    }
}

impl View for Live {
    fn show(&mut self, event: &Event) {
        match &event.kind {
            EventKind::RunStarted { steps } => self.total.set_length(*steps as u64),
            EventKind::StepStarted { step, address, kind, action } => {
                self.start(*step, address, (*action, kind));
            }
            EventKind::StepRetrying { step, address, error, pause, .. } => {
                let what = format!("trying again in {}: {}", duration(*pause), refusal(error));
                self.tell(*step, address, &what);
            }
            EventKind::StepSending { step, address, sent, of } => {
                let what = format!("{} {}", bar(*sent, *of), sending(*sent, *of));
                self.tell(*step, address, &what);
            }
            EventKind::StepAccepted { step, address } => {
                self.tell(*step, address, "accepted");
            }
            EventKind::StepWaiting { step, address, waited, usual, limit, seen } => {
                let what = waiting(*waited, *usual, *limit, seen);
                self.tell(*step, address, &what);
            }
            EventKind::StepFinished { step, address, kind, action, took, outcome } => {
                let ended = Ended { address, kind, action: *action, took: *took, outcome };
                self.end(*step, &ended);
            }
            EventKind::Interrupted { in_flight, abandon_waits } => {
                self.print(&interrupted(*in_flight, *abandon_waits));
            }
            EventKind::RunFinished { .. } => self.total.finish_and_clear(),
            EventKind::FactsKnown { .. } => {}
        }
    }

    fn finish(&mut self) {
        self.running.clear();
        self.total.finish_and_clear();
        let _terminal_is_gone = self.lines.clear();
        self.terminal.leave();
    }

    fn remark(&mut self, text: &str) -> bool {
        text.trim_end().lines().for_each(|line| self.print(line));
        true
    }
}

/// How long a step takes by now.
fn took(state: &ProgressState, out: &mut dyn fmt::Write) {
    let _no_room = write!(out, "{}", duration(state.elapsed()));
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("our own templates are well-formed")
}

#[cfg(test)]
mod tests {
    use crate::engine::event::Outcome;
    use crate::model::Facts;
    use crate::report::fixtures::{self, Screen};

    use super::*;

    /// The screen after that many events, and at the end.
    fn check(name: &str, events: &[Event], middle: usize) {
        let screen = Screen::default();
        let mut view = Live::turning(Box::new(screen.clone()), false, None);
        for event in &events[..middle] {
            view.show(event);
        }
        // How long the test has waited depends on the machine.
        insta::with_settings!({ filters => [(r"(?m)^(.) +\d+m?s  ", "$1   TIME  "), (r"(?m)^(.) +\d\.\ds  ", "$1   TIME  ")] }, {
            insta::assert_snapshot!(format!("{name}_live_middle"), screen.read());
        });
        fixtures::watch(&mut view, &events[middle..]);
        insta::assert_snapshot!(format!("{name}_live_end"), screen.read());
    }

    /// The terminal repeats `^C` on the line that was drawn last, and no line is
    /// left behind by it.
    #[test]
    fn an_interruption_from_the_keyboard_leaves_no_line_behind() {
        let screen = Screen::default();
        let mut view = Live::turning(Box::new(screen.clone()), false, None);
        for event in fixtures::interrupted() {
            if matches!(event.kind, EventKind::Interrupted { .. }) {
                screen.echo("^C");
            }
            view.show(&event);
        }
        view.finish();
        let undisturbed = Screen::default();
        let mut view = Live::turning(Box::new(undisturbed.clone()), false, None);
        fixtures::watch(&mut view, &fixtures::interrupted());
        assert_eq!(screen.read(), undisturbed.read());
    }

    #[test]
    fn a_small_terminal_keeps_what_ended_and_nothing_else() {
        let part = |n: usize| (StepId(n), Address::new(format!("claims.queue_{n:02}")));
        let of = |index: usize, kind| Event { index: index as u64, elapsed: TURN, kind };
        let (kind, action) = ("sqs_queue", Action::Create);
        let mut events = vec![of(0, EventKind::RunStarted { steps: 20 })];
        for n in 0..20 {
            let (step, address) = part(n);
            let kind = EventKind::StepStarted { step, address, kind: kind.into(), action };
            events.push(of(events.len(), kind));
        }
        for n in 0..20 {
            let (step, address) = part(n);
            let (kind, outcome) = (kind.into(), Outcome::Done { facts: Facts::default() });
            let kind = EventKind::StepFinished { step, address, kind, action, took: TURN, outcome };
            events.push(of(events.len(), kind));
        }
        let told = |width, height| {
            let screen = Screen::of(width, height);
            fixtures::watch(&mut Live::turning(Box::new(screen.clone()), false, None), &events);
            screen.read()
        };
        let line = |n: usize| format!("+ claims.queue_{n:02}: created sqs_queue in 0.1s\n");
        let all: String = (0..20).map(line).collect();
        assert_eq!(told(100, 60), all.trim_end());
        // The terminal breaks what is too long for it.
        let words = |text: &str| text.split_whitespace().collect::<String>();
        assert_eq!(words(&told(40, 8)), words(&all));
    }

    #[test]
    fn a_bar_shows_how_much_is_sent() {
        let screen = Screen::default();
        let mut view = Live::turning(Box::new(screen.clone()), false, None);
        let (step, address) = (StepId(0), Address::new("handler"));
        let of = |kind| Event { index: 0, elapsed: TURN, kind };
        let (kind, action) = ("ecr_image".into(), Action::Create);
        view.show(&of(EventKind::StepStarted { step, address: address.clone(), kind, action }));
        view.show(&of(EventKind::StepSending { step, address, sent: 10 << 20, of: 40 << 20 }));
        let told = "handler: creating ecr_image, [=====>              ] sending, 10.0 of 40.0 MiB";
        assert!(screen.read().contains(told), "{}", screen.read());
    }

    #[test]
    fn running_steps_move_below_those_that_ended() {
        check("run_smooth", &fixtures::smooth(), 10);
        check("run_failing", &fixtures::failing(), 8);
        check("run_interrupted", &fixtures::interrupted(), 6);
    }
}
