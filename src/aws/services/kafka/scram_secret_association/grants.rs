//! What AWS must allow of the secrets of clusters.
//!
//! AWS looks at a secret, lets MSK read it, and has MSK use its key, all in the name of whoever
//! associates it.

use crate::aws::grant::{Bound, Grant};

pub(super) const GRANTS: &[Grant] = &[
    Grant::read("SecretsOfClusters", CLUSTERS, &["kafka:ListScramSecrets"]),
    Grant::write("SecretsOfClusters", CLUSTERS, &["kafka:BatchAssociateScramSecret"]),
    Grant::remove("SecretsOfClusters", CLUSTERS, &["kafka:BatchDisassociateScramSecret"]),
    Grant::remove(
        "AssociatedSecrets",
        SECRETS,
        &[
            "secretsmanager:DeleteResourcePolicy",
            "secretsmanager:DescribeSecret",
            "secretsmanager:GetResourcePolicy",
            "secretsmanager:PutResourcePolicy",
        ],
    )
    .only_with("secret_arn_list"),
    Grant::remove("KeysOfSecrets", ALL_KEYS, &["kms:CreateGrant", "kms:RetireGrant"])
        .bound(Bound::Where("kms:GrantIsForAWSResource", "true"))
        .only_with("secret_arn_list"),
];

const CLUSTERS: &[&str] = &["arn:${partition}:kafka:${region}:${account}:cluster/*"];
const SECRETS: &[&str] =
    &["arn:${partition}:secretsmanager:${region}:${account}:secret:AmazonMSK_*"];
const ALL_KEYS: &[&str] = &["arn:${partition}:kms:${region}:${account}:key/*"];
