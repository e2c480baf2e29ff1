//! What a cluster is made of, in one form: whoever leaves something out has what AWS would
//! make of that.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where brokers are, and what each of them is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BrokerGroup {
    /// For example `kafka.m7g.large` (standard) or `express.m7g.large` (express: without storage to manage).
    #[schemars(length(min = 5, max = 32))]
    pub(super) instance_type: String,
    /// Subnets, each in a zone of its own: two or three.
    #[schemars(length(min = 1), inner(length(min = 1)))]
    pub(super) client_subnets: BTreeSet<String>,
    /// Groups of the brokers' network interfaces.
    #[schemars(length(min = 1), inner(length(min = 1)))]
    pub(super) security_groups: BTreeSet<String>,
    /// How brokers are spread over the zones.
    #[serde(default)]
    pub(super) az_distribution: AzDistribution,
    /// What standard brokers keep records on. Express brokers take none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) storage_info: Option<StorageInfo>,
    /// From where brokers are reached, besides the VPC.
    #[serde(default)]
    pub(super) connectivity_info: ConnectivityInfo,
}

impl BrokerGroup {
    pub(super) fn is_express(&self) -> bool {
        self.instance_type.starts_with("express.")
    }
}

/// Over the zones of the subnets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum AzDistribution {
    #[default]
    Default,
}

/// What brokers keep records on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StorageInfo {
    /// Volumes of EBS, one for each broker.
    pub(super) ebs_storage_info: EbsStorageInfo,
}

/// A volume.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EbsStorageInfo {
    /// GiB. It grows, and never shrinks.
    #[schemars(range(min = 1, max = 16384))]
    pub(super) volume_size: i32,
    /// Throughput that is paid for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) provisioned_throughput: Option<Throughput>,
}

/// Throughput of a volume.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Throughput {
    /// Whether it is paid for.
    #[serde(default = "yes")]
    pub(super) enabled: bool,
    /// MiB a second.
    #[schemars(range(min = 250))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) volume_throughput: Option<i32>,
}

/// From where brokers are reached.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConnectivityInfo {
    /// From the Internet.
    #[serde(default)]
    pub(super) public_access: PublicAccess,
    /// From other VPCs, through endpoints of their own.
    #[serde(default)]
    pub(super) vpc_connectivity: VpcConnectivity,
    /// By which protocol.
    #[serde(default)]
    pub(super) network_type: NetworkType,
}

/// From the Internet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PublicAccess {
    /// Not, or by addresses that AWS gives.
    #[serde(default)]
    pub(super) r#type: PublicAccessType,
}

/// Whether brokers have public addresses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) enum PublicAccessType {
    #[default]
    #[serde(rename = "DISABLED")]
    Disabled,
    #[serde(rename = "SERVICE_PROVIDED_EIPS")]
    ServiceProvidedEips,
}

/// From other VPCs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct VpcConnectivity {
    /// How clients there say who they are.
    #[serde(default)]
    pub(super) client_authentication: VpcAuthentication,
}

/// How clients of other VPCs say who they are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct VpcAuthentication {
    /// By SASL.
    #[serde(default)]
    pub(super) sasl: Sasl,
    /// By certificates.
    #[serde(default)]
    pub(super) tls: bool,
}

/// By which protocol brokers are reached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum NetworkType {
    #[default]
    Ipv4,
    Dual,
}

/// How clients say who they are. What is left out is off.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClientAuthentication {
    /// By SASL.
    #[serde(default)]
    pub(super) sasl: Sasl,
    /// By certificates of these authorities.
    #[serde(default)]
    pub(super) tls: Tls,
    /// Not at all: whoever reaches a broker reads and writes.
    #[serde(default)]
    pub(super) unauthenticated: bool,
}

impl ClientAuthentication {
    pub(super) fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

/// By SASL.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sasl {
    /// As a principal of IAM.
    #[serde(default)]
    pub(super) iam: bool,
    /// By name and password, which a secret keeps.
    #[serde(default)]
    pub(super) scram: bool,
}

