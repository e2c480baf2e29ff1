//! `kafka_brokers`: a cluster has its brokers, spread over its subnets, and clients find them
//! in each way that it admits.

use std::collections::BTreeSet;
use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_kafka::operation::get_bootstrap_brokers::GetBootstrapBrokersOutput;
use aws_sdk_kafka::types::{BrokerNodeInfo, NodeInfo};
use futures::future::try_join;
use serde_json::Value;

use super::bench::Bench;
use crate::aws::error::Attempt;
use crate::engine::port::Answer;
use crate::model::{CheckInfo, CheckKind, Exhibit, Finding, Level, Path, Scene};
use crate::verify::{Behaviour, Trial, Watch};

pub(super) const INFO: CheckInfo = CheckInfo {
    id: "kafka_brokers",
    kind: CheckKind::Behaviour,
    level: Level::Error,
    summary: "A Kafka cluster has its brokers, in each of its subnets, and AWS names those where clients begin, for each way to log in.",
    risk: "With all brokers in one zone the cluster is away whenever the zone is; without a name to begin with no client gets in.",
    remedy: "See what AWS is at with the cluster, and bring its ways to log in back with `ccprov apply`.",
};

const CLUSTER: &str = "msk_cluster";
const SERVERLESS: &str = "msk_serverless_cluster";
/// Names may come some seconds after the cluster.
const SETTLING: Duration = Duration::from_mins(1);
const CALLS: Duration = Duration::from_secs(30);

pub(super) struct KafkaBrokers(pub(super) Bench);

/// What AWS tells of a cluster.
struct Told {
    nodes: Vec<NodeInfo>,
    names: GetBootstrapBrokersOutput,
}

#[async_trait]
impl Behaviour for KafkaBrokers {
    fn info(&self) -> &'static CheckInfo {
        &INFO
    }

    fn trials(&self, scene: &Scene) -> Vec<Trial> {
        scene.of_kind(CLUSTER).chain(scene.of_kind(SERVERLESS)).map(Trial::of).collect()
    }

    async fn exercise(&self, scene: &Scene, trial: &Trial, watch: &Watch) -> Answer<Vec<Finding>> {
        let cluster = trial.addresses.first().and_then(|address| scene.exhibits.get(address));
        let Some(cluster) = cluster else { return Ok(Vec::new()) };
        let patience = SETTLING.min(self.0.options().patience);
        let passes = |told: &Told| {
            let lacks = !judged(cluster, &told.nodes, &told.names).is_empty();
            if lacks {
                watch.awaits("brokers and their names");
            }
            lacks
        };
        let told = watch.rests(patience, || self.look(cluster), passes).await?;
        let brokers = brokers(&told.nodes).count();
        if cluster.kind == CLUSTER {
            watch
                .saw(format!("it has {brokers} brokers in {} subnets", subnets(&told.nodes).len()));
        }
        let ways: Vec<&str> =
            ways(cluster).filter(|way| named(&told.names, *way)).map(|way| way.name).collect();
        watch.saw(format!("clients begin with {}", ways.join(", ")));
        Ok(judged(cluster, &told.nodes, &told.names))
    }

    fn deadline(&self) -> Duration {
        SETTLING + CALLS
    }
}

impl KafkaBrokers {
    async fn look(&self, cluster: &Exhibit) -> Answer<Told> {
        let (kafka, arn) = (&self.0.session().clients.kafka, cluster.fact("arn"));
        let nodes = async {
            // A serverless one shows none of its brokers.
            if cluster.kind == SERVERLESS {
                return Ok(Vec::new());
            }
            let pages = kafka.list_nodes().cluster_arn(arn).into_paginator();
            let nodes = pages.items().send().try_collect().await;
            nodes
                .attempting("kafka:ListNodes", || format!("see the brokers of {}", cluster.address))
        };
        let names = async {
            let answer = kafka.get_bootstrap_brokers().cluster_arn(arn).send().await;
            answer.attempting("kafka:GetBootstrapBrokers", || {
                format!("ask where clients of {} begin", cluster.address)
            })
        };
        let (nodes, names) = try_join(nodes, names).await?;
        Ok(Told { nodes, names })
    }
}

