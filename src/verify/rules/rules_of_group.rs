//! A security group has no more rules than AWS admits.

use serde_json::Value;

use super::{Judgement, Rule};
use crate::model::{CheckInfo, CheckKind, Exhibit, Finding, Level, Path, Scene};

pub(super) const RULE: Rule = Rule {
    info: CheckInfo {
        id: "rules_of_group",
        kind: CheckKind::Rule,
        level: Level::Warning,
        summary: "A security group has no more than 60 rules in one direction.",
        risk: "AWS refuses the rules, all of them, when the group is made already.",
        remedy: "Put blocks of addresses into a prefix list, or name groups in place of addresses; or ask AWS for more.",
    },
    stops_messages: false,
    because: "A warning: AWS may have raised the limit for the account, and does not tell.",
    judge,
};

/// "Inbound or outbound rules per security group", for IPv4 and IPv6 each (Amazon VPC User
/// Guide, "Amazon VPC quotas").
const MOST: usize = 60;

fn judge(scene: &Scene) -> Judgement {
    Judgement::of(scene.of_kind("security_group"), |group| {
        ["ingress", "egress"].into_iter().filter_map(|direction| too_many(group, direction))
    })
}

fn too_many(group: &Exhibit, direction: &str) -> Option<Finding> {
    let rules = group.document.get(direction)?.as_array()?;
    let is_of = |rule: &&Value, field: &str| rule.get(field).is_some();
    // What is no block counts as one of either sort.
    let of = |other: &str| rules.iter().filter(|rule| !is_of(rule, other)).count();
    let most = of("ipv6_cidr_blocks").max(of("cidr_blocks"));
    (most > MOST).then(|| {
        let message = format!("{most} rules, one for each source, are more than {MOST}");
        Finding::new(&group.address, message).at(Path::field(direction))
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{golden, told};
    use super::RULE;

    #[test]
    fn sources_count() {
        let with = |blocks: usize| {
            let blocks: Vec<String> =
                (0..blocks).map(|number| format!("10.0.{number}.0/24")).collect();
            format!(
                "group: {{ kind: security_group, vpc_id: vpc-1, ingress: [{{ protocol: '-1', cidr_blocks: [{}], ipv6_cidr_blocks: ['::/0'] }}] }}",
                blocks.join(", ")
            )
        };
        golden!(told(&RULE, &[("as many", &with(60)), ("one more", &with(61))]));
    }
}
