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
        RateLimit::each("ecr", 10, &["PutImage"]),
        RateLimit::each("ecr", 500, &["UploadLayerPart"]),
        // Not documented.
        RateLimit::each("ecr", 10, &["BatchDeleteImage", "ListImages"]),
    ],
    actions: &[],
    codes: &[
        Code::of(
            ErrorClass::Exists,
            &["ImageAlreadyExistsException", "LayerAlreadyExistsException"],
        ),
        // The repository may just have been made.
        Code::of(ErrorClass::NotYet(InFlight::Dependency), &["RepositoryNotFoundException"])
            .at(PUSHING),
        Code::of(ErrorClass::Absent, &["ImageNotFoundException", "RepositoryNotFoundException"]),
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
        Code::of(
            ErrorClass::Invalid,
            &[
                "ImageDigestDoesNotMatchException",
                "ImageTagAlreadyExistsException",
                "InvalidLayerException",
                "InvalidLayerPartException",
                "LayerPartTooSmallException",
            ],
        ),
        Code::of(ErrorClass::Quota, &["LimitExceededException"]),
    ],
    // Sources: the service model, and the examples of the API Reference.
    contents: &[
        ("BatchGetImage", &["\"images\"", "\"failures\""]),
        ("ListImages", &["\"imageIds\""]),
    ],
};

/// The calls that send an image.
const PUSHING: &[&str] = &[
    "BatchCheckLayerAvailability",
    "CompleteLayerUpload",
    "InitiateLayerUpload",
    "PutImage",
    "UploadLayerPart",
];
