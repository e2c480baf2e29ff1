//! Looks for what belongs to others: by name, by ARN, or by tags, of which the tagging API
//! keeps an index. What that says is confirmed object by object.

use std::collections::BTreeSet;

use aws_sdk_resourcegroupstagging::types::TagFilter;
use futures::future::try_join_all;

use super::call_log::about;
use super::error::Attempt;
use super::handed::Aws;
use super::kind::AnyKind;
use super::registry;
use super::tags::is_reserved;
use crate::engine::port::Answer;
use crate::model::{By, Identity, Live, Lookup, Sought, TAGS};

/// Every object to which a look leads, in the order of their names.
pub(super) async fn look_up(
    aws: &Aws,
    kind: Option<&'static dyn AnyKind>,
    lookup: &Lookup,
) -> Answer<Vec<Live>> {
    let mut found = match (registry::landmark(&lookup.kind), kind) {
        (Some(landmark), _) => landmark.look_up(aws, lookup).await?,
        (None, Some(kind)) => of_kind(aws, kind, lookup).await?,
        (None, None) => Vec::new(),
    };
    found.sort_by(|one, other| one.identity.cmp(&other.identity));
    Ok(found)
}

async fn of_kind(aws: &Aws, kind: &'static dyn AnyKind, lookup: &Lookup) -> Answer<Vec<Live>> {
    if let Some(sought) = lookup.sought(|arn| kind.identify(arn)) {
        return Ok(find(aws, kind, sought).await?.into_iter().collect());
    }
    let By::Signs { tags, .. } = &lookup.by else { return Ok(Vec::new()) };
    let call =
        tags.iter().fold(aws.session.clients.tagging.get_resources(), |call, (key, value)| {
            call.tag_filters(TagFilter::builder().key(key).values(value).build())
        });
    let listed = call.into_paginator().items().send().try_collect().await;
    let listed = listed.attempting("tag:GetResources", || format!("look for {lookup}"))?;
    let arns: BTreeSet<String> =
        listed.into_iter().filter_map(|mapping| mapping.resource_arn).collect();
    let candidates = arns.into_iter().filter_map(|arn| {
        Some(Sought {
            kind: lookup.kind.clone(),
            identity: Identity(kind.identify(&arn)?),
            address: None,
            formerly: Vec::new(),
            arn: Some(arn),
            fields: Some([TAGS.to_owned()].into()),
            holdings: false,
        })
    });
    let found = try_join_all(candidates.map(|sought| find(aws, kind, sought))).await?;
    // The index may be of yesterday.
    let carries = |live: &Live| {
        let own = live.document.get(TAGS);
        let has = |key: &str, value: &str| {
            own.and_then(|tags| tags.get(key)).and_then(|it| it.as_str()) == Some(value)
        };
        tags.iter().all(|(key, value)| is_reserved(key) || has(key, value))
    };
    Ok(found.into_iter().flatten().filter(|live| !live.is_going() && carries(live)).collect())
}

async fn find(aws: &Aws, kind: &'static dyn AnyKind, sought: Sought) -> Answer<Option<Live>> {
    let found = about(&sought.kind, &sought.identity, kind.find(aws, &sought)).await?;
    Ok(found.map(Live::without_controls))
}
