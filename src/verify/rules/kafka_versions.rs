//! The settings of brokers go with the version of Kafka that these run.

use serde_json::Value;

use super::{Judgement, Rule};
use crate::model::{CheckInfo, CheckKind, Exhibit, Finding, Level, Path, Scene};

pub(super) const RULE: Rule = Rule {
    info: CheckInfo {
        id: "kafka_versions",
        kind: CheckKind::Rule,
        level: Level::Warning,
        summary: "A configuration of brokers is for the version of Kafka that its clusters run, and for later ones.",
        risk: "Its versions cannot change in place, and no configuration goes while a cluster has it: an upgrade of the cluster fails half-way.",
        remedy: "Leave `kafka_versions` out. Where it is stated already, state another `name` with it, and let the cluster name the new configuration.",
    },
    stops_messages: false,
    because: "A warning where a cluster wants a version that is not among them; a note where it still fits.",
    judge,
};

const CONFIGURATION: &str = "msk_configuration";
const FIELD: &str = "kafka_versions";

fn judge(scene: &Scene) -> Judgement {
    Judgement::of(scene.of_kind(CONFIGURATION), |configuration| judge_one(scene, configuration))
}

fn judge_one(scene: &Scene, configuration: &Exhibit) -> Vec<Finding> {
    let listed = configuration.document.get(FIELD).and_then(Value::as_array);
    let Some(listed) = listed.filter(|listed| !listed.is_empty()) else { return Vec::new() };
    let arn = Path::field("configuration_info").with_field("arn");
    let has_it = |cluster: &&Exhibit| {
        let named = arn.get(&cluster.document).and_then(Value::as_str).unwrap_or_default();
        scene.named(CONFIGURATION, named).is_some_and(|it| it.address == configuration.address)
    };
    let clusters = scene.of_kind("msk_cluster").filter(has_it);
    clusters
        .filter_map(|cluster| {
            let version = cluster.text("kafka_version")?;
            let is_listed = listed.iter().any(|listed| listed.as_str() == Some(version));
            let finding = |message: String| {
                let finding = Finding::new(&configuration.address, message).at(Path::field(FIELD));
                finding.hint(
                    "leave `kafka_versions` out, and state another `name` if AWS has it already",
                )
            };
            Some(if is_listed {
                finding(format!(
                    "{} cannot go to another version of Kafka with it",
                    cluster.address
                ))
                .as_note()
            } else {
                finding(format!("it is not for Kafka {version}, which {} wants", cluster.address))
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{golden, told};
    use super::RULE;

    fn system(versions: &str, version: &str) -> String {
        format!(
            "
settings: {{ kind: msk_configuration, server_properties: {{}}{versions} }}
stream:
  kind: msk_cluster
  kafka_version: {version}
  number_of_broker_nodes: 2
  configuration_info: {{ arn: \"${{settings.arn}}\", revision: \"${{settings.latest_revision}}\" }}
  client_authentication: {{ sasl: {{ iam: true }} }}
  broker_node_group_info:
    instance_type: kafka.m5.large
    client_subnets: [subnet-1, subnet-2]
    security_groups: [sg-1]
    storage_info: {{ ebs_storage_info: {{ volume_size: 100 }} }}
"
        )
    }

    #[test]
    fn settings_go_with_the_version() {
        let pinned = ", kafka_versions: [3.6.0]";
        golden!(told(
            &RULE,
            &[
                ("for all", &system("", "3.8.x")),
                ("for its own", &system(pinned, "3.6.0")),
                ("for another", &system(pinned, "3.8.x")),
                (
                    "for nobody",
                    "settings: { kind: msk_configuration, server_properties: {}, kafka_versions: [3.6.0] }"
                ),
            ]
        ));
    }
}
