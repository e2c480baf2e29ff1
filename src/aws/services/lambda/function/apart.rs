//! What Lambda keeps apart from the settings of a function, with calls of its own for
//! each: what becomes of circles, which signatures code must carry, and when its runtime
//! is brought up to date.
//!
//! It is read where a stack states it, and left as it is everywhere else: each takes a
//! call, of which Lambda admits few.

use aws_sdk_lambda::types as sdk;
use futures::future::try_join3;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{PackageType, Spec};
use crate::aws::arn::Arn;
use crate::aws::error::Attempt;
use crate::aws::handed::Aws;
use crate::aws::kind::Changing;
use crate::engine::port::Answer;
use crate::model::document::is_pending;
use crate::model::{Path, Problem, Sought};

/// What becomes of events that come back to the function that brought them about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) enum RecursiveLoop {
    /// They go on.
    Allow,
    /// Lambda stops them after some sixteen rounds.
    Terminate,
}

/// When the runtime is brought up to date.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RuntimeManagementConfig {
    /// Whenever there is a new one, with the next change of the function, or never by itself.
    #[serde(default)]
    update_runtime_on: UpdateRuntimeOn,
    /// The very runtime that it has. With `Manual`, and then alone.
    #[schemars(length(min = 1))]
    runtime_version_arn: Option<String>,
}

/// When there is to be another runtime.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) enum UpdateRuntimeOn {
    #[default]
    Auto,
    FunctionUpdate,
    Manual,
}

/// What stands in the place of an ARN where a function has no code signing.
const NONE: &str = "none";

/// What is stated of these, as far as Lambda would refuse it.
pub(super) fn check(spec: &Spec) -> Vec<Problem> {
    let mut problems = Vec::new();
    let is_image = spec.package_type == Some(PackageType::Image);
    if let Some(arn) = signing(spec) {
        let is_one =
            Arn::read(arn).is_some_and(|it| it.resource.starts_with("code-signing-config:"));
        if is_image {
            let message = "Lambda knows no signatures of images";
            problems.push(Problem::of("code_signing_config_arn", message).hint("take it out"));
        } else if !is_one && !is_pending(arn) {
            let message = format!(
                "takes the ARN of a code signing config, or `{NONE}`, and `{arn}` is neither"
            );
            problems.push(Problem::of("code_signing_config_arn", message));
        }
    }
    let Some(config) = &spec.runtime_management_config else { return problems };
    let is_manual = config.update_runtime_on == UpdateRuntimeOn::Manual;
    let (field, message, hint) = match (is_image, is_manual, &config.runtime_version_arn) {
        (true, _, _) => ("", "an image brings its own runtime", "take it out"),
        (false, true, None) => (
            "runtime_version_arn",
            "a runtime that stays is named",
            "the log of an invocation has it, in the line that begins with INIT_START",
        ),
        (false, false, Some(_)) => (
            "runtime_version_arn",
            "Lambda chooses it, where it may bring it up to date",
            "write `update_runtime_on: Manual`, or take it out",
        ),
        (false, true, Some(_)) | (false, false, None) => return problems,
    };
    let at = Path::field("runtime_management_config");
    let at = if field.is_empty() { at } else { at.with_field(field) };
    problems.push(Problem::of("", message).at(at).hint(hint));
    problems
}

/// The code signing config that a function is to have from the beginning.
pub(super) fn signing(spec: &Spec) -> Option<&str> {
    spec.code_signing_config_arn.as_deref().filter(|arn| *arn != NONE)
}

/// The fields of these that are looked for.
#[derive(Debug)]
pub(super) struct Apart {
    pub(super) recursive_loop: Option<RecursiveLoop>,
    pub(super) code_signing_config_arn: Option<String>,
    pub(super) runtime_management_config: Option<RuntimeManagementConfig>,
}

