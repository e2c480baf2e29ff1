//! The sign of life of every command: on a terminal a line that moves, soon;
//! elsewhere a line in the log, whenever nothing was said for a while.
//!
//! Hears of calls and looks, and knows when something is due. Who says it is the
//! [`beat`](super::beat), which runs beside the command.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use indicatif::TermLike;
use tokio::time::Instant;

use crate::aws::call_log::Listener;
use crate::engine::event::LookEvent;
use crate::model::CallRecord;
use crate::report::{Ticker, Vigil};

/// How often to see whether something should be said; as often the line moves.
pub(super) const TICK: Duration = Duration::from_millis(250);
/// A terminal is silent for no longer: a person begins to wonder after a second.
const ON_TERMINAL: Duration = Duration::from_millis(500);
/// A log is silent for no longer.
const IN_LOG: Duration = Duration::from_secs(10);
/// What is announced may come so much later: an answer is waited for before it.
const SPARE: Duration = Duration::from_secs(5);

/// What is known of the command that runs. Clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Pulse {
    epoch: Instant,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    vigil: Vigil,
    /// When something was last said.
    spoke: Duration,
    /// How long that holds: a wait that lasts is told of more seldom.
    holds: Duration,
    /// How many want silence.
    hushed: usize,
    /// The line on the terminal, while it is there.
    line: Option<Ticker>,
}

impl State {
    fn make_room(&mut self, now: Duration) {
        (self.spoke, self.holds) = (now, Duration::ZERO);
        if let Some(line) = self.line.take() {
            line.clear();
        }
    }
}

/// Of a command that begins now.
impl Default for Pulse {
    fn default() -> Self {
        Self { epoch: Instant::now(), state: Arc::default() }
    }
}

impl Pulse {
    /// Something is said now: the moving line gives way.
    pub(crate) fn make_room(&self) {
        self.state().make_room(self.now());
    }

    /// What was said last is followed by more after so long.
    pub(crate) fn holds_for(&self, length: Duration) {
        if length > IN_LOG {
            self.state().holds = length + SPARE;
        }
    }

    /// Nothing is said while the answer lives: somebody thinks about a question,
    /// or other lines move.
    pub(crate) fn hush(&self) -> Hush {
        self.make_room();
        self.state().hushed += 1;
        Hush(self.clone())
    }

    /// What the command is at while the answer lives, as it says itself.
    pub(crate) fn at(&self) -> At {
        At(self.clone())
    }

    /// Hears of a look.
    pub(crate) fn look(&self, event: &LookEvent) {
        self.state().vigil.look(self.now(), event);
    }

    /// What has to be said now, if anything.
    pub(crate) fn due(&self, is_live: bool) -> Option<String> {
        let (state, now) = (self.state(), self.now());
        let silent = now.saturating_sub(state.spoke);
        let limit = if is_live { ON_TERMINAL } else { IN_LOG.max(state.holds) };
        (state.hushed == 0 && silent >= limit).then(|| state.vigil.tell(now))
    }

    /// The line on the terminal says this now.
    pub(crate) fn show(&self, text: &str, terminal: impl FnOnce() -> Box<dyn TermLike>) {
        self.state().line.get_or_insert_with(|| Ticker::new(terminal())).show(text);
    }

    fn now(&self) -> Duration {
        self.epoch.elapsed()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Listener for Pulse {
    fn sent(&self, _number: u64, call: &CallRecord) {
        self.state().vigil.sent(self.now(), call);
    }

    fn answered(&self, _number: u64, call: &CallRecord) {
        self.state().vigil.answered(self.now(), call);
    }
}

/// Silence, until it is dropped.
#[derive(Debug)]
pub(crate) struct Hush(Pulse);

impl Drop for Hush {
    fn drop(&mut self) {
        self.0.state().hushed -= 1;
        self.0.make_room();
    }
}

/// What a command is at, until it is dropped.
#[derive(Debug)]
pub(crate) struct At(Pulse);

impl At {
    /// It is at this by now.
    pub(crate) fn tell(&self, what: String) {
        self.0.state().vigil.is_at(Some(what));
    }
}

impl Drop for At {
    fn drop(&mut self) {
        self.0.state().vigil.is_at(None);
    }
}

/// Several who hear of calls.
#[derive(Debug)]
pub(crate) struct Audience(pub(crate) Vec<Arc<dyn Listener>>);

impl Listener for Audience {
    fn sent(&self, number: u64, call: &CallRecord) {
        self.0.iter().for_each(|listener| listener.sent(number, call));
    }

    fn answered(&self, number: u64, call: &CallRecord) {
        self.0.iter().for_each(|listener| listener.answered(number, call));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::wait::elapse;

    /// After so long a command has said so much, if it says something by itself
    /// at that second.
    async fn said(seconds: u64, speaks_at: Option<u64>, is_live: bool) -> Vec<u64> {
        let pulse = Pulse::default();
        let mut said = Vec::new();
        while pulse.now() < Duration::from_secs(seconds) {
            elapse(TICK).await;
            if speaks_at.map(Duration::from_secs) == Some(pulse.now()) {
                pulse.make_room();
            }
            if pulse.due(is_live).is_some() {
                said.push(pulse.now().as_secs());
                pulse.make_room();
            }
        }
        said
    }

    #[tokio::test(start_paused = true)]
    async fn no_log_is_silent_for_longer_than_ten_seconds() {
        assert_eq!(said(35, None, false).await, [10, 20, 30]);
        assert_eq!(said(35, Some(7), false).await, [17, 27]);
    }

    #[tokio::test(start_paused = true)]
    async fn who_tells_of_a_long_wait_is_not_interrupted() {
        let pulse = Pulse::default();
        let silence = async |told_for: u64| {
            pulse.make_room();
            pulse.holds_for(Duration::from_secs(told_for));
            let began = pulse.now();
            while pulse.due(false).is_none() {
                elapse(TICK).await;
            }
            pulse.now().saturating_sub(began).as_secs()
        };
        assert_eq!(silence(10).await, 10);
        assert_eq!(silence(60).await, 65);
        assert_eq!(silence(0).await, 10, "what is said anew holds no longer");
    }

    #[tokio::test(start_paused = true)]
    async fn a_terminal_moves_within_half_a_second() {
        assert_eq!(said(1, None, true).await, [0, 1]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_command_that_says_what_it_is_at_is_quoted() {
        let pulse = Pulse::default();
        let at = pulse.at();
        for part in ["a quarter", "half"] {
            at.tell(part.to_owned());
            elapse(IN_LOG).await;
            assert_eq!(pulse.due(false).as_deref(), Some(part));
            pulse.make_room();
        }
        drop(at);
        elapse(IN_LOG).await;
        assert_eq!(pulse.due(false).as_deref(), Some("Still at it"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_question_is_not_disturbed() {
        let pulse = Pulse::default();
        let hush = pulse.hush();
        elapse(Duration::from_mins(5)).await;
        assert_eq!(pulse.due(false), None);
        drop(hush);
        assert_eq!(pulse.due(false), None, "ten seconds from the answer on");
        elapse(IN_LOG).await;
        assert_eq!(pulse.due(false).as_deref(), Some("Still at it"));
    }
}
