//! What AWS must allow of security groups.
//!
//! EC2 chooses a group's id, so no ARN tells the stack's groups from others: tags do. Nothing
//! that reads can be narrowed to one group (Service Authorization Reference, Amazon EC2).

use crate::aws::grant::{Bound, Grant};

pub(super) const GRANTS: &[Grant] = &[
    Grant::read(
        "SecurityGroupLists",
        ANY,
        &["ec2:DescribeSecurityGroupRules", "ec2:DescribeSecurityGroups"],
    ),
    Grant::write("NewSecurityGroups", GROUPS, &["ec2:CreateSecurityGroup"]).bound(Bound::Tagging),
    Grant::write("VpcsOfSecurityGroups", VPC, &["ec2:CreateSecurityGroup"]),
    Grant::write("TaggedSecurityGroups", GROUPS, &["ec2:CreateTags"]).bound(Bound::Claiming),
    Grant::write(
        "SecurityGroups",
        GROUPS,
        &[
            "ec2:AuthorizeSecurityGroupEgress",
            "ec2:AuthorizeSecurityGroupIngress",
            // Who changes a tag of the user's does not say again whose the group is.
            "ec2:CreateTags",
            "ec2:DeleteTags",
            "ec2:ModifySecurityGroupRules",
        ],
    )
    .bound(Bound::Owned),
    Grant::remove(
        "SecurityGroups",
        GROUPS,
        &[
            "ec2:DeleteSecurityGroup",
            "ec2:RevokeSecurityGroupEgress",
            "ec2:RevokeSecurityGroupIngress",
        ],
    )
    .bound(Bound::Owned),
    // A rule that comes or changes is a resource of its own, and has no tags.
    Grant::write(
        "SecurityGroupRules",
        RULES,
        &[
            "ec2:AuthorizeSecurityGroupEgress",
            "ec2:AuthorizeSecurityGroupIngress",
            "ec2:ModifySecurityGroupRules",
        ],
    ),
    // To say who holds a group.
    Grant::remove("CarriersOfSecurityGroups", ANY, &["ec2:DescribeNetworkInterfaces"]),
];

const ANY: &[&str] = &["*"];
const GROUPS: &[&str] = &["arn:${partition}:ec2:${region}:${account}:security-group/*"];
const RULES: &[&str] = &["arn:${partition}:ec2:${region}:${account}:security-group-rule/*"];
const VPC: &[&str] = &["arn:${partition}:ec2:${region}:${account}:vpc/${vpc_id}"];
