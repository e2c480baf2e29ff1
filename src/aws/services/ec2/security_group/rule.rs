//! Rules, and what makes two of them one.
//!
//! A stack file states several sources in one rule, and EC2 has each by itself. So a
//! set of rules is told, and compared, with one source in each, in one order.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};

use super::cidr;
use crate::model::Place;

/// One rule. States at least one source (of what goes out: one destination).
#[derive(
    Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rule {
    /// `tcp`, `udp`, `icmp`, `icmpv6`, the number of another protocol, or `-1` for all.
    #[schemars(regex(pattern = r"^(-1|all|tcp|udp|icmp|icmpv6|[0-9]{1,3})$"))]
    pub(super) protocol: String,
    /// The first port. Of ICMP: the type, and -1 for all. Left out for other protocols.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = -1, max = 65_535))]
    pub(super) from_port: Option<i32>,
    /// The last port. Of ICMP: the code, and -1 for all. Left out for other protocols.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = -1, max = 65_535))]
    pub(super) to_port: Option<i32>,
    /// Blocks of IPv4: `10.0.0.0/16`.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    #[schemars(inner(length(min = 1)))]
    pub(super) cidr_blocks: BTreeSet<String>,
    /// Blocks of IPv6: `2001:db8::/32`.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    #[schemars(inner(length(min = 1)))]
    pub(super) ipv6_cidr_blocks: BTreeSet<String>,
    /// Prefix lists: `pl-...`.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    #[schemars(inner(length(min = 1)))]
    pub(super) prefix_list_ids: BTreeSet<String>,
    /// Security groups, by their ids: `${brokers.id}`. Of another account: `ACCOUNT/sg-...`.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    #[schemars(inner(length(min = 1)))]
    pub(super) security_groups: BTreeSet<String>,
    /// Whether the members of this group are among them.
    #[serde(rename = "self", default, skip_serializing_if = "is_false")]
    pub(super) itself: bool,
    /// What it is for: up to 255 characters.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    #[schemars(length(max = 255))]
    pub(super) description: String,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_false(value: &bool) -> bool {
    !value
}

/// All rules of one direction. Serialises to one source in each.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(transparent)]
pub(crate) struct Rules(pub(super) Vec<Rule>);

impl Serialize for Rules {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Of two that are one rule with two descriptions the first is told; `check` has refused
        // them.
        let mut rules: Vec<Rule> = self.by_meaning().into_values().collect();
        rules.extend(self.0.iter().filter(|rule| rule.sources() == 0).cloned());
        rules.sort();
        serializer.collect_seq(rules)
    }
}

impl Rules {
    /// The rules with one source each, by what they mean: everything but their description.
    pub(super) fn by_meaning(&self) -> BTreeMap<Rule, Rule> {
        let mut all = BTreeMap::new();
        for rule in self.0.iter().flat_map(Rule::exploded) {
            all.entry(Rule { description: String::new(), ..rule.clone() }).or_insert(rule);
        }
        all
    }

    /// With every part in one form.
    pub(super) fn normal(self, place: &Place) -> Self {
        Self(self.0.into_iter().map(|rule| rule.normal(place)).collect())
    }
}

impl Rule {
    /// How many sources it states.
    pub(super) fn sources(&self) -> usize {
        [&self.cidr_blocks, &self.ipv6_cidr_blocks, &self.prefix_list_ids, &self.security_groups]
            .iter()
            .map(|sources| sources.len())
            .sum::<usize>()
            + usize::from(self.itself)
    }

    /// A rule for each source.
    pub(super) fn exploded(&self) -> impl Iterator<Item = Self> {
        let one = |text: &String| BTreeSet::from([text.clone()]);
        let bare = Self {
            cidr_blocks: BTreeSet::new(),
            ipv6_cidr_blocks: BTreeSet::new(),
            prefix_list_ids: BTreeSet::new(),
            security_groups: BTreeSet::new(),
            itself: false,
            ..self.clone()
        };
        let of = |sources: &BTreeSet<String>, with: fn(Self, BTreeSet<String>) -> Self| {
            sources.iter().map(|it| with(bare.clone(), one(it))).collect::<Vec<_>>()
        };
        let mut all = of(&self.cidr_blocks, |rule, one| Self { cidr_blocks: one, ..rule });
        all.extend(of(&self.ipv6_cidr_blocks, |rule, one| Self { ipv6_cidr_blocks: one, ..rule }));
        all.extend(of(&self.prefix_list_ids, |rule, one| Self { prefix_list_ids: one, ..rule }));
        all.extend(of(&self.security_groups, |rule, one| Self { security_groups: one, ..rule }));
        all.extend(self.itself.then(|| Self { itself: true, ..bare.clone() }));
        all.into_iter()
    }

