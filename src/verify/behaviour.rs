//! Behaviours: exercises of the living system, and how they tell what they see.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::interlude::Around;
use super::notice::Notice;
use crate::engine::port::Answer;
use crate::engine::wait::{Backoff, elapse};
use crate::model::{
    Address, CheckInfo, ErrorClass, Exhibit, Finding, InFlight, Observation, Scene,
};

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

    /// Whether it looks before all others begin, and again when they have ended: between
    /// the two its trials wait [for them](Watch::while_others_run).
    fn looks_around(&self) -> bool {
        false
    }
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

/// A behaviour, by the id of its check, and one subject of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exercise {
    /// Which behaviour.
    pub check: &'static str,
    /// Its subject.
    pub trial: Trial,
}

/// What these behaviours would exercise in a scene.
pub fn exercises<'a>(
    behaviours: impl IntoIterator<Item = &'a dyn Behaviour>,
    scene: &Scene,
) -> Vec<Exercise> {
    let of = |behaviour: &dyn Behaviour| {
        let check = behaviour.info().id;
        behaviour.trials(scene).into_iter().map(move |trial| Exercise { check, trial })
    };
    behaviours.into_iter().flat_map(of).collect()
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
    /// What holds up the others until it has looked.
    around: Option<Around>,
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

    /// That of a trial by itself.
    #[cfg(all(test, feature = "aws"))]
    pub(crate) fn of_test(trial: &Trial, notices: mpsc::UnboundedSender<Notice>) -> Self {
        Self::new("check", &trial.subject, None, Duration::from_mins(1), notices)
    }

    /// The same of a trial that looks around all others.
    pub(super) fn around(self, around: Option<Around>) -> Self {
        self.kept().around = around;
        self
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

    /// Has all others run, and waits until they have ended. That is none of the
    /// trial's time. Nothing is waited for where it does not
    /// [look around](Behaviour::looks_around), or a second time.
    pub async fn while_others_run(&self) {
        let around = self.kept().around.take();
        if let Some(around) = around {
            self.in_line(around.pass()).await;
        }
    }

    /// Does something again while it is refused, but no longer than that: what was
    /// made moments ago is not known everywhere. Answers what came of it last.
    pub async fn settles<T, F>(
        &self,
        at_most: Duration,
        mut attempt: impl FnMut() -> F + Send,
    ) -> Answer<T>
    where
        F: Future<Output = Answer<T>> + Send,
    {
        // Nobody else waits for the same, so that any seed does.
        let (until, mut backoff) = (Instant::now() + at_most, Backoff::new(0));
        loop {
            let answer = attempt().await;
            let pause = backoff.pause();
            let may_pass = answer.as_ref().is_err_and(|error| is_of_propagation(error.class));
            if !may_pass || Instant::now() + pause > until {
                return answer;
            }
            elapse(pause).await;
        }
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

/// Whether a refusal is one that fresh roles, policies and credentials meet.
fn is_of_propagation(class: ErrorClass) -> bool {
    match class {
        ErrorClass::Denied | ErrorClass::Credentials | ErrorClass::NotYet(InFlight::Dependency) => {
            true
        }
        ErrorClass::Absent
        | ErrorClass::Exists
        | ErrorClass::Throttled
        | ErrorClass::Transient
        | ErrorClass::NotYet(InFlight::Busy | InFlight::Cooldown)
        | ErrorClass::Quota
        | ErrorClass::Invalid
        | ErrorClass::Unexpected => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::CloudError;

    fn refusal(class: ErrorClass) -> CloudError {
        CloudError {
            attempted: "try".into(),
            operation: "sim:Try".into(),
            class,
            code: "Code".into(),
            message: String::new(),
            request_id: None,
            hint: None,
        }
    }

    /// After how many tries it comes to an end, and how.
    async fn check(class: ErrorClass, refused: usize, expected: (usize, bool)) {
        let (notices, _nobody) = mpsc::unbounded_channel();
        let watch = Watch::new("check", "it", None, Duration::from_mins(1), notices);
        let mut tries = 0;
        let attempt = || {
            tries += 1;
            std::future::ready(if tries > refused { Ok(()) } else { Err(refusal(class)) })
        };
        let began = Instant::now();
        let is_well = watch.settles(Duration::from_secs(10), attempt).await.is_ok();
        assert!(began.elapsed() <= Duration::from_secs(10));
        assert_eq!((tries, is_well), expected, "{class:?} {refused}");
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_refused_is_tried_again_for_a_while() {
        check(ErrorClass::Denied, 0, (1, true)).await;
        check(ErrorClass::Denied, 3, (4, true)).await;
        check(ErrorClass::Invalid, 3, (1, false)).await;
        check(ErrorClass::Denied, usize::MAX, (12, false)).await;
    }
}
