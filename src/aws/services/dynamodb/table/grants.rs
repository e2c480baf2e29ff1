//! What AWS must allow of tables.

use crate::aws::grant::{Bound, Grant};

pub(super) const GRANTS: &[Grant] = &[
    Grant::read("Tables", TABLE, READING),
    Grant::read("FormerTables", ALL_TABLES, READING).bound(Bound::Owned),
    // Whether the key of a table is AWS's own.
    Grant::read("TableKeys", ALL_KEYS, &["kms:DescribeKey"]),
    Grant::write(
        "Tables",
        TABLE,
        &[
            "dynamodb:CreateTable",
            "dynamodb:DeleteResourcePolicy",
            "dynamodb:PutResourcePolicy",
            "dynamodb:TagResource",
            "dynamodb:UntagResource",
            "dynamodb:UpdateContinuousBackups",
            "dynamodb:UpdateTable",
            "dynamodb:UpdateTimeToLive",
        ],
    ),
    // DynamoDB takes the key in the name of whoever gives it to the table.
    Grant::write("KeysOfTables", ALL_KEYS, &["kms:CreateGrant"])
        .bound(Bound::Where("kms:GrantIsForAWSResource", "true"))
        .only_with("kms_key_id"),
    Grant::remove("Tables", TABLE, &["dynamodb:DeleteTable"]),
    Grant::remove("FormerTables", ALL_TABLES, &["dynamodb:DeleteTable"]).bound(Bound::Owned),
];

const TABLE: &[&str] = &["${arn}"];
/// For those that the stack owns and the file no longer declares.
const ALL_TABLES: &[&str] = &["arn:${partition}:dynamodb:${region}:${account}:table/*"];
const ALL_KEYS: &[&str] = &["arn:${partition}:kms:${region}:${account}:key/*"];
const READING: &[&str] = &[
    "dynamodb:DescribeContinuousBackups",
    "dynamodb:DescribeTable",
    "dynamodb:DescribeTimeToLive",
    "dynamodb:GetResourcePolicy",
    "dynamodb:ListTagsOfResource",
];
