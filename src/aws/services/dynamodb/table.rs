//! `dynamodb_table`: a table, with its indexes, its stream and its backups.
//!
//! One call makes it, with all that a new table can have. What only a table takes
//! that is there follows, and so does every change: DynamoDB is at it for some time
//! after each call, and refuses the next one until it has done.

mod change;
mod check;
mod grants;
mod index;
mod look;
mod wire;

use std::collections::BTreeMap;
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub(crate) use self::index::{GlobalIndex, Key, LocalIndex};
use crate::aws::error::Attempt;
use crate::aws::grant::Grant;
use crate::aws::handed::Aws;
use crate::aws::kind::{Changing, Kind, Seen, Wanted};
use crate::aws::policy::{self, Policy, Use};
use crate::aws::tags::Tags;
use crate::aws::takes::Takes;
use crate::engine::port::{Accepted, Answer, Made};
use crate::model::{Emptying, Facts, Limit, Live, Naming, Patience, Place, Problem, Sought};

pub(crate) struct DynamodbTable;

/// A table. Everything left out has AWS's documented default, but for
/// `billing_mode`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Spec {
    /// 3 to 255 letters, digits and `_.-`. Default: STACK-ADDRESS.
    #[schemars(length(min = 3, max = 255), regex(pattern = r"^[A-Za-z0-9_.-]+$"))]
    name: Option<String>,
    /// The attribute that every item has, and by which items are spread (partition key).
    hash_key: Key,
    /// The attribute by which the items of one hash key are sorted.
    range_key: Option<Key>,
    /// Pay for each request, or for capacity that is there whether used or not.
    #[serde(default)]
    billing_mode: BillingMode,
    /// Reads a second, in units of 4 KB. With `PROVISIONED`, and only with it.
    #[schemars(range(min = 1))]
    read_capacity: Option<u32>,
    /// Writes a second, in units of 1 KB. With `PROVISIONED`, and only with it.
    #[schemars(range(min = 1))]
    write_capacity: Option<u32>,
    /// Read units a second at most. Only with `PAY_PER_REQUEST`. Left out: as many as the account has.
    #[schemars(range(min = 1))]
    max_read_request_units: Option<u32>,
    /// Write units a second at most. Only with `PAY_PER_REQUEST`. Left out: as many as the account has.
    #[schemars(range(min = 1))]
    max_write_request_units: Option<u32>,
    /// Other keys by which items are found, by the index's name: up to 20.
    #[serde(default)]
    global_secondary_indexes: BTreeMap<String, GlobalIndex>,
    /// Other orders of the items of one hash key, by the index's name: up to 5.
    #[serde(default)]
    local_secondary_indexes: BTreeMap<String, LocalIndex>,
    /// Put every change on a stream, and this of the item. Left out: no stream.
    stream_view_type: Option<StreamView>,
    /// The attribute that says, in seconds since 1970, when DynamoDB may delete an item.
    #[schemars(length(min = 1, max = 255))]
    ttl_attribute: Option<String>,
    /// Keep what it takes to restore the table as it was at any second.
    #[serde(default)]
    point_in_time_recovery: bool,
    /// Days that can be gone back. Only with `point_in_time_recovery`. Default: 35.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 35))]
    recovery_period_in_days: Option<u8>,
    /// Encrypt with this KMS key (ARN), or with AWS's key of this account
    /// (`alias/aws/dynamodb`). Left out: with a key of DynamoDB's own.
    #[schemars(length(min = 1, max = 256))]
    kms_key_id: Option<String>,
    /// Have AWS refuse to delete the table, whoever asks.
    #[serde(default)]
    deletion_protection_enabled: bool,
    /// What keeping items costs, and what reading and writing them.
    #[serde(default)]
    table_class: TableClass,
    /// Who else may do what with the table and its indexes.
    resource_policy: Option<Policy>,
    /// Let a destroy by this file delete the table with the items in it. Kept at
    /// the table in the tag `ccprov:force-destroy`.
    #[serde(default)]
    force_destroy: bool,
    /// Tags.
    #[serde(default)]
    tags: Tags,
}

/// What is paid for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum BillingMode {
    #[default]
    PayPerRequest,
    Provisioned,
}

/// What a stream tells of a changed item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum StreamView {
    KeysOnly,
    NewImage,
    OldImage,
    NewAndOldImages,
}

/// What items cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum TableClass {
    #[default]
    Standard,
    StandardInfrequentAccess,
}

/// AWS's key of the account, made when it is first named.
const AWS_MANAGED: &str = "alias/aws/dynamodb";

