//! Where an emulator does otherwise than AWS: what it reads back wrongly, what it
//! has not got, and what it asks a permission for.
//!
//! The only place where the contract looks away, so that no kind learns to
//! please an emulator. A lie that no longer shows fails the contract.

mod conceded;
mod lacks;
mod misjudged;

use ccprov::model::FieldDiff;

pub(crate) use self::conceded::{Concession, concessions, left_out};
pub(crate) use self::lacks::LACKS;
pub(crate) use self::misjudged::{MISJUDGED, Misjudged};

/// One difference that is the emulator's fault.
#[expect(clippy::struct_field_names, reason = "a `Lie` tells the lie and the truth")]
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Lie {
    /// `ministack`, in either of its modes, or `moto`.
    pub(crate) emulator: &'static str,
    pub(crate) kind: &'static str,
    /// A field, as a pattern of `Path::is_within`; or [`CANDIDATES`], or [`TWICE`].
    pub(crate) field: &'static str,
    /// What the emulator does.
    pub(crate) lie: &'static str,
    /// What AWS does.
    pub(crate) aws: &'static str,
}

/// In place of a field: the tagging index does not know the kind.
pub(crate) const CANDIDATES: &str = "(candidates)";
/// In place of a field: a second creation is not refused, and makes a second object.
pub(crate) const TWICE: &str = "(twice)";