/// What is looked for by its name; a look at all that there is has no need of these.
pub(super) async fn read(aws: &Aws, sought: &Sought) -> Answer<Apart> {
    let is_named = |field: &str| sought.fields.as_ref().is_some_and(|it| it.contains(field));
    let name = sought.identity.as_str();
    let lambda = &aws.session.clients.lambda;
    let recursive_loop = async {
        if !is_named("recursive_loop") {
            return Ok(None);
        }
        let answer = lambda.get_function_recursion_config().function_name(name).send().await;
        let told = answer.attempting("lambda:GetFunctionRecursionConfig", || {
            format!("read what becomes of circles of function {name}")
        })?;
        Ok(told.recursive_loop().and_then(RecursiveLoop::seen))
    };
    let code_signing_config_arn = async {
        if !is_named("code_signing_config_arn") {
            return Ok(None);
        }
        let answer = lambda.get_function_code_signing_config().function_name(name).send().await;
        let told = answer.attempting("lambda:GetFunctionCodeSigningConfig", || {
            format!("read the code signing of function {name}")
        })?;
        let arn = Some(told.code_signing_config_arn).filter(|arn| !arn.is_empty());
        Ok(arn.or_else(|| Some(NONE.to_owned())))
    };
    let runtime_management_config = async {
        if !is_named("runtime_management_config") {
            return Ok(None);
        }
        let answer = lambda.get_runtime_management_config().function_name(name).send().await;
        let told = answer.attempting("lambda:GetRuntimeManagementConfig", || {
            format!("read when the runtime of function {name} changes")
        })?;
        Ok(Some(RuntimeManagementConfig {
            update_runtime_on: UpdateRuntimeOn::seen(told.update_runtime_on()),
            runtime_version_arn: told.runtime_version_arn.filter(|arn| !arn.is_empty()),
        }))
    };
    let read = try_join3(recursive_loop, code_signing_config_arn, runtime_management_config);
    let (recursive_loop, code_signing_config_arn, runtime_management_config) = read.await?;
    Ok(Apart { recursive_loop, code_signing_config_arn, runtime_management_config })
}

/// Writes those that are to change. Signatures come first: what is sent after this is
/// held to them.
pub(super) async fn write(aws: &Aws, change: &Changing<'_, Spec>) -> Answer<()> {
    let (name, spec) = (change.want.identity.as_str(), &change.want.spec);
    let lambda = &aws.session.clients.lambda;
    if change.touches("code_signing_config_arn") {
        write_signing(aws, name, signing(spec)).await?;
    }
    if let Some(wanted) = spec.recursive_loop.filter(|_| change.touches("recursive_loop")) {
        let call = lambda.put_function_recursion_config().function_name(name);
        let answer = call.recursive_loop(wanted.sdk()).send().await;
        answer.attempting("lambda:PutFunctionRecursionConfig", || {
            format!("say what becomes of circles of function {name}")
        })?;
    }
    let config = spec.runtime_management_config.as_ref();
    if let Some(config) = config.filter(|_| change.touches("runtime_management_config")) {
        let call = lambda.put_runtime_management_config().function_name(name);
        let call = call.update_runtime_on(config.update_runtime_on.sdk());
        let call = call.set_runtime_version_arn(config.runtime_version_arn.clone());
        call.send().await.attempting("lambda:PutRuntimeManagementConfig", || {
            format!("say when the runtime of function {name} changes")
        })?;
    }
    Ok(())
}

async fn write_signing(aws: &Aws, name: &str, arn: Option<&str>) -> Answer<()> {
    let lambda = &aws.session.clients.lambda;
    let attempted = || format!("change the code signing of function {name}");
    let Some(arn) = arn else {
        let answer = lambda.delete_function_code_signing_config().function_name(name).send().await;
        answer.attempting("lambda:DeleteFunctionCodeSigningConfig", attempted)?;
        return Ok(());
    };
    let call = lambda.put_function_code_signing_config().function_name(name);
    let answer = call.code_signing_config_arn(arn).send().await;
    answer.attempting("lambda:PutFunctionCodeSigningConfig", attempted)?;
    Ok(())
}

impl RecursiveLoop {
    fn sdk(self) -> sdk::RecursiveLoop {
        match self {
            Self::Allow => sdk::RecursiveLoop::Allow,
            Self::Terminate => sdk::RecursiveLoop::Terminate,
        }
    }

    fn seen(told: &sdk::RecursiveLoop) -> Option<Self> {
        match told {
            sdk::RecursiveLoop::Allow => Some(Self::Allow),
            sdk::RecursiveLoop::Terminate => Some(Self::Terminate),
            _ => None,
        }
    }
}

impl UpdateRuntimeOn {
    fn sdk(self) -> sdk::UpdateRuntimeOn {
        match self {
            Self::Auto => sdk::UpdateRuntimeOn::Auto,
            Self::FunctionUpdate => sdk::UpdateRuntimeOn::FunctionUpdate,
            Self::Manual => sdk::UpdateRuntimeOn::Manual,
        }
    }

    fn seen(told: Option<&sdk::UpdateRuntimeOn>) -> Self {
        match told {
            Some(sdk::UpdateRuntimeOn::FunctionUpdate) => Self::FunctionUpdate,
            Some(sdk::UpdateRuntimeOn::Manual) => Self::Manual,
            Some(_) | None => Self::Auto,
        }
    }
}
