//! What DynamoDB would refuse of a table: one field against another.

use std::collections::{BTreeMap, BTreeSet};

use super::index::{Holds, Key, Projection};
use super::{AWS_MANAGED, BillingMode, Spec};
use crate::aws::arn::Arn;
use crate::model::document::is_pending;
use crate::model::{Path, Problem};

/// Of one table (Developer Guide, "Quotas in Amazon DynamoDB").
const MOST_GLOBAL: usize = 20;
const MOST_LOCAL: usize = 5;

pub(super) fn check(spec: &Spec) -> Vec<Problem> {
    let mut problems = Vec::new();
    let name = spec.name.as_deref().unwrap_or_default();
    if !is_pending(name) && name.len() > 255 {
        let message = format!("the name has {} characters, DynamoDB takes 255", name.len());
        problems.push(Problem::of("name", message).hint("state a shorter `name`"));
    }
    problems.extend(check_billing(spec));
    problems.extend(check_keys(spec));
    problems.extend(check_indexes(spec));
    problems.extend(spec.kms_key_id.as_deref().and_then(check_key));
    if spec.recovery_period_in_days.is_some() && !spec.point_in_time_recovery {
        let message = "only tables with point_in_time_recovery have this";
        let problem = Problem::of("recovery_period_in_days", message);
        problems.push(problem.hint("point_in_time_recovery: true"));
    }
    if spec.ttl_attribute.as_deref().is_some_and(|ttl| {
        [&spec.hash_key]
            .into_iter()
            .chain(&spec.range_key)
            .any(|key| key.name == ttl && key.holds != Holds::N)
    }) {
        let message = "the time is a number, and this key holds none";
        problems.push(Problem::of("ttl_attribute", message));
    }
    problems
}

/// Capacities and limits, of the table and of each index.
fn check_billing(spec: &Spec) -> Vec<Problem> {
    let table = Path::default();
    let own = (
        table,
        [spec.read_capacity, spec.write_capacity],
        [spec.max_read_request_units, spec.max_write_request_units],
    );
    let indexes = spec.global_secondary_indexes.iter().map(|(name, index)| {
        (
            Path::field("global_secondary_indexes").with_field(name),
            [index.read_capacity, index.write_capacity],
            [index.max_read_request_units, index.max_write_request_units],
        )
    });
    let mut problems = Vec::new();
    for (path, capacities, limits) in [own].into_iter().chain(indexes) {
        let at =
            |field: &str, message: &str| Problem::of(field, message).at(path.with_field(field));
        let capacities = ["read_capacity", "write_capacity"].into_iter().zip(capacities);
        let limits = ["max_read_request_units", "max_write_request_units"].into_iter().zip(limits);
        match spec.billing_mode {
            BillingMode::Provisioned => {
                let missing = capacities.filter(|(_, stated)| stated.is_none());
                problems.extend(missing.map(|(field, _)| {
                    at(field, "with billing_mode PROVISIONED this must be stated")
                        .hint(format!("{field}: 1"))
                }));
                let idle = limits.filter(|(_, stated)| stated.is_some());
                problems.extend(idle.map(|(field, _)| {
                    at(field, "only tables with billing_mode PAY_PER_REQUEST have this")
                }));
            }
            BillingMode::PayPerRequest => {
                let idle = capacities.filter(|(_, stated)| stated.is_some());
                problems.extend(idle.map(|(field, _)| {
                    at(field, "only tables with billing_mode PROVISIONED have this")
                        .hint("billing_mode: PROVISIONED")
                }));
            }
        }
    }
    problems
}

