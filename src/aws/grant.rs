//! What AWS must allow: the words in which the kinds say it, and the IAM
//! actions behind each call.
//!
//! Every kind lists its grants beside its calls. The policies that `ccprov
//! iam` prints, the table of `docs/AWS_ACCESS.md` and the hint of a refusal
//! all come from here. Which actions take which resources and conditions is
//! what AWS's Service Authorization Reference says.

use super::services::table::SERVICES;

/// Some actions, what they are allowed on, and when they are needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grant {
    /// What it is for, as a policy calls it; letters and digits, as IAM wants
    /// it. Grants of one name are for the same, and become one statement.
    pub sid: &'static str,
    /// Which commands need it.
    pub need: Need,
    /// IAM's names of the actions.
    pub actions: &'static [&'static str],
    /// ARNs in which `${name}` stands for a fact or field of the resource, or
    /// for `partition`, `account`, `region`, `stack`. One whose value is not
    /// there before the resource is left out.
    pub on: &'static [&'static str],
    /// What must be so besides.
    pub bound: Bound,
    /// The field without which nobody needs it: left out, null or false.
    pub only_with: Option<&'static str>,
}

/// Which commands need something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// Every command: to know what there is.
    Read,
    /// `apply` alone: to make and to change.
    Write,
    /// `apply` and `destroy`: to remove, wholly or in part.
    Remove,
    /// `verify` alone: to try whether it works.
    Exercise,
    /// `invoke` alone: to call what is a function.
    Invoke,
    /// `replay` alone: to have an archive put its events on their bus.
    Replay,
}

/// What must be so for a grant to hold, beyond the resource's ARN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// Nothing: the ARN says enough, or the service knows no condition.
    Free,
    /// The object carries the stack's owner tag.
    Owned,
    /// The object carries the owner tag of no other stack. For what follows a
    /// creation: KMS may take five minutes to judge by a new tag (KMS
    /// Developer Guide, "Use tags to control access to KMS keys").
    NotAnothers,
    /// The object carries the tag of no other region: names of all regions lie
    /// under one path. What an earlier ccprov made carries none.
    OfRegion,
    /// The call writes the stack's owner tag.
    Tagging,
    /// The call writes the stack's owner tag, to nothing of another stack.
    Claiming,
    /// A condition key has this value.
    Where(&'static str, &'static str),
    /// This service asks KMS in the caller's name.
    Via(&'static str),
}

impl Grant {
    const fn new(
        need: Need,
        sid: &'static str,
        on: &'static [&'static str],
        actions: &'static [&'static str],
    ) -> Self {
        Self { sid, need, actions, on, bound: Bound::Free, only_with: None }
    }

    /// Needed by every command.
    pub(crate) const fn read(
        sid: &'static str,
        on: &'static [&'static str],
        actions: &'static [&'static str],
    ) -> Self {
        Self::new(Need::Read, sid, on, actions)
    }

    /// Needed by `apply`.
    pub(crate) const fn write(
        sid: &'static str,
        on: &'static [&'static str],
        actions: &'static [&'static str],
    ) -> Self {
        Self::new(Need::Write, sid, on, actions)
    }

    /// Needed by `apply` and `destroy`.
    pub(crate) const fn remove(
        sid: &'static str,
        on: &'static [&'static str],
        actions: &'static [&'static str],
    ) -> Self {
        Self::new(Need::Remove, sid, on, actions)
    }

    /// Needed by `verify`.
    pub(crate) const fn exercise(
        sid: &'static str,
        on: &'static [&'static str],
        actions: &'static [&'static str],
    ) -> Self {
        Self::new(Need::Exercise, sid, on, actions)
    }

    /// Needed by `invoke`.
    pub(crate) const fn invoke(
        sid: &'static str,
        on: &'static [&'static str],
        actions: &'static [&'static str],
    ) -> Self {
        Self::new(Need::Invoke, sid, on, actions)
    }

    /// Needed by `replay`.
    pub(crate) const fn replay(
        sid: &'static str,
        on: &'static [&'static str],
        actions: &'static [&'static str],
    ) -> Self {
        Self::new(Need::Replay, sid, on, actions)
    }

    /// The same, where something more must be so.
    pub(crate) const fn bound(self, bound: Bound) -> Self {
        Self { bound, ..self }
    }

    /// The same, for resources that state a field.
    pub(crate) const fn only_with(self, field: &'static str) -> Self {
        Self { only_with: Some(field), ..self }
    }
}

/// What finding the objects of a stack needs, whatever its kinds.
pub const DISCOVERY: &[Grant] = &[
    Grant::read("FindStack", &["*"], &["iam:ListPolicies", "iam:ListRoles", "tag:GetResources"]),
    // Lists tell no tags: whether one holds outputs of the stack, each is asked for.
    Grant::read(
        "FindUsers",
        &["arn:${partition}:iam::${account}:*/ccprov/*"],
        &["iam:GetPolicy", "iam:GetRole"],
    ),
];

/// What the lease needs, where a stack has one. Without the right to list,
/// S3 says of an object that is not there that it is forbidden.
pub const LEASE: &[Grant] = &[
    Grant::remove(
        "Lease",
        &["arn:${partition}:s3:::${lock.bucket}/${lock.key}"],
        &["s3:DeleteObject", "s3:GetObject", "s3:PutObject"],
    ),
    Grant::remove("Leases", &["arn:${partition}:s3:::${lock.bucket}"], &["s3:ListBucket"]),
];

/// The calls whose IAM actions do not have their name, or are several, of every
/// service: `service:Operation`, and the actions.
pub fn differing() -> impl Iterator<Item = (String, &'static [&'static str])> {
    SERVICES.iter().flat_map(|service| {
        let call = |operation: &str| format!("{}:{operation}", service.prefix);
        service.actions.iter().map(move |(operation, actions)| (call(operation), *actions))
    })
}

/// The IAM actions that a call needs, as people list them. `operation` is
/// `service:Operation`.
pub fn permission(operation: &str) -> String {
    let differing = differing().find(|(call, _)| *call == operation);
    match differing.map_or(&[operation][..], |(_, actions)| actions) {
        [all @ .., last] if !all.is_empty() => format!("{} and {last}", all.join(", ")),
        one => one.concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_names_every_action() {
        assert_eq!(permission("sqs:DeleteQueue"), "sqs:DeleteQueue");
        assert_eq!(permission("s3:HeadBucket"), "s3:ListBucket");
        assert_eq!(permission("sqs:CreateQueue"), "sqs:CreateQueue and sqs:TagQueue");
        let bucket = "s3:CreateBucket, s3:TagResource and s3:PutBucketOwnershipControls";
        assert_eq!(permission("s3:CreateBucket"), bucket);
    }
}
