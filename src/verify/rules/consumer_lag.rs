//! Somebody is told when a consumer group falls behind.
//!
//! A consumer group is declared by who reads with it: by a mapping of a topic to a function, or by a
//! right to a group of that name.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::function::MAPPING;
use super::kafka::{CLUSTER, SERVERLESS, within};
use super::{Judgement, Rule, hop, patch, policies};
use crate::model::document::{is_pending, shown};
use crate::model::{CheckInfo, CheckKind, Exhibit, Finding, Level, Path, Scene};

pub(super) const RULE: Rule = Rule {
    info: CheckInfo {
        id: "consumer_lag",
        kind: CheckKind::Rule,
        level: Level::Warning,
        summary: "Each consumer group of a Kafka cluster has an alarm on how far it is behind.",
        risk: "A consumer that is stuck looks like one with nothing to do, until its records expire unread.",
        remedy: "Declare a `cloudwatch_metric_alarm` on `SumOffsetLag`, `MaxOffsetLag` or `EstimatedMaxTimeLag` of the group and its topic.",
    },
    stops_messages: false,
    because: "A warning: everything works until a consumer does not. Of a cluster that nobody of the stack reads it is a note.",
    judge,
};

const NAMESPACE: &str = "AWS/Kafka";
/// By cluster, group and topic, of every cluster: Developer Guide, "Amazon MSK metrics for monitoring
/// Standard brokers with CloudWatch", level DEFAULT.
const LAGS: [&str; 3] = ["EstimatedMaxTimeLag", "MaxOffsetLag", "SumOffsetLag"];
/// By partition besides, of clusters that are watched so closely: the same page, level
/// `PER_TOPIC_PER_PARTITION`.
const BY_PARTITION: [&str; 2] = ["EstimatedTimeLag", "OffsetLag"];
/// Where a mapping states its group.
const CONFIG: &str = "amazon_managed_kafka_event_source_config";
const CLOSEST: &str = "PER_TOPIC_PER_PARTITION";

fn judge(scene: &Scene) -> Judgement {
    let mut judgement = Judgement::default();
    let watched: Vec<Lag<'_>> = scene.of_kind(hop::ALARM).flat_map(lags).collect();
    let groups = groups(scene);
    for group in &groups {
        judgement.add(group.subject(), group.judge(&watched));
    }
    let clusters = scene.of_kind(CLUSTER).chain(scene.of_kind(SERVERLESS));
    for cluster in clusters.filter(|cluster| is_unwatched(cluster, &groups, &watched)) {
        judgement.add(cluster.address.to_string(), Some(unwatched(cluster)));
    }
    for lag in watched.iter().filter(|lag| BY_PARTITION.contains(&lag.metric)) {
        judgement.add(lag.alarm.address.to_string(), too_close(scene, lag));
    }
    judgement
}

/// Who reads topics of a cluster of the stack together.
struct Group<'a> {
    /// Who says so, and where.
    declared: &'a Exhibit,
    at: Path,
    cluster: &'a Exhibit,
    name: &'a str,
    /// What it reads, where that is said.
    topic: Option<&'a str>,
}

/// The groups that a stack declares: of a cluster each once for a topic.
fn groups(scene: &Scene) -> Vec<Group<'_>> {
    let mut groups: Vec<Group<'_>> =
        scene.of_kind(MAPPING).filter_map(|mapping| of_mapping(scene, mapping)).collect();
    let mut seen: BTreeSet<(&str, &str)> =
        groups.iter().map(|group| (group.cluster.address.as_str(), group.name)).collect();
    for (identity, policy) in policies::of_identities(scene) {
        for statement in policy.statements().iter().filter(|statement| statement.allows()) {
            for resource in statement.list("Resource") {
                let Some((cluster, name)) = of_right(scene, resource) else { continue };
                if seen.insert((cluster.address.as_str(), name)) {
                    let at = statement.path.with_field("Resource");
                    groups.push(Group { declared: identity, at, cluster, name, topic: None });
                }
            }
        }
    }
    groups
}

/// That of a mapping: the one that it states, or else its own id.
fn of_mapping<'a>(scene: &'a Scene, mapping: &'a Exhibit) -> Option<Group<'a>> {
    let cluster = cluster(scene, mapping.text("event_source_arn")?)?;
    if mapping.document.get("enabled") == Some(&Value::Bool(false)) {
        return None;
    }
    let stated = within(mapping, &[CONFIG, "consumer_group_id"]).and_then(Value::as_str);
    let (name, at) = match stated {
        Some(name) => (name, Path::field(CONFIG).with_field("consumer_group_id")),
        None => (mapping.fact("uuid"), Path::field("event_source_arn")),
    };
    let topics = mapping.document.get("topics").and_then(Value::as_array);
    let topic = topics.and_then(|topics| topics.first()).and_then(Value::as_str);
    (!name.is_empty()).then_some(Group { declared: mapping, at, cluster, name, topic })
}

