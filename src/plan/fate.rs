//! What was decided for one address: what people are told, and what becomes steps.

use std::borrow::Cow;

use super::change::{Cause, Change, DeleteReason, PlannedChange, ReplaceOrder};
use crate::model::{Address, Desired, FieldDiff, Live, Parent};

/// What was decided for one address.
#[derive(Clone, Debug)]
pub(super) struct Fate<'a> {
    pub(super) address: Address,
    pub(super) verdict: Verdict<'a>,
    pub(super) notes: Vec<String>,
}

/// The decision, with all that the steps need: what is wanted (every fact
/// filled in that is known by now) and what there is. Only what becomes a step
/// is copied: most of a large stack stays as it is, most of the time.
#[derive(Clone, Debug)]
pub(super) enum Verdict<'a> {
    Keep {
        want: Cow<'a, Desired>,
        live: &'a Live,
    },
    Create {
        want: Cow<'a, Desired>,
    },
    Update {
        want: Cow<'a, Desired>,
        live: &'a Live,
        diff: Vec<FieldDiff>,
    },
    Replace {
        want: Cow<'a, Desired>,
        live: &'a Live,
        diff: Vec<FieldDiff>,
        because: Cause,
        order: ReplaceOrder,
        /// The old object goes with its parent, and needs no call of its own.
        goes_along: bool,
        /// The new object, as far as an earlier run has made it.
        half_made: Option<&'a Live>,
    },
    Delete {
        live: &'a Live,
        why: DeleteReason,
        force: bool,
    },
}

impl Verdict<'_> {
    /// The resource, unless it only goes.
    pub(super) fn want(&self) -> Option<&Desired> {
        match self {
            Self::Keep { want, .. }
            | Self::Create { want }
            | Self::Update { want, .. }
            | Self::Replace { want, .. } => Some(want),
            Self::Delete { .. } => None,
        }
    }

    /// The object, if there is one.
    pub(super) fn live(&self) -> Option<&Live> {
        match self {
            Self::Keep { live, .. }
            | Self::Update { live, .. }
            | Self::Replace { live, .. }
            | Self::Delete { live, .. } => Some(live),
            Self::Create { .. } => None,
        }
    }
}

impl Fate<'_> {
    /// The object that goes, as its children know it.
    pub(super) fn leaving(&self) -> Option<Parent> {
        match &self.verdict {
            Verdict::Delete { live, .. } | Verdict::Replace { live, .. } => Some(live.as_parent()),
            Verdict::Keep { .. } | Verdict::Create { .. } | Verdict::Update { .. } => None,
        }
    }

    /// What people are told.
    pub(super) fn into_change(self) -> PlannedChange {
        let Self { address, verdict, notes } = self;
        let (kind, identity) = match &verdict {
            Verdict::Keep { want, .. }
            | Verdict::Create { want }
            | Verdict::Update { want, .. }
            | Verdict::Replace { want, .. } => (want.kind.clone(), want.identity.clone()),
            Verdict::Delete { live, .. } => (live.kind.clone(), live.identity.clone()),
        };
        let change = match verdict {
            Verdict::Keep { .. } => Change::NoOp,
            Verdict::Create { want } => Change::Create { document: want.document.clone() },
            Verdict::Update { diff, .. } => Change::Update { diff },
            Verdict::Replace { live, diff, because, order, .. } => {
                Change::Replace { because, diff, order, holdings: live.holdings.clone() }
            }
            Verdict::Delete { live, why, .. } => Change::Delete {
                why,
                document: live.document.clone(),
                holdings: live.holdings.clone(),
            },
        };
        PlannedChange { address, kind, identity, change, notes, stages: Vec::new() }
    }
}