/// A way to log in, and where the document says that it is open.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Way {
    name: &'static str,
    field: &'static str,
}

const IAM: Way = Way { name: "IAM", field: "client_authentication" };
const SCRAM: Way = Way { name: "SCRAM", field: "client_authentication" };
const TLS: Way = Way { name: "TLS", field: "client_authentication" };
const PLAIN: Way = Way { name: "plain text", field: "encryption_info" };

/// The ways that a cluster admits.
fn ways(cluster: &Exhibit) -> impl Iterator<Item = Way> {
    let within = |steps: &[&str]| {
        let (first, rest) = steps.split_first()?;
        rest.iter().try_fold(cluster.document.get(*first)?, |value, step| value.get(step))
    };
    let is_on = |steps: &[&str]| within(steps) == Some(&Value::Bool(true));
    let iam = cluster.kind == SERVERLESS || is_on(&["client_authentication", "sasl", "iam"]);
    let scram = is_on(&["client_authentication", "sasl", "scram"]);
    let authorities = within(&["client_authentication", "tls", "certificate_authority_arns"]);
    let certificates = authorities.and_then(Value::as_array).is_some_and(|all| !all.is_empty());
    let nobody = is_on(&["client_authentication", "unauthenticated"]);
    let in_transit = within(&["encryption_info", "encryption_in_transit", "client_broker"]);
    let in_transit = in_transit.and_then(Value::as_str).unwrap_or("TLS");
    let tls = certificates || nobody && in_transit != "PLAINTEXT";
    let plain = nobody && in_transit != "TLS";
    let all = [(IAM, iam), (SCRAM, scram), (TLS, tls), (PLAIN, plain)];
    all.into_iter().filter_map(|(way, is_open)| is_open.then_some(way))
}

/// Whether AWS names brokers for a way.
fn named(names: &GetBootstrapBrokersOutput, way: Way) -> bool {
    let name = match way {
        IAM => names.bootstrap_broker_string_sasl_iam(),
        SCRAM => names.bootstrap_broker_string_sasl_scram(),
        TLS => names.bootstrap_broker_string_tls(),
        _ => names.bootstrap_broker_string(),
    };
    name.is_some_and(|name| !name.is_empty())
}

fn brokers(nodes: &[NodeInfo]) -> impl Iterator<Item = &BrokerNodeInfo> {
    nodes.iter().filter_map(NodeInfo::broker_node_info)
}

fn subnets(nodes: &[NodeInfo]) -> BTreeSet<&str> {
    brokers(nodes).filter_map(BrokerNodeInfo::client_subnet).collect()
}

