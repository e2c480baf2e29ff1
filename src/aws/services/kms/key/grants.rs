//! What AWS must allow of keys.
//!
//! AWS chooses a key's id, so no ARN tells the stack's keys from others: tags
//! do. Reading is free, because whose a key is stands in what is read.

use crate::aws::grant::{Bound, Grant};

pub(super) const GRANTS: &[Grant] = &[
    Grant::read(
        "AllKeys",
        ALL_KEYS,
        &[
            "kms:DescribeKey",
            "kms:GetKeyPolicy",
            "kms:GetKeyRotationStatus",
            "kms:ListResourceTags",
        ],
    ),
    Grant::read("KeyLists", ANY, &["kms:ListAliases"]),
    Grant::write("KeyLists", ANY, &["kms:ListKeys"]),
    Grant::write("NewKeys", ANY, &["kms:CreateKey"]).bound(Bound::Tagging),
    Grant::write("TaggedKeys", ALL_KEYS, &["kms:TagResource"]).bound(Bound::Claiming),
    Grant::write(
        "FreshKeys",
        ALL_KEYS,
        // An alias moves with the consent of both keys, of which one is fresh.
        &["kms:CreateAlias", "kms:EnableKeyRotation", "kms:UpdateAlias"],
    )
    .bound(Bound::NotAnothers),
    Grant::write("Aliases", &["${alias_arn}"], &["kms:CreateAlias", "kms:UpdateAlias"]),
    // KMS asks for the key behind the alias, too, and that must be the stack's.
    Grant::write(
        "FormerAliases",
        &["arn:${partition}:kms:${region}:${account}:alias/*"],
        &["kms:DeleteAlias"],
    ),
    Grant::write(
        "Keys",
        ALL_KEYS,
        &[
            "kms:CancelKeyDeletion",
            "kms:DeleteAlias",
            "kms:DisableKey",
            "kms:DisableKeyRotation",
            "kms:EnableKey",
            "kms:PutKeyPolicy",
            // Who changes a tag of the user's does not say again whose the key is.
            "kms:TagResource",
            "kms:UntagResource",
            "kms:UpdateKeyDescription",
        ],
    )
    .bound(Bound::Owned),
    Grant::write(
        "KeyReplication",
        &["arn:${partition}:iam::${account}:role/aws-service-role/mrk.kms.amazonaws.com/*"],
        &["iam:CreateServiceLinkedRole"],
    )
    .bound(Bound::Where("iam:AWSServiceName", "mrk.kms.amazonaws.com"))
    .only_with("multi_region"),
    Grant::remove("Keys", ALL_KEYS, &["kms:ScheduleKeyDeletion"]).bound(Bound::Owned),
];

const ALL_KEYS: &[&str] = &["arn:${partition}:kms:${region}:${account}:key/*"];
const ANY: &[&str] = &["*"];
