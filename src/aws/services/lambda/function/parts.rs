//! The parts of a function that have parts of their own.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Code as a document has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum Code {
    /// The hash of what is sent of the checkout.
    Sent(#[schemars(length(min = 1))] String),
    /// A zip file that lies in a bucket.
    Stored(Stored),
}

/// An object of a bucket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Stored {
    /// A bucket of the same region.
    #[schemars(length(min = 1))]
    pub(super) bucket: String,
    /// The object.
    #[schemars(length(min = 1))]
    pub(super) key: String,
    /// Which version of it. Left out: the one that is current when the code is taken.
    #[schemars(length(min = 1))]
    pub(super) object_version: Option<String>,
    /// The SHA-256 of the object, in Base64: by this the code is compared. What was put with `--checksum-algorithm SHA256`
    /// tells it (`aws s3api head-object --checksum-mode ENABLED`); so does `openssl dgst -sha256 -binary FILE | base64`.
    #[schemars(regex(pattern = r"^[A-Za-z0-9+/]{43}=$"))]
    pub(super) sha256: String,
}

/// What is run of an image.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ImageConfig {
    /// In place of the image's `CMD`.
    #[serde(default)]
    pub(super) command: Vec<String>,
    /// In place of its `ENTRYPOINT`.
    #[serde(default)]
    pub(super) entry_point: Vec<String>,
    /// In place of its `WORKDIR`.
    pub(super) working_directory: Option<String>,
}

/// The form of the code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) enum PackageType {
    Zip,
    Image,
}

/// Where in a VPC it runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct VpcConfig {
    /// Subnets, by their ids: up to 16.
    #[schemars(length(min = 1, max = 16))]
    pub(super) subnet_ids: BTreeSet<String>,
    /// Security groups, by their ids: up to 5.
    #[schemars(length(min = 1, max = 5))]
    pub(super) security_group_ids: BTreeSet<String>,
    /// Whether it may call out over IPv6, in subnets that have it.
    #[serde(default)]
    pub(super) ipv6_allowed_for_dual_stack: bool,
}

/// A file system that it sees.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FileSystemConfig {
    /// The ARN of an access point.
    #[schemars(length(min = 1))]
    pub(super) arn: String,
    /// Where the code sees it, below `/mnt/`.
    #[schemars(regex(pattern = r"^/mnt/[A-Za-z0-9_.-]+$"))]
    pub(super) local_mount_path: String,
}

/// What snapshots are taken.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SnapStart {
    /// Of which.
    #[serde(default)]
    pub(super) apply_on: ApplyOn,
}

/// Of what a snapshot is taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) enum ApplyOn {
    #[default]
    None,
    PublishedVersions,
}

/// A sort of processor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) enum Architecture {
    #[serde(rename = "x86_64")]
    X86,
    #[serde(rename = "arm64")]
    Arm,
}

/// Where events go that nobody could handle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeadLetterConfig {
    /// The ARN of a queue, or of a topic, to which the role may send.
    #[schemars(length(min = 1))]
    pub(super) target_arn: String,
}

/// How invocations are traced.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TracingConfig {
    /// Whether the function takes samples itself, or only those that its caller took.
    #[serde(default)]
    pub(super) mode: TracingMode,
}

/// Who decides what is traced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) enum TracingMode {
    #[default]
    PassThrough,
    Active,
}

/// The disk of an invocation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EphemeralStorage {
    /// Megabytes.
    #[serde(default = "five_hundred_twelve")]
    #[schemars(range(min = 512))]
    pub(super) size: u32,
}

fn five_hundred_twelve() -> u32 {
    512
}

impl Default for EphemeralStorage {
    fn default() -> Self {
        Self { size: five_hundred_twelve() }
    }
}
