//! Where an emulator reads back otherwise than AWS does.
//!
//! The only place where the contract looks away, so that no kind learns to
//! please an emulator. A lie that no longer shows fails the contract.

use ccprov::model::FieldDiff;

/// One difference that is the emulator's fault.
#[expect(clippy::struct_field_names, reason = "a `Lie` tells the lie and the truth")]
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Lie {
    /// `ministack`, in either of its modes, or `moto`.
    pub(crate) emulator: &'static str,
    pub(crate) kind: &'static str,
    /// A field, as a pattern of `Path::is_within`; or [`CANDIDATES`], or [`CALLS`].
    pub(crate) field: &'static str,
    /// What the emulator does.
    pub(crate) lie: &'static str,
    /// What AWS does.
    pub(crate) aws: &'static str,
}

/// In place of a field: the tagging index does not know the kind.
pub(crate) const CANDIDATES: &str = "(candidates)";

/// In place of a field: the emulator does not understand the calls of the kind.
pub(crate) const CALLS: &str = "(calls)";

/// Sorted.
pub(crate) static LIES: &[Lie] = &[
    Lie {
        emulator: "ministack",
        kind: "cloudwatch_log_group",
        field: CANDIDATES,
        lie: "the tagging API does not know log groups",
        aws: "it knows them, by the ARN without `:*`",
    },
    Lie {
        emulator: "ministack",
        kind: "cloudwatch_metric_alarm",
        field: CANDIDATES,
        lie: "the tagging API does not know alarms",
        aws: "it knows them",
    },
    Lie {
        emulator: "ministack",
        kind: "iam_role",
        field: "description",
        lie: "an empty Description is taken for none, and leaves the old one",
        aws: "an empty Description clears it",
    },
    Lie {
        emulator: "ministack",
        kind: "s3_bucket",
        field: "lifecycle_rules.*.filter.object_size_greater_than",
        lie: "an And without ObjectSizeGreaterThan is answered with one of 0",
        aws: "it is answered as it was set",
    },
    Lie {
        emulator: "moto",
        kind: "cloudwatch_log_group",
        field: "log_group_class",
        lie: "LogGroupClass is accepted and never answered",
        aws: "it is answered as it was set",
    },
    Lie {
        emulator: "moto",
        kind: "cloudwatch_metric_alarm",
        field: CALLS,
        lie: "calls in CBOR, as the SDK makes them, are not known",
        aws: "they are answered",
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
        kind: "s3_bucket",
        field: "lifecycle_rules.*.filter",
        lie: "a filter by size is accepted and never answered",
        aws: "it is answered as it was set",
    },
    forgets(
        "moto",
        "s3_bucket",
        "lifecycle_rules.*.noncurrent_version_expiration.newer_noncurrent_versions",
    ),
    Lie {
        emulator: "moto",
        kind: "s3_bucket",
        field: "server_side_encryption",
        lie: "a bucket whose encryption nobody set has none",
        aws: "it has that of S3 (AES256)",
    },
    forgets("moto", "sns_topic", "application_failure_feedback_role_arn"),
    forgets("moto", "sns_topic", "application_success_feedback_role_arn"),
    forgets("moto", "sns_topic", "application_success_feedback_sample_rate"),
    forgets("moto", "sns_topic", "archive_policy"),
    forgets("moto", "sns_topic", "fifo_throughput_scope"),
    forgets("moto", "sns_topic", "firehose_failure_feedback_role_arn"),
    forgets("moto", "sns_topic", "firehose_success_feedback_role_arn"),
    forgets("moto", "sns_topic", "firehose_success_feedback_sample_rate"),
    forgets("moto", "sns_topic", "http_failure_feedback_role_arn"),
    forgets("moto", "sns_topic", "http_success_feedback_role_arn"),
    forgets("moto", "sns_topic", "http_success_feedback_sample_rate"),
    forgets("moto", "sns_topic", "lambda_failure_feedback_role_arn"),
    forgets("moto", "sns_topic", "lambda_success_feedback_role_arn"),
    forgets("moto", "sns_topic", "lambda_success_feedback_sample_rate"),
    forgets("moto", "sns_topic", "signature_version"),
    forgets("moto", "sns_topic", "sqs_failure_feedback_role_arn"),
    forgets("moto", "sns_topic", "sqs_success_feedback_role_arn"),
    forgets("moto", "sns_topic", "sqs_success_feedback_sample_rate"),
    forgets("moto", "sns_topic", "tracing_config"),
    Lie {
        emulator: "moto",
        kind: "sqs_queue",
        field: "policy",
        lie: "any SetQueueAttributes that does not mention the policy removes it",
        aws: "attributes that a call does not mention stay as they are",
    },
];

/// The commonest lie.
const fn forgets(emulator: &'static str, kind: &'static str, field: &'static str) -> Lie {
    let (lie, aws) = ("it is accepted and never answered", "it is answered as it was set");
    Lie { emulator, kind, field, lie, aws }
}

/// Every lie of an emulator, by its name (`ministack-enforcing`).
pub(crate) fn told_by(emulator: &str) -> impl Iterator<Item = &'static Lie> {
    LIES.iter().filter(move |lie| emulator.starts_with(lie.emulator))
}

/// The lie that explains a difference.
pub(crate) fn behind(emulator: &str, kind: &str, diff: &FieldDiff) -> Option<&'static Lie> {
    told_by(emulator).find(|lie| lie.kind == kind && diff.path.is_within(lie.field))
}

/// The lie that explains that an object is not among the candidates.
pub(crate) fn behind_absence(emulator: &str, kind: &str) -> Option<&'static Lie> {
    told_by(emulator).find(|lie| lie.kind == kind && lie.field == CANDIDATES)
}

/// The lie that explains that no call of a kind is understood.
pub(crate) fn behind_silence(emulator: &str, kind: &str) -> Option<&'static Lie> {
    told_by(emulator).find(|lie| lie.kind == kind && lie.field == CALLS)
}
