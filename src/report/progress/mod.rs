//! A run as it happens: views of the engine's events.
//!
//! [`Plain`] for logs, [`Live`] for terminals, [`JsonLines`] for programs;
//! [`FanOut`] for several at once. A [`Vigil`] keeps an eye on whatever a command is at,
//! and a [`Ticker`] is the line on a terminal that says so. No view knows the time: durations come with
//! the events. None can stop the engine, so none of them can fail; what cannot
//! be written (nobody reads the pipe any more) is not written.

mod json_lines;
mod live;
mod plain;
mod ticker;
mod vigil;

pub use json_lines::{EVENT_FORMAT, JsonLines};
pub use live::Live;
pub use plain::Plain;
pub use ticker::Ticker;
pub use vigil::Vigil;

use std::time::Duration;

use crate::engine::event::{Event, Outcome};
use crate::model::{Address, CloudError};
use crate::plan::Action;

use super::pane::foreign;
use super::phrases::{done, duration, tame};
use super::style::{BAD, CHANGE, FAINT, HINT, STRONG, paint, sign_of};

/// Something that looks at events.
pub trait View: Send {
    /// One more event.
    fn show(&mut self, event: &Event);

    /// There are no more events.
    fn finish(&mut self);

    /// Something else that somebody who watches should know now. Whether it was
    /// told: who moves lines of a terminal makes room for it, nobody else needs to.
    fn remark(&mut self, _text: &str) -> bool {
        false
    }
}

impl<V: View + ?Sized> View for &mut V {
    fn show(&mut self, event: &Event) {
        (**self).show(event);
    }

    fn finish(&mut self) {
        (**self).finish();
    }

    fn remark(&mut self, text: &str) -> bool {
        (**self).remark(text)
    }
}

/// Several views of one run.
///
/// They are owned or lent: a [`RunRecord`](super::RunRecord) is wanted back.
#[derive(Default)]
pub struct FanOut<'a> {
    views: Vec<Box<dyn View + 'a>>,
}

impl<'a> FanOut<'a> {
    /// No view so far.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same with one more.
    #[must_use]
    pub fn with(mut self, view: impl View + 'a) -> Self {
        self.views.push(Box::new(view));
        self
    }
}

impl View for FanOut<'_> {
    fn show(&mut self, event: &Event) {
        self.views.iter_mut().for_each(|view| view.show(event));
    }

    fn finish(&mut self) {
        self.views.iter_mut().for_each(|view| view.finish());
    }

    fn remark(&mut self, text: &str) -> bool {
        self.views.iter_mut().any(|view| view.remark(text))
    }
}

/// A step that ended, as [`Plain`] and [`Live`] tell of it.
struct Ended<'a> {
    address: &'a Address,
    kind: &'a str,
    action: Action,
    took: Duration,
    outcome: &'a Outcome,
}

