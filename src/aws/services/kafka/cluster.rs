//! `msk_cluster`: a cluster of Kafka whose brokers one chooses, standard or express.
//!
//! One call makes it, with all that a new cluster can have. What only a cluster takes that is
//! there follows, and so does every change: MSK is at it for minutes or hours after each
//! call, and refuses the next one until it has done.

mod change;
mod check;
mod grants;
mod look;
mod operation;
mod shape;
mod wire;

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub(super) use self::look::describe;
use self::shape::{
    BrokerGroup, ClientAuthentication, ConfigurationInfo, EncryptionInfo, EnhancedMonitoring,
    LoggingInfo, OpenMonitoring, Rebalancing, RebalancingStatus, StorageInfo, StorageMode,
};
use crate::aws::error::Attempt;
use crate::aws::grant::Grant;
use crate::aws::handed::Aws;
use crate::aws::kind::{Changing, Kind, Seen, Wanted};
use crate::aws::tags::Tags;
use crate::aws::takes::Takes;
use crate::engine::port::{Accepted, Answer, Made};
use crate::model::{Course, Emptying, Facts, Limit, Live, Naming, Patience, Problem, Sought};

pub(crate) struct MskCluster;

/// A cluster. What is left out has AWS's documented default, and is off where there is none.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Spec {
    /// Letters, digits and dashes, up to 64. Default: STACK-ADDRESS.
    #[schemars(length(min = 1, max = 64), regex(pattern = r"^[0-9A-Za-z-]+$"))]
    cluster_name: Option<String>,
    /// For example `3.8.x`. It goes up in place.
    #[schemars(length(min = 1, max = 128))]
    kafka_version: String,
    /// Brokers in all: as many in each subnet.
    #[schemars(range(min = 1))]
    number_of_broker_nodes: i32,
    /// Where brokers are, and what each of them is.
    broker_node_group_info: BrokerGroup,
    /// How clients say who they are: at least one way.
    client_authentication: ClientAuthentication,
    /// What is encrypted, and how.
    #[serde(default)]
    encryption_info: EncryptionInfo,
    /// The settings of the brokers. Not compared when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    configuration_info: Option<ConfigurationInfo>,
    /// Where brokers log.
    #[serde(default)]
    logging_info: LoggingInfo,
    /// Metrics for Prometheus.
    #[serde(default)]
    open_monitoring: OpenMonitoring,
    /// How closely CloudWatch is told. Everything beyond `DEFAULT` is paid for.
    #[serde(default)]
    enhanced_monitoring: EnhancedMonitoring,
    /// Where standard brokers keep old records: `LOCAL` by default. `TIERED` is for good.
    storage_mode: Option<StorageMode>,
    /// Whether express brokers share partitions out anew by themselves: `ACTIVE` by default.
    rebalancing: Option<Rebalancing>,
    /// Let a destroy by this file delete the cluster with what its topics keep. Kept at the cluster in the tag
    /// `ccprov:force-destroy`.
    #[serde(default)]
    force_destroy: bool,
    /// Tags.
    #[serde(default)]
    tags: Tags,
}

/// AWS's key of the account, made when it is first named.
const AWS_MANAGED: &str = "alias/aws/kafka";

