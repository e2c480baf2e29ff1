//! A topic lies on several brokers, and can be written to while one of them is away.

use serde_json::{Value, json};

use super::kafka::{self, CLUSTER, Cluster, IN_SYNC, REPLICATION, TOPIC};
use super::{Judgement, Rule, patch};
use crate::model::{CheckInfo, CheckKind, Exhibit, Finding, Level, Path, Scene};

pub(super) const RULE: Rule = Rule {
    info: CheckInfo {
        id: "topic_replication",
        kind: CheckKind::Rule,
        level: Level::Error,
        summary: "The records of a topic lie on as many brokers as there are zones, and it can be written to while one of these is away.",
        risk: "AWS starts the brokers again one by one, for every patch: meanwhile nobody can write, or read, or records are lost.",
        remedy: "State `replication_factor: 3` and `min.insync.replicas: \"2\"`, of topics and in the cluster's configuration.",
    },
    stops_messages: false,
    because: "An error: Kafka refuses the topic, or every record. A warning, where both work until a broker is away.",
    judge,
};

/// What AWS keeps of brokers of the type `express.*`: Developer Guide, "Express broker
/// configurations".
const EXPRESS: u64 = 3;

fn judge(scene: &Scene) -> Judgement {
    let mut judgement = Judgement::default();
    for exhibit in scene.of_kind(CLUSTER) {
        let cluster = Cluster::of(scene, exhibit);
        if let Some(configuration) = cluster.configuration {
            judgement.add(exhibit.address.to_string(), of_configuration(&cluster, configuration));
        }
    }
    for topic in scene.of_kind(TOPIC) {
        let named = topic.text("cluster_arn").unwrap_or_default();
        if let Some(cluster) = Cluster::named(scene, named) {
            judgement.add(topic.address.to_string(), of_topic(&cluster, topic));
        } else {
            let subject = format!("{} (its cluster is not of the stack)", topic.address);
            judgement.add(subject, own(topic));
        }
    }
    judgement
}

/// On how many brokers something lies, how many of these must have a record, and where
/// the stack file says so.
struct Replicas<'a> {
    of: &'a Exhibit,
    factor: u64,
    factor_at: Path,
    in_sync: u64,
    in_sync_at: Path,
    /// Whether the factor is a number in the document, rather than a text.
    is_number: bool,
}

fn of_topic(cluster: &Cluster<'_>, topic: &Exhibit) -> Vec<Finding> {
    let factor = topic.document.get("replication_factor").and_then(Value::as_u64);
    let Some(factor) = factor else { return Vec::new() };
    if cluster.is_express() {
        return express(cluster, topic, factor).into_iter().collect();
    }
    let own = stated(topic);
    let replicas = Replicas::of_topic(topic, factor, own.unwrap_or_else(|| cluster.in_sync()));
    let mut found = replicas.judge(cluster);
    // What follows from the configuration is told of that.
    let is_as_configured = cluster.stated(IN_SYNC).is_some() && cluster.replication() == factor;
    if own.is_none() && is_as_configured {
        found.retain(|finding| finding.path.as_ref() != Some(&replicas.in_sync_at));
    }
    found
}

/// What can be said of a topic by itself.
fn own(topic: &Exhibit) -> Vec<Finding> {
    let factor = topic.document.get("replication_factor").and_then(Value::as_u64);
    let (Some(factor), Some(in_sync)) = (factor, stated(topic)) else { return Vec::new() };
    Replicas::of_topic(topic, factor, in_sync).writable().into_iter().collect()
}

fn stated(topic: &Exhibit) -> Option<u64> {
    kafka::number(topic.document.get("configs")?.as_object()?, IN_SYNC)
}

fn express(cluster: &Cluster<'_>, topic: &Exhibit, factor: u64) -> Option<Finding> {
    let address = &cluster.exhibit.address;
    let message =
        format!("{address} has express brokers, which keep {EXPRESS} replicas, not {factor}");
    let field = "replication_factor";
    let finding = Finding::new(&topic.address, message).at(Path::field(field));
    let finding = finding.hint(format!("state {EXPRESS}"));
    (factor != EXPRESS).then(|| finding.patch(patch::field(field, &json!(EXPRESS))))
}

fn of_configuration(cluster: &Cluster<'_>, configuration: &Exhibit) -> Vec<Finding> {
    if cluster.is_express() {
        return Vec::new();
    }
    let at = |setting: &str| Path::field("server_properties").with_field(setting);
    let replicas = Replicas {
        of: configuration,
        factor: cluster.replication(),
        factor_at: at(REPLICATION),
        in_sync: cluster.in_sync(),
        in_sync_at: at(IN_SYNC),
        is_number: false,
    };
    replicas.judge(cluster)
}

impl<'a> Replicas<'a> {
    fn of_topic(of: &'a Exhibit, factor: u64, in_sync: u64) -> Self {
        let factor_at = Path::field("replication_factor");
        let in_sync_at = Path::field("configs").with_field(IN_SYNC);
        Self { of, factor, factor_at, in_sync, in_sync_at, is_number: true }
    }