fn judged(
    cluster: &Exhibit,
    nodes: &[NodeInfo],
    names: &GetBootstrapBrokersOutput,
) -> Vec<Finding> {
    let finding = |field: &str, message: String| {
        Finding::new(&cluster.address, message).at(Path::field(field))
    };
    let unnamed = ways(cluster).filter(|way| !named(names, *way));
    let mut found: Vec<Finding> = unnamed
        .map(|way| {
            let message =
                format!("it is to admit clients by {}, and AWS names no broker for that", way.name);
            finding(way.field, message)
        })
        .collect();
    if cluster.kind == SERVERLESS {
        return found;
    }
    let wanted = cluster.document.get("number_of_broker_nodes").and_then(Value::as_u64);
    let there = brokers(nodes).count();
    if wanted.is_some_and(|wanted| u64::try_from(there).is_ok_and(|there| there < wanted)) {
        let message = format!("it has {there} brokers, not {}", wanted.unwrap_or_default());
        found.push(finding("number_of_broker_nodes", message));
    }
    let group = cluster.document.get("broker_node_group_info");
    let declared = group.and_then(|group| group.get("client_subnets")).and_then(Value::as_array);
    let declared = declared.into_iter().flatten().filter_map(Value::as_str);
    let with = subnets(nodes);
    let without: Vec<&str> = declared.filter(|subnet| !with.contains(subnet)).collect();
    if !without.is_empty() {
        let message = format!("no broker is in {}", without.join(", "));
        found.push(finding("broker_node_group_info", message));
    }
    let mute = brokers(nodes).filter(|broker| broker.endpoints().is_empty()).count();
    if mute > 0 {
        found.push(finding(
            "number_of_broker_nodes",
            format!("{mute} of its brokers have no address"),
        ));
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::{Address, Facts, Identity};

    fn cluster(kind: &str, document: &Value) -> Exhibit {
        Exhibit {
            address: Address::new("events"),
            kind: kind.into(),
            identity: Identity("events".into()),
            document: document.as_object().cloned().unwrap(),
            facts: Facts::new(),
        }
    }

    fn nodes(subnets: &[&str]) -> Vec<NodeInfo> {
        let node = |subnet: &&str| {
            let broker = BrokerNodeInfo::builder().client_subnet(*subnet).endpoints("b-1");
            NodeInfo::builder().broker_node_info(broker.build()).build()
        };
        // One that is no broker.
        subnets.iter().map(node).chain([NodeInfo::builder().build()]).collect()
    }

    fn check(
        cluster: &Exhibit,
        nodes: &[NodeInfo],
        names: &GetBootstrapBrokersOutput,
        told: &[&str],
    ) {
        let found = judged(cluster, nodes, names);
        let found: Vec<&str> = found.iter().map(|finding| finding.message.as_str()).collect();
        assert_eq!(found, told);
    }

    #[test]
    fn brokers_are_spread_and_named() {
        let document = json!({
            "number_of_broker_nodes": 3,
            "broker_node_group_info": { "client_subnets": ["a", "b", "c"] },
            "client_authentication": { "sasl": { "iam": true, "scram": true }, "unauthenticated": false },
        });
        let names =
            || GetBootstrapBrokersOutput::builder().bootstrap_broker_string_sasl_iam("b-1:9098");
        let both = names().bootstrap_broker_string_sasl_scram("b-1:9096").build();
        let provisioned = cluster(CLUSTER, &document);
        check(&provisioned, &nodes(&["a", "b", "c"]), &both, &[]);
        let scram = "it is to admit clients by SCRAM, and AWS names no broker for that";
        check(&provisioned, &nodes(&["a", "b", "c"]), &names().build(), &[scram]);
        check(&provisioned, &nodes(&["a", "a", "a"]), &both, &["no broker is in b, c"]);
        let fewer = ["it has 2 brokers, not 3", "no broker is in c"];
        check(&provisioned, &nodes(&["a", "b"]), &both, &fewer);
        let mut mute = nodes(&["a", "b", "c"]);
        mute[0].broker_node_info.as_mut().unwrap().endpoints = None;
        check(&provisioned, &mute, &both, &["1 of its brokers have no address"]);

        let serverless = cluster(SERVERLESS, &json!({}));
        check(&serverless, &[], &names().build(), &[]);
        let iam = "it is to admit clients by IAM, and AWS names no broker for that";
        check(&serverless, &[], &GetBootstrapBrokersOutput::builder().build(), &[iam]);
    }

    #[test]
    fn each_way_is_known_by_what_opens_it() {
        let check = |document: Value, expected: &[&str]| {
            let cluster = cluster(CLUSTER, &document);
            let ways: Vec<&str> = ways(&cluster).map(|way| way.name).collect();
            assert_eq!(ways, expected, "{document}");
        };
        check(json!({}), &[]);
        check(json!({ "client_authentication": { "sasl": { "iam": true } } }), &["IAM"]);
        check(json!({ "client_authentication": { "unauthenticated": true } }), &["TLS"]);
        let both = json!({ "encryption_in_transit": { "client_broker": "TLS_PLAINTEXT" } });
        let open = json!({ "client_authentication": { "unauthenticated": true }, "encryption_info": both });
        check(open, &["TLS", "plain text"]);
        let tls = json!({ "tls": { "certificate_authority_arns": ["arn"] } });
        check(json!({ "client_authentication": tls }), &["TLS"]);
    }
}
