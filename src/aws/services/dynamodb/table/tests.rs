//! What is made of what AWS shows, and what is told of a table on paper.

use aws_sdk_dynamodb::types::{
    GlobalSecondaryIndexDescription, IndexStatus, SseDescription, SseStatus, TableDescription,
    TableStatus, TimeToLiveDescription, TimeToLiveStatus,
};
use serde_json::{Value, json};

use super::look::{shown, status, with_settings};
use super::*;
use crate::aws::error::told;
use crate::model::{ErrorClass, InFlight, Status};

fn problems(document: &Value) -> Vec<String> {
    let spec: Spec = serde_json::from_value(document.clone()).unwrap();
    let problems = check::check(&spec).into_iter();
    problems.map(|problem| format!("{}: {}", problem.path, problem.message)).collect()
}

#[test]
fn what_dynamodb_would_refuse_is_told_before() {
    let check = |more: Value, expected: &[&str]| {
        let mut document = json!({ "hash_key": { "name": "pk", "type": "S" } });
        document.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        assert_eq!(problems(&document), expected, "{more}");
    };
    check(json!({}), &[]);
    check(json!({ "kms_key_id": "alias/aws/dynamodb" }), &[]);
    check(
        json!({ "kms_key_id": "alias/own" }),
        &["kms_key_id: takes the ARN of a key or alias/aws/dynamodb, and `alias/own` is neither"],
    );
    check(
        json!({ "billing_mode": "PROVISIONED", "read_capacity": 1, "max_read_request_units": 1 }),
        &[
            "write_capacity: with billing_mode PROVISIONED this must be stated",
            "max_read_request_units: only tables with billing_mode PAY_PER_REQUEST have this",
        ],
    );
    let index = json!({ "hash_key": { "name": "pk", "type": "N" }, "read_capacity": 1 });
    check(
        json!({ "global_secondary_indexes": { "by_it": index } }),
        &[
            "global_secondary_indexes.by_it.read_capacity: only tables with billing_mode PROVISIONED \
             have this",
            "global_secondary_indexes.by_it.hash_key.type: `pk` is N here and S in hash_key, and an \
             attribute is one of them",
        ],
    );
    let index = json!({ "range_key": { "name": "at", "type": "N" }, "projection": "INCLUDE" });
    check(
        json!({ "local_secondary_indexes": { "at": index } }),
        &[
            "local_secondary_indexes: only tables with a range_key have local indexes",
            "local_secondary_indexes.at: the name of an index has 3 to 255 letters, digits and `_.-`",
            "local_secondary_indexes.at.non_key_attributes: non_key_attributes goes with projection \
             INCLUDE, and only with it",
        ],
    );
    check(
        json!({ "recovery_period_in_days": 7, "ttl_attribute": "pk" }),
        &[
            "recovery_period_in_days: only tables with point_in_time_recovery have this",
            "ttl_attribute: the time is a number, and this key holds none",
        ],
    );
}

#[test]
fn what_aws_leaves_out_is_its_default() {
    let spec = with_settings(shown(&TableDescription::builder().build()), None, None);
    assert_eq!(spec.billing_mode, BillingMode::Provisioned);
    assert_eq!(spec.table_class, TableClass::Standard);
    assert_eq!((spec.kms_key_id, spec.ttl_attribute), (None, None));
    assert!(!spec.point_in_time_recovery && !spec.deletion_protection_enabled);
}

#[test]
fn what_was_not_counted_may_be_there() {
    let held = |status: TableStatus, count: Option<i64>| {
        let table = TableDescription::builder().table_status(status).set_item_count(count).build();
        look::held(&table).map(|held| held.what)
    };
    let active = |count| held(TableStatus::Active, count);
    assert_eq!(active(Some(2)).as_deref(), Some("about 2 items"));
    assert_eq!(active(Some(1)).as_deref(), Some("about 1 item"));
    for nothing in [Some(0), None] {
        assert_eq!(active(nothing).as_deref(), Some("whatever items AWS has not counted yet"));
    }
    assert_eq!(held(TableStatus::Creating, Some(0)), None);
}

#[test]
fn an_index_is_shown_with_all_of_its_keys_in_their_order() {
    let document = |more: Value| {
        let mut index = json!({ "hash_key": { "name": "a", "type": "S" } });
        index.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({
            "hash_key": { "name": "pk", "type": "S" },
            "global_secondary_indexes": { "by_it": index },
        })
    };
    let key = |name: &str| json!({ "name": name, "type": "N" });
    let more = json!({
        "more_hash_keys": [key("d"), key("b")],
        "range_key": key("c"),
        "more_range_keys": [key("pn")],
    });
    let spec: Spec = serde_json::from_value(document(more)).unwrap();
    let index = &spec.global_secondary_indexes["by_it"];
    let sent = wire::added("by_it", index);
    let schema = sent.key_schema().iter();
    let schema: Vec<_> =
        schema.map(|it| format!("{} {}", it.key_type(), it.attribute_name())).collect();
    assert_eq!(schema, ["HASH a", "HASH d", "HASH b", "RANGE c", "RANGE pn"]);
    let shown = GlobalSecondaryIndexDescription::builder().index_name("by_it");
    let shown = shown.set_key_schema(Some(sent.key_schema)).build();
    let defined = wire::definitions(&spec, [index]);
    let table = TableDescription::builder().set_attribute_definitions(Some(defined));
    let table = table.global_secondary_indexes(shown).build();
    assert_eq!(look::shown(&table).global_secondary_indexes["by_it"], *index);
    let first_alone: Spec = serde_json::from_value(document(json!({}))).unwrap();
    assert!(!first_alone.global_secondary_indexes["by_it"].becomes(index));
    assert_eq!(
        problems(&document(json!({ "more_range_keys": [{ "name": "pk", "type": "N" }] }))),
        [
            "global_secondary_indexes.by_it.more_range_keys[0].type: `pk` is N here and S in \
             hash_key, and an attribute is one of them",
            "global_secondary_indexes.by_it.more_range_keys: what is sorted by more than one \
             attribute has a range_key first",
        ]
    );
}

