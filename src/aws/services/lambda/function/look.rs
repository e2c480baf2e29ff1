//! Looking at one function.

use std::collections::BTreeMap;

use aws_sdk_lambda::operation::get_function::GetFunctionOutput;
use aws_sdk_lambda::types::{self as sdk, FunctionConfiguration};

use super::{
    Architecture, DeadLetterConfig, EphemeralStorage, LoggingConfig, Spec, TracingConfig, facts,
};
use crate::aws::error::{Attempt, OrAbsent};
use crate::aws::handed::Aws;
use crate::aws::kind::Seen;
use crate::aws::tags::Tags;
use crate::engine::port::Answer;
use crate::model::{CloudError, ErrorClass, Sought, Status};

/// The function of that name, in one call.
pub(super) async fn read(aws: &Aws, sought: &Sought) -> Answer<Option<Seen<Spec>>> {
    let name = sought.identity.as_str();
    let answer = aws.session.clients.lambda.get_function().function_name(name).send().await;
    let answer = answer.attempting("lambda:GetFunction", || format!("read function {name}"));
    let Some(function) = answer.or_absent()? else { return Ok(None) };
    if let Some(error) = withheld(name, &function) {
        return Err(error);
    }
    let Some(configuration) = function.configuration else { return Ok(None) };
    let (tags, owner) = Tags::seen(function.tags.unwrap_or_default());
    let reserved = function.concurrency.and_then(|it| it.reserved_concurrent_executions);
    let spec = Spec {
        tags,
        reserved_concurrent_executions: reserved.and_then(|number| u32::try_from(number).ok()),
        ..shown(name, &configuration)
    };
    let mut seen = Seen::current(spec, facts(&aws.place, name), owner);
    seen.status = status(&configuration);
    Ok(Some(seen))
}

/// What AWS leaves out of an answer that it gives all the same: to go on without would
/// be to take the function for nobody's, or for one without an environment.
fn withheld(name: &str, function: &GetFunctionOutput) -> Option<CloudError> {
    let environment = function.configuration().and_then(|it| it.environment());
    let (what, code, message, hint) = match (&function.tags_error, environment) {
        (Some(error), _) => (
            "tags",
            error.error_code.clone(),
            error.message.clone(),
            "allow lambda:ListTags of the function",
        ),
        (None, Some(environment)) => {
            let error = environment.error()?;
            let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
            let (code, message) = (text(error.error_code()), text(error.message()));
            let hint = "Lambda cannot use the key of the environment in the name of whoever looks: \
                        allow kms:Decrypt of it, and see that it is enabled";
            ("environment", code, message, hint)
        }
        (None, None) => return None,
    };
    Some(CloudError {
        attempted: format!("read the {what} of function {name}"),
        operation: "lambda:GetFunction".to_owned(),
        class: ErrorClass::Denied,
        code,
        message,
        request_id: None,
        hint: Some(hint.to_owned()),
    })
}

/// The function as its configuration shows it: the rest is told elsewhere.
fn shown(name: &str, function: &FunctionConfiguration) -> Spec {
    let text = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    let variables = function.environment().and_then(|environment| environment.variables());
    let variables = variables.into_iter().flatten();
    let layers = function.layers().iter().filter_map(|layer| layer.arn.clone());
    let dead_letters = function.dead_letter_config().and_then(|config| text(&config.target_arn));
    let size = function.ephemeral_storage().and_then(|disk| u32::try_from(disk.size).ok());
    Spec {
        name: Some(name.to_owned()),
        role: function.role.clone().unwrap_or_default(),
        code: function.code_sha256.clone().unwrap_or_default(),
        runtime: function.runtime().map(|runtime| runtime.as_str().to_owned()),
        handler: text(&function.handler),
        architectures: [Architecture::seen(function.architectures())],
        description: text(&function.description),
        timeout: function.timeout.and_then(|it| u16::try_from(it).ok()).unwrap_or_default(),
        memory_size: function.memory_size.and_then(|it| u32::try_from(it).ok()).unwrap_or_default(),
        environment: variables.map(|(key, value)| (key.clone(), value.clone())).collect(),
        kms_key_arn: text(&function.kms_key_arn),
        dead_letter_config: dead_letters.map(|target_arn| DeadLetterConfig { target_arn }),
        tracing_config: TracingConfig::seen(function.tracing_config()),
        logging_config: LoggingConfig::seen(function.logging_config(), name),
        layers: layers.collect(),
        ephemeral_storage: size.map(|size| EphemeralStorage { size }).unwrap_or_default(),
        reserved_concurrent_executions: None,
        tags: Tags(BTreeMap::new()),
    }
}

/// How it is doing: first whether there is one, then what became of the last change.
fn status(function: &FunctionConfiguration) -> Status {
    let said = |what: &str, code: Option<&str>, reason: &Option<String>| {
        let reason = reason.as_deref().filter(|reason| !reason.is_empty());
        let why: Vec<&str> = code.into_iter().chain(reason).collect();
        if why.is_empty() { what.to_owned() } else { format!("{what} ({})", why.join(": ")) }
    };
    let code = function.state_reason_code().map(sdk::StateReasonCode::as_str);
    let reason = &function.state_reason;
    let of_update = function.last_update_status_reason_code();
    let of_update = of_update.map(sdk::LastUpdateStatusReasonCode::as_str);
    match (function.state(), function.last_update_status()) {
        (Some(sdk::State::Pending), _) => {
            Status::InProgress(said("it is being made", code.filter(|it| *it != "Creating"), &None))
        }
        (Some(sdk::State::Deleting), _) => Status::Deleting("it is being deleted".to_owned()),
        (Some(sdk::State::Failed), _) => Status::Failed(said("it cannot run", code, reason)),
        (_, Some(sdk::LastUpdateStatus::InProgress)) => {
            Status::InProgress("it is being changed".to_owned())
        }
        (_, Some(sdk::LastUpdateStatus::Failed)) => Status::Failed(said(
            "its last change failed",
            of_update,
            &function.last_update_status_reason,
        )),
        // One that was idle wakes up when it is invoked.
        (_, _) => Status::Current,
    }
}
