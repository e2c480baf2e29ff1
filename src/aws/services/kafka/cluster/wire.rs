//! A cluster as MSK's calls have it.

use aws_sdk_kafka::operation::create_cluster_v2::builders::CreateClusterV2FluentBuilder;
use aws_sdk_kafka::types as sdk;

use super::Spec;
use super::shape::{
    AzDistribution, BrokerGroup, BrokerLogs, ClientAuthentication, ClientBroker, CloudwatchLogs,
    ConfigurationInfo, ConnectivityInfo, EbsStorageInfo, EncryptionInfo, EnhancedMonitoring,
    Exporter, Firehose, InTransit, LoggingInfo, NetworkType, OpenMonitoring, Prometheus,
    PublicAccess, PublicAccessType, Rebalancing, RebalancingStatus, S3, Sasl, StorageInfo,
    StorageMode, Throughput, Tls, VpcAuthentication, VpcConnectivity,
};
use crate::aws::handed::Aws;
use crate::aws::kind::Wanted;
use crate::aws::tags::Tags;

/// What brings a cluster into being.
pub(super) fn creation(aws: &Aws, want: &Wanted<Spec>) -> CreateClusterV2FluentBuilder {
    let tags = want.spec.tags.of_holder(&want.owner, want.spec.force_destroy);
    aws.session
        .clients
        .kafka
        .create_cluster_v2()
        .cluster_name(&want.identity)
        .provisioned(asked(&want.spec))
        .set_tags(Some(tags.into_iter().collect()))
}

/// MSK takes what lets others in only of a cluster that is there: that follows.
pub(super) fn asked(spec: &Spec) -> sdk::ProvisionedRequest {
    sdk::ProvisionedRequest::builder()
        .broker_node_group_info(group(&spec.broker_node_group_info))
        .client_authentication(authentication(&spec.client_authentication))
        .encryption_info(encryption(&spec.encryption_info))
        .enhanced_monitoring(monitoring(spec.enhanced_monitoring))
        .open_monitoring(exporters(spec.open_monitoring))
        .logging_info(logging(&spec.logging_info))
        .kafka_version(&spec.kafka_version)
        .number_of_broker_nodes(spec.number_of_broker_nodes)
        .set_configuration_info(spec.configuration_info.as_ref().map(configuration))
        .set_storage_mode(spec.storage_mode.map(storage_mode))
        .set_rebalancing(spec.rebalancing.map(rebalancing))
        .build()
}

fn group(group: &BrokerGroup) -> sdk::BrokerNodeGroupInfo {
    let AzDistribution::Default = group.az_distribution;
    let connectivity = sdk::ConnectivityInfo::builder()
        .network_type(network(group.connectivity_info.network_type))
        .build();
    sdk::BrokerNodeGroupInfo::builder()
        .broker_az_distribution(sdk::BrokerAzDistribution::Default)
        .instance_type(&group.instance_type)
        .set_client_subnets(Some(group.client_subnets.iter().cloned().collect()))
        .set_security_groups(Some(group.security_groups.iter().cloned().collect()))
        .set_storage_info(group.storage_info.as_ref().map(storage))
        .connectivity_info(connectivity)
        .build()
}

fn storage(storage: &StorageInfo) -> sdk::StorageInfo {
    let volumes = &storage.ebs_storage_info;
    let volumes = sdk::EbsStorageInfo::builder()
        .volume_size(volumes.volume_size)
        .set_provisioned_throughput(volumes.provisioned_throughput.as_ref().map(throughput));
    sdk::StorageInfo::builder().ebs_storage_info(volumes.build()).build()
}

pub(super) fn throughput(throughput: &Throughput) -> sdk::ProvisionedThroughput {
    sdk::ProvisionedThroughput::builder()
        .enabled(throughput.enabled)
        .set_volume_throughput(throughput.volume_throughput)
        .build()
}

/// What a change of who reaches the brokers says.
pub(super) fn connectivity(wanted: &ConnectivityInfo) -> sdk::ConnectivityInfo {
    let access = match wanted.public_access.r#type {
        PublicAccessType::Disabled => "DISABLED",
        PublicAccessType::ServiceProvidedEips => "SERVICE_PROVIDED_EIPS",
    };
    let VpcAuthentication { sasl, tls } = &wanted.vpc_connectivity.client_authentication;
    let sasl = sdk::VpcConnectivitySasl::builder()
        .iam(sdk::VpcConnectivityIam::builder().enabled(sasl.iam).build())
        .scram(sdk::VpcConnectivityScram::builder().enabled(sasl.scram).build());
    let clients = sdk::VpcConnectivityClientAuthentication::builder()
        .sasl(sasl.build())
        .tls(sdk::VpcConnectivityTls::builder().enabled(*tls).build());
    sdk::ConnectivityInfo::builder()
        .public_access(sdk::PublicAccess::builder().r#type(access).build())
        .vpc_connectivity(
            sdk::VpcConnectivity::builder().client_authentication(clients.build()).build(),
        )
        .network_type(network(wanted.network_type))
        .build()
}

