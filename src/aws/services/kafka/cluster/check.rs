//! What MSK would refuse of a cluster: one field against another.

use super::Spec;
use super::shape::{ClientBroker, PublicAccessType, StorageMode};
use crate::model::document::is_pending;
use crate::model::{Path, Problem};

/// `ClusterName` of the API Reference.
const LONGEST_NAME: usize = 64;

const GROUP: &str = "broker_node_group_info";

pub(super) fn check(spec: &Spec) -> Vec<Problem> {
    let mut problems = Vec::new();
    let name = spec.cluster_name.as_deref().unwrap_or_default();
    if !is_pending(name) {
        let is_sound = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        let message = format!("`{name}` is no name of a cluster");
        let hint =
            format!("state a `cluster_name` of up to {LONGEST_NAME} letters, digits and dashes");
        if !is_sound || name.len() > LONGEST_NAME {
            problems.push(Problem::of("cluster_name", message).hint(hint));
        }
    }
    problems.extend(check_brokers(spec));
    problems.extend(check_storage(spec));
    problems.extend(check_clients(spec));
    problems.extend(check_reach(spec));
    problems.extend(check_logs(spec));
    let revision = spec.configuration_info.as_ref().map(|info| info.revision.as_str());
    if revision.is_some_and(|it| !is_pending(it) && it.parse::<u32>().is_err()) {
        let path = Path::field("configuration_info").with_field("revision");
        let problem = Problem::of("", "a revision is a number").at(path);
        problems.push(problem.hint("revision: \"${config.latest_revision}\""));
    }
    problems
}

fn at(path: &str, message: impl Into<String>) -> Problem {
    let path = path.split('.').fold(Path::default(), |path, name| path.with_field(name));
    Problem::of("", message).at(path)
}

/// Brokers are spread evenly over the subnets.
fn check_brokers(spec: &Spec) -> Vec<Problem> {
    let group = &spec.broker_node_group_info;
    let mut problems = Vec::new();
    let subnets = group.client_subnets.len();
    if !(2..=3).contains(&subnets) {
        // Developer Guide, "Create a MSK Provisioned cluster": two zones or three.
        let message = format!("brokers lie in two zones or three, and this names {subnets}");
        problems.push(
            at("broker_node_group_info.client_subnets", message).hint("name a subnet of each zone"),
        );
    }
    let brokers = usize::try_from(spec.number_of_broker_nodes).unwrap_or_default();
    if subnets > 0 && (brokers == 0 || !brokers.is_multiple_of(subnets)) {
        let message = format!(
            "each of the {subnets} subnets has as many brokers as the others, and {brokers} cannot be shared out so"
        );
        let next = brokers.max(1).next_multiple_of(subnets);
        problems.push(
            at("number_of_broker_nodes", message).hint(format!("number_of_broker_nodes: {next}")),
        );
    }
    if group.is_express() {
        let storage = group.storage_info.is_some().then_some("broker_node_group_info.storage_info");
        let mode = spec.storage_mode.is_some().then_some("storage_mode");
        let odd = storage.into_iter().chain(mode);
        problems.extend(odd.map(|field| {
            at(field, "express brokers have no storage to manage").hint("leave it out")
        }));
    } else if !is_pending(&group.instance_type) {
        if group.storage_info.is_none() {
            let problem = at(
                &format!("{GROUP}.storage_info"),
                "standard brokers want to know how much they keep",
            );
            problems.push(problem.hint("storage_info: { ebs_storage_info: { volume_size: 100 } }"));
        }
        if spec.rebalancing.is_some() {
            problems.push(at("rebalancing", "only express brokers have this").hint("leave it out"));
        }
    }
    problems
}

/// Developer Guide, "Provision storage throughput for Standard brokers": brokers of these sizes
/// and larger, and volumes of 10 GiB and more.
const LEAST_TIMES_XLARGE: &[(&str, u32)] = &[("kafka.m7g.", 2), ("kafka.", 4)];
const LEAST_VOLUME: i32 = 10;

fn check_storage(spec: &Spec) -> Vec<Problem> {
    let group = &spec.broker_node_group_info;
    let mut problems = Vec::new();
    let volumes = group.storage_info.as_ref().map(|storage| &storage.ebs_storage_info);
    if let Some((volumes, throughput)) =
        volumes.and_then(|it| Some((it, it.provisioned_throughput.as_ref()?)))
    {
        let path = format!("{GROUP}.storage_info.ebs_storage_info.provisioned_throughput");
        if throughput.volume_throughput.is_none() {
            let path = format!("{path}.volume_throughput");
            problems.push(
                at(&path, "throughput that is paid for has a size").hint("volume_throughput: 250"),
            );
        }
        let least =
            LEAST_TIMES_XLARGE.iter().find(|(family, _)| group.instance_type.starts_with(family));
        if least.is_some_and(|(_, least)| times_xlarge(&group.instance_type) < *least) {
            let message = format!("a {} has no throughput to provision", group.instance_type);
            let hint =
                "take kafka.m5.4xlarge, kafka.m7g.2xlarge or larger brokers, or leave it out";
            problems.push(at(&path, message).hint(hint));
        }
        if volumes.volume_size < LEAST_VOLUME {
            let message =
                format!("volumes below {LEAST_VOLUME} GiB have no throughput to provision");
            problems.push(at(&path, message));
        }
    }
    if spec.storage_mode == Some(StorageMode::Tiered) {
        if group.instance_type == "kafka.t3.small" {
            problems.push(at("storage_mode", "a kafka.t3.small keeps all records itself"));
        }
        let is_able =
            spec.kafka_version.contains("tiered") || !is_before(&spec.kafka_version, 3, 6);
        if !is_able {
            let message = format!("Kafka {} keeps all records itself", spec.kafka_version);
            problems.push(at("storage_mode", message).hint("take version 3.6.0 or later"));
        }
    }
    problems
}

