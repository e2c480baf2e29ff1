//! Changing a table: one call, after which DynamoDB is at it. Whoever asked looks
//! when it is at rest again, and asks for what is left.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::operation::update_table::builders::UpdateTableFluentBuilder;
use aws_sdk_dynamodb::types::{
    DeleteGlobalSecondaryIndexAction, GlobalSecondaryIndexUpdate, PointInTimeRecoverySpecification,
    TimeToLiveSpecification, UpdateGlobalSecondaryIndexAction,
};

use super::index::GlobalIndex;
use super::{BillingMode, Spec, arn, stream_fact, wire};
use crate::aws::error::Attempt;
use crate::aws::handed::Aws;
use crate::aws::kind::Changing;
use crate::engine::port::{Accepted, Answer};
use crate::model::{CloudError, Facts, Segment};

/// Tags and the policy, which DynamoDB takes at any time, and the first that is left of
/// all else.
pub(super) async fn turn(aws: &Aws, change: &Changing<'_, Spec>) -> Answer<Accepted> {
    let name = change.want.identity.as_str();
    write_tags(aws, change).await?;
    if is_left(change, "resource_policy") {
        write_policy(aws, change).await?;
    }
    let call = aws.session.clients.dynamodb.update_table().table_name(name);
    if let Some(call) = table_call(call, change) {
        let answer = call.send().await;
        let table = answer.attempting("dynamodb:UpdateTable", || format!("change table {name}"))?;
        return Ok(Accepted::Working(stream_fact(table.table_description.as_ref())));
    }
    if is_left(change, "ttl_attribute") {
        write_ttl(aws, change).await?;
        return Ok(Accepted::Working(Facts::new()));
    }
    if ["point_in_time_recovery", "recovery_period_in_days"].iter().any(|it| is_left(change, it)) {
        write_recovery(aws, change).await?;
        return Ok(Accepted::Working(Facts::new()));
    }
    Ok(Accepted::Done(Facts::new()))
}

/// Whether a field is to change, and has not: DynamoDB refuses a change to what is so.
fn is_left(change: &Changing<'_, Spec>, field: &str) -> bool {
    let value = |spec: &Spec| serde_json::to_value(spec).ok()?.get(field).cloned();
    change.touches(field) && value(&change.want.spec) != value(&change.have)
}

/// What one `UpdateTable` changes together.
const SETTINGS: &[&str] = &[
    "billing_mode",
    "deletion_protection_enabled",
    "max_read_request_units",
    "max_write_request_units",
    "read_capacity",
    "write_capacity",
];

/// The first call about the table itself, in the order of `STAGES`.
fn table_call(
    call: UpdateTableFluentBuilder,
    change: &Changing<'_, Spec>,
) -> Option<UpdateTableFluentBuilder> {
    let (want, have) = (&change.want.spec, &change.have);
    if SETTINGS.iter().any(|field| is_left(change, field)) {
        return Some(with_settings(call, change));
    }
    if is_left(change, "table_class") {
        return Some(call.table_class(want.table_class.sdk()));
    }
    if is_left(change, "stream_view_type") {
        // A stream has one view for as long as it is there.
        let view = want.stream_view_type.filter(|_| have.stream_view_type.is_none());
        return Some(call.stream_specification(wire::stream(view)));
    }
    if change.touches("global_secondary_indexes") {
        return with_index(call, change);
    }
    let key = is_left(change, "kms_key_id");
    key.then(|| call.sse_specification(wire::encryption(want.kms_key_id.as_deref())))
}

fn with_settings(
    call: UpdateTableFluentBuilder,
    change: &Changing<'_, Spec>,
) -> UpdateTableFluentBuilder {
    let (want, have) = (&change.want.spec, &change.have);
    let is_any_left = |fields: &[&str]| fields.iter().any(|field| is_left(change, field));
    let turns = is_any_left(&["billing_mode"]);
    let protection = is_any_left(&["deletion_protection_enabled"]);
    let call = call
        .set_deletion_protection_enabled(protection.then_some(want.deletion_protection_enabled))
        .set_billing_mode(turns.then(|| want.billing_mode.sdk()));
    match want.billing_mode {
        // The capacity of every index goes with that of the table.
        BillingMode::Provisioned if turns => call
            .set_provisioned_throughput(wire::provisioned(want.read_capacity, want.write_capacity))
            .set_global_secondary_index_updates(Some(capacities(want, have))),
        BillingMode::Provisioned if is_any_left(&["read_capacity", "write_capacity"]) => call
            .set_provisioned_throughput(wire::provisioned(want.read_capacity, want.write_capacity)),
        BillingMode::PayPerRequest
            if is_any_left(&["max_read_request_units", "max_write_request_units"]) =>
        {
            let limits = (want.max_read_request_units, want.max_write_request_units);
            call.on_demand_throughput(wire::limits(limits.0, limits.1))
        }
        BillingMode::Provisioned | BillingMode::PayPerRequest => call,
    }
}

