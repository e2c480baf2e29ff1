//! Whoever writes has looked first.
//!
//! A cloud changes, completes and removes an object only for a [`Proven`], and
//! nobody makes one but a look at the object itself, here. It is spent by the
//! write that it admits: who tries again looks again. What a plan saw a moment ago
//! admits the first write of a change; a removal looks anew, whatever was seen.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use tokio::time::Instant;

use super::port::read::{Answer, Read};
use super::port::written::Made;
use crate::model::{Catalog, Claimant, Desired, Document, FieldDiff, Live, Sought, Status, Whose};
use crate::plan::ownership::OWNER;

/// An object that was the claimant's when it was looked at, and nothing has been
/// written to it since by whoever holds this.
///
/// ```compile_fail
/// use ccprov::engine::proof::Proven;
/// fn twice(once: Proven) -> (Proven, Proven) {
///     (once, once) // a proof admits one write
/// }
/// ```
#[derive(Debug, PartialEq)]
pub struct Proven(Live);

impl Proven {
    /// The object as it was seen: no more of its fields than were asked for.
    pub fn live(&self) -> &Live {
        &self.0
    }

    /// The proof that needs no look: the cloud says that it made the object with
    /// our owner's tags, and that it would have refused if there had been one.
    pub(super) fn of_new(made: &Made, want: &Desired, prover: Prover<'_>) -> Option<Self> {
        made.is_new.then(|| {
            let kind = prover.catalog.kind(&want.kind);
            let owner = kind.map(|kind| prover.claimant.owner(kind, want));
            Self(Live {
                kind: want.kind.clone(),
                identity: want.identity.clone(),
                document: want.document.clone(),
                facts: made.facts.clone(),
                owner,
                status: Status::Current,
                holdings: None,
                parent: None,
                held: None,
                remark: None,
            })
        })
    }

    /// The same with fields that this run has written, where the look lagged
    /// behind and did not show them.
    pub(super) fn remembering(mut self, written: &Document) -> Self {
        self.0.document.extend(written.clone());
        self
    }
}

/// How long the looks of a plan count as those right before its writes.
pub const FRESH: Duration = Duration::from_secs(5);

/// Since when the objects of a plan are known as it has them: the first look at them went
/// out then. Looks alone make one.
#[derive(Clone, Copy, Debug)]
pub struct Seen(Instant);

impl Seen {
    /// Looks begin.
    pub(super) fn now() -> Self {
        Self(Instant::now())
    }

    fn is_fresh(self) -> bool {
        self.0.elapsed() <= FRESH
    }
}

/// What a look before a write showed.
#[derive(Debug, PartialEq)]
pub enum Title {
    /// It is ours, or nobody's and may be claimed.
    Ours(Proven),
    /// It is somebody else's, or another object by now.
    Others(Live),
    /// There is none.
    Gone,
}

/// Whose objects nobody's may become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// What is nobody's stays so.
    Held,
    /// What carries the stack's name and no region is taken over, as the plan
    /// showed.
    ForRegion,
    /// What is nobody's is taken over, too (`adopt: true`).
    Adopted,
}

impl Claim {
    /// What a planned change takes over.
    pub(super) fn of(want: &Desired, diff: &[FieldDiff]) -> Self {
        if !diff.iter().any(|diff| diff.path.top() == OWNER) {
            Self::Held
        } else if want.lifecycle.adopt {
            Self::Adopted
        } else {
            Self::ForRegion
        }
    }
}

/// Who looks before a write, and for whom.
#[derive(Clone, Copy)]
pub struct Prover<'a> {
    /// Who reads.
    pub reader: &'a dyn Read,
    /// What is known of the kinds.
    pub catalog: &'a dyn Catalog,
    /// Whose the object must be.
    pub claimant: Claimant<'a>,
}

impl Prover<'_> {
    /// The proof of an object that was looked at a moment ago, if it is ours without a doubt.
    pub(super) fn recall(self, have: &Live, seen: Option<Seen>) -> Option<Proven> {
        let is_fresh = seen.is_some_and(Seen::is_fresh);
        let is_ours = self.claimant.whose(have, self.catalog) == Whose::Ours;
        (is_fresh && is_ours).then(|| Proven(have.clone()))
    }

    /// Looks at one object, once. An object without tags is whose its document
    /// is; a chosen ARN tells it from another of its name.
    pub async fn look(self, sought: &Sought, claim: Claim) -> Answer<Title> {
        let Some(live) = self.reader.find(sought).await? else { return Ok(Title::Gone) };
        let is_admitted = match self.claimant.whose(&live, self.catalog) {
            Whose::Ours => true,
            Whose::OfNoRegion(_) => claim != Claim::Held,
            Whose::Nobodys => claim == Claim::Adopted,
            Whose::Anothers(_) => false,
        };
        let is_it = match (&sought.arn, live.arn()) {
            (Some(sought), Some(seen)) => sought == seen,
            (Some(_) | None, _) => true,
        };
        Ok(if is_it && is_admitted { Title::Ours(Proven(live)) } else { Title::Others(live) })
    }
}

impl fmt::Debug for Prover<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prover").field("claimant", &self.claimant).finish_non_exhaustive()
    }
}

/// How to look for the very object that was seen, at no more of its fields than
/// these.
pub fn again(live: &Live, fields: impl IntoIterator<Item = String>) -> Sought {
    Sought {
        kind: live.kind.clone(),
        identity: live.identity.clone(),
        address: None,
        formerly: Vec::new(),
        arn: live.arn().map(str::to_owned),
        fields: Some(fields.into_iter().collect()),
        holdings: false,
    }
}

/// How to look for the object that was made for a resource, though it may not
/// have its name yet.
pub(super) fn of_made(want: &Desired, made: &Made) -> Sought {
    let arn = made.facts.get("arn").cloned();
    Sought { arn, fields: Some(BTreeSet::new()), ..want.sought() }
}
