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
        // Developer Guide, "Lambda quotas": ten times the concurrency, which is 10 in a
        // new account.
        RateLimit::each("lambda", 100, &["Invoke"]),
    ],
    actions: &[("Invoke", &["lambda:InvokeFunction"])],
    codes: &[
        // Of a call of a function: what says that nothing was run, and that it may be tried
        // again (API Reference, "Invoke"). All else of its errors but those of the service
        // itself says that the function cannot be run as it is.
        Code::of(
            ErrorClass::NotYet(InFlight::Busy),
            &[
                "ResourceConflictException",
                "ResourceNotReadyException",
                "SnapStartNotReadyException",
            ],
        )
        .at(&["Invoke"]),
        Code::of(ErrorClass::Throttled, &["EC2ThrottledException"]).at(&["Invoke"]),
        Code::of(ErrorClass::Invalid, UNFIT).at(&["Invoke"]),
        Code::of(ErrorClass::Transient, &["EC2ThrottledException", "ServiceException"]),
        Code::of(ErrorClass::Quota, &["CodeStorageExceededException"]),
    ],
    contents: &[],
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
