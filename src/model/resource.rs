//! A resource as it is wanted, and the object as it was seen.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use super::spelling::admits;
use super::{Address, Artifact, Deadlines, Document, FieldDiff, Owner, Segment, document};

/// Values that others may refer to as `${address.fact}`: `arn`, `url`, `name`.
pub type Facts = BTreeMap<String, String>;

/// AWS's name of an object, unique within its kind, account and region: a
/// queue's name, a topic's name, a key's alias.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Identity(pub String);

impl Identity {
    /// The name itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A resource as the stack declares it, checked and canonical.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Desired {
    /// Our name of it.
    pub address: Address,
    /// Our former names of it, the first first: what its default name is made from, and
    /// what the tags of its object may still say.
    // Left out where there are none: plan files without them keep their digest.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub formerly: Vec<Address>,
    /// The name of the stack that its default name is made from, where that is another former
    /// one than the first.
    // Likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub named_in: Option<String>,
    /// Which kind it is, for example `sqs_queue`.
    pub kind: String,
    /// AWS's name of it.
    pub identity: Identity,
    /// The fields that the stack states, in canonical form.
    pub document: Document,
    /// The fields that the stack file itself mentions; the others of the
    /// document have their kind's defaults. For people: comparing asks for all.
    pub stated: BTreeSet<String>,
    /// The facts that are known before the object exists.
    pub predicted: Facts,
    /// What must come before.
    pub edges: BTreeMap<Address, Edge>,
    /// Every resource that the document mentions, whether or not that orders
    /// anything. Tells which failures may be a race with this very run.
    pub mentions: BTreeSet<Address>,
    /// What the user said about its life.
    pub lifecycle: Lifecycle,
    /// What its fields take of the checkout: where the bytes lie of which the
    /// document has the hashes.
    // Left out where there are none: plan files without them keep their digest.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub artifacts: Vec<Artifact>,
    /// The object that has its name until it comes, and then goes: by its ARN, because it may
    /// be like it in everything. A plan says so.
    // Left out where there is none: plan files without it keep their digest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instead_of: Option<String>,
}

/// Why one resource must come before another. A later reason is stronger:
/// where several hold, it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Edge {
    /// The same as of a value, for a field without which this one can be made: two that
    /// name each other there are both made first.
    Later,
    /// A value is needed that the cloud chooses when it creates the other.
    Value,
    /// The other must exist: a `MUST_EXIST` field.
    Existence,
    /// The other must be all that it is to be: `depends_on`.
    Completion,
}

/// The user's say over a resource's life.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lifecycle {
    /// Refuse every plan that would delete or replace it.
    pub prevent_destroy: bool,
    /// Fields (and fields within them) that are not compared.
    pub ignore_changes: Vec<String>,
    /// Tags of others: keys, or with a `*` at the end what keys begin with. Those
    /// that the document states are ours all the same.
    // Left out where there are none: plan files without them keep their digest.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ignore_tags: Vec<String>,
    /// Take over an existing object that nobody owns.
    pub adopt: bool,
    /// How long it may take, where that is another time than its kind's.
    #[serde(default, skip_serializing_if = "Deadlines::is_empty")]
    pub patience: Deadlines,
    /// The stacks whose outputs its document holds, as
    /// [`UsedStack::mark`](super::UsedStack::mark) spells them.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub uses: BTreeSet<String>,
}

/// The field that holds the tags, of every kind that carries any.
pub const TAGS: &str = "tags";

impl Lifecycle {
    /// Whether a difference is not ours to put right.
    pub fn leaves(&self, diff: &FieldDiff) -> bool {
        let tag = match diff.path.segments() {
            [Segment::Field(field), Segment::Field(key)] if field == TAGS => Some(key),
            _ => None,
        };
        self.ignore_changes.iter().any(|field| diff.path.is_within(field))
            || diff.want.is_none() && tag.is_some_and(|key| self.leaves_tag(key))
    }

    /// Whether a tag that the document does not state is somebody else's.
    pub fn leaves_tag(&self, key: &str) -> bool {
        self.ignore_tags.iter().any(|pattern| admits(pattern, key))
    }
}

