//! Changing a cluster: one operation, during which MSK takes no other. Whoever asked looks
//! when the cluster is at rest again, and asks for what is left.

use aws_sdk_kafka::types::{BrokerEbsVolumeInfo, Cluster, LoggingInfo};

use super::super::tags;
use super::shape::{ClientAuthentication, ClientBroker, PublicAccessType, StorageInfo};
use super::{Spec, look, operation, wire};
use crate::aws::error::Attempt;
use crate::aws::handed::Aws;
use crate::aws::kind::Changing;
use crate::engine::port::{Accepted, Answer};
use crate::model::{CloudError, ErrorClass, Facts};

/// One operation of MSK.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Connectivity,
    BrokerType,
    Storage,
    StorageMode,
    BrokerCount,
    Monitoring,
    Rebalancing,
    Configuration,
    Version,
    Security,
}

impl Phase {
    /// In the order of `STAGES`.
    const ALL: [Self; 10] = [
        Self::Connectivity,
        Self::BrokerType,
        Self::Storage,
        Self::StorageMode,
        Self::BrokerCount,
        Self::Monitoring,
        Self::Rebalancing,
        Self::Configuration,
        Self::Version,
        Self::Security,
    ];

    /// The first that is left of a change.
    pub(super) fn next(change: &Changing<'_, Spec>) -> Option<Self> {
        let (want, have) = (&change.want.spec, &change.have);
        let first = Self::ALL.into_iter().find(|phase| phase.is_left(change))?;
        // Who is to let others in must know them before; who lets others in no more may
        // forget them after.
        let lets_in = first == Self::Connectivity && lets_in(want, have);
        Some(if lets_in && security(want) != security(have) { Self::Security } else { first })
    }

    /// Whether what it changes is to change, and has not: MSK refuses what changes nothing.
    fn is_left(self, change: &Changing<'_, Spec>) -> bool {
        let (want, have) = (&change.want.spec, &change.have);
        let (group, had) = (&want.broker_node_group_info, &have.broker_node_group_info);
        let touches = |fields: &[&str]| fields.iter().any(|field| change.touches(field));
        let of_group = touches(&["broker_node_group_info"]);
        match self {
            Self::Connectivity => of_group && group.connectivity_info != had.connectivity_info,
            Self::BrokerType => of_group && group.instance_type != had.instance_type,
            Self::Storage => of_group && group.storage_info != had.storage_info,
            Self::StorageMode => {
                touches(&["storage_mode"]) && want.storage_mode != have.storage_mode
            }
            Self::BrokerCount => {
                touches(&["number_of_broker_nodes"])
                    && want.number_of_broker_nodes != have.number_of_broker_nodes
            }
            Self::Monitoring => {
                let of = |spec: &Spec| {
                    (spec.enhanced_monitoring, spec.open_monitoring, spec.logging_info.clone())
                };
                touches(&["enhanced_monitoring", "open_monitoring", "logging_info"])
                    && of(want) != of(have)
            }
            Self::Rebalancing => touches(&["rebalancing"]) && want.rebalancing != have.rebalancing,
            // Another version takes the configuration along.
            Self::Configuration => {
                touches(&["configuration_info"])
                    && want.configuration_info != have.configuration_info
                    && !Self::Version.is_left(change)
            }
            Self::Version => {
                touches(&["kafka_version"]) && want.kafka_version != have.kafka_version
            }
            Self::Security => {
                touches(&["client_authentication", "encryption_info"])
                    && security(want) != security(have)
            }
        }
    }
}

/// What one operation changes of how clients are met.
fn security(spec: &Spec) -> (&ClientAuthentication, ClientBroker) {
    (&spec.client_authentication, spec.encryption_info.encryption_in_transit.client_broker)
}

/// Whether a change turns on a way in from outside.
fn lets_in(want: &Spec, have: &Spec) -> bool {
    let ways = |spec: &Spec| {
        let connectivity = &spec.broker_node_group_info.connectivity_info;
        let clients = &connectivity.vpc_connectivity.client_authentication;
        let is_public = connectivity.public_access.r#type == PublicAccessType::ServiceProvidedEips;
        [is_public, clients.sasl.iam, clients.sasl.scram, clients.tls]
    };
    ways(want).into_iter().zip(ways(have)).any(|(want, have)| want && !have)
}

