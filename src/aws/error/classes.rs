//! What each code of AWS means.

use crate::model::{ErrorClass, InFlight};

/// Codes that mean one thing, whatever the message. Sources: the service
/// models, and answers recorded from AWS.
const CODES: &[(ErrorClass, &[&str])] = &[
    (
        ErrorClass::Absent,
        &[
            "404",
            "NoSuchBucket",
            "NoSuchBucketPolicy",
            "NoSuchEntity",
            "NoSuchKey",
            "NoSuchLifecycleConfiguration",
            "NoSuchPublicAccessBlockConfiguration",
            "NoSuchTagSet",
            "NoSuchUpload",
            "NonExistentQueue",
            "NotFound",
            "NotFoundException",
            "ObjectLockConfigurationNotFoundError",
            "OwnershipControlsNotFoundError",
            "QueueDoesNotExist",
            "ReplicationConfigurationNotFoundError",
            "ResourceNotFound",
            "ResourceNotFoundException",
            "ServerSideEncryptionConfigurationNotFoundError",
        ],
    ),
    (
        ErrorClass::Exists,
        &[
            "AlreadyExistsException",
            "BucketAlreadyOwnedByYou",
            "EntityAlreadyExists",
            "QueueAlreadyExists",
            "QueueNameExists",
        ],
    ),
    (ErrorClass::NotYet(InFlight::Cooldown), &["QueueDeletedRecently"]),
    // A key just created, enabled or brought back may not be so everywhere.
    (ErrorClass::NotYet(InFlight::Dependency), &["DisabledException", "KMSInvalidStateException"]),
    (
        ErrorClass::Transient,
        &[
            "ConcurrentAccess",
            "ConcurrentModification",
            "DeleteConflict",
            "DependencyTimeoutException",
            "EntityTemporarilyUnmodifiable",
            "InternalError",
            "InternalFailure",
            "KMSInternalException",
            "OperationAborted",
            "RequestTimeout",
            "RequestTimeoutException",
            "ServiceFailure",
            "ServiceUnavailable",
            "StaleTag",
        ],
    ),
    (
        ErrorClass::Throttled,
        &[
            "BandwidthLimitExceeded",
            "RequestLimitExceeded",
            "RequestThrottled",
            "RequestThrottledException",
            "SlowDown",
            "Throttled",
            "ThrottledException",
            "Throttling",
            "ThrottlingException",
            "TooManyRequestsException",
        ],
    ),
    // KMS says LimitExceededException of a quota; the SDK takes it for throttling.
    (
        ErrorClass::Quota,
        &[
            "FilterPolicyLimitExceeded",
            "LimitExceeded",
            "LimitExceededException",
            "OverLimit",
            "SubscriptionLimitExceeded",
            "TagLimitExceeded",
            "TooManyBuckets",
            "TopicLimitExceeded",
        ],
    ),
    (
        ErrorClass::Denied,
        &[
            "403",
            "AccessDenied",
            "AccessDeniedException",
            "AllAccessDisabled",
            "AuthorizationError",
            "Forbidden",
            "UnauthorizedOperation",
        ],
    ),
    (
        ErrorClass::Credentials,
        &[
            "AuthFailure",
            "ExpiredToken",
            "ExpiredTokenException",
            "IncompleteSignature",
            "InvalidAccessKeyId",
            "InvalidClientTokenId",
            "InvalidToken",
            "MissingAuthenticationToken",
            "SignatureDoesNotMatch",
            "TokenRefreshRequired",
            "UnrecognizedClientException",
        ],
    ),
    (
        ErrorClass::Invalid,
        &[
            "BucketAlreadyExists",
            "BucketNotEmpty",
            "InvalidAliasNameException",
            "InvalidArgument",
            "InvalidArnException",
            "InvalidAttributeName",
            "InvalidAttributeValue",
            "InvalidBucketAclWithObjectOwnership",
            "InvalidBucketName",
            "InvalidInput",
            "InvalidParameter",
            "InvalidParameterException",
            "InvalidParameterValue",
            "InvalidRequest",
            "InvalidState",
            "InvalidTag",
            "MalformedPolicy",
            "MalformedPolicyDocument",
            "MalformedPolicyDocumentException",
            "MalformedXML",
            "TagException",
            "ValidationError",
            "ValidationException",
        ],
    ),
];

