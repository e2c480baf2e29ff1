//! The one call that runs somebody's code, and for that reason is made once: neither the
//! SDK nor anybody else repeats it unless Lambda says that nothing was run.

use std::time::Duration;

use aws_sdk_lambda::config::Config;
use aws_sdk_lambda::config::retry::RetryConfig;
use aws_sdk_lambda::config::timeout::TimeoutConfig;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{InvocationType, LogType};
use aws_smithy_types::base64;

use super::call_log::about;
use super::error::Attempt;
use super::handed::Aws;
use crate::engine::port::Answer;
use crate::model::{CloudError, ErrorClass, Identity};

/// The kind whose objects can be called.
pub const FUNCTION: &str = "lambda_function";

/// Bytes of an event that is waited for, and of its answer (Lambda Developer Guide,
/// "Lambda quotas": 6 MB).
pub const MOST_AWAITED: usize = 6 * 1024 * 1024;
/// Bytes of an event that is put in line (the same page: 1 MB).
pub const MOST_QUEUED: usize = 1024 * 1024;

/// The connection is held for so long after a function must have ended (Lambda API
/// Reference, `Invoke`: the client's time limit should exceed that of the function).
const GRACE: Duration = Duration::from_secs(10);

/// What to call, and with what.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// The function's name.
    pub function: Identity,
    /// A version of it or an alias; none is the latest code.
    pub qualifier: Option<String>,
    /// The event: JSON.
    pub event: Vec<u8>,
    /// Whether the answer is waited for.
    pub manner: Manner,
}

/// How a function is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manner {
    /// Its answer is waited for; the function may take so long.
    Awaited(Duration),
    /// Lambda puts the event in line, and nobody hears what comes of it.
    Queued,
}

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invoked {
    /// The function's own words, to the byte. Nothing of what was put in line.
    pub answer: Vec<u8>,
    /// If the function failed, how: `Handled` or `Unhandled`.
    pub error: Option<String>,
    /// Which version was run: a number or `$LATEST`.
    pub version: Option<String>,
    /// The end of its log, at most 4 KB.
    pub log: Option<String>,
}

/// Whether a function may have run although a call of it failed: whoever lost the
/// answer does not know, and Lambda says of every other failure that it came before.
pub fn may_have_run(error: &CloudError) -> bool {
    match error.class {
        ErrorClass::Transient | ErrorClass::Unexpected => true,
        ErrorClass::Absent
        | ErrorClass::Exists
        | ErrorClass::Throttled
        | ErrorClass::Denied
        | ErrorClass::NotYet(_)
        | ErrorClass::Quota
        | ErrorClass::Invalid
        | ErrorClass::Credentials => false,
    }
}

/// Calls a function, once.
pub(super) async fn invoke(aws: &Aws, invocation: &Invocation) -> Answer<Invoked> {
    about(FUNCTION, &invocation.function, call(aws, invocation)).await
}

async fn call(
    aws: &Aws,
    Invocation { function, qualifier, event, manner }: &Invocation,
) -> Answer<Invoked> {
    let once = Config::builder().retry_config(RetryConfig::disabled());
    let call = aws.session.clients.lambda.invoke().function_name(function.as_str());
    let call = call.set_qualifier(qualifier.clone()).payload(Blob::new(event.clone()));
    let (call, config) = match manner {
        Manner::Awaited(timeout) => {
            let patience = TimeoutConfig::builder().read_timeout(*timeout + GRACE).build();
            let call = call.invocation_type(InvocationType::RequestResponse);
            (call.log_type(LogType::Tail), once.timeout_config(patience))
        }
        Manner::Queued => (call.invocation_type(InvocationType::Event), once),
    };
    let answer = call.customize().config_override(config).send().await;
    let answer = answer.attempting("lambda:Invoke", || format!("call the function {function}"))?;
    // Lambda always says it of what it ran: whoever does not is somebody else.
    if *manner != Manner::Queued && answer.executed_version.is_none() {
        return Err(strange(function));
    }
    let log = answer.log_result.and_then(|log| base64::decode(log).ok());
    Ok(Invoked {
        answer: answer.payload.map(Blob::into_inner).unwrap_or_default(),
        error: answer.function_error,
        version: answer.executed_version,
        log: log.map(|log| String::from_utf8_lossy(&log).into_owned()),
    })
}

fn strange(function: &Identity) -> CloudError {
    CloudError {
        attempted: format!("call the function {function}"),
        operation: "lambda:Invoke".into(),
        class: ErrorClass::Unexpected,
        code: String::new(),
        message: "the answer does not say which version was run".into(),
        request_id: None,
        hint: Some("is a proxy in the way? check --endpoint-url and HTTPS_PROXY".into()),
    }
}
