//! Behaviours: exercises of the living system, and how they tell what they see.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::inspect::Notice;
use crate::engine::port::Answer;
use crate::model::{Address, CheckInfo, Exhibit, Finding, Observation, Scene};

/// One exercise. A cloud brings its own.
#[async_trait]
pub trait Behaviour: Send + Sync {
    /// What it says of itself.
    fn info(&self) -> &'static CheckInfo;

    /// What there is to exercise in a scene. Empty where nothing concerns it.
    fn trials(&self, scene: &Scene) -> Vec<Trial>;

    /// Exercises one. Empties no queue, leaves nothing behind, however it ends
    /// short of being killed; what a killed run left, the next one removes.
    ///
    /// Answers what is wrong; nothing where all is well.
    ///
    /// # Errors
    /// Where it could not look, which is neither well nor wrong.
    async fn exercise(&self, scene: &Scene, trial: &Trial, watch: &Watch) -> Answer<Vec<Finding>>;

    /// How long one trial may take, its [delay](Trial::delay) and its time in
    /// line apart.
    fn deadline(&self) -> Duration;
}

/// How long a message is waited for where a rule knows why it cannot come. S3
/// and SNS deliver within a second or two, mostly, so that a rule which errs is
/// found out all the same.
const KNOWN_TO_FAIL: Duration = Duration::from_secs(10);

/// One subject of a behaviour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trial {
    /// For people: an address, or a path of several.
    pub subject: String,
    /// The resources that take part, the one to blame first. Where a rule finds
    /// at one of them what keeps messages from arriving, nobody waits long.
    pub addresses: Vec<Address>,
    /// For how long its own settings hold a message back.
    pub delay: Duration,
}

impl Trial {
    /// A single resource.
    pub fn of(exhibit: &Exhibit) -> Self {
        let (subject, addresses) = (exhibit.address.to_string(), vec![exhibit.address.clone()]);
        Self { subject, addresses, delay: Duration::ZERO }
    }
}

/// The eyes of a trial: keeps what was seen, and tells whoever looks on. Also
/// its clock, which stands still while the trial stands in line.
#[derive(Clone, Debug)]
pub struct Watch {
    began: Instant,
    check: &'static str,
    subject: String,
    /// How much time it has.
    limit: Duration,
    /// What a rule knows against it.
    known: Option<String>,
    kept: Arc<Mutex<Kept>>,
    notices: mpsc::UnboundedSender<Notice>,
}

/// What changes while a trial lasts.
#[derive(Debug, Default)]
struct Kept {
    seen: Vec<Observation>,
    /// What is being waited for.
    awaited: Option<String>,
    /// Why there is nothing to see.
    blind: Option<String>,
    /// How long it stood in line so far, and since when it does again.
    waited: Duration,
    in_line: Option<Instant>,
}

impl Watch {
    pub(super) fn new(
        check: &'static str,
        subject: &str,
        known: Option<String>,
        limit: Duration,
        notices: mpsc::UnboundedSender<Notice>,
    ) -> Self {
        let (began, subject) = (Instant::now(), subject.to_owned());
        let watch = Self { began, check, subject, limit, known, kept: Arc::default(), notices };
        if let Some(known) = &watch.known {
            watch.saw(known.clone());
        }
        watch
    }

    /// The trial begins.
    pub(super) fn starts(&self) {
        let (check, subject) = (self.check.into(), self.subject.clone());
        let started = Notice::Started { check, subject, limit: self.limit };
        let _nobody_looks_on = self.notices.send(started);
    }

    /// What is being waited for now, a phrase: `our event on claimcheck.queue`.
    pub fn awaits(&self, what: impl Into<String>) {
        let what = what.into();
        self.saw(format!("awaiting {what}"));
        self.kept().awaited = Some(what);
        self.still_awaits();
    }

    /// That what is being waited for has not come.
    pub(super) fn still_awaits(&self) {
        let awaited = self.kept().awaited.clone();
        let _nobody_looks_on = self.notices.send(Notice::Awaiting {
            check: self.check.into(),
            subject: self.subject.clone(),
            what: awaited.unwrap_or_else(|| "answers".into()),
            waited: self.began.elapsed(),
            limit: self.limit,
        });
    }

    /// What was seen, a phrase.
    pub fn saw(&self, what: impl Into<String>) {
        let observation = Observation { at: self.began.elapsed(), seen: what.into() };
        self.kept().seen.push(observation);
    }

    /// There is nothing to see here, a phrase that says why: the trial is over,
    /// and has neither passed nor failed.
    pub fn sees_nothing(&self, why: impl Into<String>) {
        self.kept().blind = Some(why.into());
    }

    /// How long to wait for a message that usually takes so long at most: less
    /// where a rule knows why it cannot come.
    pub fn patience(&self, usual: Duration) -> Duration {
        if self.known.is_some() { usual.min(KNOWN_TO_FAIL) } else { usual }
    }

    /// Waits for a turn that others may have. That is none of the trial's time.
    pub async fn in_line<T>(&self, turn: impl Future<Output = T>) -> T {
        self.kept().in_line = Some(Instant::now());
        let turn = turn.await;
        let mut kept = self.kept();
        let since = kept.in_line.take();
        kept.waited += since.map_or(Duration::ZERO, |since| since.elapsed());
        turn
    }

    /// Since the trial began.
    pub fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    /// The same, without what it stood in line.
    pub(super) fn own_time(&self) -> Duration {
        let kept = self.kept();
        let waiting = kept.in_line.map_or(Duration::ZERO, |since| since.elapsed());
        self.began.elapsed().saturating_sub(kept.waited + waiting)
    }

    /// Whether it did nothing so far but stand in line. Its turn may come in the
    /// moment in which everything ends.
    pub(super) fn is_all_in_line(&self) -> bool {
        self.own_time() < Duration::from_secs(1) && self.own_time() < self.elapsed()
    }

    pub(super) fn blind(&self) -> Option<String> {
        self.kept().blind.clone()
    }

    pub(super) fn observations(&self) -> Vec<Observation> {
        self.kept().seen.clone()
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
