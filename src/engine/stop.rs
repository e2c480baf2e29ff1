//! Asking a run to stop, politely and then less so.

use tokio::sync::watch;

/// How urgently.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Urgency {
    /// Go on.
    #[default]
    None,
    /// Start nothing new, finish what is in flight.
    Finish,
    /// Give up waits and pauses too; calls in flight are still finished.
    Abandon,
}

/// The side that asks. Clones ask the same run.
#[derive(Clone, Debug)]
pub struct Stopper(watch::Sender<Urgency>);

/// The side that listens. Clones hear the same.
#[derive(Clone, Debug)]
pub struct Stop(watch::Receiver<Urgency>);

impl Stopper {
    /// Both sides.
    pub fn new() -> (Self, Stop) {
        let (sender, receiver) = watch::channel(Urgency::None);
        (Self(sender), Stop(receiver))
    }

    /// Asks once more: each request is more urgent than the last.
    pub fn ask(&self) {
        self.0.send_modify(|urgency| {
            *urgency = match urgency {
                Urgency::None => Urgency::Finish,
                Urgency::Finish | Urgency::Abandon => Urgency::Abandon,
            };
        });
    }

    /// Asks for no more than that nothing new starts, however often.
    pub fn ask_to_finish(&self) {
        self.0.send_modify(|urgency| *urgency = (*urgency).max(Urgency::Finish));
    }

    /// One more side that listens.
    pub fn listener(&self) -> Stop {
        Stop(self.0.subscribe())
    }
}

impl Stop {
    /// How urgently, as of now.
    pub fn urgency(&self) -> Urgency {
        *self.0.borrow()
    }

    /// Waits until the request is at least this urgent. Never, if nobody is
    /// left who could ask.
    pub async fn at_least(&mut self, urgency: Urgency) {
        if self.0.wait_for(|now| *now >= urgency).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
