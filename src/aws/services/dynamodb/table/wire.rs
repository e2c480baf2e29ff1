//! What a table and its parts are in the SDK's types.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::operation::create_table::builders::CreateTableFluentBuilder;
use aws_sdk_dynamodb::types::{
    self as sdk, AttributeDefinition, CreateGlobalSecondaryIndexAction, GlobalSecondaryIndex,
    KeySchemaElement, KeyType, LocalSecondaryIndex, OnDemandThroughput, ProvisionedThroughput,
    ScalarAttributeType, SseSpecification, SseType, StreamSpecification, StreamViewType, Tag,
};

use super::index::{GlobalIndex, Holds, Key, LocalIndex, Projection};
use super::{AWS_MANAGED, BillingMode, Spec, StreamView, TableClass};
use crate::aws::handed::Aws;
use crate::aws::kind::Wanted;
use crate::aws::policy::Policy;

/// The call that makes a table, with all that a new one can have.
pub(super) fn creation(aws: &Aws, want: &Wanted<Spec>) -> CreateTableFluentBuilder {
    let spec = &want.spec;
    let global = spec.global_secondary_indexes.iter().map(|(name, index)| global(name, index));
    let local = spec.local_secondary_indexes.iter();
    let local = local.map(|(name, index)| self::local(name, &spec.hash_key, index));
    let tags = spec.tags.of_holder(&want.owner, spec.force_destroy);
    let tags = tags.into_iter().map(|(key, value)| tag(key, value));
    let call = aws.session.clients.dynamodb.create_table().table_name(&want.identity);
    call.set_attribute_definitions(Some(definitions(spec, spec.global_secondary_indexes.values())))
        .set_key_schema(Some(key_schema([&spec.hash_key], &spec.range_key)))
        .billing_mode(spec.billing_mode.sdk())
        .set_provisioned_throughput(provisioned(spec.read_capacity, spec.write_capacity))
        .set_on_demand_throughput(limited(
            spec.max_read_request_units,
            spec.max_write_request_units,
        ))
        .set_global_secondary_indexes(some(global.collect()))
        .set_local_secondary_indexes(some(local.collect()))
        .set_stream_specification(spec.stream_view_type.map(|view| stream(Some(view))))
        .set_sse_specification(spec.kms_key_id.as_deref().map(|key| encryption(Some(key))))
        // What is AWS's default is left unsaid: not every region and emulator knows it.
        .set_deletion_protection_enabled(spec.deletion_protection_enabled.then_some(true))
        .set_table_class(
            (spec.table_class != TableClass::default()).then(|| spec.table_class.sdk()),
        )
        .set_resource_policy(spec.resource_policy.as_ref().map(Policy::text))
        .set_tags(Some(tags.collect()))
}

/// Lists that are empty are refused.
fn some<T>(items: Vec<T>) -> Option<Vec<T>> {
    (!items.is_empty()).then_some(items)
}

#[expect(clippy::expect_used, reason = "both of the fields that a tag has to have are set")]
pub(super) fn tag(key: String, value: String) -> Tag {
    Tag::builder().key(key).value(value).build().expect("a key and a value")
}

/// The attributes that are keys of the table, of its local indexes and of these: exactly
/// those, or DynamoDB refuses them.
pub(super) fn definitions<'a>(
    spec: &'a Spec,
    global: impl IntoIterator<Item = &'a GlobalIndex>,
) -> Vec<AttributeDefinition> {
    let own = [&spec.hash_key].into_iter().chain(&spec.range_key);
    let local = spec.local_secondary_indexes.values().map(|index| &index.range_key);
    let global = global.into_iter().flat_map(|index| index.hash_keys().chain(index.range_keys()));
    let all: BTreeMap<&str, Holds> =
        own.chain(local).chain(global).map(|key| (key.name.as_str(), key.holds)).collect();
    let define = |(name, holds): (&str, Holds)| {
        AttributeDefinition::builder().attribute_name(name).attribute_type(holds.sdk()).build().ok()
    };
    all.into_iter().filter_map(define).collect()
}

/// Keys in their order, of which DynamoDB wants those first by which items are found.
fn key_schema<'a>(
    hash: impl IntoIterator<Item = &'a Key>,
    range: impl IntoIterator<Item = &'a Key>,
) -> Vec<KeySchemaElement> {
    let hash = hash.into_iter().map(|key| (key, KeyType::Hash));
    let range = range.into_iter().map(|key| (key, KeyType::Range));
    let element = |(key, role): (&Key, KeyType)| {
        KeySchemaElement::builder().attribute_name(&key.name).key_type(role).build().ok()
    };
    hash.chain(range).filter_map(element).collect()
}

fn projection(projection: Projection, attributes: &BTreeSet<String>) -> sdk::Projection {
    sdk::Projection::builder()
        .projection_type(projection.sdk())
        .set_non_key_attributes(some(attributes.iter().cloned().collect()))
        .build()
}

#[expect(clippy::expect_used, reason = "all of the fields that an index has to have are set")]
fn global(name: &str, index: &GlobalIndex) -> GlobalSecondaryIndex {
    GlobalSecondaryIndex::builder()
        .index_name(name)
        .set_key_schema(Some(key_schema(index.hash_keys(), index.range_keys())))
        .projection(projection(index.projection, &index.non_key_attributes))
        .set_provisioned_throughput(provisioned(index.read_capacity, index.write_capacity))
        .set_on_demand_throughput(limited(
            index.max_read_request_units,
            index.max_write_request_units,
        ))
        .build()
        .expect("a name and keys")
}

