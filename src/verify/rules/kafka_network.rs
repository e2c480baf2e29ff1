//! Lambda gets at the brokers of a cluster whose topics it reads.
//!
//! It reads from within the cluster's subnets, as a member of the cluster's security groups: so
//! these must admit each other.

use serde_json::Value;

use super::function::MAPPING;
use super::kafka::{CLUSTER, SERVERLESS, within};
use super::{Judgement, Rule, patch};
use crate::model::{CheckInfo, CheckKind, Exhibit, Finding, Level, Path, Scene};

pub(super) const RULE: Rule = Rule {
    info: CheckInfo {
        id: "kafka_network",
        kind: CheckKind::Rule,
        level: Level::Error,
        summary: "The security groups of a Kafka cluster admit Lambda, which reads its topics as a member of them.",
        risk: "The mapping is enabled, and reads nothing: its brokers are out of reach.",
        remedy: "Let a security group of the cluster admit itself on the port of the way that clients log in, in and out.",
    },
    stops_messages: true,
    because: "An error: no record is read.",
    judge,
};

const GROUP: &str = "security_group";

/// How a client logs in, and the port for that: Developer Guide, "Port information".
struct Way {
    name: &'static str,
    port: u64,
}

const IAM: Way = Way { name: "IAM", port: 9098 };
const SCRAM: Way = Way { name: "SCRAM", port: 9096 };
const TLS: Way = Way { name: "TLS", port: 9094 };
const PLAIN: Way = Way { name: "plain text", port: 9092 };

fn judge(scene: &Scene) -> Judgement {
    let mut judgement = Judgement::default();
    for mapping in scene.of_kind(MAPPING) {
        let named = mapping.text("event_source_arn").unwrap_or_default();
        let cluster = scene.named(CLUSTER, named).or_else(|| scene.named(SERVERLESS, named));
        let Some(cluster) = cluster else { continue };
        let groups: Vec<&str> = groups(cluster);
        let known: Vec<&Exhibit> =
            groups.iter().filter_map(|group| scene.named(GROUP, group)).collect();
        let way = way(mapping, cluster);
        let is_open = |direction| known.iter().any(|group| admits(group, direction, &known, &way));
        let (is_in, is_out) = (is_open("ingress"), is_open("egress"));
        let subject = mapping.address.to_string();
        if known.len() < groups.len() && !(is_in && is_out) {
            let why = "a security group is not of the stack";
            judgement.add(format!("{subject} (not judged: {why})"), None);
            continue;
        }
        let Some(group) = known.first() else { continue };
        let closed = [("ingress", is_in), ("egress", is_out)].into_iter().filter(|it| !it.1);
        judgement
            .add(subject, closed.map(|(direction, _)| closed_to(group, direction, mapping, &way)));
    }
    judgement
}

/// The security groups of a cluster, by their ids.
fn groups(cluster: &Exhibit) -> Vec<&str> {
    let provisioned = within(cluster, &["broker_node_group_info", "security_groups"]);
    let networks = cluster.document.get("vpc_config").and_then(Value::as_array);
    let serverless = networks.into_iter().flatten().filter_map(|it| it.get("security_group_ids"));
    let groups = provisioned.into_iter().chain(serverless).filter_map(Value::as_array);
    groups.flatten().filter_map(Value::as_str).collect()
}

/// How a mapping logs in: as it says, or else as the cluster admits it.
fn way(mapping: &Exhibit, cluster: &Exhibit) -> Way {
    let accesses = mapping.document.get("source_access_configuration").and_then(Value::as_array);
    let said = |sort: &str| {
        accesses.into_iter().flatten().any(|access| access.get("type") == Some(&sort.into()))
    };
    let is_on = |steps: &[&str]| within(cluster, steps) == Some(&Value::Bool(true));
    if said("SASL_SCRAM_512_AUTH") {
        SCRAM
    } else if said("CLIENT_CERTIFICATE_TLS_AUTH") {
        TLS
    } else if cluster.kind == SERVERLESS || is_on(&["client_authentication", "sasl", "iam"]) {
        IAM
    } else {
        let steps = ["encryption_info", "encryption_in_transit", "client_broker"];
        let plain = within(cluster, &steps).and_then(Value::as_str) == Some("PLAINTEXT");
        if plain { PLAIN } else { TLS }
    }
}

/// Whether a group lets through, in a direction, what comes from or goes to one of these. What is
/// said of addresses is taken to be of theirs.
fn admits(group: &Exhibit, direction: &str, others: &[&Exhibit], way: &Way) -> bool {
    let Some(rules) = group.document.get(direction).and_then(Value::as_array) else {
        // Nobody says what goes in, and AWS lets everything out (of what is not stated).
        return direction == "egress";
    };
    rules.iter().any(|rule| reaches_port(rule, way.port) && reaches(rule, group, others))
}

