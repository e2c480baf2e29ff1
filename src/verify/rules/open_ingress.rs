//! Nobody but who should can connect: no security group opens to the whole internet what
//! only a system's own parts use.

use serde_json::Value;

use super::{Judgement, Rule};
use crate::model::{CheckInfo, CheckKind, Exhibit, Finding, Level, Path, Scene};

pub(super) const RULE: Rule = Rule {
    info: CheckInfo {
        id: "open_ingress",
        kind: CheckKind::Rule,
        level: Level::Error,
        summary: "No security group opens brokers, databases or consoles to the whole internet, or ZooKeeper to others than its own members.",
        risk: "Whoever scans the internet finds the port within hours, and tries what is known of it.",
        remedy: "Name who connects: a security group, or a block of addresses of your own.",
    },
    stops_messages: false,
    because: "An error: everybody can connect. A warning for ports of ZooKeeper, which who uses brokers of today needs not: who reaches them can change the cluster without asking a broker; a note where the group's own members alone reach them.",
    judge,
};

/// Everybody, by IPv4 and by IPv6.
const EVERYBODY: [&str; 2] = ["0.0.0.0/0", "::/0"];

/// Ports that only a system's own parts and its operators use: IANA's "Service Name and
/// Transport Protocol Port Number Registry", and MSK Developer Guide, "Port information".
const SENSITIVE: &[(i64, i64, &str)] = &[
    (22, 22, "SSH"),
    (23, 23, "Telnet"),
    (135, 139, "Windows file sharing"),
    (445, 445, "Windows file sharing"),
    (1433, 1433, "SQL Server"),
    (1521, 1521, "Oracle"),
    (2049, 2049, "NFS"),
    (2181, 2182, "ZooKeeper"),
    (3306, 3306, "MySQL"),
    (3389, 3389, "Remote Desktop"),
    (5432, 5432, "PostgreSQL"),
    (5671, 5672, "AMQP"),
    (6379, 6379, "Redis"),
    (9092, 9098, "Kafka"),
    (9192, 9198, "Kafka"),
    (9200, 9300, "Elasticsearch"),
    (11001, 11002, "metrics of brokers"),
    (11211, 11211, "Memcached"),
    (27017, 27017, "MongoDB"),
];

/// `ZooKeeper` of MSK, without TLS and with it.
const ZOOKEEPER: (i64, i64) = (2181, 2182);
/// A wider range of ports is not meant for that.
const MEANT: i64 = 100;

fn judge(scene: &Scene) -> Judgement {
    Judgement::of(scene.of_kind("security_group"), judge_group)
}

fn judge_group(group: &Exhibit) -> Vec<Finding> {
    let rules = group.document.get("ingress").and_then(Value::as_array);
    let told = rules.into_iter().flatten().filter_map(|rule| {
        let (message, level) = judge_rule(rule)?;
        // Which rule of the file it is, its sources tell: a canonical rule has one of them.
        let finding = Finding::new(&group.address, message).at(Path::field("ingress"));
        Some(Finding { level, ..finding })
    });
    told.collect()
}

/// What is wrong with one rule, and how bad it is if that is milder.
fn judge_rule(rule: &Value) -> Option<(String, Option<Level>)> {
    let texts = |field: &str| rule.get(field).and_then(Value::as_array).into_iter().flatten();
    let blocks = texts("cidr_blocks").chain(texts("ipv6_cidr_blocks"));
    let mut open = blocks.filter_map(Value::as_str).filter(|block| EVERYBODY.contains(block));
    let (first, last) = ports(rule)?;
    if let Some(block) = open.next() {
        let overlaps = |(from, to, _): &&(i64, i64, &str)| first <= *to && last >= *from;
        let (.., what) = SENSITIVE.iter().find(overlaps)?;
        let opened = if (first, last) == EVERY_PORT {
            format!("every port, {what} among them, is")
        } else {
            range(first, last, what)
        };
        return Some((format!("{opened} open to everybody: {block}"), None));
    }
    let is_own = rule.get("self") == Some(&true.into());
    let is_meant = first <= ZOOKEEPER.1 && last >= ZOOKEEPER.0 && last - first <= MEANT;
    is_meant.then(|| {
        let opened = range(first, last, "ZooKeeper");
        if is_own {
            // MSK opens what its own brokers need.
            return (format!("{opened} open, and nobody needs that"), Some(Level::Note));
        }
        (format!("{opened} open to others than the group"), Some(Level::Warning))
    })
}

/// All that there are.
const EVERY_PORT: (i64, i64) = (0, 65_535);

/// The ports that a rule opens: none of protocols that have no ports, all with all protocols.
fn ports(rule: &Value) -> Option<(i64, i64)> {
    let port = |field: &str| rule.get(field).and_then(Value::as_i64);
    match rule.get("protocol").and_then(Value::as_str)? {
        "-1" => Some(EVERY_PORT),
        "tcp" | "udp" => Some((port("from_port")?, port("to_port")?)),
        _ => None,
    }
}

fn range(first: i64, last: i64, what: &str) -> String {
    if first == last {
        format!("port {first} ({what}) is")
    } else {
        format!("ports {first} to {last} ({what} among them) are")
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{golden, told};
    use super::RULE;

    fn group(rule: &str) -> String {
        format!("group: {{ kind: security_group, vpc_id: vpc-1, ingress: [{rule}] }}")
    }

    #[test]
    fn what_is_open_to_everybody_is_told() {
        let of = |rule: &str| group(rule);
        let cases = [
            (
                "web",
                of("{ protocol: tcp, from_port: 443, to_port: 443, cidr_blocks: [0.0.0.0/0] }"),
            ),
            (
                "kafka",
                of(
                    "{ protocol: tcp, from_port: 9094, to_port: 9094, cidr_blocks: [10.0.0.0/8, 0.0.0.0/0] }",
                ),
            ),
            (
                "a range",
                of("{ protocol: tcp, from_port: 0, to_port: 1024, ipv6_cidr_blocks: ['::/0'] }"),
            ),
            ("everything", of("{ protocol: '-1', cidr_blocks: [0.0.0.0/0] }")),
            ("pings", of("{ protocol: icmp, cidr_blocks: [0.0.0.0/0] }")),
            ("own blocks", of("{ protocol: '-1', cidr_blocks: [10.0.0.0/8] }")),
            (
                "zookeeper to others",
                of("{ protocol: tcp, from_port: 2181, to_port: 2182, security_groups: [sg-1] }"),
            ),
            (
                "zookeeper to itself",
                of("{ protocol: tcp, from_port: 2181, to_port: 2182, self: true }"),
            ),
            (
                "a wide range to others",
                of("{ protocol: tcp, from_port: 1024, to_port: 65535, security_groups: [sg-1] }"),
            ),
            ("nothing stated", "group: { kind: security_group, vpc_id: vpc-1 }".to_owned()),
        ];
        let cases: Vec<(&str, &str)> =
            cases.iter().map(|(title, resources)| (*title, resources.as_str())).collect();
        golden!(told(&RULE, &cases));
    }
}
