//! Lifecycle rules as S3 takes and answers them.

use aws_sdk_s3::operation::get_bucket_lifecycle_configuration::GetBucketLifecycleConfigurationOutput;
use aws_sdk_s3::types::{
    self as s3, AbortIncompleteMultipartUpload, BucketLifecycleConfiguration, ExpirationStatus,
    LifecycleExpiration, LifecycleRuleAndOperator, LifecycleRuleFilter,
    TransitionDefaultMinimumObjectSize, TransitionStorageClass,
};
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;

use super::{
    Expiration, Filter, LifecycleRule, NoncurrentVersionExpiration, NoncurrentVersionTransition,
    Status, Transition, canonical,
};
use crate::aws::error::{Attempt, OrAbsent};
use crate::aws::services::s3::bucket::handle::Bucket;
use crate::engine::port::Answer;

/// What the bucket has; `None` if it has no rules.
pub(in super::super) async fn read(
    bucket: Bucket<'_>,
) -> Answer<Option<GetBucketLifecycleConfigurationOutput>> {
    let Bucket { s3, account, name, .. } = bucket;
    let call = s3.get_bucket_lifecycle_configuration().bucket(name).expected_bucket_owner(account);
    call.send()
        .await
        .attempting("s3:GetBucketLifecycleConfiguration", || {
            format!("read the lifecycle rules of bucket {name}")
        })
        .or_absent()
}

/// The rules as they are compared.
pub(in super::super) fn seen(answer: GetBucketLifecycleConfigurationOutput) -> Vec<LifecycleRule> {
    canonical(answer.rules.unwrap_or_default().into_iter().map(Into::into).collect())
}

/// All rules at once. An empty list would be refused: no rules are none.
pub(in super::super) async fn put(
    bucket: Bucket<'_>,
    rules: &[LifecycleRule],
    smallest: Option<TransitionDefaultMinimumObjectSize>,
) -> Answer<()> {
    let Bucket { s3, account, name, .. } = bucket;
    if rules.is_empty() {
        let answer =
            s3.delete_bucket_lifecycle().bucket(name).expected_bucket_owner(account).send().await;
        answer.attempting("s3:DeleteBucketLifecycle", || {
            format!("remove the lifecycle rules of bucket {name}")
        })?;
        return Ok(());
    }
    let rules = rules.iter().filter_map(LifecycleRule::wire).collect();
    let configuration = BucketLifecycleConfiguration::builder().set_rules(Some(rules)).build();
    let call = s3.put_bucket_lifecycle_configuration().bucket(name).expected_bucket_owner(account);
    let answer = call
        .set_lifecycle_configuration(configuration.ok())
        .set_transition_default_minimum_object_size(smallest)
        .send()
        .await;
    answer.attempting("s3:PutBucketLifecycleConfiguration", || {
        format!("set the lifecycle rules of bucket {name}")
    })?;
    Ok(())
}

impl From<s3::LifecycleRule> for LifecycleRule {
    fn from(rule: s3::LifecycleRule) -> Self {
        // The oldest spelling has the prefix outside of a filter.
        #[expect(deprecated, reason = "rules that others wrote may still have it")]
        let filter =
            rule.filter.map_or(Filter { prefix: rule.prefix, ..Filter::default() }, Filter::from);
        Self {
            id: rule.id.unwrap_or_default(),
            status: match rule.status {
                ExpirationStatus::Enabled => Status::Enabled,
                _ => Status::Disabled,
            },
            filter: Some(filter),
            transitions: rule.transitions.into_iter().flatten().map(Into::into).collect(),
            expiration: rule.expiration.map(|expiration| Expiration {
                days: expiration.days.filter(|days| *days > 0),
                date: expiration.date.and_then(day),
                expired_object_delete_marker: expiration.expired_object_delete_marker,
            }),
            noncurrent_version_transitions: rule
                .noncurrent_version_transitions
                .into_iter()
                .flatten()
                .map(Into::into)
                .collect(),
            noncurrent_version_expiration: rule.noncurrent_version_expiration.map(|expiration| {
                NoncurrentVersionExpiration {
                    noncurrent_days: expiration.noncurrent_days.unwrap_or_default(),
                    newer_noncurrent_versions: expiration.newer_noncurrent_versions,
                }
            }),
            abort_incomplete_multipart_upload_days: rule
                .abort_incomplete_multipart_upload
                .and_then(|abort| abort.days_after_initiation),
        }
    }
}