fn network(wanted: NetworkType) -> sdk::NetworkType {
    match wanted {
        NetworkType::Ipv4 => sdk::NetworkType::Ipv4,
        NetworkType::Dual => sdk::NetworkType::Dual,
    }
}

pub(super) fn authentication(wanted: &ClientAuthentication) -> sdk::ClientAuthentication {
    let authorities = &wanted.tls.certificate_authority_arns;
    let sasl = sdk::Sasl::builder()
        .iam(sdk::Iam::builder().enabled(wanted.sasl.iam).build())
        .scram(sdk::Scram::builder().enabled(wanted.sasl.scram).build());
    let tls = sdk::Tls::builder()
        .enabled(!authorities.is_empty())
        .set_certificate_authority_arn_list(Some(authorities.iter().cloned().collect()));
    let anybody = sdk::Unauthenticated::builder().enabled(wanted.unauthenticated);
    sdk::ClientAuthentication::builder()
        .sasl(sasl.build())
        .tls(tls.build())
        .unauthenticated(anybody.build())
        .build()
}

fn encryption(wanted: &EncryptionInfo) -> sdk::EncryptionInfo {
    let at_rest = wanted.encryption_at_rest_kms_key_arn.as_ref();
    let at_rest =
        at_rest.map(|key| sdk::EncryptionAtRest::builder().data_volume_kms_key_id(key).build());
    let transit = sdk::EncryptionInTransit::builder()
        .client_broker(client_broker(wanted.encryption_in_transit.client_broker))
        .in_cluster(wanted.encryption_in_transit.in_cluster);
    sdk::EncryptionInfo::builder()
        .set_encryption_at_rest(at_rest)
        .encryption_in_transit(transit.build())
        .build()
}

/// The one part of encryption that changes: MSK refuses a call that names another.
pub(super) fn encryption_of_clients(wanted: &EncryptionInfo) -> sdk::EncryptionInfo {
    let transit = sdk::EncryptionInTransit::builder()
        .client_broker(client_broker(wanted.encryption_in_transit.client_broker));
    sdk::EncryptionInfo::builder().encryption_in_transit(transit.build()).build()
}

fn client_broker(wanted: ClientBroker) -> sdk::ClientBroker {
    match wanted {
        ClientBroker::Tls => sdk::ClientBroker::Tls,
        ClientBroker::TlsPlaintext => sdk::ClientBroker::TlsPlaintext,
        ClientBroker::Plaintext => sdk::ClientBroker::Plaintext,
    }
}

/// A revision that is a number: every other was refused before.
pub(super) fn configuration(wanted: &ConfigurationInfo) -> sdk::ConfigurationInfo {
    sdk::ConfigurationInfo::builder()
        .arn(&wanted.arn)
        .set_revision(wanted.revision.parse().ok())
        .build()
}

pub(super) fn logging(wanted: &LoggingInfo) -> sdk::LoggingInfo {
    let BrokerLogs { cloudwatch_logs, firehose, s3 } = &wanted.broker_logs;
    let group = cloudwatch_logs.as_ref().and_then(|it| it.log_group.clone());
    let stream = firehose.as_ref().and_then(|it| it.delivery_stream.clone());
    let bucket = s3.as_ref().and_then(|it| it.bucket.clone());
    let logs = sdk::CloudWatchLogs::builder().enabled(cloudwatch_logs.is_some());
    let firehose = sdk::Firehose::builder().enabled(firehose.is_some());
    let objects = sdk::S3::builder().enabled(s3.is_some()).set_bucket(bucket);
    let prefix = s3.as_ref().and_then(|it| it.prefix.clone());
    let broker_logs = sdk::BrokerLogs::builder()
        .cloud_watch_logs(logs.set_log_group(group).build())
        .firehose(firehose.set_delivery_stream(stream).build())
        .s3(objects.set_prefix(prefix).build());
    sdk::LoggingInfo::builder().broker_logs(broker_logs.build()).build()
}

pub(super) fn exporters(wanted: OpenMonitoring) -> sdk::OpenMonitoringInfo {
    let Prometheus { jmx_exporter, node_exporter } = wanted.prometheus;
    let jmx = sdk::JmxExporterInfo::builder().enabled_in_broker(jmx_exporter.enabled_in_broker);
    let node = sdk::NodeExporterInfo::builder().enabled_in_broker(node_exporter.enabled_in_broker);
    let prometheus =
        sdk::PrometheusInfo::builder().jmx_exporter(jmx.build()).node_exporter(node.build());
    sdk::OpenMonitoringInfo::builder().prometheus(prometheus.build()).build()
}

