//! What there is, and what each way of looking sees of it: everybody sees the
//! past, and not everybody the same past.

use tokio::time::Instant;

use crate::model::Live;

/// How many copies of every object there are. Each learns of a write in its own
/// time, and any of them answers a look: what was seen can be gone in the next
/// look, and back in the one after it.
pub(super) const COPIES: usize = 3;

/// An object as it truly is.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Object {
    /// All but what time and looking add: never `InProgress`, no holdings.
    pub(super) live: Live,
    /// When it is in service.
    pub(super) settled: Instant,
    /// How much it holds.
    pub(super) contents: u32,
    /// Whether somebody outside has yet to confirm it.
    pub(super) awaits: bool,
    /// When it is gone, if it is on its way out.
    pub(super) gone: Option<Instant>,
}

impl Object {
    /// Whether it counts as being there.
    pub(super) fn is_there(&self) -> bool {
        !self.live.is_going()
    }
}

/// The moment of a call: which copy answers it, and when a write is seen.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    pub(super) now: Instant,
    /// The copy that answers.
    pub(super) copy: usize,
    /// By each copy.
    pub(super) copies: [Instant; COPIES],
    pub(super) index: Instant,
    /// By whom another object names.
    pub(super) others: Instant,
    pub(super) settled: Instant,
}

impl Moment {
    /// Seen by everybody at once.
    pub(super) fn instant(now: Instant) -> Self {
        Self { now, copy: 0, copies: [now; COPIES], index: now, others: now, settled: now }
    }

    /// A look at this moment.
    pub(super) fn look(&self) -> Eye {
        Eye::Find(self.now, self.copy)
    }

    /// When everybody sees the write.
    fn calm(&self) -> Instant {
        let seen = self.copies.into_iter().chain([self.index, self.others, self.settled]);
        seen.fold(self.now, Instant::max)
    }
}

/// A way of looking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Eye {
    /// What is so.
    Truth,
    /// A look at the object itself, answered by one of the copies.
    Find(Instant, usize),
    /// A look into the index.
    Index(Instant),
    /// What the cloud itself knows when an object names another.
    Others(Instant),
}

/// All that one name ever meant.
#[derive(Debug, Default)]
pub(super) struct Versions(Vec<(Moment, Option<Object>)>);

impl Versions {
    pub(super) fn write(&mut self, moment: Moment, object: Option<Object>) {
        self.0.push((moment, object));
    }

    /// The youngest version that is visible.
    pub(super) fn seen(&self, eye: Eye) -> Option<&Object> {
        let visible = |(moment, _): &&(Moment, Option<Object>)| match eye {
            Eye::Truth => true,
            Eye::Find(now, copy) => moment.copies[copy] <= now,
            Eye::Index(now) => moment.index <= now,
            Eye::Others(now) => moment.others <= now,
        };
        self.0.iter().rev().find(visible)?.1.as_ref()
    }

    /// When the last object was removed, if there is none now.
    pub(super) fn removed(&self) -> Option<Instant> {
        let (moment, object) = self.0.last()?;
        object.is_none().then_some(moment.now)
    }

    /// When everybody sees the truth.
    pub(super) fn calm(&self) -> Option<Instant> {
        let gone = |object: &Option<Object>| object.as_ref().and_then(|object| object.gone);
        self.0
            .iter()
            .flat_map(|(moment, object)| [Some(moment.calm()), gone(object)])
            .flatten()
            .max()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::model::{Document, Facts, Identity, Status};

    #[tokio::test(start_paused = true)]
    async fn what_was_seen_can_be_gone_in_the_next_look() {
        let now = Instant::now();
        let after = |seconds| now + Duration::from_secs(seconds);
        let live = Live {
            kind: "thing".into(),
            identity: Identity("a".into()),
            document: Document::new(),
            facts: Facts::new(),
            owner: None,
            status: Status::Current,
            holdings: None,
            parent: None,
            held: None,
            remark: None,
        };
        let mut versions = Versions::default();
        let moment = Moment { copies: [after(1), after(5), after(1)], ..Moment::instant(now) };
        let object = Object { live, settled: now, contents: 0, awaits: false, gone: None };
        versions.write(moment, Some(object));
        let seen = |at, copy| versions.seen(Eye::Find(after(at), copy)).is_some();
        assert_eq!([0, 1, 2].map(|copy| seen(0, copy)), [false, false, false]);
        assert_eq!([0, 1, 2].map(|copy| seen(2, copy)), [true, false, true]);
        assert_eq!([0, 1, 2].map(|copy| seen(5, copy)), [true, true, true]);
        assert_eq!(versions.calm(), Some(after(5)));
    }
}
