//! Where a function logs, in which form, and how much.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How the function logs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LoggingConfig {
    /// Lines as they are written, or a JSON object for each.
    #[serde(default)]
    pub(super) log_format: LogFormat,
    /// The log group, by its name. Default: `/aws/lambda/NAME`, which Lambda makes where there is none.
    #[schemars(length(min = 1, max = 512))]
    pub(super) log_group: Option<String>,
    /// The least that is kept of what the code logs. Only with `JSON`, and then `INFO` where it is left out.
    pub(super) application_log_level: Option<ApplicationLevel>,
    /// The least that is kept of what Lambda logs. Likewise.
    pub(super) system_log_level: Option<SystemLevel>,
}

/// The form of a log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) enum LogFormat {
    #[default]
    Text,
    #[serde(rename = "JSON")]
    Json,
}

/// How much of what the code logs is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum ApplicationLevel {
    Trace,
    Debug,
    Info,
    Warn,
    Error,
    Fatal,
}

/// How much of what Lambda logs is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum SystemLevel {
    Debug,
    Info,
    Warn,
}

impl LoggingConfig {
    /// The same with what AWS takes where nothing is stated.
    pub(super) fn whole(self, function: &str) -> Self {
        let log_group = self.log_group.or_else(|| Some(format!("/aws/lambda/{function}")));
        match self.log_format {
            LogFormat::Text => Self { log_group, ..self },
            LogFormat::Json => Self {
                log_format: self.log_format,
                log_group,
                application_log_level: self.application_log_level.or(Some(ApplicationLevel::Info)),
                system_log_level: self.system_log_level.or(Some(SystemLevel::Info)),
            },
        }
    }
}
