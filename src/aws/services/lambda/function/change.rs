//! Changing a function: its settings in one call, its code in another, each of which
//! Lambda is at for some seconds. Whoever asked looks when it is at rest again, and asks
//! for what is left.

use std::collections::BTreeMap;

use aws_sdk_lambda::operation::update_function_configuration::builders::UpdateFunctionConfigurationFluentBuilder as Settings;
use aws_sdk_lambda::types::{FunctionCode, Runtime};

use super::{
    PackageType, Spec, apart, arn, invoke_config, origin, permissions, tags, upload, versions, wire,
};
use crate::aws::error::Attempt;
use crate::aws::handed::Aws;
use crate::aws::kind::{Changing, STATUS_FIELD};
use crate::aws::turnover::{KeyCase, TagChange};
use crate::engine::port::{Accepted, Answer};
use crate::model::Facts;

/// What Lambda takes at any time, and the first of the rest.
pub(super) async fn turn(aws: &Aws, change: &Changing<'_, Spec>) -> Answer<Accepted> {
    write_tags(aws, change).await?;
    if change.touches("reserved_concurrent_executions") {
        reserve(aws, change).await?;
    }
    if change.touches("permissions") {
        permissions::write(aws, change).await?;
    }
    if change.touches("event_invoke_config") {
        invoke_config::write(aws, change).await?;
    }
    apart::write(aws, change).await?;
    if VERSIONED.iter().any(|field| is_setting(field) && change.touches(field)) {
        write_settings(aws, change, |field| change.touches(field)).await?;
        return Ok(Accepted::Working(Facts::new()));
    }
    if CODE.iter().any(|field| change.touches(field)) {
        write_code(aws, change).await?;
        return Ok(Accepted::Working(Facts::new()));
    }
    if change.touches("publish") && change.want.spec.publish {
        versions::publish(aws, &change.want.identity).await?;
        versions::prune(aws, change).await?;
        return Ok(Accepted::Working(Facts::new()));
    }
    if change.touches("aliases") {
        versions::write_aliases(aws, change).await?;
        versions::prune(aws, change).await?;
    }
    if change.touches(STATUS_FIELD) {
        return try_again(aws, change).await;
    }
    Ok(Accepted::Done(Facts::new()))
}

/// What a version keeps: with a change of these, what was published is another.
pub(super) const VERSIONED: &[&str] = &[
    "architectures",
    "code",
    "dead_letter_config",
    "description",
    "environment",
    "ephemeral_storage",
    "file_system_config",
    "handler",
    "image_config",
    "image_uri",
    "kms_key_arn",
    "layers",
    "logging_config",
    "memory_size",
    "publish",
    "role",
    "runtime",
    "snap_start",
    "timeout",
    "tracing_config",
    "vpc_config",
];

/// What one `UpdateFunctionCode` changes together.
const CODE: [&str; 3] = ["architectures", "code", "image_uri"];

/// What one `UpdateFunctionConfiguration` changes together: all that a version keeps and
/// that has no call of its own.
fn is_setting(field: &str) -> bool {
    field != "publish" && !CODE.contains(&field)
}

/// What failed, and differs in nothing from what is wanted, is said once more: a role, a
/// subnet, a key or an image may do by now.
async fn try_again(aws: &Aws, change: &Changing<'_, Spec>) -> Answer<Accepted> {
    match change.want.spec.package_type {
        Some(PackageType::Image) => write_code(aws, change).await?,
        Some(PackageType::Zip) | None => write_settings(aws, change, |_| true).await?,
    }
    Ok(Accepted::Working(Facts::new()))
}

async fn write_settings(
    aws: &Aws,
    change: &Changing<'_, Spec>,
    touches: impl Fn(&str) -> bool + Send,
) -> Answer<()> {
    let name = change.want.identity.as_str();
    let call = aws.session.clients.lambda.update_function_configuration().function_name(name);
    let answer = with_settings(call, &change.want.spec, &touches).send().await;
    answer.attempting("lambda:UpdateFunctionConfiguration", || {
        format!("change the settings of function {name}")
    })?;
    Ok(())
}

