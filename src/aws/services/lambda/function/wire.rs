//! What a function and its parts are in the SDK's types.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_lambda::operation::create_function::builders::CreateFunctionFluentBuilder;
use aws_sdk_lambda::types as sdk;

use super::{
    ApplicationLevel, ApplyOn, Architecture, DeadLetterConfig, EphemeralStorage, FileSystemConfig,
    ImageConfig, LogFormat, LoggingConfig, PackageType, SnapStart, Spec, SystemLevel,
    TracingConfig, TracingMode, VpcConfig, apart, tags,
};
use crate::aws::handed::Aws;
use crate::aws::kind::Wanted;

/// The call that makes a function, with all that a new one can have.
pub(super) fn creation(
    aws: &Aws,
    want: &Wanted<Spec>,
    code: sdk::FunctionCode,
) -> CreateFunctionFluentBuilder {
    let spec = &want.spec;
    let tags = tags::all(spec, &want.owner);
    let layers = (!spec.layers.is_empty()).then(|| spec.layers.clone());
    let call = aws.session.clients.lambda.create_function().function_name(&want.identity);
    call.role(&spec.role)
        .code(code)
        .set_code_signing_config_arn(apart::signing(spec).map(str::to_owned))
        .set_runtime(spec.runtime.as_deref().map(sdk::Runtime::from))
        .set_handler(spec.handler.clone())
        .set_architectures(Some(architectures(&spec.architectures)))
        .set_description(spec.description.clone())
        .timeout(spec.timeout.into())
        .memory_size(number(spec.memory_size))
        .set_environment((!spec.environment.is_empty()).then(|| environment(&spec.environment)))
        .set_kms_key_arn(spec.kms_key_arn.clone())
        .set_dead_letter_config(spec.dead_letter_config.as_ref().map(|it| dead_letters(Some(it))))
        .tracing_config(tracing(&spec.tracing_config))
        .logging_config(logging(&spec.logging_config))
        .set_layers(layers)
        .set_ephemeral_storage(Some(storage(&spec.ephemeral_storage)))
        .set_package_type(spec.package_type.map(PackageType::sdk))
        .set_image_config(spec.image_config.as_ref().map(|it| image(Some(it))))
        .set_vpc_config(spec.vpc_config.as_ref().map(|it| vpc(Some(it))))
        .set_file_system_configs(spec.file_system_config.as_ref().map(|it| file_systems(Some(it))))
        .set_snap_start(
            (spec.snap_start != SnapStart::default()).then(|| snap_start(&spec.snap_start)),
        )
        .set_tags(Some(tags.into_iter().collect()))
}

/// One that says nothing leaves all to the image.
pub(super) fn image(config: Option<&ImageConfig>) -> sdk::ImageConfig {
    let ImageConfig { command, entry_point, working_directory } =
        config.cloned().unwrap_or_default();
    sdk::ImageConfig::builder()
        .set_command((!command.is_empty()).then_some(command))
        .set_entry_point((!entry_point.is_empty()).then_some(entry_point))
        .set_working_directory(working_directory)
        .build()
}

/// Empty lists lead out of a VPC.
pub(super) fn vpc(config: Option<&VpcConfig>) -> sdk::VpcConfig {
    let ids = |of: fn(&VpcConfig) -> &BTreeSet<String>| {
        Some(config.map(of).into_iter().flatten().cloned().collect())
    };
    sdk::VpcConfig::builder()
        .set_subnet_ids(ids(|config| &config.subnet_ids))
        .set_security_group_ids(ids(|config| &config.security_group_ids))
        .set_ipv6_allowed_for_dual_stack(config.map(|config| config.ipv6_allowed_for_dual_stack))
        .build()
}

pub(super) fn file_systems(config: Option<&FileSystemConfig>) -> Vec<sdk::FileSystemConfig> {
    let one = |config: &FileSystemConfig| {
        let one = sdk::FileSystemConfig::builder().arn(&config.arn);
        one.local_mount_path(&config.local_mount_path).build().ok()
    };
    config.and_then(one).into_iter().collect()
}

