//! What is told of SFN (Step Functions): limits, IAM actions, error codes, and what answers hold.

use crate::aws::service::{Code, Service, Speech};
use crate::aws::services::list::no_settings;
use crate::engine::pace::RateLimit;
use crate::model::{ErrorClass, InFlight};

no_settings!(aws_sdk_sfn);

/// All that is told of it.
pub(in crate::aws::services) static SERVICE: Service = Service {
    name: "SFN",
    prefix: "states",
    speaks: Speech::Json,
    limits: &[
        // Developer Guide, "Step Functions service quotas": a bucket, and how fast it fills
        // again. Of calls that some regions admit more often, what the others do.
        RateLimit::each(
            "states",
            1,
            &[
                "CreateStateMachine",
                "DeleteStateMachine",
                "ListTagsForResource",
                "UpdateStateMachine",
            ],
        )
        .with_burst(100),
        RateLimit::each("states", 1, &["TagResource", "UntagResource"]).with_burst(200),
        RateLimit::each("states", 20, &["DescribeStateMachine"]).with_burst(200),
        RateLimit::each("states", 2, &["ListExecutions"]).with_burst(100),
        RateLimit::each("states", 25, &["StopExecution"]).with_burst(500),
        // Not published.
        RateLimit::each(
            "states",
            5,
            &[
                "CreateStateMachineAlias",
                "DeleteStateMachineAlias",
                "DescribeStateMachineAlias",
                "ListStateMachineAliases",
                "ListStateMachineVersions",
                "PublishStateMachineVersion",
                "UpdateStateMachineAlias",
            ],
        ),
    ],
    actions: &[
        // The second for the version that it publishes.
        (
            "CreateStateMachine",
            &[
                "states:CreateStateMachine",
                "states:PublishStateMachineVersion",
                "states:TagResource",
            ],
        ),
        ("UpdateStateMachine", &["states:PublishStateMachineVersion", "states:UpdateStateMachine"]),
    ],
    codes: &[
        Code::of(ErrorClass::Exists, &["StateMachineAlreadyExists"]),
        // An alias of that name leads elsewhere.
        Code::of(ErrorClass::Exists, &["ConflictException"])
            .at(&["CreateStateMachineAlias"])
            .saying("already exist"),
        Code::of(ErrorClass::Absent, &["ExecutionDoesNotExist", "StateMachineDoesNotExist"]),
        // The one that has the name goes when its executions have come to an end.
        Code::of(ErrorClass::NotYet(InFlight::Busy), &["StateMachineDeleting"]),
        // Two changes of one met.
        Code::of(ErrorClass::NotYet(InFlight::Busy), &["ConflictException"]),
        // A role that was just made, its rights, or what opens a key to it are not seen
        // everywhere.
        not_yet("to assume the provided role"),
        not_yet("is not authorized to access the log destination"),
        not_yet("is not authorized to create managed-rule"),
        Code::of(ErrorClass::NotYet(InFlight::Dependency), &["KmsAccessDeniedException"])
            .at(&["CreateStateMachine", "UpdateStateMachine"]),
        Code::of(ErrorClass::Denied, &["KmsAccessDeniedException"]),
        Code::of(ErrorClass::Throttled, &["KmsThrottlingException"]),
        // Step Functions writes into a policy of CloudWatch Logs, of which a region has ten.
        Code::of(ErrorClass::Quota, &["InvalidLoggingConfiguration"])
            .saying("resource policy size was exceeded"),
        Code::of(
            ErrorClass::Quota,
            &["ServiceQuotaExceededException", "StateMachineLimitExceeded", "TooManyTags"],
        ),
        Code::of(
            ErrorClass::Invalid,
            &[
                "InvalidArn",
                "InvalidDefinition",
                "InvalidEncryptionConfiguration",
                "InvalidLoggingConfiguration",
                "InvalidName",
                "InvalidTracingConfiguration",
                "KmsInvalidStateException",
                "MissingRequiredParameter",
                "StateMachineTypeNotSupported",
            ],
        ),
    ],
    // Sources: the service model, and the examples of the API Reference.
    contents: &[
        ("DescribeStateMachine", &["\"stateMachineArn\"", "\"definition\"", "\"roleArn\""]),
        ("DescribeStateMachineAlias", &["\"stateMachineAliasArn\"", "\"routingConfiguration\""]),
        ("ListExecutions", &["\"executions\""]),
        ("ListStateMachineAliases", &["\"stateMachineAliases\""]),
        ("ListStateMachineVersions", &["\"stateMachineVersions\""]),
        ("ListTagsForResource", &["\"tags\""]),
    ],
};

/// What is refused for now, where the message says this.
const fn not_yet(says: &'static str) -> Code {
    Code::of(
        ErrorClass::NotYet(InFlight::Dependency),
        &["AccessDeniedException", "InvalidLoggingConfiguration"],
    )
    .at(&["CreateStateMachine", "UpdateStateMachine"])
    .saying(says)
}
