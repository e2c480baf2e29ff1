//! What is told of Lambda: limits, IAM actions, error codes, and what answers hold.

use crate::aws::service::{Code, Service, Speech};
use crate::aws::services::list::no_settings;
use crate::engine::pace::RateLimit;
use crate::model::{ErrorClass, InFlight};

no_settings!(aws_sdk_lambda);

/// All that is told of it.
pub(in crate::aws::services) static SERVICE: Service = Service {
    name: "Lambda",
    prefix: "lambda",
    speaks: Speech::Json,
    limits: &[
        // Developer Guide, "Lambda quotas": 15 a second for the control plane, all of its calls
        // together.
        RateLimit::together(
            "lambda",
            15,
            &[
                "CreateEventSourceMapping",
                "DeleteEventSourceMapping",
                "GetEventSourceMapping",
                "ListEventSourceMappings",
                "ListTags",
                "TagResource",
                "UntagResource",
                "UpdateEventSourceMapping",
            ],
        ),
    ],
    actions: &[(
        "CreateEventSourceMapping",
        &["lambda:CreateEventSourceMapping", "lambda:TagResource"],
    )],
    codes: &[
        Code::of(ErrorClass::Transient, &["EC2ThrottledException", "ServiceException"]),
        Code::of(ErrorClass::Quota, &["CodeStorageExceededException"]),
        // Source and function have a mapping.
        Code::of(ErrorClass::Exists, &["ResourceConflictException"])
            .at(&["CreateEventSourceMapping"]),
        // AWS is at a mapping.
        Code::of(ErrorClass::NotYet(InFlight::Busy), &["ResourceInUseException"]),
        // A role, its rights, or a policy that opens the source to it, which were written
        // moments ago.
        role_of_mapping("cannot be assumed"),
        role_of_mapping("does not have permissions"),
        role_of_mapping("ensure the role can perform"),
    ],
    // Sources: the service model, and the examples of the API Reference.
    contents: &[
        ("GetEventSourceMapping", &["\"UUID\"", "\"EventSourceArn\"", "\"State\""]),
        ("ListEventSourceMappings", &["\"EventSourceMappings\""]),
        ("ListTags", &["\"Tags\""]),
    ],
};

const fn role_of_mapping(says: &'static str) -> Code {
    Code::of(ErrorClass::NotYet(InFlight::Dependency), &["InvalidParameterValueException"])
        .at(&["CreateEventSourceMapping", "UpdateEventSourceMapping"])
        .saying(says)
}
