//! How a state machine logs, is traced and is encrypted: as a document has it, and as the
//! SDK does.

use std::collections::BTreeMap;

use aws_sdk_sfn::types as sdk;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Spec;
use crate::aws::aliases;
use crate::aws::tags::force_tag;
use crate::model::Owner;

/// What is logged of executions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LoggingConfiguration {
    /// How much.
    #[serde(default)]
    pub(super) level: Level,
    /// Whether logs hold what goes into states and comes out: with personal data in it, `false`.
    #[serde(default)]
    pub(super) include_execution_data: bool,
    /// The ARN of a log group. Needed for every level but `OFF`.
    #[schemars(length(min = 1, max = 256))]
    pub(super) log_destination: Option<String>,
}

/// How much is logged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Level {
    All,
    Error,
    Fatal,
    #[default]
    Off,
}

/// What follows the ARN of a log group where Step Functions takes it.
const ALL_STREAMS: &str = ":*";

impl LoggingConfiguration {
    /// With the destination as Step Functions wants it.
    pub(super) fn settled(mut self) -> Self {
        if let Some(group) = self.log_destination.as_mut().filter(|it| !it.ends_with(ALL_STREAMS)) {
            group.push_str(ALL_STREAMS);
        }
        self
    }

    pub(super) fn sdk(&self) -> sdk::LoggingConfiguration {
        let level = match self.level {
            Level::All => sdk::LogLevel::All,
            Level::Error => sdk::LogLevel::Error,
            Level::Fatal => sdk::LogLevel::Fatal,
            Level::Off => sdk::LogLevel::Off,
        };
        let destination = |group: &String| {
            let group = sdk::CloudWatchLogsLogGroup::builder().log_group_arn(group).build();
            vec![sdk::LogDestination::builder().cloud_watch_logs_log_group(group).build()]
        };
        sdk::LoggingConfiguration::builder()
            .level(level)
            .include_execution_data(self.include_execution_data)
            .set_destinations(self.log_destination.as_ref().map(destination))
            .build()
    }

    pub(super) fn seen(shown: &sdk::LoggingConfiguration) -> Self {
        let mut groups =
            shown.destinations().iter().filter_map(|it| it.cloud_watch_logs_log_group());
        Self {
            level: match shown.level {
                Some(sdk::LogLevel::All) => Level::All,
                Some(sdk::LogLevel::Error) => Level::Error,
                Some(sdk::LogLevel::Fatal) => Level::Fatal,
                _ => Level::Off,
            },
            include_execution_data: shown.include_execution_data,
            log_destination: groups.find_map(|it| it.log_group_arn.clone()),
        }
    }
}

/// Whether executions are traced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TracingConfiguration {
    /// Whether they are.
    #[serde(default)]
    pub(super) enabled: bool,
}

impl TracingConfiguration {
    pub(super) fn sdk(self) -> sdk::TracingConfiguration {
        sdk::TracingConfiguration::builder().enabled(self.enabled).build()
    }

    pub(super) fn seen(shown: &sdk::TracingConfiguration) -> Self {
        Self { enabled: shown.enabled }
    }
}

/// With which key a state machine is encrypted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EncryptionConfiguration {
    /// Whose key. Follows from `kms_key_id`.
    #[serde(rename = "type")]
    pub(super) key_type: Option<KeyType>,
    /// The ARN of a KMS key. Left out: a key of AWS's own.
    #[schemars(length(min = 1, max = 2048))]
    pub(super) kms_key_id: Option<String>,
    /// Seconds for which a data key of that key is used again. Default: 300.
    #[schemars(range(min = 60, max = 900))]
    pub(super) kms_data_key_reuse_period_seconds: Option<u16>,
}

/// Whose key it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum KeyType {
    AwsOwnedKey,
    CustomerManagedKmsKey,
}

/// What AWS takes where nothing is stated (API Reference, `EncryptionConfiguration`).
const REUSE: u16 = 300;

impl EncryptionConfiguration {
    /// With what follows from the key.
    pub(super) fn settled(mut self) -> Self {
        if self.kms_key_id.is_some() {
            self.key_type.get_or_insert(KeyType::CustomerManagedKmsKey);
            self.kms_data_key_reuse_period_seconds.get_or_insert(REUSE);
        } else {
            self.key_type.get_or_insert(KeyType::AwsOwnedKey);
        }
        self
    }

    pub(super) fn sdk(&self) -> Option<sdk::EncryptionConfiguration> {
        let key_type = match self.key_type {
            Some(KeyType::CustomerManagedKmsKey) => sdk::EncryptionType::CustomerManagedKmsKey,
            Some(KeyType::AwsOwnedKey) | None => sdk::EncryptionType::AwsOwnedKey,
        };
        let seconds = self.kms_data_key_reuse_period_seconds.map(i32::from);
        let builder = sdk::EncryptionConfiguration::builder().r#type(key_type);
        let builder = builder.set_kms_key_id(self.kms_key_id.clone());
        // Nothing is missing that the builder could miss.
        builder.set_kms_data_key_reuse_period_seconds(seconds).build().ok()
    }

    pub(super) fn seen(shown: &sdk::EncryptionConfiguration) -> Self {
        let kms_key_id = shown.kms_key_id.clone().filter(|key| !key.is_empty());
        let seconds = shown.kms_data_key_reuse_period_seconds;
        let seconds = seconds.filter(|_| kms_key_id.is_some());
        Self {
            key_type: None,
            kms_data_key_reuse_period_seconds: seconds.and_then(|it| u16::try_from(it).ok()),
            kms_key_id,
        }
        .settled()
    }
}

/// All of its tags: the user's, its owner's, and those that keep what Step Functions has no
/// place for.
pub(super) fn all_tags(spec: &Spec, owner: &Owner) -> BTreeMap<String, String> {
    spec.tags.with_owner(owner).into_iter().chain(kept_tags(spec)).collect()
}

/// What Step Functions has no place for.
pub(super) fn kept_tags(spec: &Spec) -> impl Iterator<Item = (String, String)> {
    force_tag(spec.force_destroy).into_iter().chain(aliases::pinned_tag(spec.aliases.as_ref()))
}

pub(super) fn sdk_tags(tags: BTreeMap<String, String>) -> Vec<sdk::Tag> {
    tags.into_iter().map(|(key, value)| sdk::Tag::builder().key(key).value(value).build()).collect()
}
