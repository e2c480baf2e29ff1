//! What an index believes to be ours: hints that the engine confirms.
//!
//! The tagging API sees most kinds, but not IAM roles; these live under the
//! path `/ccprov/STACK/`, so one listing finds them. Kinds without tags are
//! derived from the tagged objects that they hang on.

use std::collections::BTreeMap;

use aws_sdk_iam::types::PolicyScopeType;
use aws_sdk_kms::types::KeyState;
use aws_sdk_resourcegroupstagging::types::{ResourceTagMapping, TagFilter};
use futures::future::{try_join, try_join_all};

use super::error::{Attempt, OrAbsent};
use super::iam;
use super::provider::Aws;
use super::registry::KINDS;
use super::tags::{STACK_TAG, Tags};
use crate::engine::port::{Answer, StackSummary};
use crate::model::{Address, Identity, Sought};

/// Everything that carries the stack's owner tag, and what hangs on it.
pub(crate) async fn tagged(aws: &Aws, stack: &str) -> Answer<Vec<Sought>> {
    let mappings = mappings(aws, Some(stack)).await?;
    let mut found: Vec<Sought> = mappings.iter().filter_map(sought).collect();
    let buckets: Vec<Sought> = found
        .iter()
        .filter(|candidate| candidate.kind == "s3_bucket")
        .map(|bucket| untagged("s3_bucket_notification", bucket.identity.0.clone()))
        .collect();
    let topics = found.iter().filter(|candidate| candidate.kind == "sns_topic");
    let lasting = mappings.iter().filter(|mapping| !is_passing(mapping));
    let arns: Vec<&str> = lasting.filter_map(ResourceTagMapping::resource_arn).collect();
    let subscriptions = topics
        .filter_map(|topic| topic.arn.as_deref())
        .map(|topic| subscriptions(aws, topic, &arns));
    let subscriptions = try_join_all(subscriptions).await?;
    found.extend(buckets);
    found.extend(subscriptions.into_iter().flatten());
    Ok(found)
}

/// A subscription carries no tags. It is the stack's if both its topic and its
/// endpoint are, and the endpoint is there to stay.
async fn subscriptions(aws: &Aws, topic: &str, ours: &[&str]) -> Answer<Vec<Sought>> {
    let all = super::kinds::sns_subscription::of_topic(aws, topic).await.or_absent()?;
    Ok(all
        .unwrap_or_default()
        .iter()
        .filter(|subscription| subscription.endpoint().is_some_and(|end| ours.contains(&end)))
        .filter_map(super::kinds::sns_subscription::identity_of)
        .map(|identity| untagged("sns_subscription", identity))
        .collect())
}

/// Roles and policies under the stack's path.
pub(crate) async fn roles_and_policies(aws: &Aws, stack: &str) -> Answer<Vec<Sought>> {
    let arns = identities_under(aws, &iam::path(stack)).await?;
    Ok(arns.iter().filter_map(|arn| candidate(arn, None)).collect())
}

/// Every stack that an index knows of.
pub(crate) async fn stacks(aws: &Aws) -> Answer<Vec<StackSummary>> {
    let (mappings, identities) =
        try_join(mappings(aws, None), identities_under(aws, iam::ROOT)).await?;
    let alive = try_join_all(mappings.iter().map(|mapping| is_alive(aws, mapping))).await?;
    let tagged =
        mappings.iter().zip(alive).filter(|(_, alive)| *alive).filter_map(|(mapping, _)| {
            let (_, owner) = Tags::seen(pairs(mapping));
            Some((owner?.stack, sought(mapping)?.kind))
        });
    let named = identities.iter().filter_map(|arn| {
        let stack = arn.split(iam::ROOT).nth(1)?.split('/').next()?;
        Some((stack.to_owned(), candidate(arn, None)?.kind))
    });
    let mut stacks: BTreeMap<String, BTreeMap<String, usize>> = BTreeMap::new();
    for (stack, kind) in tagged.chain(named) {
        *stacks.entry(stack).or_default().entry(kind).or_default() += 1;
    }
    Ok(stacks.into_iter().map(|(name, objects)| StackSummary { name, objects }).collect())
}

/// A key in its waiting period still carries its tags, for up to 30 days.
async fn is_alive(aws: &Aws, mapping: &ResourceTagMapping) -> Answer<bool> {
    let Some(arn) = mapping.resource_arn().filter(|arn| arn.contains(":kms:")) else {
        return Ok(true);
    };
    let key = aws.session.kms.describe_key().key_id(arn).send().await;
    let key = key.attempting("kms:DescribeKey", || format!("look at key {arn}")).or_absent()?;
    let state = key.and_then(|key| key.key_metadata?.key_state);
    Ok(state.is_some_and(|state| state != KeyState::PendingDeletion))
}

async fn mappings(aws: &Aws, stack: Option<&str>) -> Answer<Vec<ResourceTagMapping>> {
    let filter =
        TagFilter::builder().key(STACK_TAG).set_values(stack.map(|name| vec![name.to_owned()]));
    aws.session
        .tagging
        .get_resources()
        .tag_filters(filter.build())
        .into_paginator()
        .items()
        .send()
        .try_collect()
        .await
        .attempting("tag:GetResources", || "list what carries our owner tags".into())
}

async fn identities_under(aws: &Aws, path: &str) -> Answer<Vec<String>> {
    let roles = async {
        let roles = aws.session.iam.list_roles().path_prefix(path).into_paginator().items();
        let roles = roles.send().try_collect().await;
        roles.attempting("iam:ListRoles", || format!("list the roles under {path}"))
    };
    let policies = async {
        let policies = aws.session.iam.list_policies().scope(PolicyScopeType::Local);
        let policies = policies.path_prefix(path).into_paginator().items().send().try_collect();
        policies.await.attempting("iam:ListPolicies", || format!("list the policies under {path}"))
    };
    let (roles, policies) = try_join(roles, policies).await?;
    let roles = roles.into_iter().map(|role| role.arn);
    // Emulators ignore the path prefix now and then; AWS never does.
    let all = roles.chain(policies.into_iter().filter_map(|policy| policy.arn));
    Ok(all.filter(|arn| arn.contains(path)).collect())
}

fn sought(mapping: &ResourceTagMapping) -> Option<Sought> {
    let (_, owner) = Tags::seen(pairs(mapping));
    candidate(mapping.resource_arn()?, owner.as_ref().map(|owner| &owner.address))
}

fn is_passing(mapping: &ResourceTagMapping) -> bool {
    let (_, owner) = Tags::seen(pairs(mapping));
    owner.is_some_and(|owner| owner.address.is_passing())
}

fn pairs(mapping: &ResourceTagMapping) -> impl Iterator<Item = (String, String)> {
    mapping.tags().iter().map(|tag| (tag.key.clone(), tag.value.clone()))
}

fn candidate(arn: &str, address: Option<&Address>) -> Option<Sought> {
    KINDS.iter().find_map(|kind| {
        Some(Sought {
            kind: kind.name().to_owned(),
            identity: Identity(kind.identify(arn)?),
            address: address.cloned(),
            arn: Some(arn.to_owned()),
            fields: None,
            holdings: true,
        })
    })
}

fn untagged(kind: &str, identity: String) -> Sought {
    Sought {
        kind: kind.to_owned(),
        identity: Identity(identity),
        address: None,
        arn: None,
        fields: None,
        holdings: false,
    }
}