impl Kind for MskCluster {
    const NAME: &'static str = "msk_cluster";
    const SUMMARY: &'static str = "A provisioned MSK cluster, with standard or express brokers.";
    const NOTES: &'static str = "\
The name is its identity; its ARN ends in an id of AWS's own, and is known after creation. Policies and alarms can do with the \
name: `arn:aws:kafka:REGION:ACCOUNT:cluster/NAME/*`, and the dimension `Cluster Name`.

- A creation takes 15 to 40 minutes, a deletion about 5. Who names the ARN or the brokers waits for that, and everything else goes on.
- MSK takes one operation at a time: an update with several parts is made in rounds, in the order connectivity (after security where it lets others in), broker type, \
storage, storage mode, number of brokers, monitoring, rebalancing, configuration, version, security. Most restart the brokers one \
after the other, and take 10 to 60 minutes each. While AWS heals or maintains a cluster, or somebody else changes it, ccprov waits.
- **Security groups replace the cluster**, as subnets do, the key at rest and `in_cluster`. Keep the group, and change its rules.
- Replacing needs `--allow-data-loss` or `force_destroy`: records are lost, and addresses and ARN are others.
- A version goes up in place. A lower one replaces the cluster, and so does a change between ZooKeeper and KRaft (`3.8.x` to `3.8.x.kraft`), \
and between standard brokers (`kafka.*`) and express ones (`express.*`).
- Brokers take a revision of a configuration, and not its latest: name `${config.latest_revision}`, so that a changed configuration is shown as a \
change of the cluster, and applied in the same run. Left out, the configuration stays as it is.
- Public access and access from other VPCs are turned on when the cluster is there: a creation then has a second round.
- Volumes grow, and rest for hours between two times. They do not shrink: where they grow by themselves, \
`lifecycle: { ignore_changes: [broker_node_group_info.storage_info.ebs_storage_info.volume_size] }`.
- Brokers can be removed one of each zone at a time, when they have no partitions any more.
- A cluster that could not be made stays as `FAILED`, with AWS's reason, and takes its name: destroy it, and apply again. An operation that fails leaves the \
cluster as it was; the apply ends with AWS's reason, and the next one tries again.
- A log group is best named `/aws/vendedlogs/...`: AWS writes the right to deliver into a policy of all groups otherwise, which is soon full.
- AWS sets up logs, network and keys in the name of whoever makes the cluster: hence the rights `ccprov iam` prints.
- A cluster is deleted only by the `destroy` of a file that states `force_destroy: true`, or with `--allow-data-loss`.
- Not stated here, and left as it is: the cluster's policy, secrets of SCRAM, logs of the authorizer, who reaches ZooKeeper.";
    const EXAMPLES: [&'static str; 2] =
        [include_str!("cluster/minimal.yaml"), include_str!("cluster/production.yaml")];
    const FIXED: &'static [&'static str] = &[
        "cluster_name",
        "broker_node_group_info.client_subnets",
        "broker_node_group_info.security_groups",
        "broker_node_group_info.az_distribution",
        "encryption_info.encryption_at_rest_kms_key_arn",
        "encryption_info.encryption_in_transit.in_cluster",
    ];
    const COURSES: &'static [(&'static str, Course)] = &[
        ("kafka_version", Course::Later),
        ("broker_node_group_info.instance_type", Course::Family),
    ];
    const MUST_EXIST: &'static [&'static str] = &[
        "broker_node_group_info.security_groups.*",
        "client_authentication.tls.certificate_authority_arns.*",
        "configuration_info.arn",
        "encryption_info.encryption_at_rest_kms_key_arn",
        "logging_info.broker_logs.cloudwatch_logs.log_group",
        "logging_info.broker_logs.firehose.delivery_stream",
        "logging_info.broker_logs.s3.bucket",
    ];
    const FACTS: &'static [(&'static str, &'static str, bool)] = &[
        ("cluster_name", "its name", true),
        ("arn", "its ARN", false),
        ("bootstrap_brokers", "addresses of brokers without encryption", false),
        (
            "bootstrap_brokers_tls",
            "addresses for clients with certificates, or without a name",
            false,
        ),
        ("bootstrap_brokers_sasl_iam", "addresses for principals of IAM", false),
        ("bootstrap_brokers_sasl_scram", "addresses for names and passwords", false),
        ("bootstrap_brokers_public_tls", "likewise, from the Internet", false),
        ("bootstrap_brokers_public_sasl_iam", "likewise, from the Internet", false),
        ("bootstrap_brokers_public_sasl_scram", "likewise, from the Internet", false),
    ];
    /// MSK names no times. Deadlines: what CloudFormation allows of a creation (2 hours) and what
    /// Terraform's provider allows of a deletion (2 hours); of an update a round of which restarts
    /// brokers one after the other, CloudFormation allows 36 hours, and 12 are enough for what
    /// anybody reported of one round.
    ///
    /// How long it usually takes is what the logs of the acceptance tests of Terraform's provider
    /// show, of small clusters: 15 to 40 minutes for a creation, 5 to 15 for a deletion, 10 to 20
    /// for a round of restarts, and up to an hour where each broker gets another version or size.
    const PATIENCE: Patience = Patience::slow(
        Limit::of(Duration::from_hours(2)).every(LOOK).usually(Duration::from_mins(25)),
        Limit::of(Duration::from_hours(12)).every(LOOK).usually(Duration::from_mins(15)),
        Limit::of(Duration::from_hours(2)).every(LOOK).usually(Duration::from_mins(10)),
    );
    const LENGTHS: &'static [(&'static str, Duration)] = &[
        ("broker_node_group_info.instance_type", Duration::from_mins(45)),
        ("kafka_version", Duration::from_mins(45)),
        ("force_destroy", Duration::ZERO),
        ("tags", Duration::ZERO),
    ];
    /// MSK has no brokers to name before it has made them.
    const LATE: &'static [&'static str] = &[
        "bootstrap_brokers",
        "bootstrap_brokers_tls",
        "bootstrap_brokers_sasl_iam",
        "bootstrap_brokers_sasl_scram",
        "bootstrap_brokers_public_tls",
        "bootstrap_brokers_public_sasl_iam",
        "bootstrap_brokers_public_sasl_scram",
    ];
    const MOVING: &'static [(&'static str, &'static [&'static str])] = &[
        ("bootstrap_brokers", ADDRESSES),
        ("bootstrap_brokers_tls", ADDRESSES),
        ("bootstrap_brokers_sasl_iam", ADDRESSES),
        ("bootstrap_brokers_sasl_scram", ADDRESSES),
        ("bootstrap_brokers_public_tls", ADDRESSES),
        ("bootstrap_brokers_public_sasl_iam", ADDRESSES),
        ("bootstrap_brokers_public_sasl_scram", ADDRESSES),
    ];
    /// That of Terraform's provider, and of `change::Phase`.
    const STAGES: &'static [&'static str] = &[
        "broker_node_group_info.connectivity_info",
        "broker_node_group_info.instance_type",
        "broker_node_group_info.storage_info",
        "storage_mode",
        "number_of_broker_nodes",
        "enhanced_monitoring",
        "open_monitoring",
        "logging_info",
        "rebalancing",
        "configuration_info",
        "kafka_version",
        "client_authentication",
        "encryption_info",
    ];
    const ALONG: &'static [(&'static str, &'static str)] = &[
        ("open_monitoring", "enhanced_monitoring"),
        ("logging_info", "enhanced_monitoring"),
        ("logging_info", "open_monitoring"),
        ("configuration_info", "kafka_version"),
        ("encryption_info", "client_authentication"),
    ];
    const NAMED_BY: Option<&'static str> = Some("cluster_name");
    const HOLDS_DATA: bool = true;
    const DELETED_BY: &'static [&'static str] = &["force_destroy"];
    const DELETE_AFTER: &'static [&'static str] = &["lambda_event_source_mapping"];
    const TAKES: &'static [(&'static str, Takes)] = &[
        ("encryption_info.encryption_at_rest_kms_key_arn", Takes::Key),
        ("configuration_info.arn", CONFIGURATION),
        ("client_authentication.tls.certificate_authority_arns.*", AUTHORITY),
        ("logging_info.broker_logs.s3.bucket", Takes::Bucket),
    ];
    const LOST: &'static str =
        "the records of the old cluster are lost, and clients need its new addresses";
    const GAP: &'static str =
        "there is no cluster until the new one is made, which takes 15 to 40 minutes";
    const GRANTS: &'static [Grant] = grants::GRANTS;

    type Spec = Spec;

    fn settle(mut spec: Spec, naming: &Naming) -> Spec {
        spec.cluster_name.get_or_insert_with(|| naming.default_name());
        spec.normal()
    }

    fn check(spec: &Spec, _naming: &Naming) -> Vec<Problem> {
        check::check(spec)
    }

    fn identity(spec: &Spec, _naming: &Naming) -> String {
        spec.cluster_name.clone().unwrap_or_default()
    }

    fn predict(spec: &Spec, naming: &Naming) -> Facts {
        [("cluster_name".to_owned(), Self::identity(spec, naming))].into()
    }

    fn identify(arn: &str) -> Option<String> {
        name_in(arn).filter(|_| !is_serverless(arn)).map(str::to_owned)
    }

    async fn read(aws: &Aws, sought: &Sought) -> Answer<Option<Seen<Spec>>> {
        Box::pin(look::read(aws, sought)).await
    }

    async fn create(aws: &Aws, want: &Wanted<Spec>) -> Answer<Made> {
        let answer = wire::creation(aws, want).send().await;
        let made = answer
            .attempting("kafka:CreateClusterV2", || format!("create cluster {}", want.identity))?;
        Ok(Made::begun(made.cluster_arn.map(|arn| ("arn".to_owned(), arn)).into_iter().collect()))
    }

    async fn update(aws: &Aws, change: &Changing<'_, Spec>) -> Answer<Accepted> {
        Box::pin(change::turn(aws, change)).await
    }

    async fn delete(aws: &Aws, have: &Live, _emptying: Emptying) -> Answer<()> {
        let Some(arn) = have.arn() else { return Ok(()) };
        let answer = aws.session.clients.kafka.delete_cluster().cluster_arn(arn).send().await;
        answer.attempting("kafka:DeleteCluster", || format!("delete cluster {}", have.identity))?;
        Ok(())
    }
}