pub(super) fn monitoring(wanted: EnhancedMonitoring) -> sdk::EnhancedMonitoring {
    match wanted {
        EnhancedMonitoring::Default => sdk::EnhancedMonitoring::Default,
        EnhancedMonitoring::PerBroker => sdk::EnhancedMonitoring::PerBroker,
        EnhancedMonitoring::PerTopicPerBroker => sdk::EnhancedMonitoring::PerTopicPerBroker,
        EnhancedMonitoring::PerTopicPerPartition => sdk::EnhancedMonitoring::PerTopicPerPartition,
    }
}

pub(super) fn storage_mode(wanted: StorageMode) -> sdk::StorageMode {
    match wanted {
        StorageMode::Local => sdk::StorageMode::Local,
        StorageMode::Tiered => sdk::StorageMode::Tiered,
    }
}

pub(super) fn rebalancing(wanted: Rebalancing) -> sdk::Rebalancing {
    let status = match wanted.status {
        RebalancingStatus::Active => sdk::RebalancingStatus::Active,
        RebalancingStatus::Paused => sdk::RebalancingStatus::Paused,
    };
    sdk::Rebalancing::builder().status(status).build()
}

/// A cluster as MSK shows it, but for its name and its tags. `key` is that of the customer's
/// under which it is. `None` for what has no brokers.
pub(super) fn seen(told: &sdk::Provisioned, key: Option<String>) -> Option<Spec> {
    let software = told.current_broker_software_info();
    let spec = Spec {
        cluster_name: None,
        kafka_version: software.and_then(|it| it.kafka_version.clone()).unwrap_or_default(),
        number_of_broker_nodes: told.number_of_broker_nodes.unwrap_or_default(),
        broker_node_group_info: seen_group(told.broker_node_group_info()?),
        client_authentication: told
            .client_authentication()
            .map_or_else(open_to_all, seen_authentication),
        encryption_info: EncryptionInfo {
            encryption_at_rest_kms_key_arn: key,
            encryption_in_transit: seen_transit(told.encryption_info()),
        },
        configuration_info: software.and_then(seen_configuration),
        logging_info: LoggingInfo {
            broker_logs: told
                .logging_info()
                .and_then(|info| info.broker_logs())
                .map(seen_logs)
                .unwrap_or_default(),
        },
        open_monitoring: seen_exporters(told.open_monitoring()),
        enhanced_monitoring: match told.enhanced_monitoring() {
            Some(sdk::EnhancedMonitoring::PerBroker) => EnhancedMonitoring::PerBroker,
            Some(sdk::EnhancedMonitoring::PerTopicPerBroker) => {
                EnhancedMonitoring::PerTopicPerBroker
            }
            Some(sdk::EnhancedMonitoring::PerTopicPerPartition) => {
                EnhancedMonitoring::PerTopicPerPartition
            }
            Some(_) | None => EnhancedMonitoring::Default,
        },
        storage_mode: told.storage_mode().map(|mode| match mode {
            sdk::StorageMode::Tiered => StorageMode::Tiered,
            _ => StorageMode::Local,
        }),
        rebalancing: told.rebalancing().map(|it| Rebalancing {
            status: match it.status() {
                Some(sdk::RebalancingStatus::Paused) => RebalancingStatus::Paused,
                Some(_) | None => RebalancingStatus::Active,
            },
        }),
        force_destroy: false,
        tags: Tags::default(),
    };
    let mut spec = spec.normal();
    // Of express brokers MSK may say what is of no meaning to them.
    if spec.broker_node_group_info.is_express() {
        spec.storage_mode = None;
        spec.broker_node_group_info.storage_info = None;
    } else {
        spec.rebalancing = None;
    }
    Some(spec)
}

/// MSK says nothing of a cluster that never asked anybody who they are.
fn open_to_all() -> ClientAuthentication {
    ClientAuthentication { unauthenticated: true, ..ClientAuthentication::default() }
}

fn seen_group(told: &sdk::BrokerNodeGroupInfo) -> BrokerGroup {
    let volumes = told.storage_info().and_then(|storage| storage.ebs_storage_info());
    BrokerGroup {
        instance_type: told.instance_type.clone().unwrap_or_default(),
        client_subnets: told.client_subnets().iter().cloned().collect(),
        security_groups: told.security_groups().iter().cloned().collect(),
        az_distribution: AzDistribution::Default,
        storage_info: volumes.map(|volumes| StorageInfo {
            ebs_storage_info: EbsStorageInfo {
                volume_size: volumes.volume_size.unwrap_or_default(),
                provisioned_throughput: volumes.provisioned_throughput().map(|it| Throughput {
                    enabled: it.enabled.unwrap_or_default(),
                    volume_throughput: it.volume_throughput,
                }),
            },
        }),
        connectivity_info: told.connectivity_info().map(seen_connectivity).unwrap_or_default(),
    }
}