impl From<LifecycleRuleFilter> for Filter {
    fn from(filter: LifecycleRuleFilter) -> Self {
        let and = filter.and.unwrap_or_else(|| {
            LifecycleRuleAndOperator::builder()
                .set_prefix(filter.prefix)
                .set_tags(filter.tag.map(|tag| vec![tag]))
                .set_object_size_greater_than(filter.object_size_greater_than)
                .set_object_size_less_than(filter.object_size_less_than)
                .build()
        });
        let tags = and.tags.into_iter().flatten();
        Self {
            prefix: and.prefix,
            tags: tags.map(|tag| (tag.key, tag.value)).collect(),
            object_size_greater_than: and.object_size_greater_than,
            object_size_less_than: and.object_size_less_than,
        }
    }
}

impl From<s3::Transition> for Transition {
    fn from(transition: s3::Transition) -> Self {
        let date = transition.date.and_then(day);
        Self {
            // S3 leaves zero days out.
            days: transition.days.or_else(|| date.is_none().then_some(0)),
            date,
            storage_class: class_name(transition.storage_class.as_ref()),
        }
    }
}

impl From<s3::NoncurrentVersionTransition> for NoncurrentVersionTransition {
    fn from(transition: s3::NoncurrentVersionTransition) -> Self {
        Self {
            noncurrent_days: transition.noncurrent_days.unwrap_or_default(),
            newer_noncurrent_versions: transition.newer_noncurrent_versions,
            storage_class: class_name(transition.storage_class.as_ref()),
        }
    }
}

fn class_name(class: Option<&TransitionStorageClass>) -> String {
    class.map(TransitionStorageClass::as_str).unwrap_or_default().to_owned()
}

impl LifecycleRule {
    fn wire(&self) -> Option<s3::LifecycleRule> {
        let status = match self.status {
            Status::Enabled => ExpirationStatus::Enabled,
            Status::Disabled => ExpirationStatus::Disabled,
        };
        let expiration = self.expiration.as_ref().map(|expiration| {
            LifecycleExpiration::builder()
                .set_days(expiration.days)
                .set_date(expiration.date.as_deref().and_then(midnight))
                .set_expired_object_delete_marker(expiration.expired_object_delete_marker)
                .build()
        });
        let old = self.noncurrent_version_expiration.as_ref().map(|expiration| {
            s3::NoncurrentVersionExpiration::builder()
                .noncurrent_days(expiration.noncurrent_days)
                .set_newer_noncurrent_versions(expiration.newer_noncurrent_versions)
                .build()
        });
        let abort = self.abort_incomplete_multipart_upload_days.map(|days| {
            AbortIncompleteMultipartUpload::builder().days_after_initiation(days).build()
        });
        s3::LifecycleRule::builder()
            .id(&self.id)
            .status(status)
            .filter(self.filter.as_ref().unwrap_or(&Filter::default()).into())
            .set_transitions(some(self.transitions.iter().map(Into::into).collect()))
            .set_expiration(expiration)
            .set_noncurrent_version_transitions(some(
                self.noncurrent_version_transitions.iter().map(Into::into).collect(),
            ))
            .set_noncurrent_version_expiration(old)
            .set_abort_incomplete_multipart_upload(abort)
            .build()
            .ok()
    }
}

/// S3 would refuse an empty list.
fn some<T>(list: Vec<T>) -> Option<Vec<T>> {
    (!list.is_empty()).then_some(list)
}

impl From<&Filter> for LifecycleRuleFilter {
    /// More than one predicate goes within `And`; none is the empty prefix.
    fn from(filter: &Filter) -> Self {
        let tags: Vec<s3::Tag> = filter
            .tags
            .iter()
            .filter_map(|(key, value)| s3::Tag::builder().key(key).value(value).build().ok())
            .collect();
        let predicates = usize::from(filter.prefix.is_some())
            + tags.len()
            + usize::from(filter.object_size_greater_than.is_some())
            + usize::from(filter.object_size_less_than.is_some());
        if predicates > 1 {
            let and = LifecycleRuleAndOperator::builder()
                .set_prefix(filter.prefix.clone())
                .set_tags(some(tags))
                .set_object_size_greater_than(filter.object_size_greater_than)
                .set_object_size_less_than(filter.object_size_less_than);
            return Self::builder().and(and.build()).build();
        }
        let everything = (predicates == 0).then(String::new);
        Self::builder()
            .set_prefix(filter.prefix.clone().or(everything))
            .set_tag(tags.into_iter().next())
            .set_object_size_greater_than(filter.object_size_greater_than)
            .set_object_size_less_than(filter.object_size_less_than)
            .build()
    }
}