    /// Whether it names other groups than its own.
    pub(super) fn names_others(&self) -> bool {
        !self.security_groups.is_empty()
    }

    /// Protocols by name, blocks without what lies beyond their mask, groups of the own
    /// account without that, and ports where they mean something.
    pub(super) fn normal(mut self, place: &Place) -> Self {
        self.protocol = named(&self.protocol);
        if !has_ports(&self.protocol) {
            // What says nothing may be said: `0` and `-1` stand for all ports of all protocols.
            let says_nothing = |port: &i32| self.protocol == ALL && [-1, 0].contains(port);
            self.from_port = self.from_port.filter(|port| !says_nothing(port));
            self.to_port = self.to_port.filter(|port| !says_nothing(port));
        }
        if is_icmp(&self.protocol) {
            self.from_port = self.from_port.or(Some(-1));
            self.to_port = self.to_port.or(Some(-1));
        }
        let normal = |blocks: BTreeSet<String>| blocks.iter().map(|it| cidr::normal(it)).collect();
        self.cidr_blocks = normal(self.cidr_blocks);
        self.ipv6_cidr_blocks = normal(self.ipv6_cidr_blocks);
        let own = format!("{}/", place.account);
        let groups = self.security_groups.into_iter();
        let bare = |group: String| group.strip_prefix(&own).unwrap_or(&group).to_owned();
        self.security_groups = groups.map(bare).collect();
        self
    }
}

/// All protocols.
pub(super) const ALL: &str = "-1";

/// A protocol as EC2 shows it (`IpPermission`, and IANA's "Assigned Internet Protocol Numbers").
fn named(protocol: &str) -> String {
    let name = match protocol {
        "all" => ALL,
        "1" => "icmp",
        "6" => "tcp",
        "17" => "udp",
        "58" => "icmpv6",
        other => other,
    };
    name.to_owned()
}

/// Whether a protocol has ports.
pub(super) fn has_ports(protocol: &str) -> bool {
    ["tcp", "udp"].contains(&protocol)
}

/// Whether it has types and codes in their place.
pub(super) fn is_icmp(protocol: &str) -> bool {
    ["icmp", "icmpv6"].contains(&protocol)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn place() -> Place {
        Place {
            partition: "aws".into(),
            account: "111122223333".into(),
            region: "eu-central-1".into(),
            endpoint: None,
        }
    }

    fn told(rules: Value) -> Value {
        let rules: Rules = serde_json::from_value(rules).unwrap();
        serde_json::to_value(rules.normal(&place())).unwrap()
    }

    /// In whatever way it is written, what means the same is told alike.
    #[test]
    fn what_means_the_same_is_told_alike() {
        let one_by_one = told(json!([
            { "protocol": "tcp", "from_port": 9098, "to_port": 9098, "security_groups": ["sg-1"] },
            { "protocol": "tcp", "from_port": 9098, "to_port": 9098, "self": true },
            { "protocol": "tcp", "from_port": 9098, "to_port": 9098, "cidr_blocks": ["10.0.0.0/16"] },
        ]));
        let together = told(json!([{
            "protocol": "6", "from_port": 9098, "to_port": 9098, "self": true,
            "cidr_blocks": ["10.0.0.7/16", "10.0.3.0/16"],
            "security_groups": ["sg-1", "111122223333/sg-1"],
        }]));
        assert_eq!(one_by_one, together);
        assert_eq!(one_by_one.as_array().map(Vec::len), Some(3));
        let all = json!([{ "protocol": "-1", "ipv6_cidr_blocks": ["::/0"] }]);
        assert_eq!(told(all.clone()), all);
        let ports = [(0, 0), (-1, -1)];
        for (from, to) in ports {
            let written = json!([{
                "protocol": "all", "from_port": from, "to_port": to,
                "ipv6_cidr_blocks": ["0:0::/0"],
            }]);
            assert_eq!(told(written), all);
        }
        let pings = told(json!([{ "protocol": "icmp", "cidr_blocks": ["10.0.0.0/8"] }]));
        assert_eq!((&pings[0]["from_port"], &pings[0]["to_port"]), (&json!(-1), &json!(-1)));
        let others = told(json!([{
            "protocol": "50", "security_groups": ["444455556666/sg-2"],
        }]));
        assert_eq!(others[0]["security_groups"], json!(["444455556666/sg-2"]));
    }
}