/// `4` of `kafka.m5.4xlarge`; 0 of what is smaller than an xlarge, or none.
fn times_xlarge(instance_type: &str) -> u32 {
    let size = instance_type.rsplit('.').next().and_then(|size| size.strip_suffix("xlarge"));
    size.map_or(0, |times| if times.is_empty() { 1 } else { times.parse().unwrap_or(0) })
}

/// Whether a version is told to be before this one. What says something else is not.
fn is_before(version: &str, major: u32, minor: u32) -> bool {
    let mut parts = version.split('.').map(|part| part.parse::<u32>().ok());
    match (parts.next().flatten(), parts.next().flatten()) {
        (Some(first), Some(second)) => (first, second) < (major, minor),
        (_, _) => false,
    }
}

fn check_clients(spec: &Spec) -> Vec<Problem> {
    let clients = &spec.client_authentication;
    let mut problems = Vec::new();
    if clients.is_none() {
        let message = "no client could say who it is";
        problems.push(
            Problem::of("client_authentication", message)
                .hint("client_authentication: { sasl: { iam: true } }"),
        );
    }
    let has_names = clients.sasl.iam
        || clients.sasl.scram
        || !clients.tls.certificate_authority_arns.is_empty();
    if has_names
        && spec.encryption_info.encryption_in_transit.client_broker == ClientBroker::Plaintext
    {
        let message = "who a client is, is told over TLS alone";
        let path = "encryption_info.encryption_in_transit.client_broker";
        problems.push(at(path, message).hint("client_broker: TLS"));
    }
    problems
}

/// Developer Guide, "Turn on public access" and "Multi-VPC private connectivity in a single Region".
fn check_reach(spec: &Spec) -> Vec<Problem> {
    let connectivity = &spec.broker_node_group_info.connectivity_info;
    let (clients, transit) =
        (&spec.client_authentication, &spec.encryption_info.encryption_in_transit);
    let mut problems = Vec::new();
    if connectivity.public_access.r#type == PublicAccessType::ServiceProvidedEips {
        let path = format!("{GROUP}.connectivity_info.public_access.type");
        let odd = [
            (clients.unauthenticated, "turn `unauthenticated` off"),
            (transit.client_broker != ClientBroker::Tls, "state `client_broker: TLS`"),
            (!transit.in_cluster, "state `in_cluster: true`"),
        ];
        let odd = odd.into_iter().filter(|(is_odd, _)| *is_odd);
        problems.extend(odd.map(|(_, hint)| {
            at(&path, "MSK lets nobody in from the Internet without a name and TLS").hint(hint)
        }));
    }
    let others = &connectivity.vpc_connectivity.client_authentication;
    let ways = [
        (others.sasl.iam, clients.sasl.iam, "sasl.iam"),
        (others.sasl.scram, clients.sasl.scram, "sasl.scram"),
        (others.tls, !clients.tls.certificate_authority_arns.is_empty(), "tls"),
    ];
    let odd = ways.into_iter().filter(|(other, own, _)| *other && !own);
    problems.extend(odd.map(|(_, _, way)| {
        let path =
            format!("{GROUP}.connectivity_info.vpc_connectivity.client_authentication.{way}");
        at(&path, "clients of other VPCs say who they are as those of the own do")
            .hint("turn it on in `client_authentication` too")
    }));
    problems
}

fn check_logs(spec: &Spec) -> Vec<Problem> {
    let logs = &spec.logging_info.broker_logs;
    let group = logs.cloudwatch_logs.as_ref().is_some_and(|it| it.log_group.is_none());
    let stream = logs.firehose.as_ref().is_some_and(|it| it.delivery_stream.is_none());
    let bucket = logs.s3.as_ref().is_some_and(|it| it.bucket.is_none());
    let missing = [
        (group, "cloudwatch_logs.log_group"),
        (stream, "firehose.delivery_stream"),
        (bucket, "s3.bucket"),
    ];
    let missing = missing.into_iter().filter(|(is_missing, _)| *is_missing);
    missing
        .map(|(_, field)| {
            at(
                &format!("logging_info.broker_logs.{field}"),
                "brokers log to something that has a name",
            )
        })
        .collect()
}
