//! The looks of a step, and what is told of what they show. Only a look makes a
//! [`Proven`], which is what a call may write to.

use std::collections::BTreeSet;

use super::{Signal, StepRun, Trouble};
use crate::engine::proof::{Claim, Proven, Prover, Title};
use crate::engine::site::Site;
use crate::engine::stop::Stop;
use crate::engine::wait::{Backoff, Persistence, pause};
use crate::model::{
    CloudError, Desired, Diagnostic, Document, ErrorClass, FieldDiff, InFlight, Live, Sought,
};
use crate::plan::differences;
use crate::plan::ownership::OWNER;

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

impl<'a> StepRun<'a> {
    pub(super) fn prover(&self) -> Prover<'a> {
        let Site { writer, catalog, plan, .. } = self.site;
        Prover { reader: writer, catalog, claimant: plan.claimant() }
    }

    /// The proof that the plan's own look is, a moment later. Whoever takes an object over looks
    /// again, and so does a step that others came before: they may have changed it.
    pub(super) fn recalled(&self, have: &Live, diff: &[FieldDiff]) -> Option<Proven> {
        let is_shared = self.kind().is_none_or(|kind| kind.one_at_a_time.is_some());
        let takes_over = diff.iter().any(|diff| diff.path.top() == OWNER);
        let is_first = self.node.needs.is_empty() && !is_shared && !takes_over;
        is_first.then(|| self.prover().recall(have, self.site.seen)).flatten()
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
            live.is_going()
                || want.comes_instead_of(live)
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

    /// The fields by which an object is known: none where its tags tell whose it is.
    pub(super) fn known_by(&self, document: &Document) -> Vec<String> {
        let tagged = self.kind().is_none_or(|kind| kind.tagged);
        document.keys().filter(|_| !tagged).cloned().collect()
    }

    /// Calls until it succeeds, fails for good, or the run is abandoned.
    pub(super) async fn persist<T>(
        &mut self,
        in_flight: bool,
        call: impl AsyncFn() -> Result<T, Snag>,
    ) -> Result<T, Trouble> {
        let (limit, seed) = (self.limit(), self.seed());
        let mut persistence = Persistence::new(seed, in_flight).busy_for(limit, seed);
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

/// That the cloud itself says that an object will not become what was asked.
pub(super) fn failed(want: &Desired, why: &str) -> CloudError {
    CloudError {
        attempted: format!("bring {} {} into service", want.kind, want.identity),
        operation: "the object's status".into(),
        class: ErrorClass::Unexpected,
        code: "Failed".into(),
        message: why.to_owned(),
        request_id: None,
        hint: None,
    }
}
