//! When objects move to other storage classes or expire.
//!
//! S3 takes and echoes several spellings of one rule; here is the one that is
//! compared: rules by id, a filter only where it filters, its predicates side
//! by side whether or not S3 wants them within `And`.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_s3::operation::get_bucket_lifecycle_configuration::GetBucketLifecycleConfigurationOutput;
use aws_sdk_s3::types::{
    self as s3, AbortIncompleteMultipartUpload, BucketLifecycleConfiguration, ExpirationStatus,
    LifecycleExpiration, LifecycleRuleAndOperator, LifecycleRuleFilter,
    TransitionDefaultMinimumObjectSize, TransitionStorageClass,
};
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::settings::Bucket;
use crate::aws::error::{Attempt, OrAbsent};
use crate::engine::port::Answer;
use crate::model::{Path, Problem};

/// What happens when to which objects.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LifecycleRule {
    /// Its name within the bucket.
    #[schemars(length(min = 1, max = 255))]
    id: String,
    /// Whether it is in force. Default: Enabled.
    #[serde(default)]
    status: Status,
    /// Which objects. Left out: all.
    filter: Option<Filter>,
    /// Where current versions move, and when.
    #[serde(default)]
    transitions: BTreeSet<Transition>,
    /// When current versions expire.
    expiration: Option<Expiration>,
    /// Where old versions move, and when.
    #[serde(default)]
    noncurrent_version_transitions: BTreeSet<NoncurrentVersionTransition>,
    /// When old versions are deleted.
    noncurrent_version_expiration: Option<NoncurrentVersionExpiration>,
    /// Days after which the parts of an unfinished upload are deleted.
    #[schemars(range(min = 1))]
    abort_incomplete_multipart_upload_days: Option<i32>,
}

/// Whether a rule is in force.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) enum Status {
    #[default]
    Enabled,
    Disabled,
}

/// Which objects: those that meet all of this.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Filter {
    /// What the key begins with.
    prefix: Option<String>,
    /// Tags that the object carries.
    #[serde(default)]
    tags: BTreeMap<String, String>,
    /// Bytes that the object exceeds.
    #[schemars(range(min = 0))]
    object_size_greater_than: Option<i64>,
    /// Bytes that the object stays below.
    #[schemars(range(min = 1))]
    object_size_less_than: Option<i64>,
}

/// Where current versions move, and when: `days` or `date`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Transition {
    /// Days after the object was written.
    #[schemars(range(min = 0))]
    days: Option<i32>,
    /// From this day on, as YYYY-MM-DD, midnight UTC.
    #[schemars(regex(pattern = r"^\d{4}-\d{2}-\d{2}$"))]
    date: Option<String>,
    /// Where to.
    #[schemars(extend("enum" = TransitionStorageClass::values()))]
    storage_class: String,
}

/// When current versions expire: `days`, `date` or `expired_object_delete_marker`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Expiration {
    /// Days after the object was written.
    #[schemars(range(min = 1))]
    days: Option<i32>,
    /// From this day on, as YYYY-MM-DD, midnight UTC.
    #[schemars(regex(pattern = r"^\d{4}-\d{2}-\d{2}$"))]
    date: Option<String>,
    /// Delete a delete marker once nothing is left behind it.
    expired_object_delete_marker: Option<bool>,
}

/// Where old versions move, and when.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NoncurrentVersionTransition {
    /// Days after a newer version took its place.
    #[schemars(range(min = 0))]
    noncurrent_days: i32,
    /// How many of the newest old versions stay where they are.
    #[schemars(range(min = 1, max = 100))]
    newer_noncurrent_versions: Option<i32>,
    /// Where to.
    #[schemars(extend("enum" = TransitionStorageClass::values()))]
    storage_class: String,
}

/// When old versions are deleted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NoncurrentVersionExpiration {
    /// Days after a newer version took its place.
    #[schemars(range(min = 1))]
    noncurrent_days: i32,
    /// How many of the newest old versions stay.
    #[schemars(range(min = 1, max = 100))]
    newer_noncurrent_versions: Option<i32>,
}

