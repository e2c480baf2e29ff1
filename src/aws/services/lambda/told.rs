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
        // Developer Guide, "Lambda quotas": so many of the calls that read a function, and
        // so many of all others together, which no quota raises.
        RateLimit::each("lambda", 100, &["GetFunction"]),
        RateLimit::each("lambda", 15, &["GetPolicy"]),
        RateLimit::together("lambda", 15, CONTROL),
        // The same page: ten times the concurrency, which is 10 in a new account.
        RateLimit::each("lambda", 100, &["Invoke"]),
    ],
    actions: &[
        ("CreateEventSourceMapping", &["lambda:CreateEventSourceMapping", "lambda:TagResource"]),
        ("CreateFunction", &["lambda:CreateFunction", "lambda:TagResource"]),
        // Without the second, the answer has no tags.
        ("GetFunction", &["lambda:GetFunction", "lambda:ListTags"]),
        ("Invoke", &["lambda:InvokeFunction"]),
    ],
    codes: &[
        // Of a call of a function: what says that nothing was run, and that it may be tried
        // again, and what says that it cannot be run as it is (API Reference, "Invoke").
        Code::of(
            ErrorClass::NotYet(InFlight::Busy),
            &["ResourceNotReadyException", "SnapStartNotReadyException"],
        )
        .at(&["Invoke"]),
        Code::of(ErrorClass::Throttled, &["EC2ThrottledException"]).at(&["Invoke"]),
        Code::of(ErrorClass::Invalid, UNFIT).at(&["Invoke"]),
        // The one code says of a new function that its name is taken, and of one that is
        // there that AWS is at it.
        Code::of(ErrorClass::Exists, &["ResourceConflictException"])
            .at(&["CreateFunction"])
            .saying("already exist"),
        // A statement of that id is there.
        Code::of(ErrorClass::Exists, &["ResourceConflictException"])
            .at(&["AddPermission"])
            .saying("already exists"),
        // Source and function have a mapping.
        Code::of(ErrorClass::Exists, &["ResourceConflictException"])
            .at(&["CreateEventSourceMapping"]),
        Code::of(ErrorClass::NotYet(InFlight::Busy), &["ResourceConflictException"]),
        // AWS is at a mapping.
        Code::of(ErrorClass::NotYet(InFlight::Busy), &["ResourceInUseException"]),
        Code::of(ErrorClass::Transient, &["EC2ThrottledException", "ServiceException"]),
        Code::of(ErrorClass::Transient, &["InvalidParameterValueException"])
            .saying("throttled by ec2"),
        // A role, its rights or a key that was just made is not seen everywhere.
        not_yet("cannot be assumed by lambda"),
        not_yet("execution role does not have permissions"),
        not_yet("kms key is invalid for creategrant"),
        // Likewise an image.
        Code::of(ErrorClass::NotYet(InFlight::Dependency), &["InvalidParameterValueException"])
            .at(&["CreateFunction", "UpdateFunctionCode"])
            .saying("source image"),
        // Likewise a destination, and the rights to send there.
        destination_not_yet("destination arn"),
        destination_not_yet("does not have permissions"),
        Code::of(ErrorClass::Quota, &["PolicyLengthExceededException"]),
        // Likewise what opens a source to a role.
        mapping_not_yet("cannot be assumed"),
        mapping_not_yet("does not have permissions"),
        mapping_not_yet("ensure the role can perform"),
        Code::of(ErrorClass::Quota, &["InvalidParameterValueException"])
            .at(&["PutFunctionConcurrency"])
            .saying("unreservedconcurrentexecution"),
        Code::of(
            ErrorClass::Quota,
            &["CodeStorageExceededException", "ServiceQuotaExceededException"],
        ),
        Code::of(
            ErrorClass::Invalid,
            &[
                "CodeSigningConfigNotFoundException",
                "CodeVerificationFailedException",
                "InvalidCodeSignatureException",
                "InvalidRequestContentException",
                "InvalidZipFileException",
                "RequestEntityTooLargeException",
                "RequestTooLargeException",
            ],
        ),
    ],
    // Sources: the service model, and the examples of the API Reference.
    contents: &[
        ("GetEventSourceMapping", &["\"UUID\"", "\"EventSourceArn\"", "\"State\""]),
        ("GetFunction", &["\"Configuration\"", "\"FunctionName\""]),
        // Of a function without one it is not documented what is answered.
        ("GetFunctionCodeSigningConfig", &[]),
        ("GetFunctionEventInvokeConfig", &["\"FunctionArn\""]),
        ("GetFunctionRecursionConfig", &["\"RecursiveLoop\""]),
        ("GetPolicy", &["\"Policy\""]),
        ("GetRuntimeManagementConfig", &["\"UpdateRuntimeOn\""]),
        ("ListAliases", &["\"Aliases\""]),
        ("ListEventSourceMappings", &["\"EventSourceMappings\""]),
        ("ListTags", &["\"Tags\""]),
        ("ListVersionsByFunction", &["\"Versions\""]),
    ],
};

