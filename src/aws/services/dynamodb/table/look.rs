//! Looking at one table.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::types::{
    self as sdk, AttributeDefinition, GlobalSecondaryIndexDescription, IndexStatus,
    KeySchemaElement, KeyType, LocalSecondaryIndexDescription, PointInTimeRecoveryDescription,
    PointInTimeRecoveryStatus, SseStatus, TableDescription, TableStatus, TimeToLiveDescription,
    TimeToLiveStatus,
};
use futures::future::{try_join, try_join3};

use super::index::{GlobalIndex, Holds, Key, LocalIndex, Projection};
use super::{AWS_MANAGED, BillingMode, Spec, StreamView, TableClass, arn, facts, stream_fact};
use crate::aws::error::{Attempt, OrAbsent};
use crate::aws::handed::Aws;
use crate::aws::kind::Seen;
use crate::aws::managed_key;
use crate::aws::policy::Policy;
use crate::aws::since::since;
use crate::aws::tags::{Tags, is_forced};
use crate::engine::port::Answer;
use crate::model::{Holdings, Sought, Status};

/// The table of that name, with all that is set on it.
pub(super) async fn read(aws: &Aws, sought: &Sought) -> Answer<Option<Seen<Spec>>> {
    let name = sought.identity.as_str();
    let Some(table) = describe(aws, name).await? else { return Ok(None) };
    let Some(tags) = tags(aws, name).await? else { return Ok(None) };
    // Neither can be set before there is a table, and is not answered until then.
    let is_new = table.table_status == Some(TableStatus::Creating);
    let settings = async {
        if is_new {
            return Ok((None, None));
        }
        try_join(time_to_live(aws, name), recovery(aws, name)).await
    };
    let (settings, policy, key) =
        Box::pin(try_join3(settings, policy(aws, name), key(aws, &table))).await?;
    let (ttl, recovery) = settings;
    let force_destroy = is_forced(&tags);
    let (tags, owner) = Tags::seen(tags);
    let spec =
        Spec { force_destroy, tags, kms_key_id: key, resource_policy: policy, ..shown(&table) };
    let spec = with_settings(spec, ttl.as_ref(), recovery.as_ref());
    let facts = facts(&aws.place, name).into_iter().chain(stream_fact(Some(&table))).collect();
    let mut seen = Seen::current(spec, facts, owner);
    seen.status = status(&table);
    seen.holdings = held(&table).filter(|_| sought.holdings);
    Ok(Some(seen))
}

async fn describe(aws: &Aws, name: &str) -> Answer<Option<TableDescription>> {
    let answer = aws.session.clients.dynamodb.describe_table().table_name(name).send().await;
    let answer = answer.attempting("dynamodb:DescribeTable", || format!("read table {name}"));
    Ok(answer.or_absent()?.and_then(|answer| answer.table))
}

/// In pages, of which each says where the next begins.
async fn tags(aws: &Aws, name: &str) -> Answer<Option<BTreeMap<String, String>>> {
    let (mut all, mut next) = (BTreeMap::new(), None);
    loop {
        let call = aws.session.clients.dynamodb.list_tags_of_resource();
        let call = call.resource_arn(arn(&aws.place, name)).set_next_token(next);
        let answer = call
            .send()
            .await
            .attempting("dynamodb:ListTagsOfResource", || format!("read the tags of table {name}"));
        let Some(page) = answer.or_absent()? else { return Ok(None) };
        all.extend(page.tags.unwrap_or_default().into_iter().map(|tag| (tag.key, tag.value)));
        next = page.next_token.filter(|token| !token.is_empty());
        if next.is_none() {
            return Ok(Some(all));
        }
    }
}

async fn time_to_live(aws: &Aws, name: &str) -> Answer<Option<TimeToLiveDescription>> {
    let answer = aws.session.clients.dynamodb.describe_time_to_live().table_name(name).send().await;
    let answer = answer
        .attempting("dynamodb:DescribeTimeToLive", || format!("read the TTL of table {name}"));
    Ok(answer.or_absent()?.and_then(|answer| answer.time_to_live_description))
}

async fn recovery(aws: &Aws, name: &str) -> Answer<Option<PointInTimeRecoveryDescription>> {
    let call = aws.session.clients.dynamodb.describe_continuous_backups().table_name(name);
    let answer = call.send().await.attempting("dynamodb:DescribeContinuousBackups", || {
        format!("read the backups of table {name}")
    });
    let backups = answer.or_absent()?.and_then(|answer| answer.continuous_backups_description);
    Ok(backups.and_then(|backups| backups.point_in_time_recovery_description))
}

async fn policy(aws: &Aws, name: &str) -> Answer<Option<Policy>> {
    let call = aws.session.clients.dynamodb.get_resource_policy();
    let answer = call.resource_arn(arn(&aws.place, name)).send().await;
    let answer = answer
        .attempting("dynamodb:GetResourcePolicy", || format!("read the policy of table {name}"));
    let text = answer.or_absent()?.and_then(|answer| answer.policy);
    Ok(text.and_then(|text| Policy::seen(&text, &aws.place.partition)))
}

