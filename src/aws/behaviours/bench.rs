//! What exercises share: clients, wishes, whose turn it is, and what has to be
//! put away when they end.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::future::{BoxFuture, join_all};
use tokio::time::timeout;

use super::hindrance::in_the_way;
use super::mark::Mark;
use super::{alarm, ear, execution, items, letter, mail, messages, payload};
use crate::aws::client::Session;
use crate::engine::port::Answer;
use crate::model::{CloudError, Finding};

/// How long an exercise may tidy up: it is part of its time, and others may
/// wait for their turn.
const TIDYING: Duration = Duration::from_secs(20);
/// The same for everything that is left when all exercises are over.
const AT_THE_END: Duration = Duration::from_mins(1);

/// How to exercise.
#[derive(Clone, Debug)]
pub struct Options {
    /// Nobody else reads the queues meanwhile, so that we may. Messages of
    /// others that we come upon are hidden while an exercise lasts, and then
    /// handed back: each was received once more than it would have been.
    pub exclusive: bool,
    /// The roles that are to be played: addresses of the stack's, and ARNs. Those
    /// of the stack that admit the caller, where it is empty.
    pub act_as: Vec<String>,
    /// The size of the payload that is sent through.
    pub payload_bytes: u64,
    /// How long an event or a message may take.
    pub patience: Duration,
    /// When the run began, in milliseconds since 1970: logs are looked through from then on.
    pub since: i64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            exclusive: false,
            act_as: Vec::new(),
            payload_bytes: 16 * 1024 * 1024,
            // "Typically delivered in seconds but can sometimes take a minute or longer", as the
            // user guide of S3 says of its events.
            patience: Duration::from_secs(90),
            since: 0,
        }
    }
}

/// Where exercises are done. Clones share one.
#[derive(Clone, Debug)]
pub struct Bench {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    session: Session,
    options: Options,
    /// Two who read one queue would take each other's messages.
    turn: tokio::sync::Mutex<()>,
    /// What each exercise has lying about.
    lying_about: Mutex<BTreeMap<Mark, Vec<Rubbish>>>,
}

/// Something that an exercise made or holds. Putting it away may be repeated.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Rubbish {
    /// Every version of one object, and its unfinished uploads.
    Object(payload::Object),
    /// A queue of ours and its subscription.
    Ear(ear::Ear),
    /// A message of ours that is in one of several queues.
    Letter(letter::Letter),
    /// A message of somebody else's that we hold.
    Held(messages::Held),
    /// An alarm that is told to be in alarm.
    Alarm(alarm::SetOff),
    /// Items of a table that carry the nonce of a probe.
    Items(items::Items),
    /// Messages of a probe, as far as nobody took them.
    Mail(mail::Mail),
    /// An execution of a probe, as far as it still runs.
    Execution(execution::Execution),
}

impl Bench {
    /// A bench. Calls nobody.
    pub fn new(session: Session, options: Options) -> Self {
        let (turn, lying_about) = (tokio::sync::Mutex::default(), Mutex::default());
        Self { shared: Arc::new(Shared { session, options, turn, lying_about }) }
    }

    /// Puts away what is left of exercises that were cut short from outside,
    /// and tries once more what those could not put away that ended. After all
    /// others it does nothing.
    ///
    /// Answers what stood in the way: no verdict depends on it.
    pub async fn put_away(&self) -> Vec<CloudError> {
        let marks: Vec<Mark> = self.lying_about().keys().cloned().collect();
        let all = join_all(marks.iter().map(|mark| self.clear(mark)));
        match timeout(AT_THE_END, all).await {
            Ok(all) => all.into_iter().filter_map(Result::err).collect(),
            Err(_) => vec![in_the_way(
                "remove what exercises made",
                "OutOfTime",
                format!("it took longer than {} s", AT_THE_END.as_secs()),
                "what is left says so in its name, and the next verify removes it",
            )],
        }
    }

    pub(super) fn session(&self) -> &Session {
        &self.shared.session
    }

    pub(super) fn options(&self) -> &Options {
        &self.shared.options
    }

    /// Waits until nobody else of us reads queues that others use.
    pub(super) async fn turn(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.shared.turn.lock().await
    }