/// What says that a function cannot be run as it is, or not with that event.
const UNFIT: &[&str] = &[
    "EC2AccessDeniedException",
    "EC2UnexpectedException",
    "EFSIOException",
    "EFSMountConnectivityException",
    "EFSMountFailureException",
    "EFSMountTimeoutException",
    "ENILimitReachedException",
    "InvalidRequestContentException",
    "InvalidRuntimeException",
    "InvalidSecurityGroupIDException",
    "InvalidSubnetIDException",
    "InvalidZipFileException",
    "KMSAccessDeniedException",
    "KMSDisabledException",
    "KMSInvalidStateException",
    "KMSNotFoundException",
    "RecursiveInvocationException",
    "RequestTooLargeException",
    "SnapStartException",
    "SnapStartTimeoutException",
    "SubnetIPAddressLimitReachedException",
    "UnsupportedMediaTypeException",
];

/// The calls that share one rate.
const CONTROL: &[&str] = &[
    "AddPermission",
    "CreateAlias",
    "CreateEventSourceMapping",
    "CreateFunction",
    "DeleteAlias",
    "DeleteEventSourceMapping",
    "DeleteFunction",
    "DeleteFunctionCodeSigningConfig",
    "DeleteFunctionConcurrency",
    "DeleteFunctionEventInvokeConfig",
    "GetEventSourceMapping",
    "GetFunctionCodeSigningConfig",
    "GetFunctionEventInvokeConfig",
    "GetFunctionRecursionConfig",
    "GetRuntimeManagementConfig",
    "ListAliases",
    "ListEventSourceMappings",
    "ListTags",
    "ListVersionsByFunction",
    "PublishVersion",
    "PutFunctionCodeSigningConfig",
    "PutFunctionConcurrency",
    "PutFunctionEventInvokeConfig",
    "PutFunctionRecursionConfig",
    "PutRuntimeManagementConfig",
    "RemovePermission",
    "TagResource",
    "UntagResource",
    "UpdateAlias",
    "UpdateEventSourceMapping",
    "UpdateFunctionCode",
    "UpdateFunctionConfiguration",
];

/// What is refused for now, where the message says this.
const fn not_yet(says: &'static str) -> Code {
    Code::of(ErrorClass::NotYet(InFlight::Dependency), &["InvalidParameterValueException"])
        .at(&["CreateFunction", "UpdateFunctionConfiguration"])
        .saying(says)
}

/// The same of mappings.
const fn mapping_not_yet(says: &'static str) -> Code {
    Code::of(ErrorClass::NotYet(InFlight::Dependency), &["InvalidParameterValueException"])
        .at(&["CreateEventSourceMapping", "UpdateEventSourceMapping"])
        .saying(says)
}

/// And of where a function sends word to.
const fn destination_not_yet(says: &'static str) -> Code {
    Code::of(ErrorClass::NotYet(InFlight::Dependency), &["InvalidParameterValueException"])
        .at(&["PutFunctionEventInvokeConfig"])
        .saying(says)
}