/// Those of the indexes that there are. One that is on its way out has the table's.
fn capacities(want: &Spec, have: &Spec) -> Vec<GlobalSecondaryIndexUpdate> {
    let of = |name: &String| {
        let index = want.global_secondary_indexes.get(name);
        let read = index.map_or(want.read_capacity, |index| index.read_capacity);
        let write = index.map_or(want.write_capacity, |index| index.write_capacity);
        let action = UpdateGlobalSecondaryIndexAction::builder().index_name(name);
        let action =
            action.set_provisioned_throughput(wire::provisioned(read, write)).build().ok()?;
        Some(GlobalSecondaryIndexUpdate::builder().update(action).build())
    };
    have.global_secondary_indexes.keys().filter_map(of).collect()
}

/// One index a call. One that goes, or is made anew, goes before another comes: there is
/// room for so many.
fn with_index(
    call: UpdateTableFluentBuilder,
    change: &Changing<'_, Spec>,
) -> Option<UpdateTableFluentBuilder> {
    let (want, have) =
        (&change.want.spec.global_secondary_indexes, &change.have.global_secondary_indexes);
    let names = change.diff.iter().filter(|diff| diff.path.top() == "global_secondary_indexes");
    let name = |segment: &Segment| match segment {
        Segment::Field(name) => Some(name.clone()),
        Segment::Index(_) => None,
    };
    let mut names: BTreeSet<String> =
        names.filter_map(|diff| diff.path.segments().get(1).and_then(name)).collect();
    // Who is handed the whole field is told no names.
    if names.is_empty() {
        names = want.keys().chain(have.keys()).cloned().collect();
    }
    let turns = names.iter().filter_map(|name| turn_of(name, want.get(name), have.get(name)));
    let turn = turns.min_by_key(Turn::rank)?;
    let update = GlobalSecondaryIndexUpdate::builder();
    Some(match turn {
        Turn::Remove(name) => {
            let action =
                DeleteGlobalSecondaryIndexAction::builder().index_name(name).build().ok()?;
            call.global_secondary_index_updates(update.delete(action).build())
        }
        Turn::Set(name, index) => {
            let action = UpdateGlobalSecondaryIndexAction::builder().index_name(name);
            let capacity = wire::provisioned(index.read_capacity, index.write_capacity);
            let action = match change.want.spec.billing_mode {
                BillingMode::Provisioned => action.set_provisioned_throughput(capacity),
                BillingMode::PayPerRequest => action.on_demand_throughput(wire::limits(
                    index.max_read_request_units,
                    index.max_write_request_units,
                )),
            };
            call.global_secondary_index_updates(update.update(action.build().ok()?).build())
        }
        Turn::Add(name, index) => {
            let all = have.values().chain([index]);
            call.set_attribute_definitions(Some(wire::definitions(&change.want.spec, all)))
                .global_secondary_index_updates(update.create(wire::added(name, index)).build())
        }
    })
}

/// What is next for one index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn<'a> {
    Remove(&'a str),
    Set(&'a str, &'a GlobalIndex),
    Add(&'a str, &'a GlobalIndex),
}

impl Turn<'_> {
    fn rank(&self) -> u8 {
        match self {
            Self::Remove(_) => 0,
            Self::Set(..) => 1,
            Self::Add(..) => 2,
        }
    }
}

fn turn_of<'a>(
    name: &'a str,
    want: Option<&'a GlobalIndex>,
    have: Option<&'a GlobalIndex>,
) -> Option<Turn<'a>> {
    match (want, have) {
        (Some(want), None) => Some(Turn::Add(name, want)),
        (Some(want), Some(have)) if want == have => None,
        (Some(want), Some(have)) if have.becomes(want) => Some(Turn::Set(name, want)),
        (Some(_) | None, Some(_)) => Some(Turn::Remove(name)),
        (None, None) => None,
    }
}