/// That of a right: `arn:...:group/CLUSTER/UUID/NAME`, where the name is one.
fn of_right<'a>(scene: &'a Scene, resource: &'a str) -> Option<(&'a Exhibit, &'a str)> {
    let (_, group) = resource.split_once(":group/")?;
    let mut parts = group.splitn(3, '/');
    let (cluster, _id, name) = (parts.next()?, parts.next()?, parts.next()?);
    let is_one = !name.is_empty() && !name.contains(['*', '?']);
    let clusters = || scene.of_kind(CLUSTER).chain(scene.of_kind(SERVERLESS));
    let cluster = clusters().find(|it| it.fact("cluster_name") == cluster)?;
    is_one.then_some((cluster, name))
}

fn cluster<'a>(scene: &'a Scene, named: &str) -> Option<&'a Exhibit> {
    scene.named(CLUSTER, named).or_else(|| scene.named(SERVERLESS, named))
}

/// A metric of how far a group is behind, as an alarm watches it.
struct Lag<'a> {
    alarm: &'a Exhibit,
    metric: &'a str,
    dimensions: &'a Map<String, Value>,
}

/// Those of an alarm: the one that it states, or those of its expression.
fn lags(alarm: &Exhibit) -> impl Iterator<Item = Lag<'_>> {
    let queries = alarm.document.get("metrics").and_then(Value::as_array).into_iter().flatten();
    let stated = queries.filter_map(|query| query.get("metric_stat")?.as_object());
    stated.chain([&alarm.document]).filter_map(move |fields| {
        let text = |field: &str| fields.get(field).and_then(Value::as_str);
        let metric = text("metric_name").filter(|_| text("namespace") == Some(NAMESPACE))?;
        let dimensions = fields.get("dimensions")?.as_object()?;
        let is_lag = LAGS.contains(&metric) || BY_PARTITION.contains(&metric);
        is_lag.then_some(Lag { alarm, metric, dimensions })
    })
}

impl Lag<'_> {
    fn names(&self, dimension: &str, value: &str) -> bool {
        self.dimensions.get(dimension).and_then(Value::as_str) == Some(value)
    }
}

impl Group<'_> {
    /// For people.
    fn subject(&self) -> String {
        let topic = self.topic.map(|topic| format!(" ({topic})")).unwrap_or_default();
        format!("{}{topic}", self.declared.address)
    }

    fn judge(&self, watched: &[Lag<'_>]) -> Option<Finding> {
        let finding =
            |message: String| Finding::new(&self.declared.address, message).at(self.at.clone());
        // Developer Guide, "Monitor consumer lags".
        let is_mute = |sign: char| sign == ':' || !sign.is_ascii() && !sign.is_control();
        if !is_pending(self.name) && self.name.contains(is_mute) {
            let message = format!(
                "of the group {} MSK publishes no lag: its name holds a colon, or a letter that is not ASCII",
                self.name
            );
            return Some(finding(message).hint("give the group another name"));
        }
        let name = self.cluster.fact("cluster_name");
        let is_told = watched.iter().any(|lag| {
            lag.names("Cluster Name", name)
                && lag.names("Consumer Group", self.name)
                && self.topic.is_none_or(|topic| lag.names("Topic", topic))
        });
        if is_told {
            return None;
        }
        let called = shown(self.name);
        let topic = self.topic.unwrap_or("ITS_TOPIC");
        let message = format!(
            "no alarm says when the group {called} of {} falls behind",
            self.cluster.address
        );
        let group = match self.at.top() {
            "event_source_arn" => patch::fact_of(self.declared, "uuid"),
            _ => self.name.to_owned(),
        };
        let cluster = patch::fact_of(self.cluster, "cluster_name");
        Some(finding(message).hint(format!(
            "declare a cloudwatch_metric_alarm on SumOffsetLag of {NAMESPACE} with `dimensions: {{ Cluster Name: \"{cluster}\", Consumer Group: \"{group}\", Topic: {topic} }}`"
        )))
    }
}

/// Whether nobody is told to read a cluster's topics, and nobody hears of who falls behind.
fn is_unwatched(cluster: &Exhibit, groups: &[Group<'_>], watched: &[Lag<'_>]) -> bool {
    let name = cluster.fact("cluster_name");
    let is_read = groups.iter().any(|group| group.cluster.address == cluster.address);
    !is_read && !watched.iter().any(|lag| lag.names("Cluster Name", name))
}

fn unwatched(cluster: &Exhibit) -> Finding {
    let message = "no alarm says how far behind its consumer groups are";
    let name = patch::fact_of(cluster, "cluster_name");
    let finding = Finding::new(&cluster.address, message).as_note();
    finding.hint(format!(
        "declare a cloudwatch_metric_alarm on SumOffsetLag of {NAMESPACE} for each, with `dimensions: {{ Cluster Name: \"{name}\", Consumer Group: GROUP, Topic: ITS_TOPIC }}`"
    ))
}

