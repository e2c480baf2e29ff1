//! What a plan is made of: changes for people, steps for the executor.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::differences::ASKED;
use super::excerpt::Excerpt;
use super::permissions::Permissions;
use crate::model::{
    Address, Artifact, Claimant, Desired, Diagnostic, Document, Emptying, Existing, FieldDiff,
    FormerNames, Holdings, Identity, Live, Path, Place, Stage, UsedStack, told_apart, told_beside,
};

/// Everything that an apply will do, and nothing that it must still decide.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The owner of everything in it.
    pub stack: String,
    /// The names that it had before, if it was renamed.
    // Left out where there are none: plan files without them keep their digest.
    #[serde(default, skip_serializing_if = "FormerNames::is_empty")]
    pub was: FormerNames,
    /// Where.
    pub place: Place,
    /// For people: one per address, sorted by address.
    pub changes: Vec<PlannedChange>,
    /// For the executor: acyclic; a step needs only steps of this list.
    pub steps: Vec<StepNode>,
    /// The stack's outputs; may hold pending facts.
    pub outputs: BTreeMap<String, Value>,
    /// For people: what is not touched, though it may be the stack's.
    // Left out where there is none: plan files without it keep their digest.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left: Vec<Left>,
    /// What of the stack it is about, if not all of it.
    // Likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub excerpt: Option<Excerpt>,
    /// What it was drawn with that belongs to others.
    // Likewise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub existing: Vec<Existing>,
    /// The stacks that it uses, by the names that the stack has for them.
    // Likewise.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub uses: BTreeMap<String, UsedStack>,
}

/// An object that is left alone because its tags do not say that it is the
/// stack's, though other signs do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Left {
    /// The resource that it is, if the stack declares it.
    pub address: Option<Address>,
    /// Which kind.
    pub kind: String,
    /// AWS's name.
    pub identity: Identity,
    /// What its tags lack.
    pub why: WhyLeft,
}

/// What the tags of an object lack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhyLeft {
    /// They name the stack, but not its region, though the object is the same in
    /// all: an earlier ccprov made it.
    NoRegion,
    /// They name no stack. Declared, or where only the stack's own lie.
    NoOwner,
}

impl Left {
    pub(super) fn new(live: &Live, address: Option<&Address>, why: WhyLeft) -> Self {
        let (kind, identity) = (live.kind.clone(), live.identity.clone());
        Self { address: address.cloned(), kind, identity, why }
    }

    /// The same for people, with what to do about it.
    pub fn diagnostic(&self) -> Diagnostic {
        let Self { address, kind, identity, why } = self;
        let object = format!("{kind} {identity}");
        match (why, address) {
            (WhyLeft::NoRegion, Some(address)) => {
                Diagnostic::error(format!("{object} carries no region, and is left"))
                    .because(format!(
                        "{address} declares it; an earlier ccprov made it, and a stack of this \
                         name in another region may be using it"
                    ))
                    .hint("apply the stack once to claim it for its region")
            }
            (WhyLeft::NoRegion, None) => {
                Diagnostic::error(format!("{object} carries no region, and is left"))
                    .because(
                        "an earlier ccprov made it for a stack of this name, and that may be one \
                         in another region",
                    )
                    .hint("declare it and apply once to claim it, or delete it yourself")
            }
            (WhyLeft::NoOwner, address) => {
                let because = match address {
                    Some(address) => format!("{address} declares it, and no tag says whose it is"),
                    None => {
                        "it lies where only this stack's lie, and no tag says whose it is".into()
                    }
                };
                Diagnostic::error(format!("{object} carries no owner tag, and is left"))
                    .because(because)
                    .hint(
                        "if it is this stack's, claim it: apply with `lifecycle: { adopt: true }`",
                    )
                    .hint("or delete it yourself")
            }
        }
    }
}

/// What happens to one address.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlannedChange {
    /// Our name.
    pub address: Address,
    /// Which kind.
    pub kind: String,
    /// AWS's name.
    pub identity: Identity,
    /// What happens.
    pub change: Change,
    /// Anything else that people should know, a sentence each.
    pub notes: Vec<String>,
    /// What changes one after the other, where that is more than one call.
    // Left out where there is none: plan files without it keep their digest.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stages: Vec<Stage>,
}

