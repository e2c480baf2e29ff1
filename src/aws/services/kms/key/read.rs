//! Looking at one key.

use aws_sdk_kms::types::{KeyMetadata, KeyState, MultiRegionConfiguration, OriginType, Tag};
use aws_smithy_types::date_time::Format;

use super::{YEAR, symmetric};
use crate::aws::error::{Attempt, OrAbsent};
use crate::aws::handed::Aws;
use crate::aws::policy::Policy;
use crate::engine::port::Answer;
use crate::model::{Holdings, Status};

/// The key behind an alias, ARN or id.
pub(super) async fn describe(aws: &Aws, name: &str) -> Answer<Option<KeyMetadata>> {
    let answer = aws.session.clients.kms.describe_key().key_id(name).send().await;
    let answer = answer.attempting("kms:DescribeKey", || format!("look at key {name}"));
    Ok(answer.or_absent()?.and_then(|answer| answer.key_metadata))
}

pub(super) async fn policy(aws: &Aws, id: &str) -> Answer<Option<Policy>> {
    let answer =
        aws.session.clients.kms.get_key_policy().key_id(id).policy_name("default").send().await;
    let answer = answer.attempting("kms:GetKeyPolicy", || format!("read the policy of {id}"))?;
    Ok(answer.policy().and_then(|text| Policy::seen(text, &aws.place.partition)))
}

/// The rotation period in days, if the key rotates at all.
pub(super) async fn rotation(aws: &Aws, key: &KeyMetadata) -> Answer<Option<u32>> {
    let made_here = key.origin.as_ref().is_none_or(|origin| *origin == OriginType::AwsKms);
    let is_symmetric = key.key_spec.as_ref().is_none_or(|spec| spec.as_str() == symmetric());
    if !(made_here && is_symmetric) {
        return Ok(None);
    }
    let id = key.key_id();
    let answer = aws.session.clients.kms.get_key_rotation_status().key_id(id).send().await;
    let answer =
        answer.attempting("kms:GetKeyRotationStatus", || format!("read the rotation of {id}"))?;
    let days = answer.rotation_period_in_days.and_then(|days| u32::try_from(days).ok());
    Ok(answer.key_rotation_enabled.then(|| days.unwrap_or(YEAR)))
}

pub(super) async fn tags_of(aws: &Aws, id: &str) -> Answer<Vec<(String, String)>> {
    let pages = aws.session.clients.kms.list_resource_tags().key_id(id).into_paginator().items();
    let tags: Vec<Tag> = pages
        .send()
        .try_collect()
        .await
        .attempting("kms:ListResourceTags", || format!("read the tags of {id}"))?;
    Ok(tags.into_iter().map(|tag| (tag.tag_key, tag.tag_value)).collect())
}

/// What is encrypted with a key cannot be counted. A key comes back within its
/// waiting period, which begins only when its replicas are gone (KMS Developer
/// Guide, "Delete multi-Region keys").
pub(super) fn holdings(key: &KeyMetadata) -> Holdings {
    let replicas = key.multi_region_configuration().map(MultiRegionConfiguration::replica_keys);
    let regions: Vec<&str> =
        replicas.unwrap_or_default().iter().filter_map(|replica| replica.region()).collect();
    let what = match regions.as_slice() {
        [] => "whatever is encrypted with it".to_owned(),
        regions => format!(
            "whatever is encrypted with it and with its replicas in {}; KMS waits until these are \
             deleted",
            regions.join(", ")
        ),
    };
    Holdings { revivable: true, ..Holdings::lost(what) }
}

pub(super) fn status(key: &KeyMetadata) -> Status {
    let on = key.deletion_date().and_then(|date| date.fmt(Format::DateTime).ok());
    let on = on.as_deref().and_then(|date| date.split('T').next());
    match key.key_state() {
        Some(KeyState::PendingDeletion) => {
            let until = on.map(|date| format!(" until {date}")).unwrap_or_default();
            Status::Deleting(format!("pending deletion{until}"))
        }
        Some(KeyState::PendingReplicaDeletion) => {
            Status::Deleting("pending deletion, once its replicas are gone".into())
        }
        Some(KeyState::Creating) => Status::InProgress("being created".into()),
        Some(KeyState::Updating) => Status::InProgress("being updated".into()),
        Some(KeyState::PendingImport) => {
            Status::Failed("waits for key material, which ccprov does not import".into())
        }
        Some(KeyState::Unavailable) => Status::Failed("its key store is disconnected".into()),
        _ => Status::Current,
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_kms::types::MultiRegionKey;
    use aws_smithy_types::DateTime;

    use super::*;

    #[test]
    fn replicas_are_told_of_a_primary_key() {
        let key = || KeyMetadata::builder().key_id("k");
        assert_eq!(holdings(&key().build().unwrap()).what, "whatever is encrypted with it");
        let replica = MultiRegionKey::builder().region("eu-west-1").build();
        let regions = MultiRegionConfiguration::builder().replica_keys(replica).build();
        let seen = holdings(&key().multi_region_configuration(regions).build().unwrap());
        let expected = "whatever is encrypted with it and with its replicas in eu-west-1; KMS \
                        waits until these are deleted";
        assert_eq!(seen.what, expected);
        assert!(seen.revivable && !seen.blocks_delete);
    }

    #[test]
    fn states_are_told_apart() {
        let key = |state: KeyState| KeyMetadata::builder().key_id("k").key_state(state);
        let seen = |state: KeyState| status(&key(state).build().unwrap());
        assert_eq!(seen(KeyState::Enabled), Status::Current);
        assert_eq!(seen(KeyState::Disabled), Status::Current);
        assert_eq!(seen(KeyState::Creating), Status::InProgress("being created".into()));
        let pending = key(KeyState::PendingDeletion).deletion_date(DateTime::from_secs(86_400));
        assert_eq!(
            status(&pending.build().unwrap()),
            Status::Deleting("pending deletion until 1970-01-02".into())
        );
    }
}