impl From<&Transition> for s3::Transition {
    fn from(transition: &Transition) -> Self {
        Self::builder()
            .set_days(transition.days)
            .set_date(transition.date.as_deref().and_then(midnight))
            .storage_class(transition.storage_class.as_str().into())
            .build()
    }
}

impl From<&NoncurrentVersionTransition> for s3::NoncurrentVersionTransition {
    fn from(transition: &NoncurrentVersionTransition) -> Self {
        Self::builder()
            .noncurrent_days(transition.noncurrent_days)
            .set_newer_noncurrent_versions(transition.newer_noncurrent_versions)
            .storage_class(transition.storage_class.as_str().into())
            .build()
    }
}

/// S3 wants dates as moments, at midnight UTC.
pub(super) fn midnight(date: &str) -> Option<DateTime> {
    DateTime::from_str(&format!("{date}T00:00:00Z"), Format::DateTime).ok()
}

fn day(moment: DateTime) -> Option<String> {
    let text = moment.fmt(Format::DateTime).ok()?;
    text.split('T').next().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::rules;
    use super::*;

    /// There and back, as S3 would echo it.
    fn echoed(rules: &[LifecycleRule]) -> Vec<LifecycleRule> {
        let wire = rules.iter().filter_map(LifecycleRule::wire).collect();
        seen(GetBucketLifecycleConfigurationOutput::builder().set_rules(Some(wire)).build())
    }

    #[test]
    fn what_is_written_is_read_back() {
        let written = rules(json!([
            { "id": "b", "status": "Disabled", "expiration": { "date": "2030-02-28" } },
            {
                "id": "a",
                "filter": { "prefix": "raw/", "tags": { "k": "v", "l": "w" },
                            "object_size_greater_than": 0, "object_size_less_than": 9 },
                "transitions": [
                    { "days": 90, "storage_class": "GLACIER" },
                    { "days": 0, "storage_class": "INTELLIGENT_TIERING" },
                    { "date": "2030-01-01", "storage_class": "DEEP_ARCHIVE" },
                ],
                "expiration": { "days": 365 },
                "noncurrent_version_transitions": [
                    { "noncurrent_days": 30, "newer_noncurrent_versions": 3, "storage_class": "STANDARD_IA" },
                ],
                "noncurrent_version_expiration": { "noncurrent_days": 60, "newer_noncurrent_versions": 2 },
            },
            { "id": "c", "filter": { "tags": { "k": "v" } }, "expiration": { "days": 1 } },
            { "id": "d", "filter": { "object_size_less_than": 1 }, "expiration": { "days": 1 } },
            { "id": "e", "expiration": { "expired_object_delete_marker": true },
              "abort_incomplete_multipart_upload_days": 7 },
        ]));
        assert_eq!(echoed(&written), written);
    }

    #[test]
    fn a_filter_that_lets_all_pass_is_none() {
        let none = rules(json!([{ "id": "a", "expiration": { "days": 1 } }]));
        let empty = json!([{ "id": "a", "filter": { "prefix": "" }, "expiration": { "days": 1 } }]);
        assert_eq!(rules(empty), none);
        let wire = none[0].wire().unwrap();
        assert_eq!(wire.filter.unwrap().prefix.as_deref(), Some(""), "S3 insists on a filter");
    }

    #[test]
    fn a_prefix_of_the_oldest_spelling_is_a_filter() {
        #[expect(deprecated, reason = "this is what others wrote")]
        let old = s3::LifecycleRule::builder()
            .id("a")
            .status(ExpirationStatus::Enabled)
            .prefix("raw/")
            .expiration(LifecycleExpiration::builder().days(1).build());
        let answer = GetBucketLifecycleConfigurationOutput::builder().rules(old.build().unwrap());
        let new =
            json!([{ "id": "a", "filter": { "prefix": "raw/" }, "expiration": { "days": 1 } }]);
        assert_eq!(seen(answer.build()), rules(new));
    }
}