/// The same for an index that a table gets later.
#[expect(clippy::expect_used, reason = "all of the fields that an index has to have are set")]
pub(super) fn added(name: &str, index: &GlobalIndex) -> CreateGlobalSecondaryIndexAction {
    let index = global(name, index);
    CreateGlobalSecondaryIndexAction::builder()
        .index_name(index.index_name)
        .set_key_schema(Some(index.key_schema))
        .set_projection(index.projection)
        .set_provisioned_throughput(index.provisioned_throughput)
        .set_on_demand_throughput(index.on_demand_throughput)
        .build()
        .expect("a name and keys")
}

#[expect(clippy::expect_used, reason = "all of the fields that an index has to have are set")]
fn local(name: &str, hash: &Key, index: &LocalIndex) -> LocalSecondaryIndex {
    LocalSecondaryIndex::builder()
        .index_name(name)
        .set_key_schema(Some(key_schema([hash], [&index.range_key])))
        .projection(projection(index.projection, &index.non_key_attributes))
        .build()
        .expect("a name and keys")
}

/// Capacity, where there is some.
pub(super) fn provisioned(read: Option<u32>, write: Option<u32>) -> Option<ProvisionedThroughput> {
    let builder = ProvisionedThroughput::builder();
    builder.read_capacity_units(read?.into()).write_capacity_units(write?.into()).build().ok()
}

/// Limits of what is paid by request, where there is one.
fn limited(read: Option<u32>, write: Option<u32>) -> Option<OnDemandThroughput> {
    (read.is_some() || write.is_some()).then(|| limits(read, write))
}

/// The same for what may have had others.
pub(super) fn limits(read: Option<u32>, write: Option<u32>) -> OnDemandThroughput {
    // `OnDemandThroughput` of the API Reference: -1 takes a limit away.
    let units = |limit: Option<u32>| limit.map_or(-1, i64::from);
    OnDemandThroughput::builder()
        .max_read_request_units(units(read))
        .max_write_request_units(units(write))
        .build()
}

#[expect(clippy::expect_used, reason = "the field that a stream has to have is set")]
pub(super) fn stream(view: Option<StreamView>) -> StreamSpecification {
    StreamSpecification::builder()
        .stream_enabled(view.is_some())
        .set_stream_view_type(view.map(StreamView::sdk))
        .build()
        .expect("whether there is one")
}

pub(super) fn encryption(key: Option<&str>) -> SseSpecification {
    SseSpecification::builder()
        .enabled(key.is_some())
        .set_sse_type(key.map(|_| SseType::Kms))
        // Its own key is what DynamoDB takes where none is named, and refuses by name.
        .set_kms_master_key_id(key.filter(|key| *key != AWS_MANAGED).map(str::to_owned))
        .build()
}

impl BillingMode {
    pub(super) fn sdk(self) -> sdk::BillingMode {
        match self {
            Self::PayPerRequest => sdk::BillingMode::PayPerRequest,
            Self::Provisioned => sdk::BillingMode::Provisioned,
        }
    }
}

impl TableClass {
    pub(super) fn sdk(self) -> sdk::TableClass {
        match self {
            Self::Standard => sdk::TableClass::Standard,
            Self::StandardInfrequentAccess => sdk::TableClass::StandardInfrequentAccess,
        }
    }
}

impl StreamView {
    fn sdk(self) -> StreamViewType {
        match self {
            Self::KeysOnly => StreamViewType::KeysOnly,
            Self::NewImage => StreamViewType::NewImage,
            Self::OldImage => StreamViewType::OldImage,
            Self::NewAndOldImages => StreamViewType::NewAndOldImages,
        }
    }

    pub(super) fn seen(view: &StreamViewType) -> Option<Self> {
        match view {
            StreamViewType::KeysOnly => Some(Self::KeysOnly),
            StreamViewType::NewImage => Some(Self::NewImage),
            StreamViewType::OldImage => Some(Self::OldImage),
            StreamViewType::NewAndOldImages => Some(Self::NewAndOldImages),
            _ => None,
        }
    }
}

impl Holds {
    fn sdk(self) -> ScalarAttributeType {
        match self {
            Self::S => ScalarAttributeType::S,
            Self::N => ScalarAttributeType::N,
            Self::B => ScalarAttributeType::B,
        }
    }

    pub(super) fn seen(holds: &ScalarAttributeType) -> Self {
        match holds {
            ScalarAttributeType::N => Self::N,
            ScalarAttributeType::B => Self::B,
            _ => Self::S,
        }
    }
}

impl Projection {
    fn sdk(self) -> sdk::ProjectionType {
        match self {
            Self::All => sdk::ProjectionType::All,
            Self::KeysOnly => sdk::ProjectionType::KeysOnly,
            Self::Include => sdk::ProjectionType::Include,
        }
    }

    pub(super) fn seen(projection: Option<&sdk::ProjectionType>) -> Self {
        match projection {
            Some(sdk::ProjectionType::KeysOnly) => Self::KeysOnly,
            Some(sdk::ProjectionType::Include) => Self::Include,
            _ => Self::All,
        }
    }
}