/// By certificates.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tls {
    /// ARNs of authorities of AWS Private CA. None: off.
    #[serde(default)]
    #[schemars(inner(length(min = 1)))]
    pub(super) certificate_authority_arns: BTreeSet<String>,
}

/// What is encrypted, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EncryptionInfo {
    /// The key (ARN) of what brokers keep. Left out: AWS's own of the account (`alias/aws/kafka`).
    #[schemars(length(min = 1))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) encryption_at_rest_kms_key_arn: Option<String>,
    /// What is encrypted on the way.
    #[serde(default)]
    pub(super) encryption_in_transit: InTransit,
}

/// What is encrypted on the way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct InTransit {
    /// Between clients and brokers.
    #[serde(default)]
    pub(super) client_broker: ClientBroker,
    /// Between brokers.
    #[serde(default = "yes")]
    pub(super) in_cluster: bool,
}

impl Default for InTransit {
    fn default() -> Self {
        Self { client_broker: ClientBroker::default(), in_cluster: true }
    }
}

/// How clients speak to brokers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum ClientBroker {
    #[default]
    Tls,
    TlsPlaintext,
    Plaintext,
}

/// A revision of a configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConfigurationInfo {
    /// ARN of the configuration.
    #[schemars(length(min = 1))]
    pub(super) arn: String,
    /// The number of the revision: `${config.latest_revision}`.
    #[schemars(length(min = 1), regex(pattern = r"^[0-9]+$"))]
    pub(super) revision: String,
}

/// Where brokers log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LoggingInfo {
    /// What brokers log.
    #[serde(default)]
    pub(super) broker_logs: BrokerLogs,
}

/// What brokers log, and where to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BrokerLogs {
    /// To a log group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cloudwatch_logs: Option<CloudwatchLogs>,
    /// To a delivery stream of Firehose.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) firehose: Option<Firehose>,
    /// To a bucket.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) s3: Option<S3>,
}

/// To a log group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CloudwatchLogs {
    /// Whether brokers log there.
    #[serde(default = "yes")]
    pub(super) enabled: bool,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) log_group: Option<String>,
}

/// To a delivery stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Firehose {
    /// Whether brokers log there.
    #[serde(default = "yes")]
    pub(super) enabled: bool,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) delivery_stream: Option<String>,
}

/// To a bucket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct S3 {
    /// Whether brokers log there.
    #[serde(default = "yes")]
    pub(super) enabled: bool,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) bucket: Option<String>,
    /// With what keys begin.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) prefix: Option<String>,
}

/// Metrics for Prometheus, from the brokers themselves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct OpenMonitoring {
    /// What exports them.
    #[serde(default)]
    pub(super) prometheus: Prometheus,
}

/// What exports metrics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Prometheus {
    /// Those of Kafka.
    #[serde(default)]
    pub(super) jmx_exporter: Exporter,
    /// Those of the machine.
    #[serde(default)]
    pub(super) node_exporter: Exporter,
}

/// One exporter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Exporter {
    /// Whether each broker has it.
    #[serde(default)]
    pub(super) enabled_in_broker: bool,
}

/// How closely CloudWatch is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum EnhancedMonitoring {
    #[default]
    Default,
    PerBroker,
    PerTopicPerBroker,
    PerTopicPerPartition,
}

/// Where old records go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum StorageMode {
    Local,
    Tiered,
}

/// Whether express brokers share partitions out anew by themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rebalancing {
    /// Whether they do.
    pub(super) status: RebalancingStatus,
}

/// Whether partitions move by themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum RebalancingStatus {
    Active,
    Paused,
}

fn yes() -> bool {
    true
}

// What is turned off is as if nothing were said of it.

impl StorageInfo {
    pub(super) fn normal(mut self) -> Self {
        let throughput = self.ebs_storage_info.provisioned_throughput;
        self.ebs_storage_info.provisioned_throughput = throughput.filter(|it| it.enabled);
        self
    }
}

impl BrokerLogs {
    pub(super) fn normal(self) -> Self {
        Self {
            cloudwatch_logs: self.cloudwatch_logs.filter(|it| it.enabled),
            firehose: self.firehose.filter(|it| it.enabled),
            s3: self.s3.filter(|it| it.enabled),
        }
    }
}
