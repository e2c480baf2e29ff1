//! Rules as EC2's calls have them.

use super::rule::Rule;
use crate::aws::services::ec2::answers::{self, Tag};
use crate::model::Place;

/// Parameters of a call.
pub(super) type Parameters = Vec<(String, String)>;

/// What `Authorize...` is told of new rules: one source each.
pub(super) fn permissions<'a>(rules: impl IntoIterator<Item = &'a Rule>, own: &str) -> Parameters {
    let mut all = Vec::new();
    for (rule, number) in rules.into_iter().zip(1..) {
        let at = format!("IpPermissions.{number}");
        all.push((format!("{at}.IpProtocol"), rule.protocol.clone()));
        all.extend(ports(rule).map(|(name, port)| (format!("{at}.{name}"), port)));
        let (list, source) = source(rule, own);
        for (name, value) in source {
            all.push((format!("{at}.{list}.1.{name}"), value));
        }
        if !rule.description.is_empty() {
            all.push((format!("{at}.{list}.1.Description"), rule.description.clone()));
        }
    }
    all
}

/// What `ModifySecurityGroupRules` is told: rules by their ids, as they are to be.
pub(super) fn modified<'a>(
    rules: impl IntoIterator<Item = (&'a str, &'a Rule)>,
    own: &str,
) -> Parameters {
    let mut all = Vec::new();
    for ((id, rule), number) in rules.into_iter().zip(1..) {
        let at = format!("SecurityGroupRule.{number}");
        all.push((format!("{at}.SecurityGroupRuleId"), id.to_owned()));
        let at = format!("{at}.SecurityGroupRule");
        all.push((format!("{at}.IpProtocol"), rule.protocol.clone()));
        all.extend(ports(rule).map(|(name, port)| (format!("{at}.{name}"), port)));
        let (list, source) = source(rule, own);
        // The account of a group is known by the group.
        let source = source.into_iter().next().map(|(_, value)| value).unwrap_or_default();
        let name = match list {
            "IpRanges" => "CidrIpv4",
            "Ipv6Ranges" => "CidrIpv6",
            "PrefixListIds" => "PrefixListId",
            _ => "ReferencedGroupId",
        };
        all.push((format!("{at}.{name}"), source));
        // Also where there is none: what is left out may stay as it was.
        all.push((format!("{at}.Description"), rule.description.clone()));
    }
    all
}

fn ports(rule: &Rule) -> impl Iterator<Item = (&'static str, String)> {
    let named = [("FromPort", rule.from_port), ("ToPort", rule.to_port)];
    named.into_iter().filter_map(|(name, port)| Some((name, port?.to_string())))
}

/// The list in which a permission names a source, and the source there.
fn source(rule: &Rule, own: &str) -> (&'static str, Parameters) {
    let first = |sources: &std::collections::BTreeSet<String>| sources.first().cloned();
    let one = |name: &str, value| vec![(name.to_owned(), value)];
    if let Some(block) = first(&rule.cidr_blocks) {
        ("IpRanges", one("CidrIp", block))
    } else if let Some(block) = first(&rule.ipv6_cidr_blocks) {
        ("Ipv6Ranges", one("CidrIpv6", block))
    } else if let Some(list) = first(&rule.prefix_list_ids) {
        ("PrefixListIds", one("PrefixListId", list))
    } else {
        let (id, account) = group(rule, own);
        let account = account.map(|account| ("UserId".to_owned(), account));
        ("Groups", one("GroupId", id).into_iter().chain(account).collect())
    }
}

/// The group that a rule names, and the account that has it if that is another.
fn group(rule: &Rule, own: &str) -> (String, Option<String>) {
    let Some(named) = rule.security_groups.first() else { return (own.to_owned(), None) };
    match named.split_once('/') {
        Some((account, id)) => (id.to_owned(), Some(account.to_owned())),
        None => (named.clone(), None),
    }
}

/// A rule as EC2 shows it.
pub(super) fn shown(rule: &answers::Rule, own: &str, place: &Place) -> Rule {
    let set = |source: &Option<String>| source.iter().cloned().collect();
    let mut told = Rule {
        protocol: rule.protocol.clone(),
        from_port: rule.from_port,
        to_port: rule.to_port,
        cidr_blocks: set(&rule.cidr),
        ipv6_cidr_blocks: set(&rule.ipv6_cidr),
        prefix_list_ids: set(&rule.prefix_list),
        description: rule.description.clone().unwrap_or_default(),
        ..Rule::default()
    };
    match (&rule.referenced.group, &rule.referenced.owner) {
        (Some(group), _) if group == own => told.itself = true,
        (Some(group), Some(owner)) => {
            told.security_groups.insert(format!("{owner}/{group}"));
        }
        (Some(group), None) => {
            told.security_groups.insert(group.clone());
        }
        (None, _) => {}
    }
    let mut told = told.normal(place);
    // It shows -1 for the ports of a protocol that has none.
    if !super::rule::has_ports(&told.protocol) && !super::rule::is_icmp(&told.protocol) {
        (told.from_port, told.to_port) = (None, None);
    }
    told
}

/// Tags as a creation has them.
pub(super) fn new_tags(tags: impl IntoIterator<Item = (String, String)>) -> Parameters {
    let of = ("TagSpecification.1.ResourceType".to_owned(), "security-group".to_owned());
    let tags = pairs("TagSpecification.1.Tag", tags);
    std::iter::once(of).chain(tags).collect()
}

/// Keys and values, numbered.
pub(super) fn pairs(
    list: &str,
    tags: impl IntoIterator<Item = (String, String)>,
) -> impl Iterator<Item = (String, String)> {
    tags.into_iter().zip(1..).flat_map(move |((key, value), number)| {
        let at = format!("{list}.{number}");
        [(format!("{at}.Key"), key), (format!("{at}.Value"), value)]
    })
}

/// Tags as EC2 shows them.
pub(super) fn shown_tags(tags: Vec<Tag>) -> impl Iterator<Item = (String, String)> {
    tags.into_iter().map(|tag| (tag.key, tag.value))
}
