//! Everybody else: who sets up the cloud, changes things behind the engine's
//! back, and sees the truth.

use std::collections::BTreeMap;

use tokio::time::Instant;

use super::calls::Operation;
use super::cloud::{Cloud, Fate};
use super::versions::{Eye, Moment, Object};
use super::weather::Fault;
use crate::model::{CallRecord, Document, Identity, Live, Status};

impl Cloud<'_> {
    /// Objects of this kind come into being in two calls, the second of which
    /// gives them their name by a field, and tell their facts after the first: a
    /// key and its alias.
    #[must_use]
    pub fn in_two_calls(self, kind: &str, field: &str) -> Self {
        self.state().objects.in_two_calls.insert(kind.to_owned(), field.to_owned());
        self
    }

    /// Creating an object of this kind where there is one already is answered as if
    /// it had been made now, and changes nothing: a queue of equal attributes.
    #[must_use]
    pub fn lenient(self, kind: &str) -> Self {
        self.state().objects.lenient.insert(kind.to_owned());
        self
    }

    /// Objects of this kind come into being with what cannot change alone, and get
    /// the rest by a second call, after they told their facts: a bucket.
    #[must_use]
    pub fn bare(self, kind: &str) -> Self {
        self.state().objects.bare.insert(kind.to_owned());
        self
    }

    /// Objects of this kind live and die with the one that a field names by one
    /// of its facts: a subscription and its topic.
    #[must_use]
    pub fn bound(self, kind: &str, field: &str) -> Self {
        self.state().objects.bound.insert(kind.to_owned(), field.to_owned());
        self
    }

    /// Objects of this kind show no more than that they are there until somebody
    /// outside confirms them, and cannot be removed: a subscription by e-mail.
    #[must_use]
    pub fn confirmed_outside(self, kind: &str) -> Self {
        self.state().objects.confirmed_outside.insert(kind.to_owned());
        self
    }

    /// The cloud has these entries in every map of the kind of which only the stated
    /// ones are compared, besides what callers write.
    #[must_use]
    pub fn adding(self, kind: &str, entries: Document) -> Self {
        self.state().objects.adds.insert(kind.to_owned(), entries);
        self
    }

    /// Somebody outside confirms an object.
    pub fn confirm(&self, kind: &str, identity: &str) {
        self.change(kind, identity, |object| object.awaits = false);
    }

    /// Something outside of this cloud exists, and may be referred to.
    pub fn exists_outside(&self, name: &str) {
        self.state().objects.outside.insert(name.to_owned());
    }

    /// The next `times` calls of an operation on an object meet a fault.
    pub fn befall(&self, operation: Operation, identity: &str, times: u32, fault: Fault) {
        let fate = Fate { operation, identity: identity.to_owned(), times, fault };
        self.state().fates.push(fate);
    }

    /// Whoever makes the nth call from now on dies of it, before or after it
    /// took effect: it is never answered, and [`Cloud::crashed`] tells.
    pub fn crash_at(&self, nth: u64) {
        let mut state = self.state();
        state.crash_at = Some(state.calls.begun + nth);
    }

    /// Takes [`crash_at`](Self::crash_at) back, if nobody died of it yet.
    pub fn crash_never(&self) {
        self.state().crash_at = None;
    }

    /// An object as it truly is.
    pub fn object(&self, kind: &str, identity: &str) -> Option<Live> {
        let state = self.state();
        state.objects.get(kind, &Identity(identity.to_owned())).map(|object| object.live.clone())
    }

    /// Every object, also on its way out, by kind and identity.
    pub fn objects(&self) -> Vec<Live> {
        self.state().objects.all(Eye::Truth).map(|object| object.live.clone()).collect()
    }

    /// Puts an object there, in place of the one of its name.
    pub fn put(&self, live: Live) {
        let now = Instant::now();
        let object = Object { live, settled: now, contents: 0, awaits: false, gone: None };
        self.state().objects.write(Moment::instant(now), object);
    }

    /// Changes the fields of an object, seen by everybody at once. Does nothing
    /// to an object that is not there.
    pub fn alter(&self, kind: &str, identity: &str, change: impl FnOnce(&mut Document)) {
        self.change(kind, identity, |object| change(&mut object.live.document));
    }

    /// Changes how an object is doing.
    pub fn ail(&self, kind: &str, identity: &str, status: Status) {
        self.change(kind, identity, |object| object.live.status = status);
    }

    /// Puts something into an object.
    pub fn fill(&self, kind: &str, identity: &str, parts: u32) {
        self.change(kind, identity, |object| object.contents = parts);
    }

    /// Removes an object.
    pub fn remove(&self, kind: &str, identity: &str) {
        if let Some(live) = self.object(kind, identity) {
            self.state().objects.erase(Moment::instant(Instant::now()), &live);
        }
    }

    /// Every call so far, in the order in which they ended.
    pub fn calls(&self) -> Vec<CallRecord> {
        self.state().calls.ended.clone()
    }

    /// How many calls were in flight at the busiest time.
    pub fn most_in_flight(&self) -> usize {
        self.state().calls.most_in_flight
    }

    /// What no engine may do, and one did.
    pub fn violations(&self) -> Vec<String> {
        self.state().objects.violations.clone()
    }

    /// What went while another named it, as they were: who, and what.
    pub fn bereft(&self) -> Vec<(Live, Live)> {
        self.state().objects.bereft.clone()
    }

    /// How often something came into being under a name, by kind and identity.
    pub fn births(&self) -> BTreeMap<(String, Identity), u32> {
        self.state().objects.births.clone()
    }

    fn change(&self, kind: &str, identity: &str, change: impl FnOnce(&mut Object)) {
        let mut state = self.state();
        let object = state.objects.get(kind, &Identity(identity.to_owned())).cloned();
        if let Some(mut object) = object {
            change(&mut object);
            state.objects.write(Moment::instant(Instant::now()), object);
        }
    }
}
