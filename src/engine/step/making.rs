//! The calls of a step. Whatever is there before a call is looked at first, and
//! only a [`Proven`] is written to.

use std::cell::Cell;
use std::collections::BTreeSet;

use super::updating::Change;
use super::waiting::Clock;
use super::{Signal, StepRun, Trouble};
use crate::engine::execute::Site;
use crate::engine::port::{Lacks, Made};
use crate::engine::proof::{self, Claim, Proven, Prover, Title};
use crate::engine::stop::Stop;
use crate::engine::wait::{Backoff, Persistence, pause};
use crate::model::{
    CloudError, Desired, Diagnostic, Document, Emptying, ErrorClass, Facts, InFlight, Live, Sought,
    Status,
};
use crate::plan::{Step, StepNode, differences};

/// What contradicts the plan's look is believed when so many looks in a row show
/// it: reads of IAM, KMS and S3 flip between old and new for seconds.
pub(super) const STEADY: u32 = 5;

/// Why one call, or the look before it, came to nothing.
pub(super) enum Snag {
    Cloud(CloudError),
    Refused(Diagnostic),
}

impl From<CloudError> for Snag {
    fn from(error: CloudError) -> Self {
        Self::Cloud(error)
    }
}

/// Whether there was anything to remove.
pub(super) enum Removal {
    Removed,
    /// Somebody had it begin to go.
    Going,
    GoneAlready,
}

impl<'a> StepRun<'a> {
    pub(super) fn prover(&self) -> Prover<'a> {
        let Site { writer, catalog, plan, .. } = self.site;
        Prover { reader: writer, catalog, claimant: plan.claimant() }
    }

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
        let sought = Sought { fields: want.sought().fields, ..proof::of_made(want, &made) };
        let found = self.at_rest(want, &sought).await?;
        self.is_proven = true;
        let told = self.put_right(want, found, &Document::new()).await?;
        Ok(made.facts.into_iter().chain(told).collect())
    }

    /// Looks whose it is that was made, if nobody has looked yet.
    pub(super) async fn be_sure(&mut self, want: &Desired) -> Result<(), Trouble> {
        if !self.is_proven {
            let sought = Sought { fields: Some(BTreeSet::new()), ..want.sought() };
            self.seek(want, &sought, Claim::Held, unseen(want)).await?;
            self.be_proven();
        }
        Ok(())
    }

    /// Looks for what is known to be there, until a look shows it. Refuses what is
    /// not ours.
    pub(super) async fn seek(
        &mut self,
        want: &Desired,
        sought: &Sought,
        claim: Claim,
        error: CloudError,
    ) -> Result<Proven, Trouble> {
        let (prover, kind) = (self.prover(), self.kind());
        let is_sought =
            |field: &str| sought.fields.as_ref().is_none_or(|fields| fields.contains(field));
        // Reads lag: what is there may not be seen yet, and what is seen may be
        // what was there before.
        let is_past = |live: &Live| {
            let mut diff = kind.map(|kind| differences(kind, want, live)).into_iter().flatten();
            matches!(live.status, Status::Deleting(_))
                || diff.any(|diff| diff.forces_replace && is_sought(diff.path.top()))
        };
        let class = ErrorClass::NotYet(InFlight::Dependency);
        let unseen = CloudError { class, ..error.clone() };
        let look = async || {
            let proof = ours(prover, sought, claim, APPEARED).await?;
            let proof = proof.filter(|proof| !is_past(proof.live()));
            proof.ok_or_else(|| Snag::Cloud(unseen.clone()))
        };
        match self.persist(true, look).await {
            Err(Trouble::Cloud { error: last, attempts }) if last == unseen => {
                Err(Trouble::Cloud { error, attempts })
            }
            other => other,
        }
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
        Ok(have.facts.into_iter().chain(changed).collect())
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
            if matches!(proof.live().status, Status::Deleting(_)) {
                return Ok(Removal::Going);
            }
            writer.delete(proof.remembering(&how), emptying).await?;
            Ok(Removal::Removed)
        };
        // Who is in the way may have gone moments ago, in this very run.
        let in_flight = !self.node.needs.is_empty();
        let removal = self.persist(in_flight, remove).await?;
        match (&removal, self.patience().delete) {
            (Removal::Removed | Removal::Going, Some(limit)) if self.is_to_be_seen() => {
                self.leave(&sought, limit).await?;
            }
            (Removal::Removed | Removal::Going | Removal::GoneAlready, _) => {}
        }
        Ok(removal)
    }

    /// The fields by which an object is known: none where its tags tell whose it is.
    pub(super) fn known_by(&self, document: &Document) -> Vec<String> {
        let tagged = self.kind().is_none_or(|kind| kind.tagged);
        document.keys().filter(|_| !tagged).cloned().collect()
    }

    /// Whether a refusal may be a race with what this run has just written.
    pub(super) fn relies_on_this_run(&self, want: &Desired) -> bool {
        let named = want.mentions.iter().chain(want.edges.keys());
        // AWS looks further than a document does: S3 tries the key of a topic, which
        // the topic alone names. What is changed beside may open the way.
        let opens = |node: &StepNode| {
            node.address != want.address && matches!(node.step, Step::Update { .. })
        };
        named.into_iter().any(|it| self.written.contains(it))
            || self.site.plan.steps.iter().any(opens)
    }

    /// Calls until it succeeds, fails for good, or the run is abandoned.
    pub(super) async fn persist<T>(
        &mut self,
        in_flight: bool,
        call: impl AsyncFn() -> Result<T, Snag>,
    ) -> Result<T, Trouble> {
        let busy = self.limit().deadline;
        let mut persistence = Persistence::new(self.seed(), in_flight).busy_for(busy);
        loop {
            persistence.attempt();
            let error = match call().await {
                Ok(value) => return Ok(value),
                Err(Snag::Refused(reason)) => return Err(Trouble::Refused(reason)),
                Err(Snag::Cloud(error)) => error,
            };
            let attempts = persistence.attempts();
            let Some(length) = persistence.pause_after(&error) else {
                return Err(Trouble::Cloud { error, attempts });
            };
            let again = Signal::Retrying { attempt: attempts, error: error.clone(), pause: length };
            self.tell(again);
            if !pause(length, &mut self.stop).await {
                return Err(Trouble::Cloud { error, attempts });
            }
        }
    }
}

