//! Looking at one rule, its targets and its tags.

use std::collections::BTreeMap;

use aws_sdk_eventbridge::operation::describe_rule::DescribeRuleOutput;
use aws_sdk_eventbridge::types as sdk;
use futures::future::try_join3;

use super::target::{Target, is_marked};
use super::{EventPattern, Spec, State, arn, facts, parts};
use crate::aws::error::{Attempt, OrAbsent, told};
use crate::aws::handed::Aws;
use crate::aws::kind::Seen;
use crate::aws::tags::{Tags, is_forced};
use crate::engine::port::Answer;
use crate::model::{Holdings, Sought};

/// The rule of that bus and name, with its targets.
pub(super) async fn read(aws: &Aws, sought: &Sought) -> Answer<Option<Seen<Spec>>> {
    let identity = sought.identity.as_str();
    let all = try_join3(describe(aws, identity), targets(aws, identity), tags(aws, identity));
    let Some((rule, targets, all_tags)) = all.await.or_absent()? else { return Ok(None) };
    let (ours, others): (Vec<_>, Vec<_>) =
        targets.into_iter().partition(|target| is_marked(&all_tags, &target.id));
    let force_destroy = is_forced(&all_tags);
    let (tags, owner) = Tags::seen(all_tags);
    let targets = ours.iter().map(|target| (target.id.clone(), Target::seen(target))).collect();
    let spec = Spec { targets, force_destroy, tags, ..shown(identity, rule) };
    let mut seen = Seen::current(spec, facts(&aws.place, identity), owner);
    let others = of_others(others.iter().map(|target| target.id.as_str()));
    seen.remark = others.as_ref().map(|others| format!("{others}; not touched"));
    seen.holdings = others.filter(|_| sought.holdings).map(Holdings::blocking);
    Ok(Some(seen))
}

/// What is told of targets that are not the stack's; nothing of none.
pub(super) fn of_others<'a>(ids: impl Iterator<Item = &'a str>) -> Option<String> {
    let ids: Vec<String> = ids.map(|id| format!("`{id}`")).collect();
    match ids.as_slice() {
        [] => None,
        [id] => Some(format!("a target of others: {id}")),
        ids => Some(format!("{} targets of others: {}", ids.len(), ids.join(", "))),
    }
}

/// The rule without its targets. What a service of AWS made for itself is nobody's to declare.
pub(super) async fn describe(aws: &Aws, identity: &str) -> Answer<DescribeRuleOutput> {
    let (bus, name) = parts(identity);
    let attempted = || format!("read rule {identity}");
    let call = aws.session.clients.events.describe_rule().event_bus_name(bus).name(name);
    let rule = call.send().await.attempting("events:DescribeRule", attempted)?;
    match rule.managed_by().filter(|service| !service.is_empty()) {
        None => Ok(rule),
        Some(service) => {
            let message = format!("{service} made this rule, and manages it");
            Err(told("events:DescribeRule", attempted(), "ManagedRuleException", &message))
        }
    }
}

/// Every target, whoever put it there.
pub(super) async fn targets(aws: &Aws, identity: &str) -> Answer<Vec<sdk::Target>> {
    let (bus, name) = parts(identity);
    let (mut all, mut next) = (Vec::new(), None);
    loop {
        let call = aws.session.clients.events.list_targets_by_rule().event_bus_name(bus);
        let answer = call.rule(name).set_next_token(next).send().await;
        let page = answer.attempting("events:ListTargetsByRule", || {
            format!("read the targets of rule {identity}")
        })?;
        all.extend(page.targets.unwrap_or_default());
        next = page.next_token.filter(|token| !token.is_empty());
        if next.is_none() {
            return Ok(all);
        }
    }
}

async fn tags(aws: &Aws, identity: &str) -> Answer<BTreeMap<String, String>> {
    let call = aws.session.clients.events.list_tags_for_resource();
    let answer = call.resource_arn(arn(&aws.place, identity)).send().await;
    let attempted = || format!("read the tags of rule {identity}");
    let tags = answer.attempting("events:ListTagsForResource", attempted)?.tags;
    Ok(tags.unwrap_or_default().into_iter().map(|tag| (tag.key, tag.value)).collect())
}

/// The rule as its description shows it: the rest is told elsewhere.
pub(super) fn shown(identity: &str, rule: DescribeRuleOutput) -> Spec {
    let (bus, name) = parts(identity);
    let filled = |text: Option<String>| text.filter(|text| !text.is_empty());
    Spec {
        name: Some(name.to_owned()),
        event_bus_name: bus.to_owned(),
        event_pattern: rule.event_pattern.as_deref().and_then(EventPattern::seen),
        schedule_expression: filled(rule.schedule_expression),
        state: match rule.state {
            Some(sdk::RuleState::Disabled) => State::Disabled,
            Some(sdk::RuleState::EnabledWithAllCloudtrailManagementEvents) => {
                State::EnabledWithAllCloudtrailManagementEvents
            }
            _ => State::Enabled,
        },
        description: rule.description.unwrap_or_default(),
        role_arn: filled(rule.role_arn),
        targets: BTreeMap::new(),
        force_destroy: false,
        matches: Vec::new(),
        not_matches: Vec::new(),
        tags: Tags::default(),
    }
}