pub(super) fn snap_start(config: &SnapStart) -> sdk::SnapStart {
    let apply_on = match config.apply_on {
        ApplyOn::None => sdk::SnapStartApplyOn::None,
        ApplyOn::PublishedVersions => sdk::SnapStartApplyOn::PublishedVersions,
    };
    sdk::SnapStart::builder().apply_on(apply_on).build()
}

impl PackageType {
    fn sdk(self) -> sdk::PackageType {
        match self {
            Self::Zip => sdk::PackageType::Zip,
            Self::Image => sdk::PackageType::Image,
        }
    }
}

impl ImageConfig {
    pub(super) fn seen(config: Option<&sdk::ImageConfigResponse>) -> Option<Self> {
        let config = config?.image_config()?;
        let seen = Self {
            command: config.command().to_vec(),
            entry_point: config.entry_point().to_vec(),
            working_directory: config.working_directory.clone().filter(|it| !it.is_empty()),
        };
        (seen != Self::default()).then_some(seen)
    }
}

impl VpcConfig {
    /// What left a VPC is shown with empty lists.
    pub(super) fn seen(config: Option<&sdk::VpcConfigResponse>) -> Option<Self> {
        let config = config.filter(|config| !config.subnet_ids().is_empty())?;
        Some(Self {
            subnet_ids: config.subnet_ids().iter().cloned().collect(),
            security_group_ids: config.security_group_ids().iter().cloned().collect(),
            ipv6_allowed_for_dual_stack: config.ipv6_allowed_for_dual_stack.unwrap_or_default(),
        })
    }
}

impl FileSystemConfig {
    pub(super) fn seen(configs: &[sdk::FileSystemConfig]) -> Option<Self> {
        let config = configs.first()?;
        let sdk::FileSystemConfig { arn, local_mount_path, .. } = config;
        Some(Self { arn: arn.clone(), local_mount_path: local_mount_path.clone() })
    }
}

impl SnapStart {
    pub(super) fn seen(config: Option<&sdk::SnapStartResponse>) -> Self {
        let apply_on = match config.and_then(|config| config.apply_on()) {
            Some(sdk::SnapStartApplyOn::PublishedVersions) => ApplyOn::PublishedVersions,
            Some(_) | None => ApplyOn::None,
        };
        Self { apply_on }
    }
}