/// Tags, which MSK takes at any time, and the first operation that is left of all else.
pub(super) async fn turn(aws: &Aws, change: &Changing<'_, Spec>) -> Answer<Accepted> {
    let arn = change.live.arn().unwrap_or_default();
    if let Some(turn) = change.holder_tags(|spec| (&spec.tags, spec.force_destroy)) {
        tags::write(aws, turn, arn, change.want.identity.as_str()).await?;
    }
    let Some(phase) = Phase::next(change) else { return Ok(Accepted::Done(Facts::new())) };
    refuse_shrinking(phase, change)?;
    // A change says which version of the cluster it is a change of.
    let Some(now) = look::describe_by(aws, arn).await? else {
        return Ok(Accepted::Done(Facts::new()));
    };
    let begun = match phase {
        Phase::Connectivity
        | Phase::BrokerType
        | Phase::Storage
        | Phase::StorageMode
        | Phase::BrokerCount => change_brokers(aws, phase, change, &now).await?,
        Phase::Monitoring
        | Phase::Rebalancing
        | Phase::Configuration
        | Phase::Version
        | Phase::Security => change_cluster(aws, phase, change, &now).await?,
    };
    operation::remember(aws, arn, begun);
    Ok(Accepted::Working(Facts::new()))
}

/// What brokers are: the operation that was begun.
async fn change_brokers(
    aws: &Aws,
    phase: Phase,
    change: &Changing<'_, Spec>,
    now: &Cluster,
) -> Answer<Option<String>> {
    let (kafka, spec) = (&aws.session.clients.kafka, &change.want.spec);
    let (arn, version) = (now.cluster_arn(), now.current_version());
    let (arn, version) = (arn.unwrap_or_default(), version.unwrap_or_default());
    let group = &spec.broker_node_group_info;
    let doing =
        |what: &'static str| move || format!("change {what} of cluster {}", change.want.identity);
    Ok(match phase {
        Phase::Connectivity => {
            let call = kafka.update_connectivity().cluster_arn(arn).current_version(version);
            let call = call.connectivity_info(wire::connectivity(&group.connectivity_info));
            let answer = call.send().await;
            answer
                .attempting("kafka:UpdateConnectivity", doing("who reaches the brokers"))?
                .cluster_operation_arn
        }
        Phase::BrokerType => {
            let call = kafka.update_broker_type().cluster_arn(arn).current_version(version);
            let answer = call.target_instance_type(&group.instance_type).send().await;
            answer
                .attempting("kafka:UpdateBrokerType", doing("the type of the brokers"))?
                .cluster_operation_arn
        }
        Phase::Storage => {
            let call = kafka.update_broker_storage().cluster_arn(arn).current_version(version);
            let call = call.set_target_broker_ebs_volume_info(
                group.storage_info.as_ref().map(|storage| vec![volumes(storage)]),
            );
            let answer = call.send().await;
            answer
                .attempting("kafka:UpdateBrokerStorage", doing("the storage"))?
                .cluster_operation_arn
        }
        Phase::StorageMode => {
            let call = kafka.update_storage().cluster_arn(arn).current_version(version);
            let call = call.set_storage_mode(spec.storage_mode.map(wire::storage_mode));
            let answer = call.send().await;
            answer
                .attempting("kafka:UpdateStorage", doing("the storage mode"))?
                .cluster_operation_arn
        }
        Phase::BrokerCount => {
            let call = kafka.update_broker_count().cluster_arn(arn).current_version(version);
            let call = call.target_number_of_broker_nodes(spec.number_of_broker_nodes);
            let answer = call.send().await;
            answer
                .attempting("kafka:UpdateBrokerCount", doing("the number of brokers"))?
                .cluster_operation_arn
        }
        Phase::Monitoring
        | Phase::Rebalancing
        | Phase::Configuration
        | Phase::Version
        | Phase::Security => None,
    })
}

/// The volumes of all brokers, which have one size.
fn volumes(storage: &StorageInfo) -> BrokerEbsVolumeInfo {
    let volumes = &storage.ebs_storage_info;
    let off = || aws_sdk_kafka::types::ProvisionedThroughput::builder().enabled(false).build();
    let throughput = volumes.provisioned_throughput.as_ref().map_or_else(off, wire::throughput);
    BrokerEbsVolumeInfo::builder()
        .kafka_broker_node_id("All")
        .volume_size_gb(volumes.volume_size)
        .provisioned_throughput(throughput)
        .build()
}