/// Sorted.
pub(crate) static LIES: &[Lie] = &[
    Lie {
        emulator: "ministack",
        kind: "cloudwatch_composite_alarm",
        field: CANDIDATES,
        lie: "the tagging API does not know alarms",
        aws: "it knows them",
    },
    forgets("ministack", "cloudwatch_composite_alarm", "actions_suppressor"),
    Lie {
        emulator: "ministack",
        kind: "cloudwatch_event_bus",
        field: "policy",
        lie: "PutPermission with a Policy is taken for one that admits everybody",
        aws: "the document is the bus's policy",
    },
    Lie {
        emulator: "ministack",
        kind: "cloudwatch_event_rule",
        field: "description",
        lie: "PutRule without a Description leaves the old one",
        aws: "what PutRule leaves out is cleared",
    },
    Lie {
        emulator: "ministack",
        kind: "cloudwatch_event_rule",
        field: "role_arn",
        lie: "PutRule without a RoleArn leaves the old one",
        aws: "what PutRule leaves out is cleared",
    },
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
        kind: "dynamodb_table",
        field: "recovery_period_in_days",
        lie: "RecoveryPeriodInDays is accepted, and 35 answered",
        aws: "it is answered as it was set",
    },
    forgets("ministack", "ecr_repository", "image_tag_mutability_exclusion_filter"),
    Lie {
        emulator: "ministack",
        kind: "iam_role",
        field: "description",
        lie: "an empty Description is taken for none, and leaves the old one",
        aws: "an empty Description clears it",
    },
    Lie {
        emulator: "ministack",
        kind: "lambda_event_source_mapping",
        field: TWICE,
        lie: "a source and a function get a second mapping",
        aws: "they have one, and a second is refused",
    },
    forgets("ministack", "lambda_event_source_mapping", "kms_key_arn"),
    forgets("ministack", "lambda_event_source_mapping", "metrics_config"),
    forgets("ministack", "lambda_event_source_mapping", "provisioned_poller_config"),
    forgets("ministack", "lambda_event_source_mapping", "tumbling_window_in_seconds"),
    Lie {
        emulator: "ministack",
        kind: "msk_configuration",
        field: CANDIDATES,
        lie: "no case has the cluster through which one is found",
        aws: "it is found through a cluster of the stack that has it",
    },
    Lie {
        emulator: "ministack",
        kind: "s3_bucket",
        field: "lifecycle_rules.*.filter.object_size_greater_than",
        lie: "an And without ObjectSizeGreaterThan is answered with one of 0",
        aws: "it is answered as it was set",
    },
    Lie {
        emulator: "ministack",
        kind: "security_group",
        field: CANDIDATES,
        lie: "the tagging API does not know security groups",
        aws: "it knows them",
    },
    Lie {
        emulator: "ministack",
        kind: "sfn_state_machine",
        field: CANDIDATES,
        lie: "the tagging API does not know state machines",
        aws: "it knows them",
    },
    forgets("ministack", "sfn_state_machine", "tracing_configuration"),
    Lie {
        emulator: "moto",
        kind: "cloudwatch_event_archive",
        field: "description",
        lie: "UpdateArchive with an empty Description leaves the old one",
        aws: "an empty Description clears it",
    },
    Lie {
        emulator: "moto",
        kind: "cloudwatch_event_archive",
        field: "event_pattern",
        lie: "UpdateArchive with an empty EventPattern leaves the old one",
        aws: "an empty EventPattern clears it",
    },
    forgets("moto", "cloudwatch_event_archive", "kms_key_identifier"),
    Lie {
        emulator: "moto",
        kind: "cloudwatch_event_archive",
        field: "retention_days",
        lie: "UpdateArchive with RetentionDays of 0 leaves the old ones",
        aws: "0 days are for ever",
    },
    forgets("moto", "cloudwatch_event_bus", "log_config"),
    Lie {
        emulator: "moto",
        kind: "cloudwatch_event_rule",
        field: CANDIDATES,
        lie: "the tagging API does not know rules",
        aws: "it knows them",
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
        kind: "dynamodb_table",
        field: "kms_key_id",
        lie: "UpdateTable accepts SSESpecification, and leaves the key as it was",
        aws: "the table is encrypted with the other key",
    },
    forgets("moto", "dynamodb_table", "max_read_request_units"),
    forgets("moto", "dynamodb_table", "max_write_request_units"),
    forgets("moto", "dynamodb_table", "table_class"),
    Lie {
        emulator: "moto",
        kind: "ecr_repository",
        field: CANDIDATES,
        lie: "GetResources has no repositories",
        aws: "it has all that carry a tag",
    },
    Lie {
        emulator: "moto",
        kind: "ecr_repository",
        field: "image_scanning_configuration.scan_on_push",
        lie: "PutImageScanningConfiguration without scanOnPush leaves it as it was",
        aws: "what it leaves out is false",
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
        kind: "lambda_event_source_mapping",
        field: TWICE,
        lie: "a source and a function get a second mapping",
        aws: "they have one, and a second is refused",
    },
    Lie {
        emulator: "moto",
        kind: "lambda_function",
        field: "architectures",
        lie: "UpdateFunctionCode accepts Architectures, and leaves them as they were",
        aws: "the function runs on the other processor",
    },
    forgets("moto", "lambda_function", "dead_letter_config"),
    Lie {
        emulator: "moto",
        kind: "lambda_function",
        field: "ephemeral_storage",
        lie: UNCHANGED,
        aws: "it is answered as it was set",
    },
    Lie {
        emulator: "moto",
        kind: "lambda_function",
        field: "event_invoke_config",
        lie: "PutFunctionEventInvokeConfig leaves one that is there as it was",
        aws: "it takes its place",
    },
    forgets("moto", "lambda_function", "file_system_config"),
    Lie {
        emulator: "moto",
        kind: "lambda_function",
        field: "image_config",
        lie: UNCHANGED,
        aws: "it is answered as it was set",
    },
    forgets("moto", "lambda_function", "kms_key_arn"),
    forgets("moto", "lambda_function", "logging_config"),
    Lie {
        emulator: "moto",
        kind: "lambda_function",
        field: "reserved_concurrent_executions",
        lie: "a ReservedConcurrentExecutions of 0 is answered as none",
        aws: "it is answered as it was set, and stops the function",
    },
    forgets("moto", "lambda_function", "snap_start"),
    Lie {
        emulator: "moto",
        kind: "lambda_function",
        field: "tracing_config",
        lie: UNCHANGED,
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
    forgets("moto", "s3_bucket", "logging.target_object_key_format"),
    Lie {
        emulator: "moto",
        kind: "s3_bucket",
        field: "server_side_encryption",
        lie: "a bucket whose encryption nobody set has none",
        aws: "it has that of S3 (AES256)",
    },
    Lie {
        emulator: "moto",
        kind: "sfn_state_machine",
        field: "type",
        lie: "every state machine is answered as STANDARD",
        aws: "it is answered as it was made",
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

/// Something that an emulator has not got, and says so.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Lack {
    /// As in [`Lie`].
    pub(crate) emulator: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) what: Lacking,
    /// The code of its answer: `InvalidAction`.
    pub(crate) answer: &'static str,
    /// Words of its message, where it says the same code of other things too.
    pub(crate) saying: &'static str,
}

