//! Clients of Kafka say who they are, and nobody listens.

use serde_json::{Value, json};

use super::{Judgement, Rule, patch};
use crate::model::{CheckInfo, CheckKind, Exhibit, Finding, Level, Path, Scene};

pub(super) const RULE: Rule = Rule {
    info: CheckInfo {
        id: "broker_access",
        kind: CheckKind::Rule,
        level: Level::Warning,
        summary: "Clients of Kafka say who they are, over TLS, and brokers speak to each other over TLS.",
        risk: "Whoever reaches a broker reads and writes all topics, or listens to what others read and write.",
        remedy: "Turn `unauthenticated` off, one way of `sasl` or `tls` on, and leave `client_broker` and `in_cluster` at `TLS` and `true`.",
    },
    stops_messages: false,
    because: "A warning: the network may keep strangers out, and it is all that does.",
    judge,
};

const CLUSTER: &str = "msk_cluster";

fn judge(scene: &Scene) -> Judgement {
    Judgement::of(scene.of_kind(CLUSTER), judge_cluster)
}

fn judge_cluster(cluster: &Exhibit) -> Vec<Finding> {
    let at = |path: &str| path.split('.').fold(Path::default(), |path, name| path.with_field(name));
    let is = |path: &Path, value: &Value| path.get(&cluster.document) == Some(value);
    let anybody = at("client_authentication.unauthenticated");
    let clients = at("encryption_info.encryption_in_transit.client_broker");
    let brokers = at("encryption_info.encryption_in_transit.in_cluster");
    let told = [
        (
            anybody.clone(),
            json!(true),
            json!(false),
            "whoever reaches a broker reads and writes, without saying who it is",
        ),
        (
            clients.clone(),
            json!("PLAINTEXT"),
            json!("TLS"),
            "clients speak to brokers in the clear",
        ),
        (
            clients,
            json!("TLS_PLAINTEXT"),
            json!("TLS"),
            "clients may speak to brokers in the clear",
        ),
        (brokers, json!(false), json!(true), "brokers speak to each other in the clear"),
    ];
    let found = told.into_iter().filter(|(path, bad, ..)| is(path, bad));
    found
        .map(|(path, _, good, message)| {
            let patch = patch::at(&path, good);
            Finding::new(&cluster.address, message).at(path).hint("close it").patch(patch)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{golden, told};
    use super::RULE;

    const CLUSTER: &str = "
stream:
  kind: msk_cluster
  kafka_version: 3.8.x
  number_of_broker_nodes: 2
  broker_node_group_info:
    instance_type: kafka.m5.large
    client_subnets: [subnet-1, subnet-2]
    security_groups: [sg-1]
    storage_info: { ebs_storage_info: { volume_size: 100 } }
";

    #[test]
    fn clients_say_who_they_are_and_nobody_listens() {
        let with = |more: &str| format!("{CLUSTER}{more}");
        let sound = with("  client_authentication: { sasl: { iam: true } }\n");
        let anybody =
            with("  client_authentication: { sasl: { iam: true }, unauthenticated: true }\n");
        let plain = with(
            "  client_authentication: { unauthenticated: true }\n  encryption_info: { encryption_in_transit: { client_broker: PLAINTEXT, in_cluster: false } }\n",
        );
        let both = with(
            "  client_authentication: { sasl: { iam: true } }\n  encryption_info: { encryption_in_transit: { client_broker: TLS_PLAINTEXT } }\n",
        );
        golden!(told(
            &RULE,
            &[
                ("sound", &sound),
                ("anybody", &anybody),
                ("in the clear", &plain),
                ("either", &both),
            ]
        ));
    }
}