/// Those that are to change. What a call does not speak of stays; what is empty goes.
fn with_settings(call: Settings, spec: &Spec, touches: &dyn Fn(&str) -> bool) -> Settings {
    let text = |field: &str, text: &Option<String>| {
        touches(field).then(|| text.clone().unwrap_or_default())
    };
    let dead_letters = || wire::dead_letters(spec.dead_letter_config.as_ref());
    let runtime = spec.runtime.as_deref().filter(|_| touches("runtime"));
    call.set_role(touches("role").then(|| spec.role.clone()))
        .set_runtime(runtime.map(Runtime::from))
        .set_handler(text("handler", &spec.handler))
        .set_description(text("description", &spec.description))
        .set_timeout(touches("timeout").then_some(spec.timeout.into()))
        .set_memory_size(touches("memory_size").then(|| wire::number(spec.memory_size)))
        .set_environment(touches("environment").then(|| wire::environment(&spec.environment)))
        .set_kms_key_arn(text("kms_key_arn", &spec.kms_key_arn))
        .set_dead_letter_config(touches("dead_letter_config").then(dead_letters))
        .set_tracing_config(touches("tracing_config").then(|| wire::tracing(&spec.tracing_config)))
        .set_logging_config(touches("logging_config").then(|| wire::logging(&spec.logging_config)))
        .set_layers(touches("layers").then(|| spec.layers.clone()))
        .set_image_config(touches("image_config").then(|| wire::image(spec.image_config.as_ref())))
        .set_vpc_config(touches("vpc_config").then(|| wire::vpc(spec.vpc_config.as_ref())))
        .set_file_system_configs(
            touches("file_system_config")
                .then(|| wire::file_systems(spec.file_system_config.as_ref())),
        )
        .set_snap_start(touches("snap_start").then(|| wire::snap_start(&spec.snap_start)))
        .set_ephemeral_storage(
            touches("ephemeral_storage").then(|| wire::storage(&spec.ephemeral_storage)),
        )
}

/// The code, with the processor for which it was built.
async fn write_code(aws: &Aws, change: &Changing<'_, Spec>) -> Answer<()> {
    let (name, spec) = (change.want.identity.as_str(), &change.want.spec);
    let call = async |code: FunctionCode| {
        let call = aws.session.clients.lambda.update_function_code().function_name(name);
        let call = call.set_architectures(Some(wire::architectures(&spec.architectures)));
        let call = call.set_zip_file(code.zip_file).set_image_uri(code.image_uri);
        let call = call.set_s3_bucket(code.s3_bucket).set_s3_key(code.s3_key);
        let answer = call.set_s3_object_version(code.s3_object_version).send().await;
        answer.attempting("lambda:UpdateFunctionCode", || {
            format!("change the code of function {name}")
        })
    };
    let made = Box::pin(upload::with_code(aws, &change.want, call)).await?;
    origin::taken(name, spec.code.as_ref(), made.code_sha256())
}

async fn reserve(aws: &Aws, change: &Changing<'_, Spec>) -> Answer<()> {
    let name = change.want.identity.as_str();
    let lambda = &aws.session.clients.lambda;
    if let Some(number) = change.want.spec.reserved_concurrent_executions {
        let call = lambda.put_function_concurrency().function_name(name);
        let call = call.reserved_concurrent_executions(wire::number(number));
        let answer = call.send().await;
        answer.attempting("lambda:PutFunctionConcurrency", || {
            format!("reserve concurrency for function {name}")
        })?;
    } else {
        let answer = lambda.delete_function_concurrency().function_name(name).send().await;
        answer.attempting("lambda:DeleteFunctionConcurrency", || {
            format!("give up the reserved concurrency of function {name}")
        })?;
    }
    Ok(())
}

async fn write_tags(aws: &Aws, change: &Changing<'_, Spec>) -> Answer<()> {
    if !(change.touches_tags() || change.touches("code") || change.touches("aliases")) {
        return Ok(());
    }
    let name = &change.want.identity;
    let (lambda, arn) = (&aws.session.clients.lambda, &arn(&aws.place, name));
    let had = tags::kept(&change.have);
    let before = change.tags_had(&change.have.tags).into_iter().chain(had).collect();
    let after = tags::all(&change.want.spec, &change.want.owner);
    let put = |tags: BTreeMap<_, _>| async move {
        let tags = Some(tags.into_iter().collect());
        let answer = lambda.tag_resource().resource(arn).set_tags(tags).send().await;
        answer.attempting("lambda:TagResource", || format!("tag function {name}"))?;
        Ok(())
    };
    let remove = |gone| async move {
        let answer = lambda.untag_resource().resource(arn).set_tag_keys(Some(gone)).send().await;
        answer.attempting("lambda:UntagResource", || format!("untag function {name}"))?;
        Ok(())
    };
    TagChange::between(&before, &after, KeyCase::Told).make(put, remove).await
}