/// `UpdateTimeToLive` of the API Reference.
const ONCE_AN_HOUR: &str = "DynamoDB takes one change of a table's TTL an hour, and off and on again \
                            are two: apply the same file again when an hour has passed since the last";

async fn write_ttl(aws: &Aws, change: &Changing<'_, Spec>) -> Answer<()> {
    let name = change.want.identity.as_str();
    // Another attribute is taken when there is none.
    let on =
        change.want.spec.ttl_attribute.as_deref().filter(|_| change.have.ttl_attribute.is_none());
    let Some(attribute) = on.or(change.have.ttl_attribute.as_deref()) else { return Ok(()) };
    let ttl = TimeToLiveSpecification::builder().enabled(on.is_some()).attribute_name(attribute);
    let call = aws.session.clients.dynamodb.update_time_to_live().table_name(name);
    let call = call.set_time_to_live_specification(ttl.build().ok());
    let attempted = || format!("change the TTL of table {name}");
    match call.send().await.attempting("dynamodb:UpdateTimeToLive", attempted) {
        Ok(_) => Ok(()),
        // What was read lags behind what was set.
        Err(error) if says(&error, "already enabled") || says(&error, "already disabled") => Ok(()),
        Err(error) if says(&error, "modified multiple times") => {
            let until_then = change.have.ttl_attribute.as_ref().map_or_else(
                || "nothing expires".to_owned(),
                |attribute| format!("items expire by `{attribute}`"),
            );
            Err(CloudError {
                hint: Some(format!("{ONCE_AN_HOUR}; until then {until_then}")),
                ..error
            })
        }
        Err(error) => Err(error),
    }
}

fn says(error: &CloudError, words: &str) -> bool {
    error.code == "ValidationException" && error.message.to_lowercase().contains(words)
}

async fn write_recovery(aws: &Aws, change: &Changing<'_, Spec>) -> Answer<()> {
    let (name, spec) = (change.want.identity.as_str(), &change.want.spec);
    let recovery = PointInTimeRecoverySpecification::builder()
        .point_in_time_recovery_enabled(spec.point_in_time_recovery)
        .set_recovery_period_in_days(spec.recovery_period_in_days.map(i32::from));
    let call = aws.session.clients.dynamodb.update_continuous_backups().table_name(name);
    let call = call.set_point_in_time_recovery_specification(recovery.build().ok());
    let attempted = || format!("change the backups of table {name}");
    call.send().await.attempting("dynamodb:UpdateContinuousBackups", attempted)?;
    Ok(())
}

async fn write_policy(aws: &Aws, change: &Changing<'_, Spec>) -> Answer<()> {
    let name = change.want.identity.as_str();
    let (tables, arn) = (&aws.session.clients.dynamodb, arn(&aws.place, name));
    if let Some(policy) = &change.want.spec.resource_policy {
        let answer =
            tables.put_resource_policy().resource_arn(arn).policy(policy.text()).send().await;
        answer.attempting("dynamodb:PutResourcePolicy", || {
            format!("set the policy of table {name}")
        })?;
    } else {
        let answer = tables.delete_resource_policy().resource_arn(arn).send().await;
        answer.attempting("dynamodb:DeleteResourcePolicy", || {
            format!("remove the policy of table {name}")
        })?;
    }
    Ok(())
}

async fn write_tags(aws: &Aws, change: &Changing<'_, Spec>) -> Answer<()> {
    let turn = change.holder_tags(|spec| (&spec.tags, spec.force_destroy));
    let Some(turn) = turn else { return Ok(()) };
    let name = &change.want.identity;
    let (tables, arn) = (&aws.session.clients.dynamodb, &arn(&aws.place, name));
    let put = |tags: BTreeMap<_, _>| async move {
        let tags = tags.into_iter().map(|(key, value)| wire::tag(key, value)).collect();
        let answer = tables.tag_resource().resource_arn(arn).set_tags(Some(tags)).send().await;
        answer.attempting("dynamodb:TagResource", || format!("tag table {name}"))?;
        Ok(())
    };
    let remove = |gone| async move {
        let call = tables.untag_resource().resource_arn(arn).set_tag_keys(Some(gone));
        let answer = call.send().await;
        answer.attempting("dynamodb:UntagResource", || format!("untag table {name}"))?;
        Ok(())
    };
    turn.make(put, remove).await
}
