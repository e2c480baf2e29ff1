//! Topics, and the brokers on which they lie. Looks are of before for as many looks as
//! everything here takes; then they find AWS at work once, and then the topic as it was
//! asked for.

use std::collections::BTreeMap;

use aws_smithy_types::base64;
use serde_json::{Value, json};

use super::{Kafka, bad_request, not_found, page};
use crate::stand_in::route::{Asked, Refusal, Route, Said, route};

pub(super) const ROUTES: &[Route<Kafka>] = &[
    route("CreateTopic", "POST", "/v1/clusters/{ClusterArn}/topics", create),
    route("DescribeTopic", "GET", "/v1/clusters/{ClusterArn}/topics/{TopicName}", describe),
    route(
        "DescribeTopicPartitions",
        "GET",
        "/v1/clusters/{ClusterArn}/topics/{TopicName}/partitions",
        partitions,
    ),
    route("UpdateTopic", "PUT", "/v1/clusters/{ClusterArn}/topics/{TopicName}", update),
    route("DeleteTopic", "DELETE", "/v1/clusters/{ClusterArn}/topics/{TopicName}", delete),
    route("ListNodes", "GET", "/v1/clusters/{ClusterArn}/nodes", nodes),
];

/// A topic of a cluster, by both their names.
pub(super) type Key = (String, String);
type Configs = BTreeMap<String, String>;

/// What a broker has set where nobody says otherwise.
const DEFAULTS: [(&str, &str); 4] = [
    ("cleanup.policy", "delete"),
    ("max.message.bytes", "1048588"),
    ("min.insync.replicas", "2"),
    ("retention.ms", "604800000"),
];

/// A topic as it is, and as looks show it.
#[derive(Debug)]
pub(super) struct Topic {
    /// As it is; `None` once it is deleted.
    is: Option<Content>,
    /// As the last look showed it.
    shown: Option<Content>,
    /// What AWS is at, and for so many looks yet.
    work: Option<(&'static str, usize)>,
    /// All but one of its replicas are behind, for so many looks.
    behind: usize,
}

#[derive(Clone, Debug)]
struct Content {
    partitions: u64,
    replicas: u64,
    configs: Configs,
}

impl Kafka {
    /// All replicas of a topic but one are behind, for so many looks.
    pub(crate) fn hold_back(&mut self, topic: &str, looks: usize) {
        for ((_, name), held) in &mut self.topics {
            if name == topic {
                held.behind = looks;
            }
        }
    }

    /// For how many looks they are yet.
    pub(crate) fn behind(&self, topic: &str) -> usize {
        let mut named = self.topics.iter().filter(|((_, name), _)| name == topic);
        named.next().map_or(0, |(_, topic)| topic.behind)
    }

    /// Whether looks still show a topic, be it one that is deleted.
    pub(crate) fn shows(&self, topic: &str) -> bool {
        let mut named = self.topics.iter().filter(|((_, name), _)| name == topic);
        named.any(|(_, topic)| topic.shown.is_some())
    }

    /// What is set of a topic, as it is.
    pub(crate) fn settings(&self, topic: &str) -> Option<BTreeMap<String, String>> {
        let mut named = self.topics.iter().filter(|((_, name), _)| name == topic);
        named.find_map(|(_, topic)| Some(topic.is.as_ref()?.configs.clone()))
    }

    /// The cluster of a call that changes a topic: provisioned, in service, and new enough.
    fn with_topics(&mut self, arn: &str) -> Result<u64, Refusal> {
        let info = &self.cluster(arn)?.info;
        if info["clusterType"] != "PROVISIONED" {
            return Err(bad_request("This operation is not supported for serverless clusters."));
        }
        if info["state"] != "ACTIVE" {
            return Err(bad_request("The cluster isn't in the ACTIVE state."));
        }
        let version = &info["provisioned"]["currentBrokerSoftwareInfo"]["kafkaVersion"];
        let version = version.as_str().unwrap_or_default();
        let mut parts = version.split('.').map(|part| part.parse().unwrap_or(0));
        let version: (u32, u32) = (parts.next().unwrap_or(0), parts.next().unwrap_or(0));
        if version < (3, 6) {
            return Err(bad_request("Topic operations need Apache Kafka 3.6.0 or later."));
        }
        Ok(info["provisioned"]["numberOfBrokerNodes"].as_u64().unwrap_or_default())
    }