/// An attribute holds one thing, whoever names it.
fn check_keys<'a>(spec: &'a Spec) -> Vec<Problem> {
    let table = Path::field;
    let own = [(table("hash_key"), &spec.hash_key)];
    let range = spec.range_key.iter().map(|key| (table("range_key"), key));
    let local = spec.local_secondary_indexes.iter().map(|(name, index)| {
        (
            table("local_secondary_indexes").with_field(name).with_field("range_key"),
            &index.range_key,
        )
    });
    let global = spec.global_secondary_indexes.iter().flat_map(|(name, index)| {
        let path = table("global_secondary_indexes").with_field(name);
        let (hash, range) = (path.with_field("hash_key"), path.with_field("range_key"));
        let more = |field: &str, keys: &'a [Key]| {
            let field = path.with_field(field);
            keys.iter().enumerate().map(move |(at, key)| (field.with_index(at), key))
        };
        let more_hash = more("more_hash_keys", &index.more_hash_keys);
        let more_range = more("more_range_keys", &index.more_range_keys);
        let range = index.range_key.iter().map(move |key| (range.clone(), key));
        [(hash, &index.hash_key)].into_iter().chain(more_hash).chain(range).chain(more_range)
    });
    let mut known: BTreeMap<&str, (Path, &Key)> = BTreeMap::new();
    let mut problems = Vec::new();
    for (path, key) in own.into_iter().chain(range).chain(local).chain(global) {
        if let Some((first, other)) = known.get(key.name.as_str()) {
            if other.holds != key.holds {
                let message = format!(
                    "`{}` is {:?} here and {:?} in {first}, and an attribute is one of them",
                    key.name, key.holds, other.holds
                );
                problems.push(Problem::of("", message).at(path.with_field("type")));
            }
            continue;
        }
        known.insert(&key.name, (path, key));
    }
    problems
}

fn check_indexes(spec: &Spec) -> Vec<Problem> {
    let (global, local) = (&spec.global_secondary_indexes, &spec.local_secondary_indexes);
    let mut problems = Vec::new();
    if global.len() > MOST_GLOBAL {
        let message = format!("there are {} indexes, a table takes {MOST_GLOBAL}", global.len());
        problems.push(Problem::of("global_secondary_indexes", message));
    }
    if local.len() > MOST_LOCAL {
        let message = format!("there are {} indexes, a table takes {MOST_LOCAL}", local.len());
        problems.push(Problem::of("local_secondary_indexes", message));
    }
    if !local.is_empty() && spec.range_key.is_none() {
        let message = "only tables with a range_key have local indexes";
        problems.push(Problem::of("local_secondary_indexes", message));
    }
    problems.extend(global.iter().filter_map(|(name, index)| {
        let is_unsorted = !index.more_range_keys.is_empty() && index.range_key.is_none();
        let path = Path::field("global_secondary_indexes").with_field(name);
        let message = "what is sorted by more than one attribute has a range_key first";
        is_unsorted.then(|| Problem::of("", message).at(path.with_field("more_range_keys")))
    }));
    let global = global.iter().map(|(name, index)| {
        let path = Path::field("global_secondary_indexes").with_field(name);
        (path, name, index.projection, &index.non_key_attributes)
    });
    let local = local.iter().map(|(name, index)| {
        let path = Path::field("local_secondary_indexes").with_field(name);
        (path, name, index.projection, &index.non_key_attributes)
    });
    for (path, name, projection, attributes) in global.chain(local) {
        problems.extend(check_name(name).map(|problem| problem.at(path.clone())));
        let attributes = check_projection(projection, attributes);
        problems.extend(attributes.map(|it| it.at(path.with_field("non_key_attributes"))));
    }
    problems
}

fn check_name(name: &str) -> Option<Problem> {
    let is_sound = (3..=255).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte));
    let message = "the name of an index has 3 to 255 letters, digits and `_.-`";
    (!is_sound).then(|| Problem::of("", message))
}

fn check_projection(projection: Projection, attributes: &BTreeSet<String>) -> Option<Problem> {
    let includes = projection == Projection::Include;
    let message = "non_key_attributes goes with projection INCLUDE, and only with it";
    (includes == attributes.is_empty()).then(|| Problem::of("", message))
}

/// DynamoDB takes, and shows, no other name of a key than its ARN.
fn check_key(key: &str) -> Option<Problem> {
    let is_arn = Arn::read(key).is_some_and(|arn| arn.resource.starts_with("key/"));
    let message = format!("takes the ARN of a key or {AWS_MANAGED}, and `{key}` is neither");
    let is_sound = is_pending(key) || is_arn || key == AWS_MANAGED;
    (!is_sound).then(|| Problem::of("kms_key_id", message).meaning("arn"))
}
