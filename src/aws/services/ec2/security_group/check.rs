//! What EC2 refuses of a group, or takes and means otherwise.

use std::collections::BTreeMap;

use super::Spec;
use super::cidr;
use super::rule::{ALL, Rule, Rules, has_ports, is_icmp};
use crate::model::document::is_pending;
use crate::model::{Path, Problem};

pub(super) fn check(spec: &Spec) -> Vec<Problem> {
    let mut problems = Vec::new();
    let name = spec.name.as_deref().unwrap_or_default();
    if name.starts_with("sg-") {
        problems.push(Problem::of("name", "a name does not begin with `sg-`, as ids do"));
    }
    for (field, text) in [("name", name), ("description", spec.description.as_str())] {
        problems.extend(signs(text).map(|message| Problem::of(field, message)));
    }
    for (direction, rules) in [("ingress", &spec.ingress), ("egress", &spec.egress)] {
        if let Some(rules) = rules {
            problems.extend(of_rules(direction, rules));
        }
    }
    problems
}

fn of_rules(direction: &str, rules: &Rules) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut described: BTreeMap<Rule, (usize, String)> = BTreeMap::new();
    for (at, rule) in rules.0.iter().enumerate() {
        let path = Path::field(direction).with_index(at);
        problems.extend(of_rule(rule).into_iter().map(|(field, message)| {
            let path = if field.is_empty() { path.clone() } else { path.with_field(field) };
            Problem::of(direction, message).at(path)
        }));
        for one in rule.exploded() {
            let description = one.description.clone();
            let meaning = Rule { description: String::new(), ..one };
            let first = described.entry(meaning).or_insert((at, description.clone()));
            if first.1 != description {
                let message =
                    format!("is the same rule as number {} here, described otherwise", first.0 + 1);
                problems.push(Problem::of(direction, message).at(path.clone()));
                break;
            }
        }
    }
    problems
}

/// What is wrong with one rule, by field.
fn of_rule(rule: &Rule) -> Vec<(&'static str, String)> {
    let mut problems = Vec::new();
    if rule.sources() == 0 {
        let message = "names nobody: state `cidr_blocks`, `ipv6_cidr_blocks`, `prefix_list_ids`, \
                       `security_groups` or `self: true`";
        problems.push(("", message.to_owned()));
    }
    problems.extend(of_ports(rule));
    if rule.protocol.parse::<i32>().is_ok_and(|number| number > 255) {
        problems.push(("protocol", "protocols have numbers from 0 to 255".to_owned()));
    }
    let wrong = |blocks: &std::collections::BTreeSet<String>, is_one: fn(&str) -> bool| {
        blocks.iter().find(|block| !is_one(block)).cloned()
    };
    if let Some(block) = wrong(&rule.cidr_blocks, cidr::is_v4) {
        problems
            .push(("cidr_blocks", format!("`{block}` is no block of IPv4, as `10.0.0.0/16` is")));
    }
    if let Some(block) = wrong(&rule.ipv6_cidr_blocks, cidr::is_v6) {
        let message = format!("`{block}` is no block of IPv6, as `2001:db8::/32` is");
        problems.push(("ipv6_cidr_blocks", message));
    }
    if let Some(group) = wrong(&rule.security_groups, is_group) {
        let message = format!("`{group}` is no id of a security group: `${{ADDRESS.id}}` is one");
        problems.push(("security_groups", message));
    }
    problems.extend(signs(&rule.description).map(|message| ("description", message)));
    problems
}

fn of_ports(rule: &Rule) -> Option<(&'static str, String)> {
    let protocol = &rule.protocol;
    match (rule.from_port, rule.to_port) {
        _ if is_icmp(protocol) => None,
        (None, None) if has_ports(protocol) => {
            Some(("", format!("a rule for {protocol} states `from_port` and `to_port`")))
        }
        (Some(_), _) | (_, Some(_)) if !has_ports(protocol) => {
            let name = if protocol == ALL { "every protocol" } else { "this protocol" };
            Some(("", format!("a rule for {name} has no ports: it opens all of it")))
        }
        (Some(from), Some(to)) if from > to => {
            Some(("from_port", format!("the first port, {from}, lies behind the last one, {to}")))
        }
        (Some(from), Some(_)) if from < 0 => {
            Some(("from_port", "ports are numbered from 0".to_owned()))
        }
        (None, None) | (Some(_), Some(_)) => None,
        (Some(_), None) => Some(("", "states `from_port` and no `to_port`".to_owned())),
        (None, Some(_)) => Some(("", "states `to_port` and no `from_port`".to_owned())),
    }
}