/// Lambda takes no number that has no room in this.
pub(super) fn number(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

pub(super) fn architectures(architectures: &[Architecture]) -> Vec<sdk::Architecture> {
    architectures.iter().map(|it| it.sdk()).collect()
}

/// One without variables takes away what there was; one that does not speak of them
/// leaves them.
pub(super) fn environment(variables: &BTreeMap<String, String>) -> sdk::Environment {
    let variables = variables.iter().map(|(key, value)| (key.clone(), value.clone()));
    sdk::Environment::builder().set_variables(Some(variables.collect())).build()
}

/// An empty target is none.
pub(super) fn dead_letters(config: Option<&DeadLetterConfig>) -> sdk::DeadLetterConfig {
    let target = config.map(|config| config.target_arn.clone()).unwrap_or_default();
    sdk::DeadLetterConfig::builder().target_arn(target).build()
}

pub(super) fn tracing(config: &TracingConfig) -> sdk::TracingConfig {
    let mode = match config.mode {
        TracingMode::PassThrough => sdk::TracingMode::PassThrough,
        TracingMode::Active => sdk::TracingMode::Active,
    };
    sdk::TracingConfig::builder().mode(mode).build()
}

pub(super) fn logging(config: &LoggingConfig) -> sdk::LoggingConfig {
    sdk::LoggingConfig::builder()
        .log_format(config.log_format.sdk())
        .set_log_group(config.log_group.clone())
        .set_application_log_level(config.application_log_level.map(ApplicationLevel::sdk))
        .set_system_log_level(config.system_log_level.map(SystemLevel::sdk))
        .build()
}

#[expect(clippy::expect_used, reason = "the field that a disk has to have is set")]
pub(super) fn storage(storage: &EphemeralStorage) -> sdk::EphemeralStorage {
    sdk::EphemeralStorage::builder().size(number(storage.size)).build().expect("a size")
}

impl Architecture {
    fn sdk(self) -> sdk::Architecture {
        match self {
            Self::X86 => sdk::Architecture::X8664,
            Self::Arm => sdk::Architecture::Arm64,
        }
    }

    /// What was made before there were others is of the first.
    pub(super) fn seen(architectures: &[sdk::Architecture]) -> Self {
        match architectures.first() {
            Some(sdk::Architecture::Arm64) => Self::Arm,
            Some(_) | None => Self::X86,
        }
    }
}

impl LogFormat {
    fn sdk(self) -> sdk::LogFormat {
        match self {
            Self::Text => sdk::LogFormat::Text,
            Self::Json => sdk::LogFormat::Json,
        }
    }
}

impl ApplicationLevel {
    fn sdk(self) -> sdk::ApplicationLogLevel {
        match self {
            Self::Trace => sdk::ApplicationLogLevel::Trace,
            Self::Debug => sdk::ApplicationLogLevel::Debug,
            Self::Info => sdk::ApplicationLogLevel::Info,
            Self::Warn => sdk::ApplicationLogLevel::Warn,
            Self::Error => sdk::ApplicationLogLevel::Error,
            Self::Fatal => sdk::ApplicationLogLevel::Fatal,
        }
    }

    fn seen(level: &sdk::ApplicationLogLevel) -> Option<Self> {
        match level {
            sdk::ApplicationLogLevel::Trace => Some(Self::Trace),
            sdk::ApplicationLogLevel::Debug => Some(Self::Debug),
            sdk::ApplicationLogLevel::Info => Some(Self::Info),
            sdk::ApplicationLogLevel::Warn => Some(Self::Warn),
            sdk::ApplicationLogLevel::Error => Some(Self::Error),
            sdk::ApplicationLogLevel::Fatal => Some(Self::Fatal),
            _ => None,
        }
    }
}

impl SystemLevel {
    fn sdk(self) -> sdk::SystemLogLevel {
        match self {
            Self::Debug => sdk::SystemLogLevel::Debug,
            Self::Info => sdk::SystemLogLevel::Info,
            Self::Warn => sdk::SystemLogLevel::Warn,
        }
    }

    fn seen(level: &sdk::SystemLogLevel) -> Option<Self> {
        match level {
            sdk::SystemLogLevel::Debug => Some(Self::Debug),
            sdk::SystemLogLevel::Info => Some(Self::Info),
            sdk::SystemLogLevel::Warn => Some(Self::Warn),
            _ => None,
        }
    }
}

impl LoggingConfig {
    /// What a function has that was made before there was a choice is the default.
    pub(super) fn seen(config: Option<&sdk::LoggingConfig>, function: &str) -> Self {
        let Some(config) = config else { return Self::default().whole(function) };
        let log_format = match config.log_format {
            Some(sdk::LogFormat::Json) => LogFormat::Json,
            _ => LogFormat::Text,
        };
        let seen = Self {
            log_format,
            log_group: config.log_group.clone(),
            application_log_level: config.application_log_level().and_then(ApplicationLevel::seen),
            system_log_level: config.system_log_level().and_then(SystemLevel::seen),
        };
        match log_format {
            LogFormat::Json => seen.whole(function),
            // AWS goes on to show levels that text does not have.
            LogFormat::Text => {
                Self { application_log_level: None, system_log_level: None, ..seen }.whole(function)
            }
        }
    }
}

impl TracingConfig {
    pub(super) fn seen(config: Option<&sdk::TracingConfigResponse>) -> Self {
        let mode = match config.and_then(|config| config.mode()) {
            Some(sdk::TracingMode::Active) => TracingMode::Active,
            Some(_) | None => TracingMode::PassThrough,
        };
        Self { mode }
    }
}
