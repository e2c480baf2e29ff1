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
    let clients = "encryption_info.encryption_in_transit.client_broker";
    let told = [
        (
            "client_authentication.unauthenticated",
            json!(true),
            without_strangers(cluster),
            "whoever reaches a broker reads and writes, without saying who it is",
            "have clients say who they are",
        ),
        (
            clients,
            json!("PLAINTEXT"),
            patch::at(&at(clients), json!("TLS")),
            "clients speak to brokers in the clear",
            "have clients speak TLS",
        ),
        (
            clients,
            json!("TLS_PLAINTEXT"),
            patch::at(&at(clients), json!("TLS")),
            "clients may speak to brokers in the clear",
            "have all clients speak TLS",
        ),
        (
            "encryption_info.encryption_in_transit.in_cluster",
            json!(false),
            patch::at(&at("encryption_info.encryption_in_transit.in_cluster"), json!(true)),
            "brokers speak to each other in the clear",
            "that makes another cluster: bring the records over first",
        ),
    ];
    let is = |path: &str, value: &Value| at(path).get(&cluster.document) == Some(value);
    let found = told.into_iter().filter(|(path, bad, ..)| is(path, bad));
    found
        .map(|(path, _, patch, message, hint)| {
            Finding::new(&cluster.address, message).at(at(path)).hint(hint).patch(patch)
        })
        .collect()
}

/// How clients say who they are, and no others: as principals of IAM, where there is no way yet.
fn without_strangers(cluster: &Exhibit) -> String {
    let clients = cluster.document.get("client_authentication").unwrap_or(&Value::Null);
    let is_on = |way: &Value| way.as_bool() == Some(true);
    let authorities = clients["tls"]["certificate_authority_arns"].as_array();
    let has_ways = is_on(&clients["sasl"]["iam"])
        || is_on(&clients["sasl"]["scram"])
        || authorities.is_some_and(|authorities| !authorities.is_empty());
    let mut closed = json!({ "unauthenticated": false });
    if !has_ways {
        closed["sasl"] = json!({ "iam": true });
    }
    patch::field("client_authentication", &closed)
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