    fn judge(&self, cluster: &Cluster<'_>) -> Vec<Finding> {
        let Some(brokers) = cluster.brokers() else { return Vec::new() };
        let address = &cluster.exhibit.address;
        let (factor, zones) = (self.factor, brokers.min(3));
        if factor > brokers {
            let message =
                format!("{factor} replicas need as many brokers, and {address} has {brokers}");
            return vec![self.lies(message, zones)];
        }
        let few = (factor < zones).then(|| {
            let lost = if factor == 1 { ", and is lost with it" } else { "" };
            let on = if factor == 1 { "one broker alone" } else { "two brokers" };
            let message = format!("every record lies on {on}{lost}; {address} has {brokers}");
            Finding { level: Some(Level::Warning), ..self.lies(message, zones) }
        });
        // What lies on one broker is away with it in any case.
        few.into_iter().chain(self.writable().filter(|_| factor > 1)).collect()
    }

    /// Whether it can be written to, and while a broker is away.
    fn writable(&self) -> Option<Finding> {
        let (factor, in_sync) = (self.factor, self.in_sync);
        let (message, level) = if in_sync > factor {
            let message = format!(
                "{in_sync} replicas must have a record, and there are {factor}: whoever asks for all of them writes none"
            );
            (message, None)
        } else if in_sync == factor && factor > 1 {
            let message = format!(
                "all {factor} replicas must have a record: while one broker is away, nobody can write"
            );
            (message, Some(Level::Warning))
        } else {
            return None;
        };
        let fewer = factor.saturating_sub(1).max(1);
        let finding = Finding::new(&self.of.address, message).at(self.in_sync_at.clone());
        let finding = finding.hint(format!("state `{IN_SYNC}: \"{fewer}\"`"));
        let patch = patch::at(&self.in_sync_at, fewer.to_string().into());
        Some(Finding { level, ..finding.patch(patch) })
    }

    /// That it lies on other brokers than on so many.
    fn lies(&self, message: String, wanted: u64) -> Finding {
        let value = if self.is_number { json!(wanted) } else { json!(wanted.to_string()) };
        let finding = Finding::new(&self.of.address, message).at(self.factor_at.clone());
        finding.hint(format!("state {wanted}")).patch(patch::at(&self.factor_at, value))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::system::{pasted, system};
    use super::super::tests::{golden, told_of};
    use super::{RULE, Scene};

    fn with(cluster: &str, properties: &str, topic: &str) -> Scene {
        system(&format!(
            "
settings: {{ kind: msk_configuration, server_properties: {{ {properties} }} }}
cluster:
  kind: msk_cluster
  {cluster}
  configuration_info: {{ arn: \"${{settings.arn}}\", revision: 1 }}
topic: {{ kind: msk_topic, cluster_arn: \"${{cluster.arn}}\", partition_count: 1, {topic} }}"
        ))
    }

    fn cluster(brokers: u32, subnets: &str, sort: &str) -> String {
        format!(
            "number_of_broker_nodes: {brokers}\n  broker_node_group_info: {{ instance_type: {sort}, client_subnets: [{subnets}] }}"
        )
    }

    #[test]
    fn a_topic_outlives_a_broker() {
        let three = &cluster(3, "a, b, c", "kafka.m7g.large");
        let two = &cluster(2, "a, b", "kafka.m7g.large");
        let express = &cluster(3, "a, b, c", "express.m7g.large");
        let sound = "default.replication.factor: \"3\", min.insync.replicas: \"2\"";
        let mut theirs =
            with(three, "", "replication_factor: 3, configs: { min.insync.replicas: \"3\" }");
        theirs.exhibits.retain(|address, _| address.as_str() != "cluster");
        let scenes = [
            ("three of three", with(three, sound, "replication_factor: 3")),
            ("what AWS has by itself", with(three, "", "replication_factor: 3")),
            ("what AWS has of two zones", with(two, "", "replication_factor: 2")),
            (
                "more than there are",
                with(
                    two,
                    "default.replication.factor: \"3\", min.insync.replicas: \"1\"",
                    "replication_factor: 3",
                ),
            ),
            (
                "on one broker",
                with(three, "default.replication.factor: \"1\"", "replication_factor: 1"),
            ),
            ("on two of three", with(three, "min.insync.replicas: \"1\"", "replication_factor: 2")),
            (
                "all must have it",
                with(three, "min.insync.replicas: \"3\"", "replication_factor: 3"),
            ),
            (
                "the topic says otherwise",
                with(
                    three,
                    sound,
                    "replication_factor: 3, configs: { min.insync.replicas: \"3\" }",
                ),
            ),
            (
                "more than all",
                with(
                    three,
                    sound,
                    "replication_factor: 3, configs: { min.insync.replicas: \"4\" }",
                ),
            ),
            ("express brokers", with(express, "", "replication_factor: 2")),
            ("somebody else's cluster", theirs),
        ];
        for (title, scene) in &scenes {
            assert_eq!(pasted(&RULE, scene), [], "{title}");
        }
        golden!(told_of(&RULE, &scenes));
    }
}
