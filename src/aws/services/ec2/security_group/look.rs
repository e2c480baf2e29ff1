//! Looking for a group, and for its rules.

use super::rule::{Rule, Rules};
use super::{Spec, facts, id_of, wire};
use crate::aws::error::{Attempt, OrAbsent};
use crate::aws::handed::Aws;
use crate::aws::kind::Seen;
use crate::aws::services::ec2::answers::{self, Group, Groups};
use crate::aws::tags::Tags;
use crate::engine::port::Answer;
use crate::model::Sought;

/// A rule that there is, by its id.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) id: String,
    pub(super) rule: Rule,
}

/// Those of both directions.
#[derive(Clone, Debug, Default)]
pub(super) struct Both {
    pub(super) ingress: Vec<Known>,
    pub(super) egress: Vec<Known>,
}

pub(super) async fn read(aws: &Aws, sought: &Sought) -> Answer<Option<Seen<Spec>>> {
    let identity = sought.identity.as_str();
    let arn = sought.arn.as_deref().or(Some(identity));
    let group = match (arn.and_then(id_of), identity.split_once('/')) {
        (Some(id), _) => find(aws, &[("group-id", id)]).await?,
        (None, Some((vpc, name))) => find(aws, &[("vpc-id", vpc), ("group-name", name)]).await?,
        (None, None) => None,
    };
    let Some(group) = group else { return Ok(None) };
    let wants = |field: &str| sought.fields.as_ref().is_none_or(|fields| fields.contains(field));
    let rules =
        if wants("ingress") || wants("egress") { Some(rules(aws, &group.id).await?) } else { None };
    let told = |known: Vec<Known>| Rules(known.into_iter().map(|known| known.rule).collect());
    let (ingress, egress) = rules.map(|both| (told(both.ingress), told(both.egress))).unzip();
    let (tags, owner) = Tags::seen(wire::shown_tags(group.tags));
    let identity = format!("{}/{}", group.vpc, group.name);
    let facts = facts(&aws.place, &group.id, &group.name);
    let spec = Spec {
        name: Some(group.name),
        vpc_id: group.vpc,
        description: group.description,
        ingress,
        egress,
        tags,
    };
    Ok(Some(Seen { identity: Some(identity), ..Seen::current(spec, facts, owner) }))
}

async fn find(aws: &Aws, filters: &[(&str, &str)]) -> Answer<Option<Group>> {
    let call = aws.session.clients.ec2.describe_security_groups().filtered(filters);
    let found = call.send::<Groups>().await.attempting("ec2:DescribeSecurityGroups", || {
        let by: Vec<&str> = filters.iter().map(|(_, value)| *value).collect();
        format!("read security group {}", by.join("/"))
    });
    // A filter that an emulator does not know would let others pass.
    let fits = |group: &Group| {
        filters.iter().all(|(name, value)| match *name {
            "group-id" => group.id == *value,
            "group-name" => group.name == *value,
            "vpc-id" => group.vpc == *value,
            _ => true,
        })
    };
    Ok(found.or_absent()?.and_then(|found| found.groups.into_iter().find(fits)))
}

/// The rules of a group as they are by now.
pub(super) async fn rules(aws: &Aws, id: &str) -> Answer<Both> {
    let mut both = Both::default();
    let mut token = None;
    loop {
        let call = aws.session.clients.ec2.describe_security_group_rules();
        let call = call.filtered(&[("group-id", id)]);
        let call = match token {
            Some(token) => call.with("NextToken", token),
            None => call,
        };
        let page = call.send::<answers::Rules>().await;
        let page = page.attempting("ec2:DescribeSecurityGroupRules", || {
            format!("read the rules of security group {id}")
        })?;
        for rule in page.rules.into_iter().filter(|rule| rule.group == id) {
            let known = Known { rule: wire::shown(&rule, id, &aws.place), id: rule.id };
            match rule.is_egress.as_str() {
                "true" => both.egress.push(known),
                _ => both.ingress.push(known),
            }
        }
        match page.next {
            Some(next) => token = Some(next),
            None => return Ok(both),
        }
    }
}