/// The five things that can happen. Documents and diffs may hold pending facts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum Change {
    /// Nothing.
    NoOp,
    /// It comes into being.
    Create {
        /// With these fields.
        document: Document,
    },
    /// It changes in place.
    Update {
        /// In these fields.
        diff: Vec<FieldDiff>,
    },
    /// It is deleted and created anew.
    Replace {
        /// The fields that cannot change in place.
        because: Cause,
        /// All fields that differ.
        diff: Vec<FieldDiff>,
        /// Which comes first.
        order: ReplaceOrder,
        /// What would be lost.
        holdings: Option<Holdings>,
    },
    /// It goes.
    Delete {
        /// Why.
        why: DeleteReason,
        /// The fields that it has.
        document: Document,
        /// What would be lost.
        holdings: Option<Holdings>,
    },
}

/// The fields that force a replacement: at least one, by type.
///
/// ```compile_fail
/// use ccprov::plan::Cause;
/// let nothing = Cause::default(); // a replacement without a cause does not exist
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    /// The first field.
    pub first: Path,
    /// The others.
    pub others: Vec<Path>,
}

impl Cause {
    /// Nothing but that somebody asks for it.
    pub(super) fn asked() -> Self {
        Self { first: Path::field(ASKED), others: Vec::new() }
    }

    /// Whether somebody asks for it, and no field does.
    pub fn is_asked(&self) -> bool {
        self.first.top() == ASKED
    }
}

/// Which half of a replacement comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReplaceOrder {
    /// Both are there for a while: whoever uses the old object turns to the new
    /// one before the old one goes.
    CreateFirst,
    /// The new object has the old one's name, and so can only come after it.
    DeleteFirst,
}

/// Why something goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeleteReason {
    /// The stack owns it and no longer declares it.
    NotDeclared,
    /// The whole stack is being destroyed.
    Destroy,
    /// An earlier run has made its successor.
    Replaced,
    /// It goes with its parent, which is deleted in the same plan; no call of
    /// its own is needed.
    WithParent,
}

/// A step's position in [`Plan::steps`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StepId(pub usize);

/// One step with what it waits for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StepNode {
    /// Its position.
    pub id: StepId,
    /// Whose step it is.
    pub address: Address,
    /// What to do.
    pub step: Step,
    /// What must have happened before.
    pub needs: BTreeMap<StepId, Need>,
    /// Whether another step of this address completes the change.
    #[serde(default)]
    pub interim: bool,
}

/// When a needed step has done enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Need {
    /// As soon as it has told its facts.
    Facts,
    /// When the cloud has accepted all of it (or, for kinds whose patience
    /// blocks, when it is ready).
    End,
    /// When a read has shown what was asked.
    Seen,
}

/// What the executor does, with everything that it needs to do it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Step {
    /// Create an object.
    Create {
        /// As this.
        want: Box<Desired>,
    },
    /// Change an object in place.
    Update {
        /// To this.
        want: Box<Desired>,
        /// From this.
        have: Box<Live>,
        /// In these fields.
        diff: Vec<FieldDiff>,
    },
    /// Delete an object.
    Delete {
        /// This one.
        have: Box<Live>,
        /// What to do with its contents.
        emptying: Emptying,
        /// How many objects of the stack go with it, without a step of their own.
        along: usize,
        /// How long it may take, if the stack file says so.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        deadline: Option<Duration>,
    },
}

/// A step's verb, for events and totals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// A create step.
    Create,
    /// An update step.
    Update,
    /// A delete step.
    Delete,
}

impl Step {
    /// The verb.
    pub fn action(&self) -> Action {
        match self {
            Self::Create { .. } => Action::Create,
            Self::Update { .. } => Action::Update,
            Self::Delete { .. } => Action::Delete,
        }
    }

