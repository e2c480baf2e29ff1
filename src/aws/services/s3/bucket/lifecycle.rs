//! When objects move to other storage classes or expire.
//!
//! S3 takes and echoes several spellings of one rule; here is the one that is
//! compared: rules by id, a filter only where it filters, its predicates side
//! by side whether or not S3 wants them within `And`.

mod wire;

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_s3::types::TransitionStorageClass;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::{Path, Problem};
pub(super) use wire::{put, read, seen};

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
        Problem::of("", message).at(path)
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
        let is_none = wire::midnight(date?).is_none();
        is_none.then(|| self.problem(field, "the date is none: YYYY-MM-DD"))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use serde_json::{Value, json};

    use super::*;

    pub(super) fn rules(written: Value) -> Vec<LifecycleRule> {
        canonical(serde_json::from_value(written).unwrap())
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