impl Ended<'_> {
    /// A line, and more below it where something went wrong.
    fn lines(&self, progress: &str) -> Vec<String> {
        let Self { address, kind, action, took, outcome } = *self;
        let address = paint(STRONG, address);
        let failed = |what: &str| format!("{} {address}: {what}", paint(BAD, "x"));
        let idle = |what: &str| paint(FAINT, format!("  {address}: {what}"));
        let mut lines = Vec::new();
        match outcome {
            Outcome::Done { .. } => {
                let (sign, what, took) = (sign_of(action), done(action), duration(took));
                let progress = paint(FAINT, progress);
                lines.push(format!("{sign} {address}: {what} {kind} in {took}  {progress}"));
            }
            Outcome::Begun { seen, rest, .. } => {
                let (sign, progress) = (sign_of(action), paint(FAINT, progress));
                let then = match rest {
                    0 => String::new(),
                    rest => format!(", and {} to follow", super::phrases::count(*rest, "change")),
                };
                let seen = tame(seen);
                lines.push(format!("{sign} {address}: left to AWS ({seen}){then}  {progress}"));
            }
            Outcome::Failed { error, attempts } => {
                let tries = if *attempts > 1 {
                    format!(" (tried {attempts} times)")
                } else {
                    String::new()
                };
                lines.push(failed(&format!("{}{tries}", tame(&error.to_string()))));
                lines.extend(error.hint.iter().map(|hint| self::hint(hint)));
            }
            Outcome::TimedOut { waited, seen } => {
                let waited = duration(*waited);
                lines.push(failed(&format!(
                    "accepted, but not ready after {waited}; last seen: {}",
                    tame(seen)
                )));
            }
            Outcome::Refused { reason } => {
                lines.push(failed(&format!("refused: {}", tame(&reason.summary))));
                let detail = reason.detail.iter().flat_map(|detail| detail.lines());
                lines.extend(detail.map(|line| format!("    {}", foreign(line))));
                lines.extend(reason.hints.iter().map(|hint| self::hint(hint)));
            }
            Outcome::Skipped { because } => {
                lines.push(idle(&format!("skipped, because of {because}")));
            }
            Outcome::Postponed { because } => {
                lines.push(idle(&format!("left for the next run, because of {because}")));
            }
            Outcome::Gone => lines.push(idle("is gone already")),
            Outcome::NotStarted => lines.push(idle("not started")),
            Outcome::Unconfirmed => lines.push(idle("accepted, not confirmed")),
        }
        lines
    }
}

/// `    hint: ...`.
fn hint(text: &str) -> String {
    format!("    {}: {}", paint(HINT, "hint"), tame(text))
}

/// A refusal that will be tried again, in short.
fn refusal(error: &CloudError) -> String {
    let CloudError { operation, code, message, .. } = error;
    match (tame(code).as_str(), tame(message).as_str()) {
        ("", message) => format!("{operation} got no answer: {message}"),
        (code, "") => format!("{operation} answered {code}"),
        (code, message) => format!("{operation} answered {code}: {message}"),
    }
}

/// `waiting, 20s of at most 2m: it is not there yet`; and how long it takes as a rule, where
/// anybody knows.
fn waiting(waited: Duration, usual: Option<Duration>, limit: Duration, seen: &str) -> String {
    let usual = usual.map_or_else(String::new, |usual| format!("usually {}, ", duration(usual)));
    let (waited, limit) = (duration(waited), duration(limit));
    format!("waiting, {waited} of {usual}at most {limit}: {}", tame(seen))
}

/// `sending, 12.5 of 34.0 MiB`, in the largest unit of which there is one.
fn sending(sent: u64, of: u64) -> String {
    let units = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
    let Some((unit, one)) = units.into_iter().find(|(_, one): &(&str, u64)| of >= *one) else {
        return format!("sending, {sent} of {of} bytes");
    };
    let tenths = |bytes: u64| {
        let tenths = u128::from(bytes) * 10 / u128::from(one);
        format!("{}.{}", tenths / 10, tenths % 10)
    };
    format!("sending, {} of {} {unit}", tenths(sent), tenths(of))
}

/// `[=====>    ]`: how much of it has arrived.
fn bar(sent: u64, of: u64) -> String {
    let width = u128::from(BAR);
    let full = u128::from(sent.min(of)) * width / u128::from(of.max(1));
    let full = usize::try_from(full).unwrap_or_default();
    let rest = usize::from(BAR) - full;
    let tip = if rest == 0 { "" } else { ">" };
    format!("[{}{tip}{}]", "=".repeat(full), " ".repeat(rest - tip.len()))
}

/// How many characters it has: there is an address on the line as well.
const BAR: u8 = 20;

/// What is told when somebody asks to stop.
fn interrupted(in_flight: usize, abandon_waits: bool) -> String {
    let word = paint(CHANGE, "interrupted");
    let steps = super::phrases::count(in_flight, "step");
    if abandon_waits {
        format!("{word}: giving up the wait for {steps}")
    } else {
        format!(
            "{word}: finishing {steps} in flight, starting nothing new; interrupt again to give up waiting"
        )
    }
}