/// `sg-...`, or that of another account before it.
fn is_group(text: &str) -> bool {
    let (account, id) = text.split_once('/').unwrap_or(("0", text));
    let is_account = !account.is_empty() && account.bytes().all(|byte| byte.is_ascii_digit());
    is_pending(text) || (is_account && id.starts_with("sg-"))
}

/// API Reference, `CreateSecurityGroup` and `IpRange`: what names and descriptions may hold.
fn signs(text: &str) -> Option<String> {
    const SIGNS: &str = " ._-:/()#,@[]+=&;{}!$*";
    let is_wrong = |sign: &char| !sign.is_ascii_alphanumeric() && !SIGNS.contains(*sign);
    let wrong = text.chars().find(is_wrong).filter(|_| !is_pending(text))?;
    let wrong = wrong.escape_debug();
    Some(format!("holds `{wrong}`: EC2 takes letters, digits, blanks and {}", SIGNS.trim()))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn told(group: &Value) -> Vec<String> {
        let spec: Spec = serde_json::from_value(group.clone()).unwrap();
        check(&spec).iter().map(|problem| problem.path.to_string()).collect()
    }

    fn of_ingress(rules: &Value) -> Vec<String> {
        told(&json!({ "vpc_id": "vpc-1", "ingress": rules }))
    }

    #[test]
    fn a_sound_group_passes() {
        let rules = json!([
            { "protocol": "tcp", "from_port": 9094, "to_port": 9098, "self": true, "cidr_blocks": ["10.0.0.0/8"] },
            { "protocol": "-1", "security_groups": ["sg-1", "111122223333/sg-1"] },
            { "protocol": "icmp", "from_port": 8, "to_port": -1, "ipv6_cidr_blocks": ["::/0"] },
            { "protocol": "50", "prefix_list_ids": ["pl-1"], "description": "a (b) c!" },
        ]);
        assert_eq!(of_ingress(&rules), [""; 0]);
        assert_eq!(told(&json!({ "vpc_id": "vpc-1", "name": "sg-1" })), ["name"]);
        assert_eq!(told(&json!({ "vpc_id": "vpc-1", "description": "a < b" })), ["description"]);
    }

    #[test]
    fn what_is_wrong_with_a_rule_is_told_at_its_place() {
        let check = |mut rule: Value, expected: &[&str]| {
            if rule.get("cidr_blocks").is_none() {
                rule["self"] = json!(true);
            }
            let expected: Vec<String> = expected
                .iter()
                .map(|field| {
                    if field.is_empty() {
                        "ingress[0]".into()
                    } else {
                        format!("ingress[0].{field}")
                    }
                })
                .collect();
            assert_eq!(of_ingress(&json!([rule])), expected, "{rule}");
        };
        check(json!({ "protocol": "tcp" }), &[""]);
        check(json!({ "protocol": "tcp", "from_port": 1 }), &[""]);
        check(json!({ "protocol": "udp", "to_port": 1 }), &[""]);
        check(json!({ "protocol": "tcp", "from_port": 2, "to_port": 1 }), &["from_port"]);
        check(json!({ "protocol": "tcp", "from_port": -1, "to_port": 1 }), &["from_port"]);
        check(json!({ "protocol": "-1", "from_port": 1, "to_port": 2 }), &[""]);
        check(json!({ "protocol": "999" }), &["protocol"]);
        check(json!({ "protocol": "-1", "cidr_blocks": ["10.0.0.0"] }), &["cidr_blocks"]);
        check(
            json!({ "protocol": "-1", "ipv6_cidr_blocks": ["1.2.3.4/0"] }),
            &["ipv6_cidr_blocks"],
        );
        check(json!({ "protocol": "-1", "security_groups": ["brokers"] }), &["security_groups"]);
        check(json!({ "protocol": "-1", "description": "a\nb" }), &["description"]);
        assert_eq!(of_ingress(&json!([{ "protocol": "-1" }])), ["ingress[0]"]);
    }

    #[test]
    fn one_rule_has_one_description() {
        let rule = |description: &str| json!({ "protocol": "-1", "cidr_blocks": ["10.0.0.0/8"], "description": description });
        assert_eq!(of_ingress(&json!([rule("a"), rule("b")])), ["ingress[1]"]);
        assert_eq!(of_ingress(&json!([rule("a"), rule("a")])), [""; 0]);
    }
}
