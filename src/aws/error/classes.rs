//! What each code of AWS means.

use crate::aws::services::table;
use crate::model::ErrorClass;

/// What the codes mean that all services share; what is a service's own stands in
/// its entry, and is looked at first. Sources: the service models, and answers
/// recorded from AWS.
const SHARED: &[(ErrorClass, &[&str])] = &[
    (
        ErrorClass::Absent,
        &["404", "NotFound", "NotFoundException", "ResourceNotFound", "ResourceNotFoundException"],
    ),
    (
        ErrorClass::Transient,
        &[
            "InternalError",
            "InternalFailure",
            "InternalServerError",
            "InternalServerException",
            "InternalServiceError",
            "RequestTimeout",
            "RequestTimeoutException",
            "ServiceUnavailable",
            "ServiceUnavailableException",
        ],
    ),
    (
        ErrorClass::Throttled,
        &[
            "BandwidthLimitExceeded",
            "RequestLimitExceeded",
            "RequestThrottled",
            "RequestThrottledException",
            "Throttled",
            "ThrottledException",
            "Throttling",
            "ThrottlingException",
            "TooManyRequestsException",
        ],
    ),
    (
        ErrorClass::Denied,
        &["403", "AccessDenied", "AccessDeniedException", "Forbidden", "UnauthorizedOperation"],
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
            "InvalidParameter",
            "InvalidParameterException",
            "InvalidParameterValue",
            "InvalidParameterValueException",
            "ValidationError",
            "ValidationException",
        ],
    ),
];

/// What an answer to a call (`sqs:CreateQueue`) means: by its code, by its message
/// where the code is one for several things, and by its status where the code is
/// not known.
pub(super) fn classify(call: &str, code: &str, message: &str, status: Option<u16>) -> ErrorClass {
    // SQS answers query-compatible codes: `AWS.SimpleQueueService.NonExistentQueue`.
    let code = code.rsplit('.').next().unwrap_or(code);
    let words = message.to_ascii_lowercase();
    let own = table::of_call(call).and_then(|(service, operation)| {
        let mut codes = service.codes.iter();
        codes.find(|told| told.fits(operation, code, &words)).map(|told| told.class)
    });
    let shared = || SHARED.iter().find(|(_, codes)| codes.contains(&code)).map(|(class, _)| *class);
    own.or_else(shared).unwrap_or_else(|| match status {
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
    use crate::model::InFlight;

    fn check(call: &str, code: &str, message: &str, expected: ErrorClass) {
        assert_eq!(classify(call, code, message, Some(400)), expected, "{call} {code}: {message}");
    }

    #[test]
    fn codes_decide() {
        use ErrorClass::{Absent, Denied, Exists, Quota, Throttled, Unexpected};
        check("sqs:CreateQueue", "AWS.SimpleQueueService.NonExistentQueue", "", Absent);
        check("sqs:DeleteQueue", "QueueDoesNotExist", "", Absent);
        check("s3:CreateBucket", "BucketAlreadyOwnedByYou", "", Exists);
        check("kms:CreateKey", "LimitExceededException", "", Quota);
        check("sqs:CreateQueue", "AccessDenied", "", Denied);
        check("sns:Publish", "SomethingNew", "", Unexpected);
        check("sns:Publish", "SomethingNew", "Rate exceeded", Throttled);
    }

    #[test]
    fn messages_decide_only_where_the_code_is_ambiguous() {
        use ErrorClass::{Exists, Invalid, NotYet};
        let dependency = NotYet(InFlight::Dependency);
        check("s3:PutBucketPolicy", "MalformedPolicy", "Invalid principal in policy", dependency);
        check(
            "s3:PutBucketPolicy",
            "MalformedPolicy",
            "This policy contains invalid Json",
            Invalid,
        );
        check(
            "s3:PutBucketNotificationConfiguration",
            "InvalidArgument",
            "Unable to validate the following destination",
            dependency,
        );
        check(
            "s3:PutBucketNotificationConfiguration",
            "InvalidArgument",
            "Something else",
            Invalid,
        );
        check(
            "sns:CreateTopic",
            "InvalidParameter",
            "Topic already exists with different tags",
            Exists,
        );
        let role = "arn:aws:iam::123456789012:role/r is not a valid role to allow SNS to write";
        check("sns:CreateTopic", "InvalidParameter", role, dependency);
        let unconfirmed = "Cannot unsubscribe a subscription that is pending confirmation";
        check("sns:CreateTopic", "InvalidParameter", unconfirmed, ErrorClass::Absent);
        check(
            "sqs:CreateQueue",
            "AWS.SimpleQueueService.QueueDeletedRecently",
            "",
            NotYet(InFlight::Cooldown),
        );
    }

    /// One code is another thing to another service, or to another call.
    #[test]
    fn a_code_means_what_its_service_says() {
        use ErrorClass::{Invalid, NotYet, Unexpected};
        check("sns:CreateTopic", "InvalidArgument", "Unable to validate", Unexpected);
        check(
            "sqs:CreateQueue",
            "InvalidParameterValue",
            "dead letter target",
            NotYet(InFlight::Dependency),
        );
        check("sns:CreateTopic", "InvalidParameterValue", "dead letter target", Invalid);
        check("s3:CreateBucket", "QueueDeletedRecently", "", Unexpected);
        let closed = "The specified KMS key does not exist or is not allowed to be used with it";
        for code in ["AccessDeniedException", "InvalidParameterException"] {
            check("logs:CreateLogGroup", code, closed, NotYet(InFlight::Dependency));
            check("logs:AssociateKmsKey", code, closed, NotYet(InFlight::Dependency));
        }
        let denied = "User: arn is not authorized to perform: logs:AssociateKmsKey";
        check("logs:AssociateKmsKey", "AccessDeniedException", denied, ErrorClass::Denied);
        check("logs:DeleteLogGroup", "OperationAbortedException", "", ErrorClass::Transient);
    }

    #[test]
    fn a_server_fault_is_worth_another_try() {
        assert_eq!(classify("sqs:CreateQueue", "Weird", "", Some(503)), ErrorClass::Transient);
        assert_eq!(
            classify("sqs:CreateQueue", "", "connection reset", None),
            ErrorClass::Transient
        );
    }
}
