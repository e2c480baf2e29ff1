//! What AWS must allow of managed policies.

use crate::aws::grant::Grant;

pub(super) const GRANTS: &[Grant] = &[
    Grant::read("Policies", OF_STACK, &["iam:GetPolicy", "iam:GetPolicyVersion"]),
    Grant::write(
        "Policies",
        OF_STACK,
        &["iam:CreatePolicy", "iam:CreatePolicyVersion", "iam:TagPolicy", "iam:UntagPolicy"],
    ),
    Grant::remove(
        "Policies",
        OF_STACK,
        &[
            "iam:DeletePolicy",
            "iam:DeletePolicyVersion",
            "iam:ListEntitiesForPolicy",
            "iam:ListPolicyVersions",
        ],
    ),
];

/// The path is the stack's alone: those that the file no longer declares, too.
const OF_STACK: &[&str] = &["arn:${partition}:iam::${account}:policy/ccprov/${stack}/*"];
