//! What AWS must allow of managed policies.

use crate::aws::grant::Grant;

pub(super) const GRANTS: &[Grant] = &[
    Grant::read("ReadPolicies", OF_STACK, &["iam:GetPolicy", "iam:GetPolicyVersion"]),
    Grant::write(
        "WritePolicies",
        &["${arn}"],
        &["iam:CreatePolicy", "iam:CreatePolicyVersion", "iam:TagPolicy", "iam:UntagPolicy"],
    ),
    Grant::remove(
        "DeletePolicies",
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
