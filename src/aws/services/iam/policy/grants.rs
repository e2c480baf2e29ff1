//! What AWS must allow of managed policies.

use crate::aws::grant::{Bound, Grant};

pub(super) const GRANTS: &[Grant] = &[
    Grant::read("Policies", OF_STACK, &["iam:GetPolicy", "iam:GetPolicyVersion"]),
    Grant::write(
        "PoliciesOfRegion",
        OF_STACK,
        &["iam:CreatePolicy", "iam:CreatePolicyVersion", "iam:TagPolicy", "iam:UntagPolicy"],
    )
    .bound(Bound::OfRegion),
    Grant::remove(
        "PoliciesOfRegion",
        OF_STACK,
        &[
            "iam:DeletePolicy",
            "iam:DeletePolicyVersion",
            "iam:ListEntitiesForPolicy",
            "iam:ListPolicyVersions",
        ],
    )
    .bound(Bound::OfRegion),
];

/// The path is that of the stack's name: those that the file no longer declares,
/// too, and those of the stack of this name in other regions.
const OF_STACK: &[&str] = &[
    "arn:${partition}:iam::${account}:policy/ccprov/${stack}/*",
    // Under a stated path, which may not be the one that the file states now.
    "arn:${partition}:iam::${account}:policy/*/ccprov/${stack}/*",
];
