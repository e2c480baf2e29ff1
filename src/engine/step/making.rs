//! The calls of a step. Whatever is there before a call is looked at first, and
//! only a [`Proven`] is written to.

use std::cell::Cell;

use super::looking::{APPEARED, ours, surely_ours, unseen};
use super::updating::Change;
use super::waiting::Clock;
use super::{AtWork, Signal, StepRun, Trouble};
use crate::engine::port::{Lacks, Made};
use crate::engine::proof::{self, Claim, Proven};
use crate::model::{CloudError, Desired, Document, Emptying, ErrorClass, Facts, Live, Sought};
use crate::plan::{Step, StepNode};

/// Whether there was anything to remove.
pub(super) enum Removal {
    Removed,
    /// Somebody had it begin to go.
    Going,
    GoneAlready,
}

impl StepRun<'_> {
    pub(super) async fn create(&mut self, want: &Desired) -> Result<Facts, Trouble> {
        let mut leaving = self.patience().delete.map(|limit| Clock::new(limit, self.seed()));
        loop {
            let error = match self.bring_about(want).await {
                Err(Trouble::Cloud { error, .. }) if error.class == ErrorClass::Exists => error,
                other => return other,
            };
            let makes_room = match &mut leaving {
                Some(clock) => self.makes_room(want, clock).await?,
                None => false,
            };
            if !makes_room {
                return self.take_up(want, error).await;
            }
        }
    }

    /// The call that makes it, and then the others, if there are any. What may
    /// have been there before the call is looked at before these.
    async fn bring_about(&mut self, want: &Desired) -> Result<Facts, Trouble> {
        let (writer, prover) = (self.site.writer, self.prover());
        let in_flight = self.relies_on_this_run(want);
        let made = self.persist(in_flight, async || Ok(writer.create(want).await?)).await?;
        let new = Proven::of_new(&made, want, prover);
        self.is_proven = new.is_some();
        match made.lacks {
            Lacks::Nothing => return Ok(made.facts),
            Lacks::Completion => {}
            Lacks::Updates => return self.see_to(want, made, new).await,
        }
        let sought = proof::of_made(want, &made);
        let proof = match new {
            Some(new) => new,
            None => self.seek(want, &sought, Claim::Held, unseen(want)).await?,
        };
        self.is_proven = true;
        self.tell(Signal::Facts(made.facts.clone()));
        let proof = Cell::new(Some(proof));
        let complete = async || {
            let proof = match proof.take() {
                Some(proof) => Some(proof),
                None => ours(prover, &sought, Claim::Held, APPEARED).await?,
            };
            let unseen = || CloudError { class: ErrorClass::Transient, ..unseen(want) };
            Ok(writer.complete(want, proof.ok_or_else(unseen)?).await?)
        };
        let told = self.persist(in_flight, complete).await?;
        Ok(made.facts.into_iter().chain(told).collect())
    }

    /// Something is there already: what an earlier run or a lost answer left
    /// behind is taken up, anything else is left alone.
    async fn take_up(&mut self, want: &Desired, error: CloudError) -> Result<Facts, Trouble> {
        let found = self.seek(want, &want.sought(), Claim::Held, error).await?;
        self.is_proven = true;
        self.put_right(want, found, &Document::new()).await
    }

    /// What is left of a creation that the cloud is at: whatever a look shows to
    /// be lacking, once the object is at rest.
    async fn see_to(
        &mut self,
        want: &Desired,
        made: Made,
        new: Option<Proven>,
    ) -> Result<Facts, Trouble> {
        if new.is_some() {
            self.tell(Signal::Facts(made.facts.clone()));
        }
        if self.is_left() {
            self.at_work = Some(AtWork { seen: "accepted".to_owned(), rest: 0 });
            return Ok(made.facts);
        }
        let sought = Sought { fields: want.sought().fields, ..proof::of_made(want, &made) };
        let found = self.at_rest(want, &sought).await?;
        self.is_proven = true;
        let told = self.put_right(want, found, &Document::new()).await?;
        Ok(made.facts.into_iter().chain(told).collect())
    }

    /// Makes what was found to be ours as it is wanted.
    pub(super) async fn put_right(
        &mut self,
        want: &Desired,
        found: Proven,
        written: &Document,
    ) -> Result<Facts, Trouble> {
        let found = found.remembering(written);
        let diff = self.differences(want, found.live());
        let have = found.live().clone();
        let changed = match diff.as_slice() {
            [] => Facts::new(),
            diff => self.update(Change { want, have: &have, diff, written }, Some(found)).await?,
        };
        Ok(self.facts_after(&diff, have.facts, changed))
    }

    /// Removes an object, if it is still there and ours.
    pub(super) async fn remove(
        &mut self,
        have: &Live,
        emptying: Emptying,
    ) -> Result<Removal, Trouble> {
        let (writer, prover, stop) = (self.site.writer, self.prover(), self.stop.clone());
        let sought = proof::again(have, self.known_by(&have.document));
        // The plan knows it from the stack file, which goes before the object's word.
        let how = self.kind().map(|kind| kind.how_deleted(&have.document)).unwrap_or_default();
        let remove = async || {
            let proof = surely_ours(prover, &sought, Claim::Held, stop.clone()).await?;
            let Some(proof) = proof else { return Ok(Removal::GoneAlready) };
            if proof.live().is_going() {
                return Ok(Removal::Going);
            }
            writer.delete(proof.remembering(&how), emptying).await?;
            Ok(Removal::Removed)
        };
        // Who is in the way may have gone moments ago, in this very command.
        let in_flight = !self.node.needs.is_empty() || self.site.is_in_wake;
        let removal = self.persist(in_flight, remove).await?;
        match (&removal, self.patience().delete) {
            (Removal::Removed | Removal::Going, Some(limit)) => {
                self.leave(&sought, limit, self.departure()).await?;
            }
            (Removal::Removed | Removal::Going | Removal::GoneAlready, _) => {}
        }
        Ok(removal)
    }

    /// Whether a refusal may be a race with what this command has just written.
    pub(super) fn relies_on_this_run(&self, want: &Desired) -> bool {
        let named = want.mentions.iter().chain(want.edges.keys());
        // AWS looks further than a document does: S3 tries the key of a topic, which
        // the topic alone names. What is changed beside may open the way.
        let opens = |node: &StepNode| {
            node.address != want.address && matches!(node.step, Step::Update { .. })
        };
        self.site.is_in_wake
            || named.into_iter().any(|it| self.written.contains(it))
            || self.site.plan.steps.iter().any(opens)
    }
}
