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
        // User Guide, "Amazon ECR service quotas": so many a second.
        RateLimit::each("ecr", 1000, &["BatchCheckLayerAvailability"]),
        RateLimit::each("ecr", 2000, &["BatchGetImage"]),
        RateLimit::each("ecr", 100, &["CompleteLayerUpload", "InitiateLayerUpload"]),
        RateLimit::each("ecr", 500, &["GetAuthorizationToken"]),
        RateLimit::each("ecr", 10, &["PutImage"]),
        RateLimit::each("ecr", 500, &["UploadLayerPart"]),
        // The same page has numbers for pushing and pulling alone.
        RateLimit::each("ecr", 10, CONTROL),
    ],
    actions: &[("CreateRepository", &["ecr:CreateRepository", "ecr:TagResource"])],
    codes: &[
        Code::of(
            ErrorClass::Exists,
            &[
                "ImageAlreadyExistsException",
                "LayerAlreadyExistsException",
                "RepositoryAlreadyExistsException",
            ],
        ),
        // The repository may just have been made.
        Code::of(ErrorClass::NotYet(InFlight::Dependency), &["RepositoryNotFoundException"])
            .at(PUSHING),
        // An image, a repository, or one of its two documents.
        Code::of(
            ErrorClass::Absent,
            &[
                "ImageNotFoundException",
                "LifecyclePolicyNotFoundException",
                "RepositoryNotFoundException",
                "RepositoryPolicyNotFoundException",
            ],
        ),
        // A principal that was just made is not seen everywhere.
        Code::of(ErrorClass::NotYet(InFlight::Dependency), &["InvalidParameterException"])
            .at(&["SetRepositoryPolicy"])
            .saying("principal"),
        // The same in other words, which a document that is none gets, too.
        Code::of(ErrorClass::NotYet(InFlight::Dependency), &["InvalidParameterException"])
            .at(&["SetRepositoryPolicy"])
            .saying("invalid repository policy provided"),
        // Likewise a key, or what it allows.
        Code::of(ErrorClass::NotYet(InFlight::Dependency), &["KmsException"])
            .at(&["CreateRepository"]),
        // What had been sent is not there yet, or not any more: who begins again sees what lacks.
        Code::of(
            ErrorClass::Transient,
            &[
                "EmptyUploadException",
                "LayersNotFoundException",
                "ServerException",
                "UploadNotFoundException",
            ],
        ),
        Code::of(ErrorClass::Quota, &["LimitExceededException", "TooManyTagsException"]),
        Code::of(ErrorClass::Denied, &["BlockedByOrganizationPolicyException"]),
        Code::of(
            ErrorClass::Invalid,
            &[
                "ImageDigestDoesNotMatchException",
                "ImageTagAlreadyExistsException",
                "InvalidLayerException",
                "InvalidLayerPartException",
                "InvalidParameterException",
                "InvalidTagParameterException",
                "KmsException",
                "LayerPartTooSmallException",
                "RepositoryNotEmptyException",
                "ValidationException",
            ],
        ),
    ],
    // Sources: the service model, and the examples of the API Reference.
    contents: &[
        ("BatchGetImage", &["\"images\"", "\"failures\""]),
        ("DescribeRepositories", &["\"repositories\""]),
        ("GetAuthorizationToken", &["\"authorizationData\""]),
        ("GetLifecyclePolicy", &["\"lifecyclePolicyText\""]),
        ("GetRepositoryPolicy", &["\"policyText\""]),
        ("ListImages", &["\"imageIds\""]),
        ("ListTagsForResource", &["\"tags\""]),
    ],
};

/// The calls whose rate is published nowhere.
const CONTROL: &[&str] = &[
    "BatchDeleteImage",
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
];

/// The calls that send an image.
const PUSHING: &[&str] = &[
    "BatchCheckLayerAvailability",
    "CompleteLayerUpload",
    "InitiateLayerUpload",
    "PutImage",
    "UploadLayerPart",
];
