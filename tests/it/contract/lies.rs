//! Where an emulator reads back otherwise than AWS does.
//!
//! The only place where the contract looks away, so that no kind learns to
//! please an emulator. A lie that no longer shows fails the contract.

/// One difference that is the emulator's fault.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Lie {
    /// As `Emulator::name` says.
    pub(crate) emulator: &'static str,
    pub(crate) kind: &'static str,
    /// A field, as a pattern of `Path::is_within`; or `CANDIDATES`.
    pub(crate) field: &'static str,
    /// What the emulator does.
    pub(crate) lie: &'static str,
    /// What AWS does.
    pub(crate) aws: &'static str,
}

/// In place of a field: the tagging index does not know the kind.
pub(crate) const CANDIDATES: &str = "(candidates)";

/// Sorted.
pub(crate) static LIES: &[Lie] = &[
    Lie {
        emulator: "ministack",
        kind: "iam_role",
        field: "description",
        lie: "an empty Description is taken for none, and leaves the old one",
        aws: "an empty Description clears it",
    },
    Lie {
        emulator: "ministack-enforcing",
        kind: "iam_role",
        field: "description",
        lie: "an empty Description is taken for none, and leaves the old one",
        aws: "an empty Description clears it",
    },
    Lie {
        emulator: "moto",
        kind: "iam_role",
        field: "description",
        lie: "UpdateRole without a Description clears it",
        aws: "what UpdateRole does not mention stays as it is",
    },
    Lie {
        emulator: "moto",
        kind: "kms_key",
        field: "rotation_period_in_days",
        lie: "RotationPeriodInDays is accepted, and 365 answered",
        aws: "it is answered as it was set",
    },
    Lie {
        emulator: "moto",
        kind: "sqs_queue",
        field: "policy",
        lie: "any SetQueueAttributes that does not mention the policy removes it",
        aws: "attributes that a call does not mention stay as they are",
    },
    Lie {
        emulator: "moto",
        kind: "sqs_queue",
        field: "redrive_allow_policy",
        lie: "RedriveAllowPolicy is accepted and never answered",
        aws: "it is answered as it was set",
    },
];