/// Rules by id, without what says nothing.
pub(super) fn canonical(mut rules: Vec<LifecycleRule>) -> Vec<LifecycleRule> {
    for rule in &mut rules {
        rule.filter = rule.filter.take().and_then(Filter::canonical);
        if let Some(expiration) = &mut rule.expiration {
            expiration.expired_object_delete_marker =
                expiration.expired_object_delete_marker.filter(|on| *on);
        }
    }
    rules.sort_by(|one, other| one.id.cmp(&other.id));
    rules
}

impl Filter {
    fn canonical(mut self) -> Option<Self> {
        self.prefix = self.prefix.filter(|prefix| !prefix.is_empty());
        (self != Self::default()).then_some(self)
    }
}

/// What S3 would refuse, of canonical rules.
pub(super) fn check(rules: &[LifecycleRule]) -> Vec<Problem> {
    let twins = rules.windows(2).filter(|pair| pair[0].id == pair[1].id);
    let mut problems: Vec<Problem> =
        twins.map(|pair| pair[0].problem("id", "two rules have this id")).collect();
    problems.extend(rules.iter().flat_map(LifecycleRule::check));
    problems
}

impl LifecycleRule {
    fn problem(&self, field: &str, message: &str) -> Problem {
        let path = Path::field("lifecycle_rules").with_field(&self.id).with_field(field);
        Problem { path, message: message.to_owned(), hint: None }
    }

    fn check(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let does_nothing = self.transitions.is_empty()
            && self.expiration.is_none()
            && self.noncurrent_version_transitions.is_empty()
            && self.noncurrent_version_expiration.is_none()
            && self.abort_incomplete_multipart_upload_days.is_none();
        if does_nothing {
            problems.push(
                self.problem("id", "the rule does nothing")
                    .hint("add an expiration, a transition or an abort; or remove the rule"),
            );
        }
        let has_tags = self.filter.as_ref().is_some_and(|filter| !filter.tags.is_empty());
        if has_tags && self.abort_incomplete_multipart_upload_days.is_some() {
            let message = "unfinished uploads have no tags to be chosen by";
            problems.push(self.problem("abort_incomplete_multipart_upload_days", message));
        }
        for transition in &self.transitions {
            if transition.days.is_some() == transition.date.is_some() {
                problems.push(self.problem("transitions", "each takes either days or a date"));
            }
            problems.extend(self.check_date("transitions", transition.date.as_deref()));
        }
        if let Some(Expiration { days, date, expired_object_delete_marker: marker }) =
            &self.expiration
        {
            let stated = [days.is_some(), date.is_some(), marker.is_some()];
            if stated.iter().filter(|stated| **stated).count() != 1 {
                let message = "takes days, a date or expired_object_delete_marker: one of them";
                problems.push(self.problem("expiration", message));
            }
            problems.extend(self.check_date("expiration", date.as_deref()));
        }
        problems
    }

    fn check_date(&self, field: &str, date: Option<&str>) -> Option<Problem> {
        let is_none = midnight(date?).is_none();
        is_none.then(|| self.problem(field, "the date is none: YYYY-MM-DD"))
    }
}

/// S3 wants dates as moments, at midnight UTC.
fn midnight(date: &str) -> Option<DateTime> {
    DateTime::from_str(&format!("{date}T00:00:00Z"), Format::DateTime).ok()
}

fn day(moment: DateTime) -> Option<String> {
    let text = moment.fmt(Format::DateTime).ok()?;
    text.split('T').next().map(str::to_owned)
}

/// What the bucket has; `None` if it has no rules.
pub(super) async fn read(
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
pub(super) fn seen(answer: GetBucketLifecycleConfigurationOutput) -> Vec<LifecycleRule> {
    canonical(answer.rules.unwrap_or_default().into_iter().map(Into::into).collect())
}

/// All rules at once. An empty list would be refused: no rules are none.
pub(super) async fn put(
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
    let rules = rules.iter().map(Into::into).collect();
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
            storage_class: class_name(transition.storage_class),
        }
    }
}

