//! What is told of ECR: limits, IAM actions, error codes, and what answers hold.

use crate::aws::service::{Code, Service, Speech};
use crate::aws::services::list::no_settings;
use crate::engine::pace::RateLimit;
use crate::model::{ErrorClass, InFlight};

no_settings!(aws_sdk_ecr);

/// All that is told of it.
pub(in crate::aws::services) static SERVICE: Service = Service {
    name: "ECR",
    prefix: "ecr",
    speaks: Speech::Json,
    limits: &[
        // Not published: the ECR User Guide, "Amazon ECR service quotas", has numbers for
        // pushing and pulling alone.
        RateLimit::each(
            "ecr",
            10,
            &[
                "CreateRepository",
                "DeleteLifecyclePolicy",
                "DeleteRepository",
                "DeleteRepositoryPolicy",
                "DescribeRepositories",
                "GetLifecyclePolicy",
                "GetRepositoryPolicy",
                "ListImages",
                "ListTagsForResource",
                "PutImageScanningConfiguration",
                "PutImageTagMutability",
                "PutLifecyclePolicy",
                "SetRepositoryPolicy",
                "TagResource",
                "UntagResource",
            ],
        ),
    ],
    actions: &[("CreateRepository", &["ecr:CreateRepository", "ecr:TagResource"])],
    codes: &[
        Code::of(ErrorClass::Exists, &["RepositoryAlreadyExistsException"]),
        // The repository, or one of its two documents.
        Code::of(
            ErrorClass::Absent,
            &[
                "LifecyclePolicyNotFoundException",
                "RepositoryNotFoundException",
                "RepositoryPolicyNotFoundException",
            ],
        ),
        // A principal that was just made is not seen everywhere.
        Code::of(ErrorClass::NotYet(InFlight::Dependency), &["InvalidParameterException"])
            .at(&["SetRepositoryPolicy"])
            .saying("principal"),
        // Likewise a key, or what it allows.
        Code::of(ErrorClass::NotYet(InFlight::Dependency), &["KmsException"])
            .at(&["CreateRepository"]),
        Code::of(ErrorClass::Transient, &["ServerException"]),
        Code::of(ErrorClass::Quota, &["LimitExceededException", "TooManyTagsException"]),
        Code::of(ErrorClass::Denied, &["BlockedByOrganizationPolicyException"]),
        Code::of(
            ErrorClass::Invalid,
            &[
                "InvalidParameterException",
                "InvalidTagParameterException",
                "KmsException",
                "RepositoryNotEmptyException",
                "ValidationException",
            ],
        ),
    ],
    // Sources: the service model, and the examples of the API Reference.
    contents: &[
        ("DescribeRepositories", &["\"repositories\""]),
        ("GetLifecyclePolicy", &["\"lifecyclePolicyText\""]),
        ("GetRepositoryPolicy", &["\"policyText\""]),
        ("ListImages", &["\"imageIds\""]),
        ("ListTagsForResource", &["\"tags\""]),
    ],
};