/// What is not there.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Lacking {
    /// All of the kind: none of its cases is tried.
    Kind,
    /// A call, as `sqs:CreateQueue`, and the fields that it serves: cases are
    /// tried without these. One that comes to it all the same is left out.
    Call(&'static str, &'static [&'static str]),
}

impl Lack {
    /// What is missing, for people.
    pub(crate) fn name(&self) -> &'static str {
        match self.what {
            Lacking::Kind => self.kind,
            Lacking::Call(call, _) => call,
        }
    }
}

/// Of a change.
const UNCHANGED: &str = "UpdateFunctionConfiguration accepts it, and leaves it as it was";

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

/// The lie that explains that a second creation would not be refused.
pub(crate) fn behind_twins(emulator: &str, kind: &str) -> Option<&'static Lie> {
    told_by(emulator).find(|lie| lie.kind == kind && lie.field == TWICE)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use ccprov::model::{CloudError, ErrorClass};

    use super::*;

    fn refused(operation: &str, class: ErrorClass, code: &str) -> CloudError {
        CloudError {
            attempted: String::new(),
            operation: operation.into(),
            class,
            code: code.into(),
            message: String::new(),
            request_id: None,
            hint: None,
        }
    }

    /// What else goes wrong with the kind is no lack, and is not looked away from.
    #[test]
    fn a_lack_explains_its_own_answer_alone() {
        let lack = |what: Lacking, saying: &'static str| {
            let lack =
                Lack { emulator: "moto", kind: "queue", what, answer: "InvalidAction", saying };
            Concession::Lack(Box::leak(Box::new(lack)))
        };
        let check = |what: Lacking, operation: &str, code: &str, expected: bool| {
            let concession = lack(what, "");
            let error = refused(operation, ErrorClass::Invalid, code);
            assert_eq!(concession.is_behind(&error), expected, "{operation} {code}");
        };
        let call = || Lacking::Call("sqs:TagQueue", &["tags"]);
        check(call(), "sqs:TagQueue", "InvalidAction", true);
        check(call(), "sqs:TagQueue", "InvalidParameter", false);
        check(call(), "sqs:CreateQueue", "InvalidAction", false);
        check(Lacking::Kind, "sqs:CreateQueue", "InvalidAction", true);
        check(Lacking::Kind, "sqs:CreateQueue", "InvalidParameter", false);
        let mut error = refused("sqs:TagQueue", ErrorClass::Invalid, "InvalidAction");
        assert!(!lack(call(), "no tags").is_behind(&error));
        error.message = "there are no tags here".into();
        assert!(lack(call(), "no tags").is_behind(&error));
    }

    #[test]
    fn a_misjudged_permission_explains_its_own_refusal_alone() {
        let check = |operation: &str, class: ErrorClass, expected: &[&str]| {
            let error = refused(operation, class, "AccessDenied");
            let behind = concessions("ministack-enforcing").filter(|it| it.is_behind(&error));
            let kinds: Vec<&str> = behind.map(Concession::kind).collect();
            assert_eq!(kinds, expected, "{operation}");
        };
        check("kms:DeleteAlias", ErrorClass::Denied, &["kms_key"]);
        check("kms:DeleteAlias", ErrorClass::Invalid, &[]);
        check("kms:CreateKey", ErrorClass::Denied, &[]);
        check("iam:UpdateRole", ErrorClass::Denied, &["iam_role"]);
        assert_eq!(
            concessions("moto").count(),
            LACKS.iter().filter(|it| it.emulator == "moto").count()
        );
    }

    #[test]
    fn a_lack_leaves_the_fields_of_its_own_kind_out() {
        let lack = Lack {
            emulator: "moto",
            kind: "queue",
            what: Lacking::Call("sqs:TagQueue", &["tags"]),
            answer: "InvalidAction",
            saying: "",
        };
        let conceded = [Concession::Lack(Box::leak(Box::new(lack)))];
        assert_eq!(left_out(&conceded, "queue"), BTreeSet::from(["tags"]));
        assert_eq!(left_out(&conceded, "topic"), BTreeSet::new());
    }
}