fn reaches_port(rule: &Value, port: u64) -> bool {
    let number = |field: &str| rule.get(field).and_then(Value::as_i64);
    let protocol = rule.get("protocol").map(|it| it.as_str().map_or(it.to_string(), str::to_owned));
    match protocol.as_deref() {
        Some("-1" | "all") => return true,
        Some("tcp" | "6") | None => {}
        Some(_) => return false,
    }
    let port = i64::try_from(port).unwrap_or_default();
    let (from, to) = (number("from_port").unwrap_or(-1), number("to_port").unwrap_or(-1));
    (from <= port && port <= to) || (from == -1 && to == -1)
}

fn reaches(rule: &Value, group: &Exhibit, others: &[&Exhibit]) -> bool {
    let list = |field: &str| rule.get(field).and_then(Value::as_array).into_iter().flatten();
    let is_self = rule.get("self") == Some(&Value::Bool(true));
    let is_one = |named: &str| {
        others.iter().chain([&group]).any(|it| it.facts.values().any(|fact| fact == named))
    };
    let names = list("security_groups").filter_map(Value::as_str).any(is_one);
    let addresses = ["cidr_blocks", "ipv6_cidr_blocks", "prefix_list_ids"];
    is_self || names || addresses.iter().any(|field| list(field).next().is_some())
}

fn closed_to(group: &Exhibit, direction: &str, mapping: &Exhibit, way: &Way) -> Finding {
    let Way { name, port } = way;
    let lets = if direction == "ingress" { "does not admit" } else { "lets nothing out to" };
    let message = format!(
        "{} reads the cluster as a member of this group, which {lets} its members on port {port} ({name})",
        mapping.address
    );
    let finding = Finding::new(&group.address, message).at(Path::field(direction));
    let rule = serde_json::json!([{ "protocol": "tcp", "from_port": port, "to_port": port, "self": true }]);
    finding
        .hint(format!(
            "add a rule to `{direction}` of {} that names the group itself",
            group.address
        ))
        .patch(patch::yaml(&rule))
}

#[cfg(test)]
mod tests {
    use super::super::tests::system::{pasted, system};
    use super::super::tests::{golden, told_of};
    use super::{RULE, Scene};

    fn with(rules: &str, authentication: &str, mapping: &str) -> Scene {
        system(&format!(
            "
group: {{ kind: security_group, {rules} }}
cluster:
  kind: msk_cluster
  broker_node_group_info: {{ security_groups: [\"${{group.id}}\"] }}
  client_authentication: {{ {authentication} }}
function: {{ kind: lambda_function }}
mapping:
  kind: lambda_event_source_mapping
  event_source_arn: \"${{cluster.arn}}\"
  function_name: \"${{function.name}}\"
  topics: [orders]
  {mapping}"
        ))
    }

    #[test]
    fn lambda_gets_at_the_brokers() {
        let iam = "sasl: { iam: true }";
        let open = |port: u32, from: &str| {
            format!("ingress: [{{ protocol: tcp, from_port: {port}, to_port: {port}, {from} }}]")
        };
        let itself = "self: true";
        let named = "security_groups: [\"${group.id}\"]";
        let scram = "source_access_configuration: [{ type: SASL_SCRAM_512_AUTH, uri: secret }]";
        let egress =
            "egress: [{ protocol: tcp, from_port: 443, to_port: 443, cidr_blocks: [0.0.0.0/0] }]";
        let mut theirs = with("ingress: []", iam, "batch_size: 5");
        theirs.exhibits.retain(|address, _| address.as_str() != "group");
        let scenes = [
            ("itself", with(&open(9098, itself), iam, "batch_size: 5")),
            ("itself by name", with(&open(9098, named), iam, "batch_size: 5")),
            ("addresses", with(&open(9098, "cidr_blocks: [10.0.0.0/8]"), iam, "batch_size: 5")),
            (
                "everything",
                with(
                    "ingress: [{ protocol: \"-1\", from_port: 0, to_port: 0, self: true }]",
                    iam,
                    "batch_size: 5",
                ),
            ),
            ("another port", with(&open(9094, itself), iam, "batch_size: 5")),
            (
                "others alone",
                with(&open(9098, "security_groups: [sg-other]"), iam, "batch_size: 5"),
            ),
            ("a secret", with(&open(9096, itself), iam, scram)),
            ("a secret, on another port", with(&open(9098, itself), iam, scram)),
            ("nobody logs in", with(&open(9094, itself), "unauthenticated: true", "batch_size: 5")),
            (
                "nothing out",
                with(&format!("{}, {egress}", open(9098, itself)), iam, "batch_size: 5"),
            ),
            ("somebody else's group", theirs),
        ];
        for (title, scene) in &scenes {
            assert_eq!(pasted(&RULE, scene), [], "{title}");
        }
        golden!(told_of(&RULE, &scenes));
    }
}