/// The key of a table, as a stack file names it. DynamoDB shows that of AWS by its ARN.
async fn key(aws: &Aws, table: &TableDescription) -> Answer<Option<String>> {
    let sse = table.sse_description();
    let is_on = |status: &SseStatus| {
        matches!(status, SseStatus::Enabled | SseStatus::Enabling | SseStatus::Updating)
    };
    if !sse.and_then(|sse| sse.status()).is_some_and(is_on) {
        return Ok(None);
    }
    let Some(key) = sse.and_then(|sse| sse.kms_master_key_arn()) else {
        return Ok(Some(AWS_MANAGED.to_owned()));
    };
    managed_key::named(aws, AWS_MANAGED, key).await.map(Some)
}

/// What AWS counted up to six hours ago. That it counted nothing does not say that nothing
/// is there, and to find that out would take the right to read items.
pub(super) fn held(table: &TableDescription) -> Option<Holdings> {
    Some(Holdings::lost(match table.item_count {
        // None was ever in it.
        _ if table.table_status == Some(TableStatus::Creating) => return None,
        Some(1) => "about 1 item".to_owned(),
        Some(items) if items > 1 => format!("about {items} items"),
        Some(_) | None => "whatever items AWS has not counted yet".to_owned(),
    }))
}

/// The table as its description shows it: the rest is told elsewhere.
pub(super) fn shown(table: &TableDescription) -> Spec {
    let holds = holds(table.attribute_definitions());
    let (hash_key, range_key) = keys(table.key_schema(), &holds);
    let billing_mode = billing_mode(table);
    let (read_capacity, write_capacity) = capacity(billing_mode, table.provisioned_throughput());
    let (max_read_request_units, max_write_request_units) =
        limits(billing_mode, table.on_demand_throughput());
    let stream = table.stream_specification().filter(|stream| stream.stream_enabled);
    let global = table.global_secondary_indexes().iter();
    let local = table.local_secondary_indexes().iter();
    let is_cheap = table.table_class_summary().and_then(|class| class.table_class())
        == Some(&sdk::TableClass::StandardInfrequentAccess);
    Spec {
        name: table.table_name.clone(),
        hash_key,
        range_key,
        billing_mode,
        read_capacity,
        write_capacity,
        max_read_request_units,
        max_write_request_units,
        global_secondary_indexes: global
            .filter(|index| index.index_status != Some(IndexStatus::Deleting))
            .filter_map(|index| {
                Some((index.index_name.clone()?, global_index(index, billing_mode, &holds)))
            })
            .collect(),
        local_secondary_indexes: local
            .filter_map(|index| Some((index.index_name.clone()?, local_index(index, &holds))))
            .collect(),
        stream_view_type: stream
            .and_then(|stream| stream.stream_view_type())
            .and_then(StreamView::seen),
        ttl_attribute: None,
        point_in_time_recovery: false,
        recovery_period_in_days: None,
        kms_key_id: None,
        deletion_protection_enabled: table.deletion_protection_enabled.unwrap_or_default(),
        table_class: if is_cheap {
            TableClass::StandardInfrequentAccess
        } else {
            TableClass::Standard
        },
        resource_policy: None,
        force_destroy: false,
        tags: Tags::default(),
    }
}

/// The same with what has calls of its own.
pub(super) fn with_settings(
    spec: Spec,
    ttl: Option<&TimeToLiveDescription>,
    recovery: Option<&PointInTimeRecoveryDescription>,
) -> Spec {
    let is_on = |status: &TimeToLiveStatus| {
        matches!(status, TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling)
    };
    let ttl = ttl.filter(|ttl| ttl.time_to_live_status().is_some_and(is_on));
    let recovery = recovery.filter(|recovery| {
        recovery.point_in_time_recovery_status == Some(PointInTimeRecoveryStatus::Enabled)
    });
    let days = recovery.map(|recovery| {
        let days = recovery.recovery_period_in_days.and_then(|days| u8::try_from(days).ok());
        days.unwrap_or(super::LONGEST_RECOVERY)
    });
    Spec {
        ttl_attribute: ttl.and_then(|ttl| ttl.attribute_name.clone()),
        point_in_time_recovery: recovery.is_some(),
        recovery_period_in_days: days,
        ..spec
    }
}

/// AWS leaves it out of tables that never had another.
fn billing_mode(table: &TableDescription) -> BillingMode {
    match table.billing_mode_summary().and_then(|summary| summary.billing_mode()) {
        Some(sdk::BillingMode::PayPerRequest) => BillingMode::PayPerRequest,
        _ => BillingMode::Provisioned,
    }
}

/// AWS shows capacities of 0 where requests are paid for.
fn capacity(
    mode: BillingMode,
    shown: Option<&sdk::ProvisionedThroughputDescription>,
) -> (Option<u32>, Option<u32>) {
    let shown = shown.filter(|_| mode == BillingMode::Provisioned);
    let read = shown.and_then(|shown| shown.read_capacity_units);
    (units(read), units(shown.and_then(|shown| shown.write_capacity_units)))
}