/// One look before a write: `None` if there is nothing.
pub(super) async fn ours(
    prover: Prover<'_>,
    sought: &Sought,
    claim: Claim,
    how: &str,
) -> Result<Option<Proven>, Snag> {
    match prover.look(sought, claim).await? {
        Title::Ours(proof) => Ok(Some(proof)),
        Title::Others(live) => Err(Snag::Refused(not_ours(&live, how))),
        Title::Gone => Ok(None),
    }
}

/// The same for what the plan saw: its absence is believed when it holds.
pub(super) async fn surely_ours(
    prover: Prover<'_>,
    sought: &Sought,
    claim: Claim,
    mut stop: Stop,
) -> Result<Option<Proven>, Snag> {
    let mut backoff = Backoff::new(0);
    for _ in 1..STEADY {
        let proof = ours(prover, sought, claim, CHANGED_HANDS).await?;
        if proof.is_some() || !pause(backoff.pause(), &mut stop).await {
            return Ok(proof);
        }
    }
    ours(prover, sought, claim, CHANGED_HANDS).await
}

/// How something that is not ours came in our way.
pub(super) const APPEARED: &str = "appeared while we worked";
pub(super) const CHANGED_HANDS: &str = "is not what the plan saw any more";

pub(super) fn not_ours(live: &Live, how: &str) -> Diagnostic {
    let whose = live
        .owner
        .as_ref()
        .map_or_else(|| "nobody".to_owned(), |owner| format!("stack {}", owner.stack));
    Diagnostic::error(format!("{} {} {how}", live.kind, live.identity))
        .because(format!("it belongs to {whose}, and was not touched"))
        .hint("run the same command again to see it in the plan")
}

pub(super) fn gone(have: &Live) -> Diagnostic {
    Diagnostic::error(format!("{} {} is gone since the plan", have.kind, have.identity))
        .because("somebody removed it while we worked; nothing was made in its place")
        .hint("run the same command again: it is made anew")
}

pub(super) fn unseen(want: &Desired) -> CloudError {
    CloudError {
        attempted: format!("write {} {} again", want.kind, want.identity),
        operation: String::new(),
        class: ErrorClass::Absent,
        code: String::new(),
        message: "it was written moments ago, and no read shows it".into(),
        request_id: None,
        hint: Some("run the same command again".into()),
    }
}
