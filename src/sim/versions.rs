//! What there is, and what each way of looking sees of it: everybody sees the
//! past, and not everybody the same past.

use tokio::time::Instant;

use crate::model::{Live, Status};

/// An object as it truly is.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Object {
    /// All but what time and looking add: never `InProgress`, no holdings.
    pub(super) live: Live,
    /// When it is in service.
    pub(super) settled: Instant,
    /// How much it holds.
    pub(super) contents: u32,
    /// Whether both halves of its creation happened.
    pub(super) finished: bool,
}

impl Object {
    /// Whether it counts as being there.
    pub(super) fn is_there(&self) -> bool {
        !matches!(self.live.status, Status::Deleting(_))
    }
}

/// When a write is seen.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    pub(super) now: Instant,
    pub(super) find: Instant,
    pub(super) index: Instant,
    pub(super) settled: Instant,
}

impl Moment {
    /// Seen by everybody at once.
    pub(super) fn instant(now: Instant) -> Self {
        Self { now, find: now, index: now, settled: now }
    }
}

/// A way of looking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Eye {
    /// What is so.
    Truth,
    /// A look at the object itself.
    Find(Instant),
    /// A look into the index.
    Index(Instant),
}

/// All that one name ever meant.
#[derive(Debug, Default)]
pub(super) struct Versions(Vec<(Moment, Option<Object>)>);

impl Versions {
    pub(super) fn write(&mut self, moment: Moment, object: Option<Object>) {
        self.0.push((moment, object));
    }

    /// The youngest version that is visible: nobody who saw a version sees an
    /// older one later.
    pub(super) fn seen(&self, eye: Eye) -> Option<&Object> {
        let visible = |(moment, _): &&(Moment, Option<Object>)| match eye {
            Eye::Truth => true,
            Eye::Find(now) => moment.find <= now,
            Eye::Index(now) => moment.index <= now,
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
        self.0.iter().map(|(moment, _)| moment.find.max(moment.index).max(moment.settled)).max()
    }
}