/// What the cluster does: likewise.
async fn change_cluster(
    aws: &Aws,
    phase: Phase,
    change: &Changing<'_, Spec>,
    now: &Cluster,
) -> Answer<Option<String>> {
    let (kafka, spec) = (&aws.session.clients.kafka, &change.want.spec);
    let (arn, version) = (now.cluster_arn(), now.current_version());
    let (arn, version) = (arn.unwrap_or_default(), version.unwrap_or_default());
    let configuration = spec.configuration_info.as_ref().map(wire::configuration);
    let doing =
        |what: &'static str| move || format!("change {what} of cluster {}", change.want.identity);
    Ok(match phase {
        Phase::Monitoring => {
            let call = kafka.update_monitoring().cluster_arn(arn).current_version(version);
            // What is left out is turned off.
            let call = call
                .enhanced_monitoring(wire::monitoring(spec.enhanced_monitoring))
                .open_monitoring(wire::exporters(spec.open_monitoring))
                .logging_info(logging(spec, now));
            let answer = call.send().await;
            answer
                .attempting("kafka:UpdateMonitoring", doing("the monitoring"))?
                .cluster_operation_arn
        }
        Phase::Rebalancing => {
            let call = kafka.update_rebalancing().cluster_arn(arn).current_version(version);
            let call = call.set_rebalancing(spec.rebalancing.map(wire::rebalancing));
            let answer = call.send().await;
            answer
                .attempting("kafka:UpdateRebalancing", doing("the rebalancing"))?
                .cluster_operation_arn
        }
        Phase::Configuration => {
            let call = kafka.update_cluster_configuration().cluster_arn(arn);
            let call = call.current_version(version).set_configuration_info(configuration);
            let answer = call.send().await;
            answer
                .attempting("kafka:UpdateClusterConfiguration", doing("the configuration"))?
                .cluster_operation_arn
        }
        Phase::Version => {
            let call = kafka.update_cluster_kafka_version().cluster_arn(arn);
            let call = call.current_version(version).target_kafka_version(&spec.kafka_version);
            let answer = call.set_configuration_info(configuration).send().await;
            answer
                .attempting("kafka:UpdateClusterKafkaVersion", doing("the version of Kafka"))?
                .cluster_operation_arn
        }
        Phase::Security => {
            let call = kafka.update_security().cluster_arn(arn).current_version(version);
            let call = call
                .client_authentication(wire::authentication(&spec.client_authentication))
                .encryption_info(wire::encryption_of_clients(&spec.encryption_info));
            let answer = call.send().await;
            answer.attempting("kafka:UpdateSecurity", doing("the security"))?.cluster_operation_arn
        }
        Phase::Connectivity
        | Phase::BrokerType
        | Phase::Storage
        | Phase::StorageMode
        | Phase::BrokerCount => None,
    })
}

/// What brokers log as wanted, and what else there is to log as it is.
fn logging(spec: &Spec, now: &Cluster) -> LoggingInfo {
    let told = now.provisioned().and_then(|told| told.logging_info());
    let others = told.and_then(|info| info.authorizer_logs.clone());
    let mut all = wire::logging(&spec.logging_info);
    all.authorizer_logs = others;
    all
}

/// Volumes only grow. Where somebody let them grow by themselves, nobody wants them smaller.
fn refuse_shrinking(phase: Phase, change: &Changing<'_, Spec>) -> Answer<()> {
    let size = |spec: &Spec| {
        let storage = spec.broker_node_group_info.storage_info.as_ref();
        storage.map(|storage| storage.ebs_storage_info.volume_size)
    };
    let (Some(want), Some(have)) = (size(&change.want.spec), size(&change.have)) else {
        return Ok(());
    };
    if phase != Phase::Storage || want >= have {
        return Ok(());
    }
    Err(CloudError {
        attempted: format!("change the storage of cluster {}", change.want.identity),
        operation: "kafka:UpdateBrokerStorage".into(),
        class: ErrorClass::Invalid,
        code: String::new(),
        message: format!("the volumes have {have} GiB and cannot shrink to {want}"),
        request_id: None,
        hint: Some(format!(
            "state `volume_size: {have}`; where they grow by themselves, leave them: \
             `lifecycle: {{ ignore_changes: [broker_node_group_info.storage_info.ebs_storage_info.volume_size] }}`"
        )),
    })
}