fn limits(
    mode: BillingMode,
    shown: Option<&sdk::OnDemandThroughput>,
) -> (Option<u32>, Option<u32>) {
    let shown = shown.filter(|_| mode == BillingMode::PayPerRequest);
    let read = shown.and_then(|shown| shown.max_read_request_units);
    (units(read), units(shown.and_then(|shown| shown.max_write_request_units)))
}

/// Neither 0 nor -1 is a number of anything.
fn units(shown: Option<i64>) -> Option<u32> {
    shown.and_then(|units| u32::try_from(units).ok()).filter(|units| *units > 0)
}

/// What each attribute holds.
fn holds(defined: &[AttributeDefinition]) -> BTreeMap<&str, Holds> {
    defined.iter().map(|it| (it.attribute_name(), Holds::seen(it.attribute_type()))).collect()
}

fn keys(schema: &[KeySchemaElement], holds: &BTreeMap<&str, Holds>) -> (Key, Option<Key>) {
    let of = |role| all_keys(schema, role, holds).next();
    (of(KeyType::Hash).unwrap_or_default(), of(KeyType::Range))
}

/// The attributes that are this of a key, in their order.
fn all_keys(
    schema: &[KeySchemaElement],
    role: KeyType,
    holds: &BTreeMap<&str, Holds>,
) -> impl Iterator<Item = Key> {
    schema.iter().filter(move |element| *element.key_type() == role).map(|element| {
        let name = element.attribute_name();
        Key { name: name.to_owned(), holds: holds.get(name).copied().unwrap_or_default() }
    })
}

fn global_index(
    index: &GlobalSecondaryIndexDescription,
    mode: BillingMode,
    holds: &BTreeMap<&str, Holds>,
) -> GlobalIndex {
    let (hash_key, range_key) = keys(index.key_schema(), holds);
    let further = |role| all_keys(index.key_schema(), role, holds).skip(1).collect();
    let (read_capacity, write_capacity) = capacity(mode, index.provisioned_throughput());
    let (max_read_request_units, max_write_request_units) =
        limits(mode, index.on_demand_throughput());
    let projection = index.projection();
    GlobalIndex {
        hash_key,
        more_hash_keys: further(KeyType::Hash),
        range_key,
        more_range_keys: further(KeyType::Range),
        projection: Projection::seen(projection.and_then(|it| it.projection_type())),
        non_key_attributes: attributes(projection),
        read_capacity,
        write_capacity,
        max_read_request_units,
        max_write_request_units,
    }
}

fn local_index(
    index: &LocalSecondaryIndexDescription,
    holds: &BTreeMap<&str, Holds>,
) -> LocalIndex {
    let projection = index.projection();
    LocalIndex {
        range_key: keys(index.key_schema(), holds).1.unwrap_or_default(),
        projection: Projection::seen(projection.and_then(|it| it.projection_type())),
        non_key_attributes: attributes(projection),
    }
}

fn attributes(projection: Option<&sdk::Projection>) -> BTreeSet<String> {
    let attributes = projection.map(sdk::Projection::non_key_attributes).unwrap_or_default();
    attributes.iter().cloned().collect()
}

/// How the table is doing, and all that belongs to it. TTL is not among that: DynamoDB may
/// be at it for an hour, and takes all other calls meanwhile.
pub(super) fn status(table: &TableDescription) -> Status {
    match table.table_status() {
        Some(TableStatus::Creating) => {
            return Status::InProgress(since("being created", table.creation_date_time()));
        }
        Some(TableStatus::Updating) => return Status::InProgress("being updated".into()),
        Some(TableStatus::Deleting) => return Status::Deleting("being deleted".into()),
        Some(TableStatus::InaccessibleEncryptionCredentials) => {
            let why = "DynamoDB cannot use its KMS key: enable the key, and let its policy and grants \
                       admit DynamoDB, before the table is archived after seven days";
            return Status::Failed(why.into());
        }
        Some(TableStatus::Archiving | TableStatus::Archived) => {
            let why = "it was archived, because its KMS key was of no use for seven days: restore it \
                       from the backup that AWS made then";
            return Status::Failed(why.into());
        }
        Some(status) if *status != TableStatus::Active => {
            return Status::Failed(format!("its status is {status}"));
        }
        Some(_) | None => {}
    }
    let index = table.global_secondary_indexes().iter().find_map(|index| {
        let doing = match index.index_status()? {
            IndexStatus::Creating if index.backfilling == Some(true) => "being filled",
            IndexStatus::Creating => "being created",
            IndexStatus::Updating => "being updated",
            IndexStatus::Deleting => "being deleted",
            _ => return None,
        };
        Some(format!("its index {} is {doing}", index.index_name().unwrap_or_default()))
    });
    let key = table.sse_description().and_then(|sse| sse.status()).filter(|status| {
        matches!(status, SseStatus::Enabling | SseStatus::Updating | SseStatus::Disabling)
    });
    let key = key.map(|_| "its key is being changed".to_owned());
    index.or(key).map_or(Status::Current, Status::InProgress)
}