/// An object as AWS shows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Live {
    /// Which kind it is.
    pub kind: String,
    /// AWS's name of it.
    pub identity: Identity,
    /// Its fields, in the same canonical form as [`Desired::document`].
    pub document: Document,
    /// What can be referred to.
    pub facts: Facts,
    /// Whose it is; `None` for nobody's, and for kinds that carry no tags.
    pub owner: Option<Owner>,
    /// How it is doing.
    pub status: Status,
    /// What would be lost with it, as far as the read could tell.
    pub holdings: Option<Holdings>,
    /// The object that it lives and dies with, if any.
    pub parent: Option<Parent>,
    /// How many others hold it so that the cloud would refuse to delete it, as
    /// far as the cloud counts them.
    #[serde(default)]
    pub held: Option<usize>,
    /// What the cloud says goes wrong with it, though it is what was asked. For people: it
    /// changes no plan.
    // Left out where there is none: plan files without keep their digest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remark: Option<String>,
}

impl Live {
    /// The same without control characters in its fields: see
    /// [`document::without_controls`].
    #[must_use]
    pub fn without_controls(mut self) -> Self {
        let tame = document::without_controls;
        self.document = self.document.into_iter().map(|(name, it)| (name, tame(it))).collect();
        self
    }

    /// The object, as those know it that live and die with it.
    pub fn as_parent(&self) -> Parent {
        Parent { kind: self.kind.clone(), identity: self.identity.clone() }
    }

    /// Whether it is on its way out.
    pub fn is_going(&self) -> bool {
        matches!(self.status, Status::Deleting(_))
    }

    /// The facts' `arn`, if the kind has one.
    pub fn arn(&self) -> Option<&str> {
        self.facts.get("arn").map(String::as_str)
    }
}

/// How an object is doing, judged from what was read and nothing else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", content = "why", rename_all = "snake_case")]
pub enum Status {
    /// It is what it is going to be.
    Current,
    /// It is still becoming what was asked.
    InProgress(String),
    /// It is what was asked, up to an act of somebody outside that no run can
    /// wait for: the owner of an e-mail address has to confirm it. Until then
    /// AWS shows no more of it than that it is there, so that its existence is
    /// all that can be compared.
    Awaiting(String),
    /// It will not become what was asked.
    Failed(String),
    /// It is on its way out (a key in its waiting period). Counts as absent,
    /// unless its kind can be revived.
    Deleting(String),
}

/// What an object holds that a deletion would lose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holdings {
    /// For people: `12 objects (first page)`, `about 3 messages`.
    pub what: String,
    /// Whether AWS refuses to delete the object while it holds this.
    pub blocks_delete: bool,
    /// Whether the object can be brought back for a while, and this with it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub revivable: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
pub(super) fn is_false(value: &bool) -> bool {
    !value
}

impl Holdings {
    /// What is lost for good with the object.
    pub fn lost(what: impl Into<String>) -> Self {
        Self { what: what.into(), blocks_delete: false, revivable: false }
    }

    /// What keeps the object from being deleted.
    pub fn blocking(what: impl Into<String>) -> Self {
        Self { blocks_delete: true, ..Self::lost(what) }
    }
}

/// The object whose deletion takes this one along (a topic's subscription).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Parent {
    /// The parent's kind.
    pub kind: String,
    /// The parent's identity.
    pub identity: Identity,
}

/// What to look for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Sought {
    /// The kind.
    pub kind: String,
    /// AWS's name, or the ARN where only that is known.
    pub identity: Identity,
    /// The owner's address, if an index told it.
    pub address: Option<Address>,
    /// The addresses that its owner may go by besides.
    pub formerly: Vec<Address>,
    /// The object's ARN, if known.
    pub arn: Option<String>,
    /// The fields that matter; `None` for all. A kind may skip reads that
    /// serve no field of these.
    pub fields: Option<BTreeSet<String>>,
    /// Whether to find out what a deletion would lose.
    pub holdings: bool,
}

/// What to do with the contents of an object that is to be deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Emptying {
    /// Leave them: AWS then refuses to delete a bucket that is not empty.
    Keep,
    /// Remove them first.
    Empty,
}

impl Desired {
    /// Whether a plan takes this object away when what is wanted here has come.
    pub fn comes_instead_of(&self, live: &Live) -> bool {
        self.instead_of.is_some() && self.instead_of.as_deref() == live.arn()
    }

    /// The address from which its default name is made.
    pub fn named_after(&self) -> &Address {
        self.formerly.first().unwrap_or(&self.address)
    }

    /// Whether an address is one that it has or had.
    pub fn goes_by(&self, address: &Address) -> bool {
        self.address == *address || self.formerly.contains(address)
    }

    /// How to look for the object behind this resource.
    pub fn sought(&self) -> Sought {
        Sought {
            kind: self.kind.clone(),
            identity: self.identity.clone(),
            address: Some(self.address.clone()),
            formerly: self.formerly.clone(),
            arn: self.predicted.get("arn").cloned(),
            fields: Some(self.document.keys().cloned().collect()),
            holdings: false,
        }
    }
}
