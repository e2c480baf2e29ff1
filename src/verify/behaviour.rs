//! Behaviours: exercises of the living system, and how they tell what they see.

use std::sync::{Arc, Mutex, PoisonError};
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

    /// How long one trial may take.
    fn deadline(&self) -> Duration;
}

/// One subject of a behaviour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trial {
    /// For people: an address, or a path of several.
    pub subject: String,
    /// The resources that take part, the one to blame first.
    pub addresses: Vec<Address>,
}

impl Trial {
    /// A single resource.
    pub fn of(exhibit: &Exhibit) -> Self {
        Self { subject: exhibit.address.to_string(), addresses: vec![exhibit.address.clone()] }
    }
}

/// The eyes of a trial: keeps what was seen, and tells whoever looks on.
#[derive(Clone, Debug)]
pub struct Watch {
    began: Instant,
    check: &'static str,
    subject: String,
    limit: Duration,
    seen: Arc<Mutex<Vec<Observation>>>,
    awaited: Arc<Mutex<Option<String>>>,
    notices: mpsc::UnboundedSender<Notice>,
}

impl Watch {
    pub(super) fn new(
        check: &'static str,
        subject: &str,
        limit: Duration,
        notices: mpsc::UnboundedSender<Notice>,
    ) -> Self {
        let (began, subject) = (Instant::now(), subject.to_owned());
        let (seen, awaited) = (Arc::default(), Arc::default());
        Self { began, check, subject, limit, seen, awaited, notices }
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
        self.keep(format!("awaiting {what}"));
        self.awaited.lock().unwrap_or_else(PoisonError::into_inner).replace(what);
        self.still_awaits();
    }

    /// That what is being waited for has not come.
    pub(super) fn still_awaits(&self) {
        let awaited = self.awaited.lock().unwrap_or_else(PoisonError::into_inner);
        let _nobody_looks_on = self.notices.send(Notice::Awaiting {
            check: self.check.into(),
            subject: self.subject.clone(),
            what: awaited.clone().unwrap_or_else(|| "answers".into()),
            waited: self.began.elapsed(),
            limit: self.limit,
        });
    }

    /// What was seen, a phrase.
    pub fn saw(&self, what: impl Into<String>) {
        self.keep(what.into());
    }

    /// Since the trial began.
    pub fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    pub(super) fn observations(&self) -> Vec<Observation> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn keep(&self, seen: String) {
        let observation = Observation { at: self.began.elapsed(), seen };
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).push(observation);
    }
}
