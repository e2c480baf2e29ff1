//! Looking at one function, its policy, and how it is invoked asynchronously.

use std::collections::BTreeMap;

use aws_sdk_lambda::operation::get_function::GetFunctionOutput;
use aws_sdk_lambda::types::{self as sdk, FunctionConfiguration};
use futures::future::try_join4;

use super::apart::Apart;
use super::permissions::Permissions;
use super::shown::shown;
use super::{Spec, apart, facts, invoke_config, origin, permissions, versions};
use crate::aws::aliases;
use crate::aws::error::{Attempt, OrAbsent};
use crate::aws::handed::Aws;
use crate::aws::kind::Seen;
use crate::aws::tags::Tags;
use crate::engine::port::Answer;
use crate::model::{CloudError, ErrorClass, Sought, Status};

/// The function of that name: in one call, but for what is told elsewhere.
pub(super) async fn read(aws: &Aws, sought: &Sought) -> Answer<Option<Seen<Spec>>> {
    let name = sought.identity.as_str();
    let answer = aws.session.clients.lambda.get_function().function_name(name).send().await;
    let answer = answer.attempting("lambda:GetFunction", || format!("read function {name}"));
    let Some(function) = answer.or_absent()? else { return Ok(None) };
    if let Some(error) = withheld(name, &function) {
        return Err(error);
    }
    let Some(configuration) = function.configuration else { return Ok(None) };
    // What takes calls of its own is read for who asks for it.
    let is_sought =
        |field: &str| sought.fields.as_ref().is_none_or(|fields| fields.contains(field));
    let permissions = async {
        if !is_sought("permissions") {
            return Ok(Permissions::new());
        }
        permissions::read(aws, name).await
    };
    let invoke_config = async {
        if !is_sought("event_invoke_config") {
            return Ok(None);
        }
        invoke_config::read(aws, name).await
    };
    let all_tags: BTreeMap<_, _> = function.tags.unwrap_or_default().into_iter().collect();
    let versions = async {
        if !is_sought("publish") && !is_sought("aliases") {
            return Ok((false, None));
        }
        let pinned = aliases::pinned(&all_tags);
        let read = versions::read(aws, name, &configuration, &pinned).await;
        read.map(|(publish, aliases)| (publish, Some(aliases)))
    };
    let apart = apart::read(aws, sought);
    let (permissions, event_invoke_config, (publish, aliases), apart) =
        Box::pin(try_join4(permissions, invoke_config, versions, apart)).await?;
    let Apart { recursive_loop, code_signing_config_arn, runtime_management_config } = apart;
    let image_uri = function.code.and_then(|code| code.image_uri);
    let is_zip = configuration.package_type != Some(sdk::PackageType::Image);
    let sha256 = configuration.code_sha256.clone().filter(|_| is_zip);
    let code = sha256.map(|sha256| origin::code(sha256, &all_tags));
    let (tags, owner) = Tags::seen(all_tags);
    let reserved = function.concurrency.and_then(|it| it.reserved_concurrent_executions);
    let spec = Spec {
        permissions,
        event_invoke_config,
        tags,
        code,
        image_uri,
        publish,
        aliases,
        recursive_loop,
        code_signing_config_arn,
        runtime_management_config,
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
            // Any other reason is the function's, whoever looks.
            let is_denied = |code: &str| code.starts_with("AccessDenied");
            let error = environment.error().filter(|it| it.error_code().is_some_and(is_denied))?;
            let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
            let (code, message) = (text(error.error_code()), text(error.message()));
            let hint = "allow kms:Decrypt of the key of the environment";
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
    let environment = function.environment().and_then(|environment| environment.error());
    if let Some(error) = environment {
        let code = error.error_code.as_deref();
        return Status::Failed(said("Lambda cannot use its KMS key", code, &error.message));
    }
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