#[test]
fn a_table_is_at_rest_when_all_of_it_is() {
    let table = || TableDescription::builder().table_status(TableStatus::Active);
    let seen = |table: TableDescription| status(&table);
    assert_eq!(seen(table().build()), Status::Current);
    let index = |status: IndexStatus, backfilling: bool| {
        let index = GlobalSecondaryIndexDescription::builder().index_name("by_it");
        table()
            .global_secondary_indexes(index.index_status(status).backfilling(backfilling).build())
    };
    let going_on = |why: &str| Status::InProgress(why.to_owned());
    assert_eq!(seen(index(IndexStatus::Active, false).build()), Status::Current);
    let filled = index(IndexStatus::Creating, true).build();
    assert_eq!(seen(filled), going_on("its index by_it is being filled"));
    let leaving = index(IndexStatus::Deleting, false).build();
    assert_eq!(seen(leaving.clone()), going_on("its index by_it is being deleted"));
    assert!(shown(&leaving).global_secondary_indexes.is_empty());
    let sse = SseDescription::builder().status(SseStatus::Updating).build();
    assert_eq!(seen(table().sse_description(sse).build()), going_on("its key is being changed"));
    for (state, word) in [
        (TableStatus::InaccessibleEncryptionCredentials, "cannot use its KMS key"),
        (TableStatus::Archived, "archived"),
        (TableStatus::Archiving, "archived"),
        (TableStatus::from("REPLICATION_NOT_AUTHORIZED"), "REPLICATION_NOT_AUTHORIZED"),
    ] {
        let Status::Failed(why) = seen(table().table_status(state.clone()).build()) else {
            panic!("{state} has not failed")
        };
        assert!(why.contains(word), "{why}");
    }
}

/// It may be an hour on its way, and is as good as there.
#[test]
fn ttl_on_its_way_is_shown_as_it_will_be() {
    let shown = |status: TimeToLiveStatus| {
        let ttl = TimeToLiveDescription::builder().time_to_live_status(status);
        let ttl = ttl.attribute_name("expires").build();
        with_settings(shown(&TableDescription::builder().build()), Some(&ttl), None).ttl_attribute
    };
    for on in [TimeToLiveStatus::Enabling, TimeToLiveStatus::Enabled] {
        assert_eq!(shown(on).as_deref(), Some("expires"));
    }
    for off in [TimeToLiveStatus::Disabling, TimeToLiveStatus::Disabled] {
        assert_eq!(shown(off), None);
    }
}

#[test]
fn a_code_means_what_was_called() {
    let class = |operation: &str, code: &str, message: &str| {
        told(&format!("dynamodb:{operation}"), String::new(), code, message).class
    };
    let busy = ErrorClass::NotYet(InFlight::Busy);
    assert_eq!(class("CreateTable", "ResourceInUseException", "exists"), ErrorClass::Exists);
    for operation in ["UpdateTable", "DeleteTable", "TagResource", "PutResourcePolicy"] {
        assert_eq!(class(operation, "ResourceInUseException", "updating"), busy);
    }
    let many = "Subscriber limit exceeded: Only 500 tables can be created, updated, or deleted simultaneously";
    assert_eq!(class("CreateTable", "LimitExceededException", many), busy);
    let quota = "Too many operations for a given subscriber";
    assert_eq!(class("CreateTable", "LimitExceededException", quota), ErrorClass::Quota);
    let enabling = "Backups are being enabled for the table";
    let code = "ContinuousBackupsUnavailableException";
    assert_eq!(class("UpdateContinuousBackups", code, enabling), busy);
    assert_eq!(class("GetResourcePolicy", "PolicyNotFoundException", ""), ErrorClass::Absent);
    assert_eq!(class("UpdateTimeToLive", "ValidationException", ""), ErrorClass::Invalid);
}

#[test]
fn a_table_is_told_from_what_lies_beneath_it() {
    let table = |resource: &str| {
        DynamodbTable::identify(&format!("arn:aws:dynamodb:us-east-1:123456789012:{resource}"))
    };
    assert_eq!(table("table/orders").as_deref(), Some("orders"));
    assert_eq!(table("table/orders/index/by_it"), None);
    assert_eq!(table("table/orders/stream/2026-01-01T00:00:00.000"), None);
    assert_eq!(table("backup/orders"), None);
}