#[cfg(test)]
mod tests {
    use crate::engine::event::EventKind;
    use crate::plan::StepId;
    use crate::report::RunRecord;
    use crate::report::fixtures::{self, Paper};

    use super::*;

    #[test]
    fn what_is_on_its_way_is_told_in_its_unit() {
        assert_eq!(sending(0, 900), "sending, 0 of 900 bytes");
        assert_eq!(sending(12 << 20, 34 << 20), "sending, 12.0 of 34.0 MiB");
        assert_eq!(sending(1 << 19, 1 << 20), "sending, 0.5 of 1.0 MiB");
        assert_eq!(sending(u64::MAX, u64::MAX), "sending, 17179869183.9 of 17179869183.9 GiB");
        assert_eq!(bar(0, 4), "[>                   ]");
        assert_eq!(bar(1, 4), "[=====>              ]");
        assert_eq!(bar(4, 4), "[====================]");
        assert_eq!(bar(0, 0), bar(0, 1));
    }

    /// A line at the beginning, and again after ten seconds.
    #[test]
    fn what_is_on_its_way_gives_a_sign_of_life() {
        let (step, address) = (StepId(0), Address::new("handler"));
        let event =
            |seconds: u64, kind| Event { index: 0, elapsed: Duration::from_secs(seconds), kind };
        let (kind, action) = ("ecr_image".to_owned(), Action::Create);
        let started = EventKind::StepStarted { step, address: address.clone(), kind, action };
        let sending = |seconds: u64, sent: u64| {
            let (address, of) = (address.clone(), 40 << 20);
            event(seconds, EventKind::StepSending { step, address, sent: sent << 20, of })
        };
        let events = [event(0, started), sending(4, 10), sending(12, 25), sending(14, 40)];
        let (log, lines) = (Paper::default(), Paper::default());
        let plain = Plain::new(Box::new(log.clone()));
        let mut views = FanOut::new().with(plain).with(JsonLines::new(Box::new(lines.clone())));
        fixtures::watch(&mut views, &events);
        drop(views);
        let told: Vec<String> = log.read().lines().skip(1).map(str::to_owned).collect();
        assert_eq!(told, ["+ handler: sending, 25.0 of 40.0 MiB"]);
        let last = lines.read();
        let last = last.lines().last().unwrap_or_default();
        assert!(last.contains("\"sent_bytes\":41943040,\"of_bytes\":41943040"), "{last}");
    }

    fn check(name: &str, events: &[Event]) {
        let (log, lines) = (Paper::default(), Paper::default());
        let mut record = RunRecord::default();
        let mut views = FanOut::new()
            .with(&mut record)
            .with(Plain::new(Box::new(log.clone())))
            .with(JsonLines::new(Box::new(lines.clone())));
        fixtures::watch(&mut views, events);
        drop(views);
        assert!(record.summary().is_some(), "a view that was lent has seen the end");
        insta::assert_snapshot!(format!("{name}_plain"), log.read());
        insta::assert_snapshot!(format!("{name}_json"), lines.read());
    }

    #[test]
    fn runs_are_told_as_they_happen() {
        check("run_smooth", &fixtures::smooth());
        check("run_failing", &fixtures::failing());
        check("run_crashing", &fixtures::crashing());
        check("run_interrupted", &fixtures::interrupted());
        check("run_lasting", &fixtures::lasting());
        check("run_leaving", &fixtures::leaving());
    }

    #[test]
    fn a_long_wait_gives_a_sign_of_life_now_and_then() {
        let log = Paper::default();
        let mut view = Plain::new(Box::new(log.clone()));
        fixtures::watch(&mut view, &fixtures::waiting());
        insta::assert_snapshot!("run_waiting_plain", log.read());
    }
}