/// Codes that mean one thing or another: the words in the message that tell.
/// Looked at before [`CODES`].
const AMBIGUOUS: &[(&[&str], &str, ErrorClass)] = &[
    (
        &["MalformedPolicy", "MalformedPolicyDocument", "MalformedPolicyDocumentException"],
        "invalid principal",
        ErrorClass::NotYet(InFlight::Dependency),
    ),
    (&["InvalidParameter"], "already exists with different", ErrorClass::Exists),
    (&["InvalidParameter"], "principalnotfound", ErrorClass::NotYet(InFlight::Dependency)),
    // The role of an SNS topic's feedback, for some seconds after it was made.
    (&["InvalidParameter"], "is not a valid role", ErrorClass::NotYet(InFlight::Dependency)),
    // An SNS subscription that nobody confirmed: there is nothing to remove yet,
    // and AWS drops it by itself.
    (&["InvalidParameter"], "pending confirmation", ErrorClass::Absent),
    (
        &["InvalidAttributeValue"],
        "invalid value for the parameter policy",
        ErrorClass::NotYet(InFlight::Dependency),
    ),
    (&["InvalidParameterValue"], "dead letter target", ErrorClass::NotYet(InFlight::Dependency)),
    (&["InvalidArgument"], "unable to validate", ErrorClass::NotYet(InFlight::Dependency)),
];

/// What an answer means: by its code, by its message where the code is one for
/// several things, and by its status where the code is not known.
pub(super) fn classify(code: &str, message: &str, status: Option<u16>) -> ErrorClass {
    // SQS answers query-compatible codes: `AWS.SimpleQueueService.NonExistentQueue`.
    let code = code.rsplit('.').next().unwrap_or(code);
    let words = message.to_ascii_lowercase();
    let ambiguous = AMBIGUOUS
        .iter()
        .find(|(codes, telling, _)| codes.contains(&code) && words.contains(telling))
        .map(|(_, _, class)| *class);
    let known = || CODES.iter().find(|(_, codes)| codes.contains(&code)).map(|(class, _)| *class);
    ambiguous.or_else(known).unwrap_or_else(|| match status {
        // Some services throttle with a 400 that only the message explains.
        _ if words.contains("rate exceeded") => ErrorClass::Throttled,
        _ if code.is_empty() => no_answer(message),
        Some(429) => ErrorClass::Throttled,
        Some(500 | 502..=504) => ErrorClass::Transient,
        Some(_) | None => ErrorClass::Unexpected,
    })
}

/// No service answered: either we never had credentials, or the line failed.
fn no_answer(message: &str) -> ErrorClass {
    let credentials = ["credential", "identity", "profile"];
    if credentials.iter().any(|word| message.contains(word)) {
        ErrorClass::Credentials
    } else if message.contains("certificate") || message.contains("UnknownIssuer") {
        ErrorClass::Invalid
    } else {
        ErrorClass::Transient
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(code: &str, message: &str, expected: ErrorClass) {
        assert_eq!(classify(code, message, Some(400)), expected, "{code}: {message}");
    }

    #[test]
    fn codes_decide() {
        use ErrorClass::{Absent, Denied, Exists, Quota, Throttled, Unexpected};
        check("AWS.SimpleQueueService.NonExistentQueue", "", Absent);
        check("QueueDoesNotExist", "", Absent);
        check("BucketAlreadyOwnedByYou", "", Exists);
        check("LimitExceededException", "", Quota);
        check("AccessDenied", "", Denied);
        check("SomethingNew", "", Unexpected);
        check("SomethingNew", "Rate exceeded", Throttled);
    }

    #[test]
    fn messages_decide_only_where_the_code_is_ambiguous() {
        use ErrorClass::{Exists, Invalid, NotYet};
        let dependency = NotYet(InFlight::Dependency);
        check("MalformedPolicy", "Invalid principal in policy", dependency);
        check("MalformedPolicy", "This policy contains invalid Json", Invalid);
        check("InvalidArgument", "Unable to validate the following destination", dependency);
        check("InvalidArgument", "Something else", Invalid);
        check("InvalidParameter", "Topic already exists with different tags", Exists);
        let role = "arn:aws:iam::123456789012:role/r is not a valid role to allow SNS to write";
        check("InvalidParameter", role, dependency);
        let unconfirmed = "Cannot unsubscribe a subscription that is pending confirmation";
        check("InvalidParameter", unconfirmed, ErrorClass::Absent);
        check("AWS.SimpleQueueService.QueueDeletedRecently", "", NotYet(InFlight::Cooldown));
    }

    #[test]
    fn a_server_fault_is_worth_another_try() {
        assert_eq!(classify("Weird", "", Some(503)), ErrorClass::Transient);
        assert_eq!(classify("", "connection reset", None), ErrorClass::Transient);
    }
}
