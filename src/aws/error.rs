//! The only classifier of AWS errors. By code; by message only where AWS gives
//! one code for several things, and then by as little of it as possible.

mod classes;
#[cfg(test)]
mod unmade;

use std::error::Error;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use self::classes::classify;
use super::answer::{Fault, IN_ITS_PLACE, NOT_AWS, beginning, chain};
use super::grant::permission;
use crate::engine::port::Answer;
use crate::model::{CloudError, ErrorClass};

/// Puts an SDK error into our words, with what was being attempted.
pub(crate) trait Attempt<T> {
    /// `operation` is `service:Operation`; `what` a fragment after "failed to".
    fn attempting(self, operation: &str, what: impl FnOnce() -> String) -> Answer<T>;
}

impl<T, E> Attempt<T> for Result<T, SdkError<E, HttpResponse>>
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    fn attempting(self, operation: &str, what: impl FnOnce() -> String) -> Answer<T> {
        self.map_err(|error| describe(&error, operation, what()))
    }
}

/// Turns "it is not there" into `None`.
pub(crate) trait OrAbsent<T> {
    /// `Ok(None)` where the class is [`ErrorClass::Absent`].
    fn or_absent(self) -> Answer<Option<T>>;
}

impl<T> OrAbsent<T> for Answer<T> {
    fn or_absent(self) -> Answer<Option<T>> {
        match self {
            Ok(value) => Ok(Some(value)),
            Err(error) if error.class == ErrorClass::Absent => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn describe<E>(error: &SdkError<E, HttpResponse>, operation: &str, attempted: String) -> CloudError
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    if let Some(fault) = fault_of(error) {
        return faulty(fault, operation, attempted);
    }
    let metadata = error.as_service_error().map(ProvideErrorMetadata::meta);
    let status = error.raw_response().map(|response| response.status().as_u16());
    let code = metadata.and_then(|meta| meta.code()).map_or_else(
        // HEAD answers carry no body, so S3 can give no code there.
        || status.filter(|_| metadata.is_some()).map(|status| status.to_string()),
        |code| Some(code.to_owned()),
    );
    let message = match metadata {
        None => chain(error),
        Some(meta) if meta.code().is_none() => wordless(error),
        Some(meta) => meta.message().unwrap_or_default().to_owned(),
    };
    let code = code.unwrap_or_default();
    let foreign = message.starts_with(NOT_AWS).then(|| IN_ITS_PLACE.to_owned());
    let (class, message) = if is_unmade(error) {
        (ErrorClass::Invalid, format!("the call cannot be made: {message}"))
    } else {
        let class = match classify(operation, &code, &message, status) {
            // Only AWS knows what is not there; a gateway knows a path that it has not.
            ErrorClass::Absent if foreign.is_some() => ErrorClass::Unexpected,
            class => class,
        };
        (class, message)
    };
    CloudError {
        attempted,
        operation: operation.to_owned(),
        class,
        hint: hint(class, operation, &code, &message).or(foreign),
        request_id: request_id(error),
        code,
        message,
    }
}

/// Why there is no answer to this very call. That of a credential provider is
/// told as one of credentials.
fn fault_of<E>(error: &SdkError<E, HttpResponse>) -> Option<&Fault> {
    let SdkError::DispatchFailure(failure) = error else { return None };
    failure.as_connector_error()?.source()?.downcast_ref()
}

fn faulty(fault: &Fault, operation: &str, attempted: String) -> CloudError {
    CloudError {
        attempted,
        operation: operation.to_owned(),
        class: fault.class(),
        code: fault.status().map(|status| status.to_string()).unwrap_or_default(),
        message: fault.to_string(),
        request_id: None,
        hint: fault.hint().map(str::to_owned),
    }
}

/// What there is to say of an answer without a code: what came, if it says
/// anything, or what was not understood.
fn wordless<E>(error: &SdkError<E, HttpResponse>) -> String
where
    E: Error + Send + Sync + 'static,
{
    let Some(answer) = error.raw_response() else { return String::new() };
    if answer.body().bytes().unwrap_or_default().trim_ascii().is_empty() {
        return String::new();
    }
    format!("{NOT_AWS}: {}", beginning(answer))
}

/// Whether the SDK refused the call by itself, before anything was sent: it
/// will do so again, however often it is asked.
fn is_unmade<E>(error: &SdkError<E, HttpResponse>) -> bool
where
    E: Error + Send + Sync + 'static,
{
    // A call that comes to no endpoint looks like a line that failed, and the
    // type of its cause has no name outside of the SDK.
    let is_endpoint = |cause: &dyn Error| {
        let words = format!("{cause:?}");
        ["ResolveEndpointError", "InvalidEndpointError"].iter().any(|it| words.starts_with(it))
    };
    let mut next = error.source();
    while let Some(cause) = next {
        if is_endpoint(cause) {
            return true;
        }
        next = cause.source();
    }
    matches!(error, SdkError::ConstructionFailure(_))
}

/// Whether an answer refuses a call for going too fast.
///
/// The SDK's own classifier counts a quota of KMS among these, and leaves out
/// what SNS says. Whatever the protocol writes around it, the code is a word of
/// the body; should it be there for another reason, the next calls go slower
/// than they might, and nothing else happens.
pub(crate) fn is_throttled(call: &str, answer: &HttpResponse) -> bool {
    let status = answer.status().as_u16();
    if status < 400 {
        return false;
    }
    let body = String::from_utf8_lossy(answer.body().bytes().unwrap_or_default());
    let says = |code: &str, message: &str| {
        classify(call, code, message, Some(status)) == ErrorClass::Throttled
    };
    let mut words = body.split(|character: char| !character.is_ascii_alphanumeric());
    // S3 also says 503 of whoever goes too fast, and to HEAD without a word.
    status == 503 || says("?", &body) || words.any(|word| says(word, ""))
}

/// A failure of which an answer of success tells, as `DeleteObjects` does of
/// single objects.
pub(crate) fn told(operation: &str, attempted: String, code: &str, message: &str) -> CloudError {
    let class = classify(operation, code, message, None);
    CloudError {
        attempted,
        operation: operation.to_owned(),
        class,
        code: code.to_owned(),
        message: message.to_owned(),
        request_id: None,
        hint: hint(class, operation, code, message),
    }
}

fn request_id<E>(error: &SdkError<E, HttpResponse>) -> Option<String> {
    let headers = error.raw_response()?.headers();
    ["x-amzn-requestid", "x-amz-request-id"]
        .iter()
        .find_map(|name| headers.get(*name))
        .map(str::to_owned)
}

/// Whether a limit is one of documents, of which no account gets a higher one:
/// "8 actions were found in a statement from the submitted policy".
fn words_of_a_document(message: &str) -> bool {
    let words = message.to_ascii_lowercase();
    ["submitted policy", "policy size", "policysize"].iter().any(|it| words.contains(it))
}

fn hint(class: ErrorClass, operation: &str, code: &str, message: &str) -> Option<String> {
    let text = match class {
        ErrorClass::Denied => {
            let needed = permission(operation);
            let noun = if needed.contains(" and ") { "permissions" } else { "permission" };
            // What an apply needs does not hold it.
            let command = if operation == "lambda:Invoke" { "invoke" } else { "apply" };
            format!(
                "the caller needs the IAM {noun} {needed}; `ccprov iam --for {command} STACK.yaml` \
                 prints all that a command needs"
            )
        }
        ErrorClass::Credentials if code.contains("Expired") => {
            "the credentials expired: renew them and run the same command again".to_owned()
        }
        ErrorClass::Credentials => {
            "check AWS_PROFILE, AWS_ACCESS_KEY_ID or `aws sso login`; --profile chooses one"
                .to_owned()
        }
        ErrorClass::Invalid
            if message.contains("certificate") || message.contains("UnknownIssuer") =>
        {
            "the server's certificate is not trusted: set AWS_CA_BUNDLE to its PEM file".to_owned()
        }
        ErrorClass::Invalid if code == "BucketAlreadyExists" => {
            "bucket names are global: another account has this one, choose another".to_owned()
        }
        ErrorClass::Exists if code == "EntityAlreadyExists" => {
            "IAM names are unique in the account, whatever their path: choose another".to_owned()
        }
        // The services that write logs themselves share it.
        ErrorClass::Quota if message.contains("CloudWatch Logs Resource Policy") => {
            "give the log group a name that begins with /aws/vendedlogs/, which needs no room in \
             that policy; or remove what it still names of groups that are gone"
                .to_owned()
        }
        ErrorClass::Quota if words_of_a_document(message) => {
            "the document must be smaller: AWS raises this limit for nobody".to_owned()
        }
        ErrorClass::Quota => {
            "ask AWS for a higher quota, or remove what is no longer used".to_owned()
        }
        ErrorClass::Transient if code.is_empty() => {
            "check the network, --endpoint-url and HTTPS_PROXY".to_owned()
        }
        ErrorClass::Absent
        | ErrorClass::Exists
        | ErrorClass::Throttled
        | ErrorClass::Transient
        | ErrorClass::NotYet(_)
        | ErrorClass::Invalid
        | ErrorClass::Unexpected => return None,
    };
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_service_says_in_its_own_way_that_a_call_goes_too_fast() {
        let check = |call: &str, status: u16, body: &'static str, expected: bool| {
            let answer = HttpResponse::new(status.try_into().unwrap(), body.into());
            assert_eq!(is_throttled(call, &answer), expected, "{status} {body}");
        };
        check("kms:CreateKey", 400, r#"{"__type":"ThrottlingException","message":"Slower"}"#, true);
        check(
            "sqs:CreateQueue",
            400,
            r#"{"__type":"com.amazonaws.sqs#RequestThrottled","message":""}"#,
            true,
        );
        check(
            "sns:Publish",
            429,
            "<ErrorResponse><Error><Code>Throttled</Code></Error></ErrorResponse>",
            true,
        );
        check(
            "kms:CreateKey",
            400,
            "<Error><Code>Other</Code><Message>Rate exceeded</Message></Error>",
            true,
        );
        check("s3:PutObject", 503, "<Error><Code>SlowDown</Code></Error>", true);
        check("kms:CreateKey", 503, "", true);
        check(
            "kms:CreateAlias",
            400,
            r#"{"__type":"LimitExceededException","message":"Too many aliases"}"#,
            false,
        );
        check("kms:CreateKey", 403, "<Error><Code>AccessDenied</Code></Error>", false);
        check("kms:CreateKey", 404, "", false);
        check("kms:CreateKey", 500, "", false);
        check("s3:PutObject", 200, "<Name>SlowDown</Name>", false);
    }

    #[test]
    fn a_refusal_names_the_command_whose_policy_helps() {
        let told = |operation: &str| hint(ErrorClass::Denied, operation, "AccessDenied", "");
        assert!(
            told("lambda:Invoke")
                .unwrap()
                .contains("lambda:InvokeFunction; `ccprov iam --for invoke")
        );
        assert!(told("sqs:CreateQueue").unwrap().contains("`ccprov iam --for apply"));
    }

    #[test]
    fn a_limit_of_documents_is_raised_for_nobody() {
        let many =
            "8 actions were found in a statement from the submitted policy, max allowed is 7";
        let told =
            |message: &str| hint(ErrorClass::Quota, "sqs:SetQueueAttributes", "OverLimit", message);
        assert!(told(many).unwrap().contains("smaller"));
        assert!(told("Too many queues").unwrap().contains("quota"));
    }
}