    /// The artifacts whose bytes it sends.
    pub fn sends(&self) -> Vec<&Artifact> {
        match self {
            Self::Create { want } => want.artifacts.iter().collect(),
            Self::Update { want, diff, .. } => {
                let changes = |it: &&Artifact| diff.iter().any(|d| d.path.top() == it.at.top());
                want.artifacts.iter().filter(changes).collect()
            }
            Self::Delete { .. } => Vec::new(),
        }
    }

    /// The kind of the object.
    pub fn kind(&self) -> &str {
        match self {
            Self::Create { want } | Self::Update { want, .. } => &want.kind,
            Self::Delete { have, .. } => &have.kind,
        }
    }
}

impl Change {
    /// The sign that plans print: `= + ~ ± -`.
    pub fn symbol(&self) -> &'static str {
        match self {
            Self::NoOp => "=",
            Self::Create { .. } => "+",
            Self::Update { .. } => "~",
            Self::Replace { .. } => "±",
            Self::Delete { .. } => "-",
        }
    }
}

/// How much a plan does, as in `Plan: N to add, N to change, N to destroy.`
/// A replacement counts as one to add and one to destroy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Objects to create.
    pub add: usize,
    /// Objects to change in place.
    pub change: usize,
    /// Objects to delete.
    pub destroy: usize,
}

impl Totals {
    /// Both together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            add: self.add + other.add,
            change: self.change + other.change,
            destroy: self.destroy + other.destroy,
        }
    }
}

impl Plan {
    /// Whether a step goes on with an object that another step of the plan makes.
    pub fn completes_creation(&self, node: &StepNode) -> bool {
        let makes = |other: &StepNode| {
            other.address == node.address && matches!(other.step, Step::Create { .. })
        };
        matches!(node.step, Step::Update { .. }) && self.steps.iter().any(makes)
    }

    /// What each of several is called where they are told of together.
    pub fn told_apart<'p>(plans: impl IntoIterator<Item = &'p Self>) -> Vec<String> {
        told_apart(plans.into_iter().map(|plan| (plan.stack.as_str(), &plan.place)))
    }

    /// The same for what is told of one of them: one that is alone needs no name there.
    pub fn told_beside<'p>(plans: impl IntoIterator<Item = &'p Self>) -> Vec<Option<String>> {
        told_beside(plans.into_iter().map(|plan| (plan.stack.as_str(), &plan.place)))
    }

    /// Whose everything in it is to be.
    pub fn claimant(&self) -> Claimant<'_> {
        Claimant { stack: &self.stack, was: &self.was, place: &self.place }
    }

    /// The same, where what a deletion would lose is permitted to go: AWS deletes
    /// no bucket that is not empty, so that its deletion empties it first.
    #[must_use]
    pub fn permitting(mut self, permissions: Permissions) -> Self {
        for node in self.steps.iter_mut().filter(|_| permissions.allow_data_loss) {
            match &mut node.step {
                Step::Delete { emptying, .. } => *emptying = Emptying::Empty,
                Step::Create { .. } | Step::Update { .. } => {}
            }
        }
        self
    }

    /// The artifacts that the change of an address sends.
    pub fn sent_to(&self, address: &Address) -> Vec<&Artifact> {
        let its = self.steps.iter().filter(|node| node.address == *address);
        let mut sent: Vec<&Artifact> = Vec::new();
        for artifact in its.flat_map(|node| node.step.sends()) {
            if !sent.contains(&artifact) {
                sent.push(artifact);
            }
        }
        sent
    }

    /// How much it does.
    pub fn totals(&self) -> Totals {
        let mut totals = Totals::default();
        for planned in &self.changes {
            match planned.change {
                Change::NoOp => {}
                Change::Create { .. } => totals.add += 1,
                Change::Update { .. } => totals.change += 1,
                Change::Replace { .. } => {
                    totals.add += 1;
                    totals.destroy += 1;
                }
                Change::Delete { .. } => totals.destroy += 1,
            }
        }
        totals
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.changes.iter().all(|planned| matches!(planned.change, Change::NoOp))
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { add, change, destroy } = self;
        write!(f, "{add} to add, {change} to change, {destroy} to destroy")
    }
}

impl fmt::Display for StepId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}