/// An alarm on what its cluster does not publish.
fn too_close(scene: &Scene, lag: &Lag<'_>) -> Option<Finding> {
    let named = lag.dimensions.get("Cluster Name").and_then(Value::as_str)?;
    let cluster = scene.of_kind(CLUSTER).find(|it| it.fact("cluster_name") == named)?;
    let level = cluster.text("enhanced_monitoring").unwrap_or("DEFAULT");
    (level != CLOSEST).then(|| {
        let metric = lag.metric;
        let address = &cluster.address;
        let message = format!("{address} is watched at the level {level}, and has {metric} at {CLOSEST} alone: the alarm has no data");
        let finding = Finding::new(&lag.alarm.address, message).at(Path::field("metric_name"));
        finding.hint(format!("watch {}, or state `enhanced_monitoring: {CLOSEST}` of {address}", LAGS.join(" or ")))
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::system::system;
    use super::super::tests::{golden, told_of};
    use super::{RULE, Scene};

    fn with(mapping: &str, alarm: &str) -> Scene {
        system(&format!(
            "
cluster: {{ kind: msk_cluster, enhanced_monitoring: PER_BROKER }}
function: {{ kind: lambda_function }}
mapping:
  kind: lambda_event_source_mapping
  event_source_arn: \"${{cluster.arn}}\"
  function_name: \"${{function.name}}\"
  topics: [orders]
  {mapping}
alarm:
  kind: cloudwatch_metric_alarm
  comparison_operator: GreaterThanThreshold
  evaluation_periods: 1
  threshold: 1000
  {alarm}"
        ))
    }

    fn on(metric: &str, cluster: &str, group: &str, topic: &str) -> String {
        let (begin, end) =
            ("namespace: AWS/Kafka\n  period: 60\n  statistic: Maximum\n  metric_name:", "}");
        format!(
            "{begin} {metric}\n  dimensions: {{ Cluster Name: \"{cluster}\", Consumer Group: \"{group}\", Topic: {topic} {end}"
        )
    }

    #[test]
    fn who_falls_behind_is_heard_of() {
        let group = "amazon_managed_kafka_event_source_config: { consumer_group_id: billing }";
        let name = "${cluster.cluster_name}";
        let all = on("SumOffsetLag", name, "billing", "orders");
        let by_partition = on("OffsetLag", name, "billing", "orders");
        let by_partition = by_partition.replace("Topic:", "Partition: \"0\", Topic:");
        let expression = "metrics: [{ id: lag, metric_stat: { namespace: AWS/Kafka, metric_name: MaxOffsetLag, period: 60, stat: Maximum, dimensions: { Cluster Name: \"dev-cluster\", Consumer Group: billing, Topic: orders } } }]";
        let closely = |mut scene: Scene| {
            let cluster = scene.exhibits.get_mut(&crate::model::Address::new("cluster")).unwrap();
            cluster.document["enhanced_monitoring"] = super::CLOSEST.into();
            scene
        };
        let colon = group.replace("billing", "\"billing:eu\"");
        golden!(told_of(
            &RULE,
            &[
                ("watched", with(group, &all)),
                ("watched by an expression", with(group, expression)),
                ("another metric", with(group, &on("BytesInPerSec", name, "billing", "orders"))),
                ("another group", with(group, &on("SumOffsetLag", name, "audit", "orders"))),
                ("another topic", with(group, &on("SumOffsetLag", name, "billing", "returns"))),
                (
                    "another cluster",
                    with(group, &on("SumOffsetLag", "theirs", "billing", "orders"))
                ),
                ("a group of its own", with("batch_size: 5", &all)),
                ("switched off", with("enabled: false", &all)),
                ("a name of which nothing is published", with(&colon, &all)),
                ("by partition", with(group, &by_partition)),
                ("by partition, and published", closely(with(group, &by_partition))),
            ]
        ));
    }

    #[test]
    fn a_right_to_a_group_declares_it() {
        let role = |group: &str, alarm: &str| {
            system(&format!(
                "
cluster: {{ kind: msk_cluster }}
role:
  kind: iam_role
  assume_role_policy: {{ Statement: {{ Effect: Allow, Principal: {{ Service: ec2.amazonaws.com }}, Action: \"sts:AssumeRole\" }} }}
  inline_policies:
    read:
      Statement:
        - Effect: Allow
          Action: [\"kafka-cluster:AlterGroup\", \"kafka-cluster:DescribeGroup\"]
          Resource: \"arn:aws:kafka:us-east-1:123456789012:group/{group}\"
alarm:
  kind: cloudwatch_metric_alarm
  comparison_operator: GreaterThanThreshold
  evaluation_periods: 1
  threshold: 1000
  {alarm}"
            ))
        };
        let alarm = on("EstimatedMaxTimeLag", "dev-cluster", "billing", "orders");
        golden!(told_of(
            &RULE,
            &[
                ("watched", role("dev-cluster/*/billing", &alarm)),
                ("not watched", role("dev-cluster/*/audit", &alarm)),
                ("any group", role("dev-cluster/*/audit-*", &alarm)),
                ("somebody else's cluster", role("theirs/*/audit", &alarm)),
                ("nobody's", system("cluster: { kind: msk_cluster }")),
            ]
        ));
    }
}
