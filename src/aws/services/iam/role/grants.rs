//! What AWS must allow of roles.

use crate::aws::grant::{Bound, Grant};

pub(super) const GRANTS: &[Grant] = &[
    Grant::read(
        "Roles",
        OF_STACK,
        &[
            "iam:GetRole",
            "iam:GetRolePolicy",
            "iam:ListAttachedRolePolicies",
            "iam:ListRolePolicies",
        ],
    ),
    Grant::write(
        "RolesOfRegion",
        OF_STACK,
        &[
            "iam:AttachRolePolicy",
            "iam:CreateRole",
            "iam:DeleteRolePermissionsBoundary",
            "iam:PutRolePermissionsBoundary",
            "iam:PutRolePolicy",
            "iam:TagRole",
            "iam:UntagRole",
            "iam:UpdateAssumeRolePolicy",
            "iam:UpdateRole",
        ],
    )
    .bound(Bound::OfRegion),
    Grant::remove(
        "RolesOfRegion",
        OF_STACK,
        &[
            "iam:DeleteRole",
            "iam:DeleteRolePolicy",
            "iam:DetachRolePolicy",
            "iam:ListInstanceProfilesForRole",
        ],
    )
    .bound(Bound::OfRegion),
    Grant::remove("InstanceProfiles", NAMESAKES, &["iam:RemoveRoleFromInstanceProfile"]),
];

/// The path is that of the stack's name: those that the file no longer declares,
/// too, and those of the stack of this name in other regions.
const OF_STACK: &[&str] = &[
    "arn:${partition}:iam::${account}:role/ccprov/${stack}/*",
    // Under a stated path, which may not be the one that the file states now.
    "arn:${partition}:iam::${account}:role/*/ccprov/${stack}/*",
];
/// The permission is one on the profile, whoever is in it. So it is given for
/// profiles of the role's name, which is what AWS's console calls them.
const NAMESAKES: &[&str] = &[
    "arn:${partition}:iam::${account}:instance-profile/${name}",
    "arn:${partition}:iam::${account}:instance-profile/*/${name}",
];
