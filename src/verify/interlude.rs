//! Who looks around everybody else: once before anything is exercised, and once more
//! when all of it is over.
//!
//! Two groups of trials, each of which waits for the other: those that look on begin,
//! the others follow when all of these have seen what there is, and those see what came
//! of it when the last of the others has ended. Nobody knows how many there are: whoever
//! belongs to a group holds something of it, and lets go.

use std::sync::Arc;

use tokio::sync::watch;

/// What lies between two looks of an inspection. Clones are one.
#[derive(Clone, Debug)]
pub(super) struct Interlude {
    /// Held by those who have yet to look for the first time.
    before: Arc<watch::Sender<()>>,
    /// Held by those who have yet to end.
    during: Arc<watch::Sender<()>>,
}

/// The part of one trial in it.
#[derive(Debug)]
pub(super) enum Part {
    /// It looks before the others and after them.
    Around(Around),
    /// It is one of the others.
    Within(Within),
}

/// Somebody who has yet to look for the first time.
#[derive(Debug)]
pub(super) struct Around {
    of: Interlude,
    hold: watch::Receiver<()>,
}

/// Somebody who has yet to end, and does when this is dropped.
#[derive(Debug)]
pub(super) struct Within {
    of: Interlude,
    _hold: watch::Receiver<()>,
}

impl Interlude {
    /// Of nobody yet. All parts are given out before the first of them begins.
    pub(super) fn new() -> Self {
        let group = || Arc::new(watch::channel(()).0);
        Self { before: group(), during: group() }
    }

    /// One more part.
    pub(super) fn part(&self, is_around: bool) -> Part {
        let of = self.clone();
        if is_around {
            Part::Around(Around { hold: self.before.subscribe(), of })
        } else {
            Part::Within(Within { _hold: self.during.subscribe(), of })
        }
    }
}

impl Around {
    /// The first look is done: waits until all the others have ended.
    pub(super) async fn pass(self) {
        drop(self.hold);
        self.of.during.closed().await;
    }
}

impl Within {
    /// Waits until everybody who looks around has looked.
    pub(super) async fn begins(&self) {
        self.of.before.closed().await;
    }
}