impl Kind for DynamodbTable {
    const NAME: &'static str = "dynamodb_table";
    const SUMMARY: &'static str = "A DynamoDB table, with its indexes, its stream and its backups.";
    const NOTES: &'static str = "\
The table's name is its identity; its ARN follows from it. The ARN of its stream does not, and is another whenever \
`stream_view_type` changes.

- Attributes are declared where a key names them, with their type: `S` (text), `N` (number) or `B` (bytes). No others are.
- The default of `billing_mode` is `PAY_PER_REQUEST`. AWS's own is `PROVISIONED`, which wants capacities.
- DynamoDB is at a table for some time after each call, and takes one change at a time: an update with several is made \
in rounds, in the order class, stream, indexes one by one, key, TTL, backups. An index over many items takes hours: \
state `patience`.
- An index whose keys or projection change is deleted and made anew, and a stream with another view is turned off and on: \
in between there is none.
- Where an autoscaler sets capacities, say so, or each apply sets them back: \
`lifecycle: { ignore_changes: [read_capacity, write_capacity] }`, and likewise \
`global_secondary_indexes.*.read_capacity`. A table that is made, or becomes `PROVISIONED`, begins with those that the file states.
- TTL takes DynamoDB up to an hour, which an apply does not wait for, and it takes one change of it an hour. Another attribute \
is two changes: the first apply turns TTL off and then fails, and one that is run an hour later turns it on. The plan says so.
- Turning `point_in_time_recovery` off loses what it has kept. It keeps for `recovery_period_in_days`.
- With a key of the customer's, the caller must be allowed `kms:CreateGrant` and `kms:DescribeKey` by the key's policy. When \
DynamoDB can no longer use the key, the table cannot be used, and is archived after seven days.
- `deletion_protection_enabled` has AWS refuse, whoever asks, and is not lifted by a destroy: apply the file with `false` \
first. `prevent_destroy` has ccprov refuse, and no one else. What matters has both.
- A table is deleted only by the `destroy` of a file that states `force_destroy: true`, or with `--allow-data-loss`, also \
one that was made minutes ago: DynamoDB counts items every six hours, and what came since only those can tell who may read \
items. ccprov asks for no such right. State `force_destroy: true` where tables come and go, or let a variable say it: \
`force_destroy: \"${var.disposable}\"`, with `vars: { disposable: { type: boolean, default: false } }`.
- An index may have four attributes of each sort: the further ones stand in `more_hash_keys` and `more_range_keys`.
- Not stated here, and left as it is: replicas (a table lives in the region of its stack), a Kinesis stream of changes, contributor \
insights, and warm throughput, which costs at once and is never lowered. A table that was imported or restored is taken over with \
`lifecycle: { adopt: true }`.";
    const EXAMPLES: [&'static str; 2] =
        [include_str!("table/minimal.yaml"), include_str!("table/production.yaml")];
    const FIXED: &'static [&'static str] =
        &["name", "hash_key", "range_key", "local_secondary_indexes"];
    const MUST_EXIST: &'static [&'static str] = &[
        "kms_key_id",
        "resource_policy.Statement.*.Principal",
        "resource_policy.Statement.Principal",
    ];
    const FACTS: &'static [(&'static str, &'static str, bool)] = &[
        ("arn", "the table's ARN", true),
        ("name", "its name", true),
        ("stream_arn", "the ARN of its stream, if it has one", false),
    ];
    /// An empty table is made within a minute, and another for each index of it; an
    /// index over what is there takes as long as there is much. Deadlines: what
    /// Terraform's provider allows of indexes (60 minutes) and deletions (10), whose
    /// 30 for a new table nobody needs who waits for none of its indexes. How long it usually
    /// takes is what the logs of its acceptance tests, of empty tables, show.
    const PATIENCE: Patience = Patience::slow(
        Limit::of(Duration::from_mins(10)).usually(Duration::from_secs(10)),
        Limit::of(Duration::from_hours(1)).every(Duration::from_secs(10)),
        Limit::of(Duration::from_mins(15)).usually(Duration::from_secs(10)),
    )
    // AWS is known to show a table at rest once and at work again.
    .seen(2);
    const MOVING: &'static [(&'static str, &'static [&'static str])] =
        &[("stream_arn", &["stream_view_type"])];
    const STAGES: &'static [&'static str] = &[
        "table_class",
        "stream_view_type",
        "global_secondary_indexes.*",
        "kms_key_id",
        "ttl_attribute",
        "point_in_time_recovery",
        "recovery_period_in_days",
    ];
    /// One to five minutes where there are no items, by the same logs; nobody knows more before.
    const LENGTHS: &'static [(&'static str, Duration)] =
        &[("global_secondary_indexes", Duration::from_mins(5))];
    const ANEW: &'static [(&'static str, &'static str)] = &[
        ("stream_view_type", "there is no stream in between, and the new one has another ARN"),
        ("global_secondary_indexes.*.hash_key", INDEX_ANEW),
        ("global_secondary_indexes.*.more_hash_keys", INDEX_ANEW),
        ("global_secondary_indexes.*.range_key", INDEX_ANEW),
        ("global_secondary_indexes.*.more_range_keys", INDEX_ANEW),
        ("global_secondary_indexes.*.projection", INDEX_ANEW),
        ("global_secondary_indexes.*.non_key_attributes", INDEX_ANEW),
        (
            "ttl_attribute",
            "DynamoDB takes one change of TTL an hour: this apply turns it off and then fails, and the \
             same command an hour later turns it on",
        ),
    ];
    // With the turn of a table to capacity goes that of every index.
    const ALONG: &'static [(&'static str, &'static str)] = &[
        ("read_capacity", "billing_mode"),
        ("write_capacity", "billing_mode"),
        ("global_secondary_indexes.*.read_capacity", "billing_mode"),
        ("global_secondary_indexes.*.write_capacity", "billing_mode"),
        ("recovery_period_in_days", "point_in_time_recovery"),
    ];
    const HOLDS_DATA: bool = true;
    const POLICIES: &'static [(&'static str, &'static Use)] =
        &[("resource_policy", &policy::TABLE)];
    const TAKES: &'static [(&'static str, Takes)] = &[("kms_key_id", Takes::Key)];
    const LOST: &'static str = "the items of the old table are lost";
    const GAP: &'static str =
        "there is no table until the new one is made, and the new one is empty";
    const DELETED_BY: &'static [&'static str] = &["force_destroy"];
    /// A mapping whose stream is gone goes on failing.
    const DELETE_AFTER: &'static [&'static str] = &["lambda_event_source_mapping"];
    const GRANTS: &'static [Grant] = grants::GRANTS;

    type Spec = Spec;

    fn settle(mut spec: Spec, naming: &Naming) -> Spec {
        spec.name.get_or_insert_with(|| naming.default_name());
        spec.resource_policy =
            spec.resource_policy.map(|policy| policy.in_partition(&naming.place.partition));
        if spec.point_in_time_recovery {
            spec.recovery_period_in_days.get_or_insert(LONGEST_RECOVERY);
        }
        spec
    }

    fn check(spec: &Spec, _naming: &Naming) -> Vec<Problem> {
        check::check(spec)
    }

    fn identity(spec: &Spec, _naming: &Naming) -> String {
        spec.name.clone().unwrap_or_default()
    }

    fn predict(spec: &Spec, naming: &Naming) -> Facts {
        facts(&naming.place, &Self::identity(spec, naming))
    }

    fn identify(arn: &str) -> Option<String> {
        match arn.split(':').collect::<Vec<_>>()[..] {
            ["arn", _, "dynamodb", _, _, resource] => {
                let name = resource.strip_prefix("table/")?;
                // Indexes and streams lie beneath.
                (!name.contains('/')).then(|| name.to_owned())
            }
            _ => None,
        }
    }

    async fn read(aws: &Aws, sought: &Sought) -> Answer<Option<Seen<Spec>>> {
        Box::pin(look::read(aws, sought)).await
    }

    async fn create(aws: &Aws, want: &Wanted<Spec>) -> Answer<Made> {
        let answer = wire::creation(aws, want).send().await;
        let made = answer
            .attempting("dynamodb:CreateTable", || format!("create table {}", want.identity))?;
        Ok(Made::begun(stream_fact(made.table_description.as_ref())))
    }

    async fn update(aws: &Aws, change: &Changing<'_, Spec>) -> Answer<Accepted> {
        change::turn(aws, change).await
    }

    async fn delete(aws: &Aws, have: &Live, _emptying: Emptying) -> Answer<()> {
        let name = have.identity.as_str();
        let answer = aws.session.clients.dynamodb.delete_table().table_name(name).send().await;
        answer.attempting("dynamodb:DeleteTable", || format!("delete table {name}"))?;
        Ok(())
    }
}

/// What is said of an index of which more changes than what it can do.
const INDEX_ANEW: &str = "an index that is made anew is not there meanwhile";

/// `RecoveryPeriodInDays` of the API Reference: the most, and the default.
const LONGEST_RECOVERY: u8 = 35;

fn facts(place: &Place, name: &str) -> Facts {
    [("arn", arn(place, name)), ("name", name.to_owned())]
        .map(|(fact, value)| (fact.to_owned(), value))
        .into()
}

fn arn(place: &Place, name: &str) -> String {
    place.arn("dynamodb", &format!("table/{name}"))
}

/// That of the stream, if there is one: AWS goes on to show the last that was.
fn stream_fact(table: Option<&aws_sdk_dynamodb::types::TableDescription>) -> Facts {
    let streams = |table: &&aws_sdk_dynamodb::types::TableDescription| {
        table.stream_specification().is_some_and(|stream| stream.stream_enabled)
    };
    let arn = table.filter(streams).and_then(|table| table.latest_stream_arn());
    arn.map(|arn| ("stream_arn".to_owned(), arn.to_owned())).into_iter().collect()
}

#[cfg(test)]
mod tests;
