//! What a function and its parts are in the SDK's types.

use std::collections::BTreeMap;

use aws_sdk_lambda::operation::create_function::builders::CreateFunctionFluentBuilder;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types as sdk;

use super::{
    ApplicationLevel, Architecture, DeadLetterConfig, EphemeralStorage, LogFormat, LoggingConfig,
    Spec, SystemLevel, TracingConfig, TracingMode,
};
use crate::aws::handed::Aws;
use crate::aws::kind::Wanted;
use crate::engine::port::Answer;

/// The call that makes a function, with all that a new one can have.
pub(super) fn creation(aws: &Aws, want: &Wanted<Spec>) -> Answer<CreateFunctionFluentBuilder> {
    let spec = &want.spec;
    let code = sdk::FunctionCode::builder().zip_file(Blob::new(want.bytes("code")?)).build();
    let layers = (!spec.layers.is_empty()).then(|| spec.layers.clone());
    let call = aws.session.clients.lambda.create_function().function_name(&want.identity);
    Ok(call
        .role(&spec.role)
        .code(code)
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
        .set_tags(Some(spec.tags.with_owner(&want.owner).into_iter().collect())))
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