impl From<s3::NoncurrentVersionTransition> for NoncurrentVersionTransition {
    fn from(transition: s3::NoncurrentVersionTransition) -> Self {
        Self {
            noncurrent_days: transition.noncurrent_days.unwrap_or_default(),
            newer_noncurrent_versions: transition.newer_noncurrent_versions,
            storage_class: class_name(transition.storage_class),
        }
    }
}

fn class_name(class: Option<TransitionStorageClass>) -> String {
    class.as_ref().map(TransitionStorageClass::as_str).unwrap_or_default().to_owned()
}

impl From<&LifecycleRule> for s3::LifecycleRule {
    fn from(rule: &LifecycleRule) -> Self {
        let status = match rule.status {
            Status::Enabled => ExpirationStatus::Enabled,
            Status::Disabled => ExpirationStatus::Disabled,
        };
        let expiration = rule.expiration.as_ref().map(|expiration| {
            LifecycleExpiration::builder()
                .set_days(expiration.days)
                .set_date(expiration.date.as_deref().and_then(midnight))
                .set_expired_object_delete_marker(expiration.expired_object_delete_marker)
                .build()
        });
        let old = rule.noncurrent_version_expiration.as_ref().map(|expiration| {
            s3::NoncurrentVersionExpiration::builder()
                .noncurrent_days(expiration.noncurrent_days)
                .set_newer_noncurrent_versions(expiration.newer_noncurrent_versions)
                .build()
        });
        let abort = rule.abort_incomplete_multipart_upload_days.map(|days| {
            AbortIncompleteMultipartUpload::builder().days_after_initiation(days).build()
        });
        let built = Self::builder()
            .id(&rule.id)
            .status(status)
            .filter(rule.filter.as_ref().unwrap_or(&Filter::default()).into())
            .set_transitions(some(rule.transitions.iter().map(Into::into).collect()))
            .set_expiration(expiration)
            .set_noncurrent_version_transitions(some(
                rule.noncurrent_version_transitions.iter().map(Into::into).collect(),
            ))
            .set_noncurrent_version_expiration(old)
            .set_abort_incomplete_multipart_upload(abort)
            .build();
        built.expect("a rule has a status")
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

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn rules(written: Value) -> Vec<LifecycleRule> {
        canonical(serde_json::from_value(written).unwrap())
    }

    /// There and back, as S3 would echo it.
    fn echoed(rules: &[LifecycleRule]) -> Vec<LifecycleRule> {
        let wire = rules.iter().map(s3::LifecycleRule::from).collect();
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
        let wire = s3::LifecycleRule::from(&none[0]);
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

    #[test]
    fn the_order_of_rules_means_nothing() {
        let rule = |id: &str| json!({ "id": id, "expiration": { "days": 1 } });
        assert_eq!(rules(json!([rule("b"), rule("a")])), rules(json!([rule("a"), rule("b")])));
    }

    #[test]
    fn what_s3_refuses_is_a_problem() {
        let check = |written: Value, expected: &[&str]| {
            let problems = check(&rules(written));
            let found: Vec<String> =
                problems.iter().map(|problem| problem.path.to_string()).collect();
            assert_eq!(found, expected);
        };
        let expiration = |expiration: Value| json!([{ "id": "a", "expiration": expiration }]);
        check(expiration(json!({ "days": 1 })), &[]);
        check(expiration(json!({})), &["lifecycle_rules.a.expiration"]);
        check(
            expiration(json!({ "days": 1, "date": "2030-01-01" })),
            &["lifecycle_rules.a.expiration"],
        );
        check(expiration(json!({ "date": "2030-02-30" })), &["lifecycle_rules.a.expiration"]);
        check(json!([{ "id": "a" }]), &["lifecycle_rules.a.id"]);
        let twice = json!({ "id": "a", "expiration": { "days": 1 } });
        check(json!([twice, twice]), &["lifecycle_rules.a.id"]);
        check(
            json!([{ "id": "a", "transitions": [{ "storage_class": "GLACIER" }] }]),
            &["lifecycle_rules.a.transitions"],
        );
        check(
            json!([{ "id": "a", "filter": { "tags": { "k": "v" } },
                     "abort_incomplete_multipart_upload_days": 1 }]),
            &["lifecycle_rules.a.abort_incomplete_multipart_upload_days"],
        );
    }
}