    /// Writes something down before it is made, so that it is put away however
    /// the exercise ends.
    pub(super) fn note(&self, mark: &Mark, rubbish: Rubbish) {
        let mut lying_about = self.lying_about();
        let ours = lying_about.entry(mark.clone()).or_default();
        match ours.iter_mut().find(|it| it.is_same(&rubbish)) {
            Some(known) => *known = rubbish,
            None => ours.push(rubbish),
        }
    }

    /// Forgets what is gone already.
    pub(super) fn forget(&self, mark: &Mark, rubbish: &Rubbish) {
        if let Some(ours) = self.lying_about().get_mut(mark) {
            ours.retain(|it| !it.is_same(rubbish));
        }
    }

    /// Does an exercise, and puts away what it made and held. What it found
    /// stands, however that goes: what stays is tried again at the end, and
    /// told there.
    pub(super) async fn tidily(
        &self,
        mark: &Mark,
        exercise: BoxFuture<'_, Answer<Vec<Finding>>>,
    ) -> Answer<Vec<Finding>> {
        let outcome = exercise.await;
        let _tried_again_at_the_end = timeout(TIDYING, self.clear(mark)).await;
        outcome
    }

    async fn clear(&self, mark: &Mark) -> Answer<()> {
        let ours = self.lying_about().get(mark).cloned().unwrap_or_default();
        let (mut held, mut others) = (Vec::new(), Vec::new());
        for rubbish in ours {
            match rubbish {
                Rubbish::Held(message) => held.push(message),
                Rubbish::Object(_)
                | Rubbish::Ear(_)
                | Rubbish::Letter(_)
                | Rubbish::Alarm(_)
                | Rubbish::Items(_)
                | Rubbish::Mail(_)
                | Rubbish::Execution(_) => others.push(rubbish),
            }
        }
        let others = others.iter().map(|rubbish| async move {
            match rubbish {
                Rubbish::Object(object) => payload::remove(self.session(), object).await,
                Rubbish::Ear(ear) => ear::remove(self.session(), ear).await,
                Rubbish::Letter(letter) => letter::recall(self.session(), letter).await,
                Rubbish::Alarm(set) => alarm::put_back(self.session(), set).await.map(|_| ()),
                Rubbish::Items(items) => items::remove(self.session(), items).await,
                Rubbish::Mail(mail) => {
                    // What another holds for a moment would be taken to be gone. In an exclusive
                    // run the exercise has its turn still.
                    let shares = !self.options().exclusive;
                    let _turn = if shares { Some(self.turn().await) } else { None };
                    mail::recall(self.session(), mail).await
                }
                Rubbish::Execution(one) => execution::stop(self.session(), one).await,
                Rubbish::Held(_) => Ok(()),
            }
        });
        // What is handed back before a letter is found could be received in search of it, and
        // that would be another try.
        let others: Vec<Answer<()>> = join_all(others).await;
        messages::let_go(self.session(), &held).await?;
        others.into_iter().collect::<Answer<()>>()?;
        self.lying_about().remove(mark);
        Ok(())
    }

    fn lying_about(&self) -> MutexGuard<'_, BTreeMap<Mark, Vec<Rubbish>>> {
        self.shared.lying_about.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Rubbish {
    /// Whether one is the other, known better by now.
    fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Object(one), Self::Object(other)) => one == other,
            (Self::Ear(one), Self::Ear(other)) => one.name == other.name,
            (Self::Letter(one), Self::Letter(other)) => {
                (&one.nonce, &one.urls) == (&other.nonce, &other.urls)
            }
            (Self::Held(one), Self::Held(other)) => one.is_same(other),
            (Self::Alarm(one), Self::Alarm(other)) => one.name == other.name,
            (Self::Items(one), Self::Items(other)) => one == other,
            (Self::Mail(one), Self::Mail(other)) => one == other,
            (Self::Execution(one), Self::Execution(other)) => one == other,
            (
                Self::Object(_)
                | Self::Ear(_)
                | Self::Letter(_)
                | Self::Held(_)
                | Self::Alarm(_)
                | Self::Items(_)
                | Self::Mail(_)
                | Self::Execution(_),
                _,
            ) => false,
        }
    }
}
