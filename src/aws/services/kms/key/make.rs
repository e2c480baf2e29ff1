//! `CreateKey`, at most once per resource.

use aws_sdk_kms::config::Config;
use aws_sdk_kms::config::retry::RetryConfig;
use aws_sdk_kms::types::{KeyListEntry, KeyMetadata, KeySpec, KeyState, KeyUsageType};
use futures::future::try_join_all;

use super::Spec;
use super::read::{describe, tags_of};
use super::write::tags;
use crate::aws::error::Attempt;
use crate::aws::handed::Aws;
use crate::aws::kind::Wanted;
use crate::aws::policy::Policy;
use crate::aws::services::kms::fresh_keys::{Attempted, FreshKeys};
use crate::aws::tags::Tags;
use crate::engine::port::Answer;
use crate::model::{ErrorClass, Owner};

/// The ARN of the resource's key: the one that an earlier attempt of this
/// process made or may have made, or a new one. Tells which.
pub(super) async fn key(aws: &Aws, want: &Wanted<Spec>) -> Answer<(String, bool)> {
    let made = match aws.memory::<FreshKeys>().attempted(&want.owner) {
        Some(Attempted::Made(arn)) => still(aws, arn, want).await?,
        Some(Attempted::Perhaps) => find(aws, want).await?,
        None => None,
    };
    let (arn, is_new) = match made {
        Some(arn) => (arn, false),
        None => (create(aws, want).await?, true),
    };
    aws.memory::<FreshKeys>().remember(&want.owner, Attempted::Made(arn.clone()));
    Ok((arn, is_new))
}

/// A key that this process made, unless it has since been deleted or is the
/// one to be replaced. If KMS does not know it yet, it soon will.
async fn still(aws: &Aws, arn: String, want: &Wanted<Spec>) -> Answer<Option<String>> {
    if want.comes_instead_of(&arn) {
        return Ok(None);
    }
    let key = describe(aws, &arn).await?;
    Ok(key.is_none_or(|key| is_alive(&key) && is_alike(&key, &want.spec)).then_some(arn))
}

async fn create(aws: &Aws, want: &Wanted<Spec>) -> Answer<String> {
    let spec = &want.spec;
    let call = aws
        .session
        .clients
        .kms
        .create_key()
        .set_policy(spec.policy.as_ref().map(Policy::text))
        .description(&spec.description)
        .key_usage(KeyUsageType::from(spec.key_usage.as_str()))
        .key_spec(KeySpec::from(spec.key_spec.as_str()))
        .multi_region(spec.multi_region)
        .set_tags(Some(tags(spec, &want.owner)));
    // A repeat within the SDK, after an answer that was lost, makes a second key.
    let once = Config::builder().retry_config(RetryConfig::disabled());
    // Remembered before it is sent: whoever gives up waiting for it does not know either.
    aws.memory::<FreshKeys>().remember(&want.owner, Attempted::Perhaps);
    let answer = call.customize().config_override(once).send().await;
    let answer = answer.attempting("kms:CreateKey", || format!("create key {}", want.identity));
    if answer.as_ref().is_err_and(|error| error.class != ErrorClass::Transient) {
        aws.memory::<FreshKeys>().forget(&want.owner);
    }
    let key = answer?.key_metadata;
    Ok(key.and_then(|key| key.arn).unwrap_or_default())
}

/// Tag reads in flight at once; KMS allows 2000 a second for the account.
const SCANNED_AT_ONCE: usize = 32;

/// Looks at every key of the region for the one that an unanswered `CreateKey`
/// made. The tagging API would know within minutes; KMS itself knows now.
async fn find(aws: &Aws, want: &Wanted<Spec>) -> Answer<Option<String>> {
    let pages = aws.session.clients.kms.list_keys().into_paginator().items();
    let keys: Vec<KeyListEntry> =
        pages.send().try_collect().await.attempting("kms:ListKeys", || {
            format!("find out whether key {} was made", want.identity)
        })?;
    let arns: Vec<String> = keys.into_iter().filter_map(|key| key.key_arn).collect();
    for some in arns.chunks(SCANNED_AT_ONCE) {
        let found = try_join_all(some.iter().map(|arn| is_it(aws, arn, want))).await?;
        if let Some((arn, _)) = some.iter().zip(found).find(|(_, is_it)| *is_it) {
            return Ok(Some(arn.clone()));
        }
    }
    Ok(None)
}

/// Whether a key carries our owner tags and is what was to be made; not its
/// predecessor, which a replacement leaves behind with the same tags.
async fn is_it(aws: &Aws, arn: &str, want: &Wanted<Spec>) -> Answer<bool> {
    if want.comes_instead_of(arn) {
        return Ok(false);
    }
    let owner = owner_of(aws, arn).await?;
    if !owner.is_some_and(|owner| owner.is_same(&want.owner)) {
        return Ok(false);
    }
    let key = describe(aws, arn).await?;
    Ok(key.is_some_and(|key| is_alive(&key) && is_alike(&key, &want.spec)))
}

/// Whose a key is. A key that we may not look at, or that is gone, is not ours.
pub(super) async fn owner_of(aws: &Aws, arn: &str) -> Answer<Option<Owner>> {
    match tags_of(aws, arn).await {
        Ok(tags) => Ok(Tags::seen(tags).1),
        Err(error) if matches!(error.class, ErrorClass::Denied | ErrorClass::Absent) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whether a key is not on its way out.
pub(super) fn is_alive(key: &KeyMetadata) -> bool {
    !matches!(key.key_state(), Some(KeyState::PendingDeletion | KeyState::PendingReplicaDeletion))
}

/// Whether a key agrees with a spec in all that cannot change.
pub(super) fn is_alike(key: &KeyMetadata, spec: &Spec) -> bool {
    key.key_spec().is_none_or(|seen| seen.as_str() == spec.key_spec)
        && key.key_usage().is_none_or(|seen| seen.as_str() == spec.key_usage)
        && key.multi_region.unwrap_or_default() == spec.multi_region
}