fn seen_connectivity(told: &sdk::ConnectivityInfo) -> ConnectivityInfo {
    let clients = told.vpc_connectivity().and_then(|it| it.client_authentication());
    let sasl = clients.and_then(|it| it.sasl());
    ConnectivityInfo {
        public_access: PublicAccess {
            r#type: match told.public_access().and_then(|access| access.r#type()) {
                Some("SERVICE_PROVIDED_EIPS") => PublicAccessType::ServiceProvidedEips,
                Some(_) | None => PublicAccessType::Disabled,
            },
        },
        vpc_connectivity: VpcConnectivity {
            client_authentication: VpcAuthentication {
                sasl: Sasl {
                    iam: sasl.and_then(|it| it.iam()?.enabled).unwrap_or_default(),
                    scram: sasl.and_then(|it| it.scram()?.enabled).unwrap_or_default(),
                },
                tls: clients.and_then(|it| it.tls()?.enabled).unwrap_or_default(),
            },
        },
        network_type: match told.network_type() {
            Some(sdk::NetworkType::Dual) => NetworkType::Dual,
            Some(_) | None => NetworkType::Ipv4,
        },
    }
}

fn seen_authentication(told: &sdk::ClientAuthentication) -> ClientAuthentication {
    let (sasl, tls) = (told.sasl(), told.tls());
    let authorities = tls.filter(|tls| tls.enabled != Some(false));
    let authorities = authorities.map(sdk::Tls::certificate_authority_arn_list).unwrap_or_default();
    ClientAuthentication {
        sasl: Sasl {
            iam: sasl.and_then(|it| it.iam()?.enabled).unwrap_or_default(),
            scram: sasl.and_then(|it| it.scram()?.enabled).unwrap_or_default(),
        },
        tls: Tls { certificate_authority_arns: authorities.iter().cloned().collect() },
        unauthenticated: told.unauthenticated().and_then(|it| it.enabled).unwrap_or_default(),
    }
}

fn seen_transit(told: Option<&sdk::EncryptionInfo>) -> InTransit {
    let transit = told.and_then(|told| told.encryption_in_transit());
    InTransit {
        client_broker: match transit.and_then(|it| it.client_broker()) {
            Some(sdk::ClientBroker::TlsPlaintext) => ClientBroker::TlsPlaintext,
            Some(sdk::ClientBroker::Plaintext) => ClientBroker::Plaintext,
            Some(_) | None => ClientBroker::Tls,
        },
        in_cluster: transit.and_then(|it| it.in_cluster).unwrap_or(true),
    }
}

fn seen_configuration(told: &sdk::BrokerSoftwareInfo) -> Option<ConfigurationInfo> {
    let arn = told.configuration_arn.clone().filter(|arn| !arn.is_empty())?;
    Some(ConfigurationInfo { arn, revision: told.configuration_revision?.to_string() })
}

fn seen_logs(told: &sdk::BrokerLogs) -> BrokerLogs {
    let on = |enabled: Option<bool>| enabled.unwrap_or_default();
    BrokerLogs {
        cloudwatch_logs: told
            .cloud_watch_logs()
            .map(|it| CloudwatchLogs { enabled: on(it.enabled), log_group: it.log_group.clone() }),
        firehose: told.firehose().map(|it| Firehose {
            enabled: on(it.enabled),
            delivery_stream: it.delivery_stream.clone(),
        }),
        s3: told.s3().map(|it| S3 {
            enabled: on(it.enabled),
            bucket: it.bucket.clone(),
            prefix: it.prefix.clone().filter(|prefix| !prefix.is_empty()),
        }),
    }
}

fn seen_exporters(told: Option<&sdk::OpenMonitoringInfo>) -> OpenMonitoring {
    let prometheus = told.and_then(|told| told.prometheus());
    let exporter =
        |enabled: Option<bool>| Exporter { enabled_in_broker: enabled.unwrap_or_default() };
    OpenMonitoring {
        prometheus: Prometheus {
            jmx_exporter: exporter(prometheus.and_then(|it| it.jmx_exporter()?.enabled_in_broker)),
            node_exporter: exporter(
                prometheus.and_then(|it| it.node_exporter()?.enabled_in_broker),
            ),
        },
    }
}