/// Longest pause between two looks at what takes minutes.
const LOOK: Duration = Duration::from_secs(15);

/// What changes the addresses of brokers, or adds some.
const ADDRESSES: &[&str] = &[
    "broker_node_group_info.connectivity_info",
    "client_authentication",
    "encryption_info",
    "number_of_broker_nodes",
];

const CONFIGURATION: Takes =
    Takes::Arn { what: "a configuration of MSK", service: "kafka", begins: "configuration/" };
const AUTHORITY: Takes = Takes::Arn {
    what: "an authority of AWS Private CA",
    service: "acm-pca",
    begins: "certificate-authority/",
};

impl Spec {
    /// In one form, whoever wrote it: what is turned off is not there, and what has a default
    /// has it.
    fn normal(mut self) -> Self {
        let group = &mut self.broker_node_group_info;
        group.storage_info = group.storage_info.take().map(StorageInfo::normal);
        if group.is_express() {
            let active = Rebalancing { status: RebalancingStatus::Active };
            self.rebalancing.get_or_insert(active);
        } else {
            self.storage_mode.get_or_insert(StorageMode::Local);
        }
        self.logging_info.broker_logs = self.logging_info.broker_logs.normal();
        let key = &mut self.encryption_info.encryption_at_rest_kms_key_arn;
        *key = key.take().filter(|key| key != AWS_MANAGED);
        self
    }
}

/// The name in `arn:...:cluster/NAME/UUID-N`.
pub(super) fn name_in(arn: &str) -> Option<&str> {
    match arn.split(':').collect::<Vec<_>>()[..] {
        ["arn", _, "kafka", _, _, resource] => resource.strip_prefix("cluster/")?.split('/').next(),
        _ => None,
    }
}

/// Whether an ARN is that of a serverless cluster: it ends with an `s` before its number.
pub(super) fn is_serverless(arn: &str) -> bool {
    arn.rsplit('-').next().is_some_and(|end| end.starts_with('s'))
}

#[cfg(test)]
mod tests;
