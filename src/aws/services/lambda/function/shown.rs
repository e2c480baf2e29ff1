//! What the configuration of a function, or of a version of it, comes to as a spec.

use std::collections::BTreeMap;

use aws_sdk_lambda::types::{self as sdk, FunctionConfiguration};

use super::permissions::Permissions;
use super::{
    Architecture, DeadLetterConfig, EphemeralStorage, FileSystemConfig, ImageConfig, LoggingConfig,
    PackageType, SnapStart, Spec, TracingConfig, VpcConfig,
};
use crate::aws::tags::Tags;

/// The function as its configuration shows it: the rest is told elsewhere.
pub(super) fn shown(name: &str, function: &FunctionConfiguration) -> Spec {
    let text = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
    let variables = function.environment().and_then(|environment| environment.variables());
    let variables = variables.into_iter().flatten();
    let layers = function.layers().iter().filter_map(|layer| layer.arn.clone());
    let dead_letters = function.dead_letter_config().and_then(|config| text(&config.target_arn));
    let size = function.ephemeral_storage().and_then(|disk| u32::try_from(disk.size).ok());
    Spec {
        name: Some(name.to_owned()),
        role: function.role.clone().unwrap_or_default(),
        code: None,
        upload_through: None,
        image_uri: None,
        publish: false,
        aliases: None,
        keep_versions: None,
        recursive_loop: None,
        code_signing_config_arn: None,
        runtime_management_config: None,
        image_config: ImageConfig::seen(function.image_config_response()),
        package_type: Some(match function.package_type() {
            Some(sdk::PackageType::Image) => PackageType::Image,
            Some(_) | None => PackageType::Zip,
        }),
        runtime: text(&function.runtime().map(|runtime| runtime.as_str().to_owned())),
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
        vpc_config: VpcConfig::seen(function.vpc_config()),
        file_system_config: FileSystemConfig::seen(function.file_system_configs()),
        snap_start: SnapStart::seen(function.snap_start()),
        ephemeral_storage: size.map(|size| EphemeralStorage { size }).unwrap_or_default(),
        reserved_concurrent_executions: None,
        permissions: Permissions::new(),
        event_invoke_config: None,
        tags: Tags(BTreeMap::new()),
    }
}