    /// A topic that is there, and that AWS is not at.
    fn at_rest(&mut self, asked: &Asked) -> Result<&mut Topic, Refusal> {
        let there = self.topics.get_mut(&key(asked)).filter(|topic| topic.is.is_some());
        let topic = there.ok_or_else(|| {
            let message = "This server does not host this topic-partition.";
            Refusal::new(404, "UnknownTopicOrPartitionException", message)
        })?;
        if topic.work.is_some() {
            let message = "A partition reassignment is in progress.";
            return Err(Refusal::new(409, "ReassignmentInProgressException", message));
        }
        Ok(topic)
    }
}

fn key(asked: &Asked) -> Key {
    (asked.segment("ClusterArn").to_owned(), asked.segment("TopicName").to_owned())
}

fn arn(cluster: &str, topic: &str) -> String {
    format!("{}/{topic}", cluster.replace(":cluster/", ":topic/"))
}

/// What AWS answers where it has accepted a call.
fn accepted((cluster, name): &Key, status: &str) -> Value {
    json!({ "topicArn": arn(cluster, name), "topicName": name, "status": status })
}

fn configs(asked: &Asked) -> Result<Option<Configs>, Refusal> {
    let Some(text) = asked.body["configs"].as_str() else { return Ok(None) };
    let read = || serde_json::from_slice(&base64::decode(text).ok()?).ok();
    read().map(Some).ok_or_else(|| bad_request("The configs are no Base64-encoded JSON."))
}

fn create(kafka: &mut Kafka, asked: &Asked) -> Said {
    let cluster = asked.segment("ClusterArn").to_owned();
    let brokers = kafka.with_topics(&cluster)?;
    let key = (cluster, asked.text("topicName").to_owned());
    let number = |field: &str| asked.body[field].as_u64().filter(|number| *number > 0);
    let (Some(partitions), Some(replicas)) =
        (number("partitionCount"), number("replicationFactor"))
    else {
        return Err(bad_request(
            "The partition count and the replication factor must be positive.",
        ));
    };
    if replicas > brokers {
        let message =
            format!("Replication factor: {replicas} larger than available brokers: {brokers}.");
        return Err(bad_request(message));
    }
    let is_there = |topic: &Topic| topic.is.is_some() || topic.work.is_some();
    if kafka.topics.get(&key).is_some_and(is_there) {
        let message = format!("Topic '{}' already exists.", key.1);
        return Err(Refusal::new(409, "TopicExistsException", message));
    }
    let configs = configs(asked)?.unwrap_or_default();
    let is = Some(Content { partitions, replicas, configs });
    let work = Some(("CREATING", kafka.looks));
    let told = accepted(&key, "CREATING");
    kafka.topics.insert(key, Topic { is, shown: None, work, behind: 0 });
    Ok(told)
}

fn describe(kafka: &mut Kafka, asked: &Asked) -> Said {
    let (cluster, name) = key(asked);
    kafka.cluster(&cluster)?;
    let gone = || not_found("The topic");
    let key = (cluster, name);
    let topic = kafka.topics.get_mut(&key).ok_or_else(gone)?;
    let (shown, status) = topic.look().ok_or_else(gone)?;
    let mut effective: Configs =
        DEFAULTS.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    effective.extend(shown.configs);
    let mut told = accepted(&key, status);
    told["partitionCount"] = json!(shown.partitions);
    told["replicationFactor"] = json!(shown.replicas);
    told["configs"] = json!(base64::encode(json!(effective).to_string()));
    Ok(told)
}

impl Topic {
    /// Moves it on; answers what a look shows.
    fn look(&mut self) -> Option<(Content, &'static str)> {
        let status = match &mut self.work {
            // Of before.
            Some((_, left)) if *left > 0 => {
                *left -= 1;
                "ACTIVE"
            }
            Some((doing, _)) => {
                let doing = *doing;
                self.work = None;
                // What goes is shown once more.
                if self.is.is_none() {
                    return Some((self.shown.take()?, doing));
                }
                self.shown.clone_from(&self.is);
                doing
            }
            None => "ACTIVE",
        };
        Some((self.shown.clone()?, status))
    }
}

fn partitions(kafka: &mut Kafka, asked: &Asked) -> Said {
    let gone = || not_found("The topic");
    let topic = kafka.topics.get_mut(&key(asked)).ok_or_else(gone)?;
    let shown = topic.shown.as_ref().ok_or_else(gone)?;
    let replicas: Vec<u64> = (1..=shown.replicas).collect();
    let in_sync = if topic.behind > 0 { &replicas[..1] } else { &replicas[..] };
    topic.behind = topic.behind.saturating_sub(1);
    let partition = |number: u64| json!({ "partition": number, "leader": 1, "replicas": replicas, "isr": in_sync });
    Ok(page("partitions", (0..shown.partitions).map(partition)))
}

fn update(kafka: &mut Kafka, asked: &Asked) -> Said {
    kafka.with_topics(asked.segment("ClusterArn"))?;
    let (configs, partitions) = (configs(asked)?, asked.body["partitionCount"].as_u64());
    let looks = kafka.looks;
    let topic = kafka.at_rest(asked)?;
    let Some(content) = &mut topic.is else { return Err(not_found("The topic")) };
    match (configs, partitions) {
        (Some(configs), None) => content.configs = configs,
        (None, Some(partitions)) if partitions > content.partitions => {
            content.partitions = partitions;
        }
        (None, Some(_)) => {
            return Err(bad_request("The partition count can only be increased."));
        }
        (Some(_), Some(_)) => {
            let message = "The configs and the partition count can't be updated together.";
            return Err(bad_request(message));
        }
        (None, None) => return Err(bad_request("Nothing is to be updated.")),
    }
    topic.work = Some(("UPDATING", looks));
    Ok(accepted(&key(asked), "UPDATING"))
}

fn delete(kafka: &mut Kafka, asked: &Asked) -> Said {
    kafka.with_topics(asked.segment("ClusterArn"))?;
    let looks = kafka.looks;
    let topic = kafka.at_rest(asked)?;
    topic.is = None;
    topic.work = Some(("DELETING", looks));
    Ok(accepted(&key(asked), "DELETING"))
}

/// The brokers of a provisioned cluster, one subnet after the other.
fn nodes(kafka: &mut Kafka, asked: &Asked) -> Said {
    let info = &kafka.cluster(asked.segment("ClusterArn"))?.info["provisioned"];
    let subnets = info["brokerNodeGroupInfo"]["clientSubnets"].as_array().cloned();
    let subnets = subnets.unwrap_or_default();
    let brokers = info["numberOfBrokerNodes"].as_u64().unwrap_or_default();
    let node = |(number, subnet): (u64, &Value)| {
        let broker = json!({
            "brokerId": number, "clientSubnet": subnet, "endpoints": [format!("b-{number}.example")],
        });
        json!({ "nodeType": "BROKER", "brokerNodeInfo": broker })
    };
    Ok(page("nodeInfoList", (1..=brokers).zip(subnets.iter().cycle()).map(node)))
}
